"""Cases that complain of a unit, found by the unit: they are in no figure of its people. What figures read off cases is read no more."""

from django.db import migrations

from minsheng.kit.partitions import index_each_part

_NO_MORE = ("sign_due_at", "contact_due_at", "handle_due_at")


def _index(apps, schema_editor):
    index_each_part("cases_case", "measures_complained", "USING gin (complained_line) WHERE complained_line IS NOT NULL", schema_editor)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("measures", "0002_facts"), ("cases", "0015_recorded_at")]

    operations = [
        migrations.RunPython(_index, migrations.RunPython.noop),
        *(migrations.RunSQL(f"DROP INDEX IF EXISTS measures_{column}", migrations.RunSQL.noop) for column in _NO_MORE),
    ]
