from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.AddField("askedgrant", "reason", models.CharField("理由", max_length=300, blank=True, default=""), False)]
