from django.db import migrations, models


class Migration(migrations.Migration):
    """The ways out are named in code: a new one is no migration."""

    dependencies = [("outbox", "0002_sending")]

    operations = [migrations.AlterField("message", "channel", models.CharField(max_length=8, verbose_name="渠道"))]
