"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oversight', '0008_inspection_looked'),
    ]

    operations = [
        migrations.AlterField(
            model_name='duty',
            name='ground',
            field=models.CharField(blank=True, max_length=10, verbose_name='容错情形'),
        ),
        migrations.AlterField(
            model_name='finding',
            name='check_code',
            field=models.CharField(max_length=12, verbose_name='核查项'),
        ),
        migrations.AlterField(
            model_name='ladderrung',
            name='measure',
            field=models.CharField(max_length=10, verbose_name='措施'),
        ),
        migrations.AlterField(
            model_name='ladderrung',
            name='trigger',
            field=models.CharField(max_length=10, verbose_name='条件'),
        ),
        migrations.AlterField(
            model_name='reached',
            name='measure',
            field=models.CharField(max_length=10, verbose_name='措施'),
        ),
        migrations.AlterField(
            model_name='slip',
            name='kind',
            field=models.CharField(max_length=10, verbose_name='种类'),
        ),
    ]
