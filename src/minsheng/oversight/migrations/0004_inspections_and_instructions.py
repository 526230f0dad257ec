import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from minsheng.kit import stepped_rows

_TABLES = ('oversight_inspectionstep', 'oversight_pointstep', 'oversight_instructionstep', 'oversight_dutystep')


class Migration(migrations.Migration):

    dependencies = [
        ('org', '0002_line'),
        ('oversight', '0003_findings'),
    ]

    operations = [
        migrations.CreateModel(
            name='DutyWords',
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
            name='InspectionWords',
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
            name='InstructionWords',
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
            name='PointWords',
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
            name='DutyStep',
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
                'db_table': 'oversight_dutystep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='dutystep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='dutystep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='dutystep_makes_once')],
            },
        ),
        migrations.CreateModel(
            name='Inspection',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('title', models.CharField(max_length=80, verbose_name='名称')),
                ('basis', models.TextField(blank=True, verbose_name='依据和重点')),
                ('since', models.DateField(null=True, verbose_name='受理日期自')),
                ('until', models.DateField(null=True, verbose_name='受理日期至')),
                ('category_id', models.BigIntegerField(default=0, verbose_name='诉求分类')),
                ('size', models.PositiveSmallIntegerField(default=0, verbose_name='抽样件数')),
                ('members', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='督查组成员')),
                ('drafters', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('approved_by', models.CharField(blank=True, max_length=80, verbose_name='批准人')),
                ('seed', models.CharField(blank=True, max_length=64, verbose_name='种子')),
                ('drawn_at', models.DateTimeField(null=True, verbose_name='抽样时间')),
                ('pool', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('pool_size', models.PositiveIntegerField(default=0, verbose_name='范围内件数')),
                ('pool_digest', models.CharField(blank=True, max_length=64, verbose_name='范围摘要')),
                ('sample', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='抽到的工单')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='结束时间')),
                ('summary', models.TextField(blank=True, verbose_name='结论')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='主办单位')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='InspectionStep',
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
                'db_table': 'oversight_inspectionstep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='inspectionstep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='inspectionstep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='inspectionstep_makes_once')],
            },
        ),
        migrations.CreateModel(
            name='InstructionStep',
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
                'db_table': 'oversight_instructionstep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='instructionstep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='instructionstep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='instructionstep_makes_once')],
            },
        ),
        migrations.CreateModel(
            name='PointStep',
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
                'db_table': 'oversight_pointstep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='pointstep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='pointstep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='pointstep_makes_once')],
            },
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('cases', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='所涉工单')),
                ('due', models.DateField(null=True, verbose_name='期限')),
                ('waiting', models.BooleanField(default=False, verbose_name='容错待裁定')),
                ('asked_by', models.BigIntegerField(default=0)),
                ('ground', models.CharField(blank=True, choices=[('trial', '先行先试，没有明确规定'), ('force', '不可抗力或难以预见'), ('order', '按程序集体决策'), ('rescue', '抢险救灾等紧急处置'), ('mended', '及时纠正、未造成损失')], max_length=10, verbose_name='容错情形')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='了结时间')),
                ('ended_by', models.CharField(blank=True, max_length=80, verbose_name='了结人')),
                ('matter', models.CharField(blank=True, max_length=120, verbose_name='责任事项')),
                ('duty_post', models.CharField(blank=True, max_length=60, verbose_name='责任岗位')),
                ('measures', models.TextField(blank=True, verbose_name='落实要求')),
                ('feedback', models.TextField(blank=True, verbose_name='落实情况')),
                ('finding', models.TextField(blank=True, verbose_name='核实情况')),
                ('organ', models.CharField(blank=True, max_length=60, verbose_name='移送机关')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='责任单位')),
            ],
            options={
                'indexes': [models.Index(fields=['unit', '-id'], name='duty_of_unit'), django.contrib.postgres.indexes.GinIndex(fields=['cases'], name='duty_of_case')],
            },
        ),
        migrations.CreateModel(
            name='Instruction',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('cases', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='所涉工单')),
                ('instructed_on', models.DateField(null=True, verbose_name='批示日期')),
                ('due', models.DateField(null=True, verbose_name='期限')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='了结时间')),
                ('title', models.CharField(blank=True, max_length=80, verbose_name='事项')),
                ('report', models.TextField(blank=True, verbose_name='呈报内容')),
                ('leader', models.CharField(blank=True, max_length=40, verbose_name='呈报的领导')),
                ('instruction', models.TextField(blank=True, verbose_name='批示内容')),
                ('feedback', models.TextField(blank=True, verbose_name='办理情况')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='承办单位')),
            ],
            options={
                'indexes': [models.Index(fields=['unit', '-id'], name='instruction_of_unit'), django.contrib.postgres.indexes.GinIndex(fields=['cases'], name='instruction_of_case')],
            },
        ),
        migrations.CreateModel(
            name='Point',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('case_id', models.BigIntegerField(db_index=True, verbose_name='工单')),
                ('due', models.DateField(null=True, verbose_name='整改期限')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='了结时间')),
                ('point', models.TextField(blank=True, verbose_name='发现的问题')),
                ('correction', models.TextField(blank=True, verbose_name='整改情况')),
                ('inspection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='points', to='oversight.inspection', verbose_name='所属督查')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='整改单位')),
            ],
            options={
                'indexes': [models.Index(fields=['unit', '-id'], name='point_of_unit')],
            },
        ),
        migrations.RunSQL(' '.join(map(stepped_rows.history, _TABLES)), migrations.RunSQL.noop),
    ]
