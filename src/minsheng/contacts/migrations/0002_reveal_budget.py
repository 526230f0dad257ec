"""How many full numbers one person sees in an hour, and who was let go on."""

from django.db import migrations, models

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="RevealBudget",
            fields=[
                ID,
                ("per_hour", models.PositiveSmallIntegerField(verbose_name="每小时")),
                ("per_reason", models.PositiveSmallIntegerField(verbose_name="同一理由")),
                ("in_hand", models.PositiveSmallIntegerField(verbose_name="回访名单内")),
                ("at", models.DateTimeField(verbose_name="设定时间")),
                ("by_id", models.BigIntegerField()),
                ("by_name", models.CharField(max_length=80, verbose_name="设定人")),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="RevealPass",
            fields=[
                ID,
                ("person_id", models.BigIntegerField(db_index=True, verbose_name="放行给")),
                ("at", models.DateTimeField(verbose_name="放行时间")),
                ("by_id", models.BigIntegerField()),
                ("by_name", models.CharField(max_length=80, verbose_name="放行人")),
                ("reason", models.CharField(max_length=300, verbose_name="理由")),
            ],
        ),
    ]
