"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inter_agency', '0003_handover_erased'),
    ]

    operations = [
        migrations.AlterField(
            model_name='feedback',
            name='kind',
            field=models.CharField(max_length=8, verbose_name='告知'),
        ),
        migrations.AlterField(
            model_name='feedback',
            name='state',
            field=models.CharField(default='queued', max_length=8, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='handover',
            name='receipt',
            field=models.CharField(max_length=8, verbose_name='签收'),
        ),
        migrations.AlterField(
            model_name='handover',
            name='said',
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AlterField(
            model_name='handover',
            name='way',
            field=models.CharField(max_length=8, verbose_name='方式'),
        ),
    ]
