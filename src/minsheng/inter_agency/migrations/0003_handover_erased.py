from django.db import migrations, models


def build(apps, schema_editor):
    """While calls go on. What was broken off is not left behind."""
    schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS handover_erased")
    schema_editor.execute("CREATE INDEX CONCURRENTLY handover_erased ON inter_agency_handover (mark) WHERE mark IS NOT NULL")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('inter_agency', '0002_erased_mark'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(build, migrations.RunPython.noop)],
            state_operations=[migrations.AddIndex(
                model_name='handover',
                index=models.Index(condition=models.Q(('mark__isnull', False)), fields=['mark'], name='handover_erased'),
            )],
        ),
    ]
