"""The marks of a case are facts with a name and a type: read by attribute, set by one function, asked for in SQL by one expression each."""

import re
from pathlib import Path

from minsheng.cases.models import Case
from minsheng.cases.queries import marked
from minsheng.cases.rules import decided

SOURCE = Path(__file__).parents[2] / "src/minsheng"
BY_KEY = re.compile(r"""marks(\.get\(|\[)|["'] (not )?in [\w.]*\bmarks\b|\bmarks\.(items|keys|values)\(""")
SET, IN_SQL = re.compile(r"\.marks = (?!case\.marks\.but)"), re.compile(r"marks__")


def found(pattern: re.Pattern, but: set[str] = frozenset()) -> list[str]:
    texts = {path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if "migrations" not in path.parts}
    return [f"{name}: {line.strip()}" for name, text in texts.items() if name not in but for line in text.splitlines() if pattern.search(line)]


def test_marks_are_read_by_attribute_and_set_by_one_function():
    assert found(BY_KEY) == [] and found(SET) == []


def test_lists_ask_for_a_mark_by_its_one_expression():
    assert found(IN_SQL, {"cases/queries/marked.py", "cases/indexes.py"}) == []


def test_the_partial_indexes_of_a_case_hold_what_lists_ask_for():
    of = {index.name: index.condition for index in Case._meta.indexes}
    assert of["case_unconfirmed"] == marked.UNCONFIRMED and of["case_alarm"] == marked.ALARM
    assert of["case_declined"] == marked.DECLINE_OPEN and of["case_by_night"] == marked.NIGHT_OPEN


def test_every_column_of_a_case_is_sealed_or_said_to_be_decided_by_no_step():
    """A column that nobody had listed could be changed by hand unseen."""
    columns, said = {field.attname for field in Case._meta.concrete_fields}, {*decided.COLUMNS, *decided.LATER} | decided.UNDECIDED
    assert columns - said == set(), "a step decides it: a line with its label in LATER of cases/rules/decided.py; none does: a word in UNDECIDED"
    assert said - columns == set(), "cases/rules/decided.py names columns that the case no longer has"
