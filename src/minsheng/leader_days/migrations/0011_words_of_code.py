"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leader_days', '0010_desk_telephone'),
    ]

    operations = [
        migrations.AlterField(
            model_name='commitment',
            name='cause',
            field=models.CharField(blank=True, max_length=10, verbose_name='未按期的原因'),
        ),
        migrations.AlterField(
            model_name='commitment',
            name='source',
            field=models.CharField(max_length=8, verbose_name='承诺于'),
        ),
        migrations.AlterField(
            model_name='meetingitem',
            name='outcome',
            field=models.CharField(blank=True, max_length=4),
        ),
        migrations.AlterField(
            model_name='published',
            name='medium',
            field=models.CharField(max_length=8, verbose_name='渠道'),
        ),
        migrations.AlterField(
            model_name='signup',
            name='kind',
            field=models.CharField(max_length=12, verbose_name='类别'),
        ),
    ]
