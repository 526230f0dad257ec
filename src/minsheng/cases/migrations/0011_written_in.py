"""Steps bear the number of the transaction that wrote them, and are indexed by it: the order of the feed (kit.feed).

The column is no field of the model: the database fills it, and no reader but the feed asks for it.
"""

from django.db import migrations

from minsheng.kit import feed


def index(apps, schema_editor):
    feed.index_each_part("cases_casestep", "step_written", schema_editor)


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside those who write

    dependencies = [
        ("cases", "0010_clock_columns"),
    ]

    operations = [
        migrations.RunSQL([feed.BASE.format(base=0), feed.numbered("cases_casestep")], migrations.RunSQL.noop),
        migrations.RunPython(index, migrations.RunPython.noop),
    ]
