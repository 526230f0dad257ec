"""What a clerk has done today, what was put off and which second calls wait are counted without reading all years."""

from django.db import migrations, models

from minsheng.kit.partitions import AddIndexBeside


def _index(model, name, field, open_, *before):
    return AddIndexBeside(model, models.Index(fields=[*before, field], name=name, condition=models.Q(done_at__isnull=open_)))


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside those who write

    dependencies = [("followup", "0002_one_way_to_call_back")]

    operations = [
        _index("callbackparty", "callback_later", "not_before", True),
        _index("callbackparty", "callback_done", "done_at", False, "clerk_id"),
        _index("recheck", "recheck_open", "id", True),
        _index("recheck", "recheck_done", "done_at", False),
    ]
