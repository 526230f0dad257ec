"""That an order came to a rung, and that a unit was urged, is noted once and for good."""

from django.db import migrations

from minsheng.kit import partitions


class Migration(migrations.Migration):
    dependencies = [('oversight', '0009_words_of_code')]

    operations = [migrations.RunSQL(partitions.append_only(table), f'DROP TRIGGER no_change ON {table}; DROP TRIGGER no_truncate ON {table};')
                  for table in ('oversight_reached', 'oversight_urged')]
