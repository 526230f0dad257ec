import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from minsheng.kit import stepped_rows


class Migration(migrations.Migration):

    dependencies = [
        ('org', '0002_line'),
        ('oversight', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SlipWords',
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
            name='SlipStep',
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
                'db_table': 'oversight_slipstep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='slipstep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='slipstep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='slipstep_makes_once')],
            },
        ),
        migrations.CreateModel(
            name='Slip',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('kind', models.CharField(choices=[('order', '督办单'), ('circular', '通报'), ('summons', '约谈')], max_length=10, verbose_name='种类')),
                ('rung', models.CharField(max_length=40, verbose_name='适用的档')),
                ('cases', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='所涉工单')),
                ('slips', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='所依据的文书')),
                ('drafters', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('answer_due', models.DateField(null=True, verbose_name='回复期限')),
                ('signed_at', models.DateTimeField(null=True, verbose_name='签发时间')),
                ('signed_by', models.CharField(blank=True, max_length=80, verbose_name='签发人')),
                ('doc_number', models.CharField(blank=True, max_length=40, verbose_name='文号')),
                ('issued_at', models.DateTimeField(null=True, verbose_name='送达时间')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='回复时间')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='了结时间')),
                ('ended_by', models.CharField(blank=True, max_length=80, verbose_name='了结人')),
                ('demand', models.TextField(blank=True, verbose_name='督办要求')),
                ('answer', models.TextField(blank=True, verbose_name='回复')),
                ('finding', models.TextField(blank=True, verbose_name='审核意见')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='送达单位')),
            ],
            options={
                'indexes': [models.Index(fields=['unit', '-id'], name='slip_of_unit'), models.Index(fields=['state', '-id'], name='slip_by_state'), django.contrib.postgres.indexes.GinIndex(fields=['cases'], name='slip_of_case')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('doc_number', ''), _negated=True), fields=('doc_number',), name='one_slip_of_a_number')],
            },
        ),
        migrations.RunSQL(stepped_rows.history('oversight_slipstep'), migrations.RunSQL.noop),
    ]
