from django.db import migrations, models

from minsheng.kit import partitions


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.RunSQL(partitions.FUNCTIONS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("machine_at", models.DateTimeField(verbose_name="机器时间")),
                ("kind", models.CharField(max_length=20, verbose_name="行为")),
                ("by_id", models.BigIntegerField(verbose_name="人员编号")),
                ("by_name", models.CharField(max_length=80, verbose_name="人员")),
                ("about", models.CharField(blank=True, max_length=80, verbose_name="对象")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="理由")),
                ("detail", models.JSONField(default=dict, verbose_name="内容")),
                ("prev", models.BinaryField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "-id"], name="ledger_by_kind"),
                    models.Index(fields=["by_id", "-id"], name="ledger_by_person"),
                    models.Index(fields=["about", "-id"], name="ledger_by_about"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("count", models.BigIntegerField(default=0)),
                ("hash", models.BinaryField(default=bytes(32))),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="ledger_has_one_head")]},
        ),
        migrations.RunSQL(
            "INSERT INTO ledger_head (id, count, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'))", migrations.RunSQL.noop
        ),
        migrations.RunSQL(partitions.append_only("ledger_entry"), migrations.RunSQL.noop),
    ]
