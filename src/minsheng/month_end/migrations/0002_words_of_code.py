"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('month_end', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='objection',
            name='want',
            field=models.CharField(max_length=10, verbose_name='要求'),
        ),
    ]
