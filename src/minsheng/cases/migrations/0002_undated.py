from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.AddField(model_name="case", name="undated", field=models.BooleanField(default=False, verbose_name="时间不明")),
    ]
