import django.db.models.deletion
from django.db import migrations, models

from minsheng.kit import stepped_rows


class Migration(migrations.Migration):

    dependencies = [
        ('leader_days', '0005_signups'),
    ]

    operations = [
        migrations.CreateModel(
            name='MediaLeadWords',
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
            name='MediaLead',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('case_id', models.BigIntegerField(db_index=True, verbose_name='工单')),
                ('asked_at', models.DateTimeField(null=True, verbose_name='征询时间')),
                ('unit_told_at', models.DateTimeField(null=True, verbose_name='告知承办单位')),
                ('approved_at', models.DateTimeField(null=True, verbose_name='批准时间')),
                ('approved_by', models.CharField(blank=True, max_length=80, verbose_name='批准人')),
                ('outlet', models.CharField(blank=True, max_length=60, verbose_name='媒体')),
                ('published_on', models.DateField(null=True, verbose_name='刊播日期')),
                ('link', models.CharField(blank=True, max_length=300, verbose_name='刊播链接')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='终止时间')),
                ('asked_by', models.CharField(blank=True, max_length=40, verbose_name='征询人')),
                ('call_no', models.CharField(blank=True, max_length=40, verbose_name='通话编号')),
                ('headline', models.CharField(blank=True, max_length=80, verbose_name='标题')),
                ('text', models.TextField(blank=True, verbose_name='内容')),
                ('unit_told', models.TextField(blank=True, verbose_name='怎样告知')),
                ('followed', models.TextField(blank=True, verbose_name='跟踪情况')),
                ('reason', models.TextField(blank=True, verbose_name='不予报道的理由')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leads', to='leader_days.period', verbose_name='期')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MediaLeadStep',
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
                'db_table': 'leader_days_medialeadstep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='medialeadstep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='medialeadstep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='medialeadstep_makes_once')],
            },
        ),
        migrations.RunSQL(stepped_rows.history('leader_days_medialeadstep'), migrations.RunSQL.noop),
    ]
