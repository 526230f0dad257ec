from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_second_factor")]

    operations = [migrations.AddField("askedgrant", "replaces_id", models.BigIntegerField("接替", null=True, blank=True))]
