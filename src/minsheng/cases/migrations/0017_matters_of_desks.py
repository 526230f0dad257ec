"""What may be the same and who takes such cases are read by an index: a dispatch desk costs no more when many cases are open."""

from django.db import migrations, models

from minsheng.kit.partitions import AddIndexBeside


def _case(name, fields, **where):
    return AddIndexBeside("case", models.Index(fields=fields, name=name, condition=models.Q(**where)))


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside those who write

    dependencies = [("cases", "0016_unread_indexes")]

    operations = [
        _case("case_open_matter", ["category", "id"], closed_at__isnull=True),
        _case("case_led_matter", ["category", "district", "id"], lead__isnull=False),
    ]
