"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('calendar', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='holiday',
            name='calendar',
            field=models.CharField(max_length=20, verbose_name='日历'),
        ),
        migrations.AlterField(
            model_name='holiday',
            name='kind',
            field=models.CharField(max_length=8, verbose_name='类型'),
        ),
        migrations.AlterField(
            model_name='issuedyear',
            name='calendar',
            field=models.CharField(max_length=20, verbose_name='日历'),
        ),
    ]
