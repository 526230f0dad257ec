"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('followup', '0003_counts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='callbackparty',
            name='standing',
            field=models.CharField(default='call', max_length=12),
        ),
    ]
