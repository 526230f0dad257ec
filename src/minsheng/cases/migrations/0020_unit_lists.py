"""A unit's list of one matter is read by an index of both: by the matter, that of all units was read."""

from django.db import migrations, models

from minsheng.kit.partitions import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside those who write

    dependencies = [("cases", "0019_remasked")]

    operations = [
        AddIndexBeside("case", models.Index(fields=["lead", "category", "id"], name="case_lead_matter",
                                            condition=models.Q(lead__isnull=False))),
    ]
