"""The table of sessions keeps digests of their keys; whoever is logged in stays so."""

from django.db import migrations, models

DIGESTS = "UPDATE accounts_session SET session_key = encode(sha256(convert_to(session_key, 'UTF8')), 'hex')"
BACK = "DELETE FROM accounts_session"  # a digest is no key: everybody logs in again


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_asked_reason")]
    operations = [
        migrations.AlterField("session", "session_key", models.CharField(max_length=64, primary_key=True, serialize=False)),
        migrations.RunSQL(DIGESTS, BACK),
    ]
