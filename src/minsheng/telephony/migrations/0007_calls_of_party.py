from django.db import migrations, models


def build(apps, schema_editor):
    """While calls go on. What was broken off is not left behind."""
    schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS call_of_party")
    schema_editor.execute("CREATE INDEX CONCURRENTLY call_of_party ON telephony_call (party, arrived_at DESC) WHERE NOT (party = '')")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('telephony', '0006_party'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(build, migrations.RunPython.noop)],
            state_operations=[migrations.AddIndex(
                model_name='call',
                index=models.Index(condition=models.Q(('party', ''), _negated=True), fields=['party', '-arrived_at'], name='call_of_party'),
            )],
        ),
    ]
