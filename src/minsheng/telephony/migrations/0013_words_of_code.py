"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0012_desk_queue'),
    ]

    operations = [
        migrations.AlterField(
            model_name='agentstate',
            name='state',
            field=models.CharField(max_length=12, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='call',
            name='direction',
            field=models.CharField(default='in', max_length=4, verbose_name='方向'),
        ),
        migrations.AlterField(
            model_name='call',
            name='result',
            field=models.CharField(default='live', max_length=12, verbose_name='结果'),
        ),
        migrations.AlterField(
            model_name='callback',
            name='reason',
            field=models.CharField(max_length=12, verbose_name='缘由'),
        ),
        migrations.AlterField(
            model_name='callback',
            name='state',
            field=models.CharField(default='waiting', max_length=12, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='recording',
            name='state',
            field=models.CharField(default='open', max_length=12, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='transcript',
            name='state',
            field=models.CharField(default='waiting', max_length=8, verbose_name='状态'),
        ),
    ]
