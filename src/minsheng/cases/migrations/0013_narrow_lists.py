"""Lists narrowed to what few cases are, and earlier rulings, are read by an index: what a page costs does not grow with the years."""

from django.db import migrations, models

from minsheng.kit.partitions import AddIndexBeside


def _case(name, fields, **where):
    return AddIndexBeside("case", models.Index(fields=fields, name=name, condition=models.Q(**where)))


def _ask(name, fields):
    return AddIndexBeside("caseask", models.Index(fields=fields, name=name, condition=models.Q(granted__isnull=False)))


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside those who write

    dependencies = [("cases", "0012_words_in_code")]

    operations = [
        _case("case_urgent", ["id"], urgent=True),
        _case("case_sealed", ["id"], sealed=True),
        _case("case_problem", ["id"], problem=True),
        _case("case_ended_otherwise", ["state", "id"], state__in=["declined", "merged", "terminated", "transferred", "withdrawn"]),
        _case("case_returned", ["category", "id"], returns__gt=0),
        _ask("ask_ruled", ["ask", "ruled_at"]),
        _ask("ask_of_unit", ["asked_unit", "ask", "ruled_at"]),
    ]
