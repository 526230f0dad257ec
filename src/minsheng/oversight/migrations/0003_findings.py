import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from minsheng.kit import stepped_rows


class Migration(migrations.Migration):

    dependencies = [
        ('org', '0002_line'),
        ('oversight', '0002_slips'),
    ]

    operations = [
        migrations.CreateModel(
            name='FindingWords',
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
            name='FindingStep',
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
                'db_table': 'oversight_findingstep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='findingstep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='findingstep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='findingstep_makes_once')],
            },
        ),
        migrations.CreateModel(
            name='ReplyPrint',
            fields=[
                ('step_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('case_id', models.BigIntegerField(db_index=True)),
                ('draft_id', models.BigIntegerField(default=0)),
                ('sketch', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['sketch'], name='reply_sketch')],
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('check_code', models.CharField(choices=[('number', '次数与记录不符'), ('boilerplate', '套话'), ('copy', '与另一件答复雷同'), ('no_date', '没有日期'), ('before_visit', '到场之前就答复'), ('waived', '有电话却免联系'), ('typed_late', '联系记录补录')], max_length=12, verbose_name='核查项')),
                ('case_id', models.BigIntegerField(db_index=True, verbose_name='工单')),
                ('reply_step', models.BigIntegerField(verbose_name='答复的步骤')),
                ('other_case', models.BigIntegerField(default=0, verbose_name='雷同的工单')),
                ('judged_at', models.DateTimeField(null=True, verbose_name='判断时间')),
                ('judged_by', models.CharField(blank=True, max_length=80, verbose_name='判断人')),
                ('evidence', models.TextField(blank=True, verbose_name='发现')),
                ('reason', models.TextField(blank=True, verbose_name='判断理由')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='答复单位')),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-id'], name='finding_by_state'), models.Index(fields=['unit', '-id'], name='finding_of_unit')],
                'constraints': [models.UniqueConstraint(fields=('reply_step', 'check_code'), name='one_finding_of_a_check')],
            },
        ),
        migrations.RunSQL(stepped_rows.history('oversight_findingstep'), migrations.RunSQL.noop),
    ]
