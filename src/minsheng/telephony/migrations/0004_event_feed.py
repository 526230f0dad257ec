"""Events of calls bear the number of the transaction that wrote them: figures follow them as they follow steps."""

from django.db import migrations

from minsheng.kit.feed import COLUMN, numbered


def _index(apps, schema_editor):
    schema_editor.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS telephony_callevent_feed ON telephony_callevent ({COLUMN}, id)")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("telephony", "0003_promised"), ("cases", "0011_written_in")]

    operations = [
        migrations.RunSQL(numbered("telephony_callevent"), migrations.RunSQL.noop),
        migrations.RunPython(_index, migrations.RunPython.noop),
    ]
