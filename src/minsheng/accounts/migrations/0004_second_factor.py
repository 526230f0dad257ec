"""Codes from a phone as the second step of a log-in; a session that must set them up first."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_hashed_session_keys")]
    operations = [
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                ("person", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="second_factor", serialize=False,
                                                to=settings.AUTH_USER_MODEL)),
                ("asked_at", models.DateTimeField(null=True, verbose_name="首次要求设置")),
                ("secret_sealed", models.BinaryField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="启用时间")),
                ("last_step", models.BigIntegerField(default=0)),
                ("recovery", models.JSONField(default=list, verbose_name="备用码")),
            ],
        ),
        migrations.AddField("session", "confined", models.BooleanField(default=False, verbose_name="须先设置动态口令")),
    ]
