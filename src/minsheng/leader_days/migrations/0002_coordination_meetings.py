import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from minsheng.kit import stepped_rows


class Migration(migrations.Migration):

    dependencies = [
        ('leader_days', '0001_initial'),
        ('org', '0002_line'),
    ]

    operations = [
        migrations.CreateModel(
            name='MeetingWords',
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
            name='Meeting',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('meets_on', models.DateField(null=True, verbose_name='会期')),
                ('venue', models.CharField(blank=True, max_length=80, verbose_name='地点')),
                ('convened_by', models.CharField(blank=True, max_length=80, verbose_name='召集人')),
                ('held_on', models.DateField(null=True, verbose_name='召开日期')),
                ('writer', models.BigIntegerField(default=0, verbose_name='记录人')),
                ('signed_at', models.DateTimeField(null=True, verbose_name='签发时间')),
                ('signed_by', models.CharField(blank=True, max_length=80, verbose_name='签发人')),
                ('carried_at', models.DateTimeField(null=True, verbose_name='落实时间')),
                ('attends', models.TextField(blank=True, verbose_name='参加单位和人员')),
                ('attended', models.TextField(blank=True, verbose_name='到会人员')),
                ('minutes', models.TextField(blank=True, verbose_name='会议纪要')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='meetings', to='leader_days.period', verbose_name='期')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='召集单位')),
            ],
        ),
        migrations.CreateModel(
            name='MeetingItem',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('case_id', models.BigIntegerField(db_index=True, verbose_name='工单')),
                ('put_step', models.BigIntegerField()),
                ('off_step', models.BigIntegerField(null=True)),
                ('ruling_step', models.BigIntegerField(null=True)),
                ('co_units', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='协办单位')),
                ('due', models.DateField(null=True, verbose_name='日期')),
                ('outcome', models.CharField(blank=True, choices=[('done', '已落实'), ('void', '没有落实')], max_length=4)),
                ('why', models.CharField(blank=True, max_length=200, verbose_name='没有落实的原因')),
                ('commitment_id', models.BigIntegerField(null=True)),
                ('lead', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='牵头单位')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agenda', to='leader_days.meeting')),
            ],
        ),
        migrations.CreateModel(
            name='MeetingStep',
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
                'db_table': 'leader_days_meetingstep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='meetingstep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='meetingstep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='meetingstep_makes_once')],
            },
        ),
        migrations.AddIndex(
            model_name='meeting',
            index=models.Index(fields=['period', 'id'], name='meeting_of_period'),
        ),
        migrations.RunSQL(stepped_rows.history('leader_days_meetingstep'), migrations.RunSQL.noop),
    ]
