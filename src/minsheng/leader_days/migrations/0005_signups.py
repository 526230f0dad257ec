import django.db.models.deletion
from django.db import migrations, models

from minsheng.kit import stepped_rows


class Migration(migrations.Migration):

    dependencies = [
        ('leader_days', '0004_desk_call'),
    ]

    operations = [
        migrations.CreateModel(
            name='SignupWords',
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
            name='SignupStep',
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
                'db_table': 'leader_days_signupstep',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'seq'), name='signupstep_in_order'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('subject_id', 'key'), name='signupstep_once'), models.UniqueConstraint(condition=models.Q(('seq', 1), models.Q(('key', ''), _negated=True)), fields=('by_id', 'key'), name='signupstep_makes_once')],
            },
        ),
        migrations.CreateModel(
            name='Signup',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=20, verbose_name='状态')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('head', models.BinaryField(null=True, verbose_name='历史末端')),
                ('updated_at', models.DateTimeField()),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='编号')),
                ('code_hash', models.BinaryField(verbose_name='查询码')),
                ('contact_id', models.BigIntegerField(null=True, verbose_name='联系方式')),
                ('language', models.CharField(default='zh', max_length=2, verbose_name='语言')),
                ('kind', models.CharField(choices=[('consult', '咨询'), ('help', '求助'), ('complaint', '投诉'), ('report', '举报'), ('suggest', '建议'), ('praise', '表扬'), ('other', '其他')], max_length=12, verbose_name='类别')),
                ('dials', models.PositiveSmallIntegerField(default=0, verbose_name='拨号次数')),
                ('case_id', models.BigIntegerField(db_index=True, null=True, verbose_name='工单')),
                ('said', models.TextField(blank=True, verbose_name='话题或问题')),
                ('place', models.CharField(blank=True, max_length=200, verbose_name='地点')),
                ('told', models.TextField(blank=True, verbose_name='告知本人的理由')),
                ('desk', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signups', to='leader_days.desk', verbose_name='接听席')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signups', to='leader_days.period', verbose_name='期')),
            ],
            options={
                'indexes': [models.Index(fields=['period', 'state', 'id'], name='signup_of_period')],
            },
        ),
        migrations.RunSQL(stepped_rows.history('leader_days_signupstep'), migrations.RunSQL.noop),
    ]
