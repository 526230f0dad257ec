"""When we were told of a step, beside when it happened. Rows that are there bear none: nothing is rewritten, their chains stay as signed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("cases", "0014_notes_channel_in_code"),
    ]

    operations = [
        migrations.AddField(
            model_name="casestep",
            name="recorded_at",
            field=models.DateTimeField(null=True, verbose_name="录入时间"),
        ),
    ]
