from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.AlterField(
            "message", "state",
            models.CharField(choices=[("queued", "待发"), ("sending", "正在发"), ("sent", "已发"), ("failed", "失败"), ("held", "未接入")],
                             default="queued", max_length=8, verbose_name="状态"),
        ),
        migrations.AddIndex(
            "message", models.Index(condition=models.Q(("state", "sending")), fields=["next_at"], name="message_on_its_way"),
        ),
    ]
