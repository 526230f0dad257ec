"""Indexes that only numbers read: limits and last moments by time. Partial, so that taking in a case writes none of them."""

from django.db import migrations

_COLUMNS = ("sign_due_at", "contact_due_at", "handle_due_at")


class Migration(migrations.Migration):
    initial = True

    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX measures_{column} ON cases_case ({column}) WHERE {column} IS NOT NULL",
            f"DROP INDEX measures_{column}",
        )
        for column in _COLUMNS
    ]
