import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('org', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='LoginAttempt',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('last_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=40, unique=True, verbose_name='用户名')),
                ('name', models.CharField(max_length=40, verbose_name='姓名')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='工作电话')),
                ('languages', models.JSONField(blank=True, default=list, verbose_name='可用语言')),
                ('is_active', models.BooleanField(default=True, verbose_name='在用')),
                ('must_change_password', models.BooleanField(default=False, verbose_name='下次登录须改密码')),
                ('joined_on', models.DateTimeField(verbose_name='开户时间')),
                ('left_on', models.DateTimeField(blank=True, null=True, verbose_name='离岗时间')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='people', to='org.unit', verbose_name='所属单位')),
            ],
            options={
                'ordering': ['username'],
            },
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='用途')),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('scopes', models.JSONField(default=list, verbose_name='范围')),
                ('created', models.DateTimeField(verbose_name='建立时间')),
                ('expires', models.DateTimeField(blank=True, null=True, verbose_name='到期时间')),
                ('last_used', models.DateTimeField(blank=True, null=True, verbose_name='最近使用')),
                ('revoked', models.DateTimeField(blank=True, null=True, verbose_name='停用时间')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created', '-id'],
            },
        ),
        migrations.CreateModel(
            name='AskedGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('agent', '话务员'), ('analyst', '数据分析员'), ('audit_admin', '审计管理员'), ('callback_clerk', '回访员'), ('checker', '办结审核员'), ('clock', '系统定时'), ('coordinator', '协调员'), ('county_centre', '县区分中心'), ('dispatcher', '派单员'), ('inspector', '纪检监督'), ('knowledge_editor', '知识编辑'), ('leader', '接听领导'), ('media', '媒体联络员'), ('outside_group', '专项督查组'), ('quality', '质检员'), ('requester', '诉求人'), ('return_reviewer', '退单审核员'), ('security_admin', '安全管理员'), ('shift_leader', '值班长'), ('supervisor', '督办员'), ('system_admin', '系统管理员'), ('unit_approver', '单位负责人'), ('unit_handler', '单位经办人'), ('unit_liaison', '单位联络员')], max_length=20, verbose_name='角色')),
                ('asked_at', models.DateTimeField(verbose_name='申请时间')),
                ('asked_by_id', models.BigIntegerField(verbose_name='申请人')),
                ('asked_by_name', models.CharField(max_length=80, verbose_name='申请人姓名')),
                ('ruled_at', models.DateTimeField(blank=True, null=True, verbose_name='裁定时间')),
                ('ruled_by_id', models.BigIntegerField(blank=True, null=True, verbose_name='裁定人')),
                ('allowed', models.BooleanField(blank=True, null=True, verbose_name='是否授予')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asked_grants', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['asked_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('agent', '话务员'), ('analyst', '数据分析员'), ('audit_admin', '审计管理员'), ('callback_clerk', '回访员'), ('checker', '办结审核员'), ('clock', '系统定时'), ('coordinator', '协调员'), ('county_centre', '县区分中心'), ('dispatcher', '派单员'), ('inspector', '纪检监督'), ('knowledge_editor', '知识编辑'), ('leader', '接听领导'), ('media', '媒体联络员'), ('outside_group', '专项督查组'), ('quality', '质检员'), ('requester', '诉求人'), ('return_reviewer', '退单审核员'), ('security_admin', '安全管理员'), ('shift_leader', '值班长'), ('supervisor', '督办员'), ('system_admin', '系统管理员'), ('unit_approver', '单位负责人'), ('unit_handler', '单位经办人'), ('unit_liaison', '单位联络员')], max_length=20, verbose_name='角色')),
                ('since', models.DateTimeField(verbose_name='授予时间')),
                ('until', models.DateTimeField(blank=True, null=True, verbose_name='收回时间')),
                ('by_id', models.BigIntegerField(verbose_name='授予人')),
                ('by_name', models.CharField(max_length=80, verbose_name='授予人姓名')),
                ('ended_by_id', models.BigIntegerField(blank=True, null=True, verbose_name='收回人')),
                ('ended_by_name', models.CharField(blank=True, max_length=80, verbose_name='收回人姓名')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['since', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('started_at', models.DateTimeField(null=True, verbose_name='登录时间')),
                ('seen_at', models.DateTimeField(null=True, verbose_name='最近活动')),
                ('address', models.CharField(blank=True, max_length=60, verbose_name='网络地址')),
                ('device', models.CharField(blank=True, max_length=200, verbose_name='设备')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('is_active', False), ('left_on__isnull', True), _connector='OR'), name='person_left_is_not_active'),
        ),
        migrations.AddConstraint(
            model_name='askedgrant',
            constraint=models.UniqueConstraint(condition=models.Q(('ruled_at__isnull', True)), fields=('person', 'role'), name='grant_asked_once'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('person', 'role'), name='grant_held_once'),
        ),
    ]
