"""Lists of open cases end with their page: the newest, the earliest limit, and what somebody heard at a desk, are found by an index.

That of ended cases holds no open ones any more: they were looked for in it, and read row by row.
"""

from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform

from minsheng.kit.partitions import AddIndexBeside

_OPEN = models.Q(closed_at__isnull=True)


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside those who write

    dependencies = [("cases", "0017_matters_of_desks")]

    operations = [
        AddIndexBeside("case", models.Index(fields=["id"], name="case_open", condition=_OPEN)),
        AddIndexBeside("case", models.Index(fields=["due_at", "id"], name="case_open_due", condition=_OPEN,
                                            include=["lead", "state", "restricted", "paused", "complained_line"])),
        AddIndexBeside("case", models.Index(KeyTextTransform("leader", "marks"), name="case_at_desk",
                                            condition=models.Q(period_id__isnull=False))),
        AddIndexBeside("case", models.Index(fields=["closed_at", "id"], name="case_ended", condition=models.Q(closed_at__isnull=False))),
        migrations.RemoveIndex("case", "case_closed"),
    ]
