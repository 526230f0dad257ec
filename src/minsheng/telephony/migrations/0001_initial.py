import django.db.models.deletion
from django.db import migrations, models

from minsheng.kit import partitions


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AgentState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('state', models.CharField(choices=[('out', '未签入'), ('paused', '示忙'), ('ready', '空闲'), ('ringing', '振铃'), ('talking', '通话中'), ('wrap_up', '话后整理')], max_length=12, verbose_name='状态')),
                ('reason', models.CharField(blank=True, max_length=20, verbose_name='原因')),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('call_id', models.BigIntegerField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['person_id', '-since'], name='states_of_person'), models.Index(fields=['since'], name='states_by_time')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('person_id',), name='one_state_now')],
            },
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pbx', models.CharField(max_length=40, verbose_name='话务平台')),
                ('linkedid', models.CharField(max_length=80, verbose_name='通话编号')),
                ('direction', models.CharField(choices=[('in', '呼入'), ('out', '呼出')], default='in', max_length=4, verbose_name='方向')),
                ('queue', models.CharField(blank=True, max_length=60, verbose_name='队列')),
                ('language', models.CharField(default='zh', max_length=4, verbose_name='语言')),
                ('number_sealed', models.BinaryField(null=True)),
                ('number_hash', models.BinaryField(null=True)),
                ('hidden_number', models.BooleanField(default=True, verbose_name='未显示号码')),
                ('arrived_at', models.DateTimeField(verbose_name='来电时间')),
                ('queued_at', models.DateTimeField(null=True, verbose_name='进入排队')),
                ('connected_at', models.DateTimeField(null=True, verbose_name='接通时间')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='结束时间')),
                ('left_at', models.DateTimeField(null=True, verbose_name='人工结束')),
                ('result', models.CharField(choices=[('abandoned', '放弃'), ('answered', '人工接听'), ('callback', '按键要求回拨'), ('greeting', '问候语中挂断'), ('left', '无人接听离队'), ('live', '进行中'), ('pbx_restart', '话务平台重启中断'), ('unreached', '未接通'), ('voicemail', '留言')], default='live', max_length=12, verbose_name='结果')),
                ('agent_id', models.BigIntegerField(null=True, verbose_name='接听人')),
                ('hold_s', models.PositiveIntegerField(default=0, verbose_name='保持秒数')),
                ('rings', models.PositiveSmallIntegerField(default=0, verbose_name='振铃未接次数')),
                ('transferred_to', models.CharField(blank=True, max_length=40, verbose_name='转接至')),
                ('survey', models.PositiveSmallIntegerField(null=True, verbose_name='挂机评价')),
                ('period_desk_id', models.BigIntegerField(null=True, verbose_name='接听席')),
                ('callback_id', models.BigIntegerField(null=True, verbose_name='回拨')),
                ('doubtful', models.CharField(blank=True, max_length=20, verbose_name='存疑')),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['-arrived_at', '-id'], name='call_newest'), models.Index(condition=models.Q(('number_hash__isnull', False)), fields=['number_hash', '-arrived_at'], name='call_of_number'), models.Index(condition=models.Q(('agent_id__isnull', False)), fields=['agent_id', '-arrived_at'], name='call_of_agent'), models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['pbx', 'arrived_at'], name='call_open')],
                'constraints': [models.UniqueConstraint(fields=('pbx', 'linkedid'), name='call_once')],
            },
        ),
        migrations.CreateModel(
            name='Callback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number_sealed', models.BinaryField()),
                ('number_hash', models.BinaryField(null=True)),
                ('language', models.CharField(default='zh', max_length=4, verbose_name='语言')),
                ('reason', models.CharField(choices=[('abandoned', '排队时挂断'), ('night', '夜间来电'), ('pbx_restart', '通话被中断'), ('pressed_1', '按键要求回拨'), ('voicemail', '留言')], max_length=12, verbose_name='缘由')),
                ('state', models.CharField(choices=[('called_again', '已再次来电'), ('done', '已回拨'), ('given_up', '多次未接通'), ('leased', '回拨中'), ('waiting', '待回拨')], default='waiting', max_length=12, verbose_name='状态')),
                ('made_at', models.DateTimeField(verbose_name='来电时间')),
                ('due_at', models.DateTimeField(verbose_name='可回拨')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='已拨次数')),
                ('leased_by', models.BigIntegerField(null=True, verbose_name='经手人')),
                ('leased_until', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True, verbose_name='了结时间')),
                ('call', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='owed', to='telephony.call')),
            ],
        ),
        migrations.CreateModel(
            name='CallbackTry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempt', models.PositiveSmallIntegerField()),
                ('by_id', models.BigIntegerField()),
                ('by_name', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('result', models.CharField(blank=True, max_length=12, verbose_name='结果')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='说明')),
                ('callback', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tries', to='telephony.callback')),
            ],
        ),
        migrations.CreateModel(
            name='CallCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case_id', models.BigIntegerField(db_index=True)),
                ('by_id', models.BigIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='telephony.call')),
            ],
        ),
        migrations.CreateModel(
            name='CallEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pbx', models.CharField(max_length=40)),
                ('linkedid', models.CharField(blank=True, max_length=80)),
                ('kind', models.CharField(max_length=20)),
                ('uniqueid', models.CharField(blank=True, max_length=80)),
                ('at', models.DateTimeField()),
                ('data', models.JSONField(default=dict)),
                ('digest', models.BinaryField()),
                ('call', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='telephony.call')),
            ],
        ),
        migrations.CreateModel(
            name='LedgerOffset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pbx', models.CharField(max_length=40, verbose_name='话务平台')),
                ('file', models.CharField(max_length=200, verbose_name='文件')),
                ('inode', models.BigIntegerField()),
                ('offset', models.BigIntegerField(default=0)),
                ('lines', models.BigIntegerField(default=0, verbose_name='已读行数')),
                ('head', models.BinaryField(default=b'')),
                ('last_at', models.DateTimeField(null=True, verbose_name='最近一行')),
                ('skew_s', models.IntegerField(default=0, verbose_name='时钟偏差秒数')),
                ('read_at', models.DateTimeField(null=True, verbose_name='最近读取')),
                ('closed', models.BooleanField(default=False, verbose_name='已轮换')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('pbx', 'file', 'inode', 'head'), name='ledger_offset_once')],
            },
        ),
        migrations.CreateModel(
            name='Recording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leg', models.CharField(max_length=80)),
                ('source', models.CharField(max_length=300)),
                ('path', models.CharField(blank=True, max_length=300)),
                ('media', models.CharField(blank=True, max_length=20)),
                ('sha256', models.BinaryField(null=True)),
                ('seconds', models.FloatField(default=0, verbose_name='时长')),
                ('bytes', models.BigIntegerField(default=0, verbose_name='大小')),
                ('peaks', models.BinaryField(default=b'')),
                ('state', models.CharField(choices=[('deleted', '到期删除'), ('kept', '已归档'), ('missing', '文件缺失'), ('open', '录音中'), ('repaired', '已修复归档'), ('unreadable', '无法播放')], default='open', max_length=12, verbose_name='状态')),
                ('note', models.CharField(blank=True, max_length=120)),
                ('began_at', models.DateTimeField()),
                ('kept_at', models.DateTimeField(null=True)),
                ('until', models.DateField(null=True, verbose_name='保存至')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recordings', to='telephony.call')),
            ],
        ),
        migrations.CreateModel(
            name='UnreadLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pbx', models.CharField(max_length=40)),
                ('file', models.CharField(max_length=200)),
                ('inode', models.BigIntegerField()),
                ('offset', models.BigIntegerField()),
                ('text_sealed', models.BinaryField()),
                ('reason', models.CharField(max_length=120)),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('pbx', 'file', 'inode', 'offset'), name='unread_line_once')],
            },
        ),
        migrations.AddIndex(
            model_name='callback',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'leased'])), fields=['due_at', 'id'], name='callback_waiting'),
        ),
        migrations.AddIndex(
            model_name='callback',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'leased'])), fields=['number_hash'], name='callback_of_number'),
        ),
        migrations.AddIndex(
            model_name='callback',
            index=models.Index(fields=['-made_at', '-id'], name='callback_newest'),
        ),
        migrations.AddConstraint(
            model_name='callback',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'leased')), fields=('leased_by',), name='one_callback_in_hand'),
        ),
        migrations.AddConstraint(
            model_name='callbacktry',
            constraint=models.UniqueConstraint(fields=('callback', 'attempt'), name='callback_try_once'),
        ),
        migrations.AddConstraint(
            model_name='callcase',
            constraint=models.UniqueConstraint(fields=('call', 'case_id'), name='call_case_once'),
        ),
        migrations.AddIndex(
            model_name='callevent',
            index=models.Index(condition=models.Q(('call__isnull', True)), fields=['pbx', 'at'], name='event_of_pbx'),
        ),
        migrations.AddConstraint(
            model_name='callevent',
            constraint=models.UniqueConstraint(fields=('pbx', 'linkedid', 'kind', 'uniqueid', 'at', 'digest'), name='call_event_once'),
        ),
        migrations.AddIndex(
            model_name='recording',
            index=models.Index(fields=['state', 'began_at'], name='recording_by_state'),
        ),
        migrations.AddConstraint(
            model_name='recording',
            constraint=models.UniqueConstraint(fields=('call', 'leg'), name='recording_once'),
        ),
        migrations.RunSQL(partitions.append_only('telephony_callevent'), migrations.RunSQL.noop),
    ]
