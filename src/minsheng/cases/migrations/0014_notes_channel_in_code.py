from django.db import migrations, models


class Migration(migrations.Migration):
    """The channels of a note are named in code, as those of a case: a new one is no migration."""

    dependencies = [("cases", "0013_narrow_lists")]

    operations = [migrations.AlterField("callnote", "channel", models.CharField(max_length=16))]
