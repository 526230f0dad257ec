"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0020_unit_lists'),
    ]

    operations = [
        migrations.AlterField(
            model_name='callnote',
            name='kind',
            field=models.CharField(max_length=16),
        ),
        migrations.AlterField(
            model_name='caselink',
            name='kind',
            field=models.CharField(max_length=8),
        ),
    ]
