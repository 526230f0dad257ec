from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("cases", "0002_undated")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["id"], name="case_declined",
                               condition=models.Q(("state", "declined"), models.Q(("marks__has_key", "decline_ok"), _negated=True))),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["id"], name="case_by_night",
                               condition=models.Q(("marks__has_key", "night"), models.Q(("marks__has_key", "night_ok"), _negated=True))),
        ),
    ]
