"""No list and no figure asks for rounds by their dates: the book of facts has them."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("cases", "0015_recorded_at")]

    operations = [
        migrations.RemoveIndex(model_name="caseround", name="round_handle"),
        migrations.RemoveIndex(model_name="caseround", name="round_contact"),
    ]
