from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_asked_reason")]

    operations = [migrations.AddField("askedgrant", "replaces_id", models.BigIntegerField("接替", null=True, blank=True))]
