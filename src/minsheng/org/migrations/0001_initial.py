import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='代码')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('short', models.CharField(blank=True, max_length=40, verbose_name='简称')),
                ('kind', models.CharField(choices=[('bureau', '市直部门'), ('centre', '热线中心'), ('city', '市'), ('county', '县'), ('district', '区'), ('panel', '热线裁定组'), ('section', '科室'), ('township', '乡镇街道'), ('utility', '公用企业'), ('zone', '功能区')], max_length=12, verbose_name='类型')),
                ('path', models.JSONField(default=list, verbose_name='自根至本单位的编号')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='对外电话')),
                ('residents', models.PositiveIntegerField(blank=True, null=True, verbose_name='常住人口')),
                ('active', models.BooleanField(default=True, verbose_name='在用')),
                ('sort', models.PositiveIntegerField(default=0, verbose_name='排序')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='absorbed', to='org.unit', verbose_name='并入')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='org.unit', verbose_name='上级')),
            ],
            options={
                'ordering': ['sort', 'id'],
            },
        ),
        migrations.CreateModel(
            name='UnitChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('by_id', models.BigIntegerField()),
                ('by_name', models.CharField(max_length=80)),
                ('what', models.CharField(max_length=20)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='org.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, verbose_name='值班人')),
                ('phone', models.CharField(max_length=40, verbose_name='值班电话')),
                ('order', models.PositiveSmallIntegerField(default=1, verbose_name='次序')),
                ('starts', models.DateTimeField(verbose_name='起')),
                ('ends', models.DateTimeField(verbose_name='止')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duties', to='org.unit')),
            ],
            options={
                'ordering': ['unit', 'starts', 'order'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends__gt', models.F('starts'))), name='duty_ends_after_it_starts')],
            },
        ),
    ]
