import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('org', '0002_line'),
    ]

    operations = [
        migrations.CreateModel(
            name='LadderRung',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, verbose_name='代码')),
                ('name', models.CharField(max_length=80, verbose_name='名称')),
                ('measure', models.CharField(choices=[('remind', '提醒'), ('urge', '催办'), ('order', '督办单'), ('circular', '通报'), ('summons', '约谈')], max_length=10, verbose_name='措施')),
                ('trigger', models.CharField(choices=[('yellow', '临近时限'), ('red', '时限将到'), ('late', '逾期工作日数'), ('redos', '重办次数'), ('returns', '退单获准次数'), ('orders', '已发督办单数'), ('circulars', '已发通报数')], max_length=10, verbose_name='条件')),
                ('count', models.PositiveSmallIntegerField(default=0, verbose_name='数')),
                ('within', models.PositiveSmallIntegerField(default=0, verbose_name='天数之内')),
                ('copy', models.BooleanField(default=False, verbose_name='抄送单位负责人')),
                ('basis', models.CharField(max_length=200, verbose_name='依据')),
                ('since', models.DateField(verbose_name='施行')),
                ('until', models.DateField(null=True, verbose_name='停用')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('code', 'since'), name='one_rung_since_a_day')],
            },
        ),
        migrations.CreateModel(
            name='Reached',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case_id', models.BigIntegerField(verbose_name='工单')),
                ('rung', models.CharField(max_length=40, verbose_name='阶梯')),
                ('measure', models.CharField(choices=[('remind', '提醒'), ('urge', '催办'), ('order', '督办单'), ('circular', '通报'), ('summons', '约谈')], max_length=10, verbose_name='措施')),
                ('round', models.BigIntegerField(verbose_name='轮次')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('told', models.PositiveSmallIntegerField(default=0, verbose_name='已告知人数')),
                ('passed', models.BooleanField(default=False, verbose_name='已越过')),
                ('slip_id', models.BigIntegerField(null=True, verbose_name='督办文书')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='单位')),
            ],
            options={
                'indexes': [models.Index(fields=['rung', '-id'], name='reached_by_rung'), models.Index(fields=['unit', '-id'], name='reached_by_unit')],
                'constraints': [models.UniqueConstraint(fields=('case_id', 'unit', 'rung', 'round'), name='a_rung_is_reached_once')],
            },
        ),
    ]
