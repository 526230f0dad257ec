"""No case was ever put to an event. The version before still reads the column while it is replaced: the next version drops it. No statement."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0021_words_of_code")]
    operations = [migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("case", "event_id")])]
