from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=64, verbose_name="文件与对照表的校验值")),
                ("source", models.CharField(max_length=50, verbose_name="来源")),
                ("file", models.CharField(max_length=200, verbose_name="文件名")),
                ("row", models.BigIntegerField(default=0, verbose_name="已处理到的行")),
                ("counts", models.JSONField(default=dict, verbose_name="计数")),
                ("by_id", models.BigIntegerField()),
                ("by_name", models.CharField(max_length=80)),
                ("started_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={"indexes": [models.Index(fields=["fingerprint", "id"], name="import_of_file")]},
        ),
    ]
