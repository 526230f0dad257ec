from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oversight', '0004_inspections_and_instructions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Urged',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=8)),
                ('subject_id', models.BigIntegerField()),
                ('rung', models.CharField(max_length=40, verbose_name='阶梯')),
                ('due', models.DateField(verbose_name='期限')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('told', models.PositiveSmallIntegerField(default=0, verbose_name='已告知人数')),
                ('passed', models.BooleanField(default=False, verbose_name='已越过')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'subject_id', 'rung', 'due'), name='urged_once')],
            },
        ),
    ]
