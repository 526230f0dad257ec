"""Facts, the cube and the place up to which steps are followed. The indexes by which figures were read off cases are gone with that."""

import django.contrib.postgres.fields
from django.db import migrations, models

from minsheng.kit.partitions import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('measures', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Following',
            fields=[
                ('id', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(default=0)),
                ('step', models.BigIntegerField(default=0)),
                ('ahead', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('known_at', models.DateTimeField(null=True)),
                ('declared', models.CharField(blank=True, default='', max_length=32)),
            ],
            options={
                'db_table': 'measures_following',
            },
        ),
        migrations.CreateModel(
            name='Cell',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('dimension', models.CharField(max_length=10)),
                ('grain', models.CharField(max_length=1)),
                ('day', models.DateField()),
                ('fact', models.CharField(max_length=10)),
                ('lead_id', models.BigIntegerField()),
                ('key', models.CharField(max_length=20)),
                ('excluded', models.BooleanField()),
                ('sets', models.IntegerField()),
                ('count', models.BigIntegerField()),
            ],
            options={
                'db_table': 'measures_cell',
                'constraints': [models.UniqueConstraint(fields=('dimension', 'grain', 'day', 'fact', 'lead_id', 'key', 'excluded', 'sets'), name='one_cell_a_place')],
            },
        ),
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('fact', models.CharField(max_length=10)),
                ('channel', models.CharField(max_length=16)),
                ('kind', models.CharField(max_length=12)),
                ('requester_kind', models.CharField(max_length=8)),
                ('language', models.CharField(max_length=2)),
                ('excluded', models.BooleanField()),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('sign', models.SmallIntegerField()),
                ('at', models.DateTimeField()),
                ('known_at', models.DateTimeField()),
                ('case_id', models.BigIntegerField()),
                ('part', models.BigIntegerField()),
                ('n', models.IntegerField()),
                ('lead_id', models.BigIntegerField(null=True)),
                ('category_id', models.BigIntegerField(null=True)),
                ('district_id', models.BigIntegerField(null=True)),
                ('period_id', models.BigIntegerField(null=True)),
                ('standing', models.CharField(max_length=12)),
                ('met_at', models.DateTimeField(null=True)),
                ('typed_at', models.DateTimeField(null=True)),
                ('waived_at', models.DateTimeField(null=True)),
                ('stands_since', models.DateTimeField(null=True)),
                ('before_at', models.DateTimeField(null=True)),
                ('contacted', models.BooleanField(null=True)),
                ('return_asked', models.BooleanField()),
                ('return_upheld', models.BooleanField()),
                ('redone', models.BooleanField()),
                ('extended', models.BooleanField()),
                ('reached', models.BooleanField()),
                ('solved', models.BooleanField(null=True)),
                ('satisfaction', models.CharField(max_length=20)),
            ],
            options={
                'db_table': 'measures_fact',
                'indexes': [models.Index(fields=['fact', 'at'], name='fact_at'), models.Index(fields=['case_id'], name='fact_case'), models.Index(condition=models.Q(('before_at__isnull', False)), fields=['before_at'], name='fact_before')],
            },
        ),
        migrations.RunSQL(append_only("measures_fact"), migrations.RunSQL.noop),
        migrations.RunSQL("INSERT INTO measures_following (id, number, step, ahead, declared) VALUES (1, 0, 0, '{}', '')", migrations.RunSQL.noop),
    ]
