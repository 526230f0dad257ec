import django.db.models.deletion
from django.db import migrations, models

from minsheng.kit import stepped_rows


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('org', '0002_line'),
    ]

    operations = [
        migrations.CreateModel(
            name='WatchWords',
            fields=[
                ('step_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('subject_id', models.BigIntegerField(db_index=True)),
                ('words', models.JSONField(default=dict)),
                ('salt', models.BinaryField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='WatchStep',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('subject_id', models.BigIntegerField()),
                ('seq', models.PositiveIntegerField()),
                ('step', models.CharField(max_length=30)),
                ('frm', models.CharField(max_length=20)),
                ('to', models.CharField(max_length=20)),
                ('by_id', models.BigIntegerField()),
                ('by_name', models.CharField(max_length=80)),
                ('role', models.CharField(max_length=24)),
                ('unit_id', models.BigIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('given', models.JSONField(default=dict)),
                ('hash', models.BinaryField()),
                ('key', models.CharField(blank=True, default='', max_length=120)),
                ('sent', models.BinaryField(null=True)),
            ],
            options={
                'db_table': 'field_work_watchstep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='watchstep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='watchstep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='watchstep_makes_once')],
            },
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('since', models.DateField(null=True, verbose_name='开始')),
                ('until', models.DateField(null=True, verbose_name='计划结束')),
                ('visits', models.PositiveSmallIntegerField(default=0, verbose_name='到场次数')),
                ('last_visit', models.DateField(null=True, verbose_name='最近到场')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='结束时间')),
                ('place', models.CharField(blank=True, max_length=80, verbose_name='点位')),
                ('matter', models.CharField(blank=True, max_length=120, verbose_name='要解决什么')),
                ('result', models.TextField(blank=True, verbose_name='结果')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='蹲点单位')),
            ],
            options={
                'indexes': [models.Index(fields=['unit', '-id'], name='watch_of_unit'), models.Index(fields=['state', '-id'], name='watch_by_state')],
            },
        ),
        migrations.RunSQL(stepped_rows.history('field_work_watchstep'), migrations.RunSQL.noop),
    ]
