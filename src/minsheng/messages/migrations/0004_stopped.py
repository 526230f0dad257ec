from django.db import migrations, models


class Migration(migrations.Migration):
    """What was called back is a state of its own: it is not among what is sent again."""

    dependencies = [("outbox", "0003_ways_in_code")]

    operations = [
        migrations.AlterField(
            "message",
            "state",
            models.CharField(choices=[("queued", "待发"), ("sending", "正在发"), ("sent", "已发"), ("failed", "失败"), ("held", "未接入"), ("stopped", "不再发")],
                             default="queued", max_length=8, verbose_name="状态"),
        ),
    ]
