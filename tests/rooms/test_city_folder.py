"""A city's folder: checked against itself, put in once, repeated without doubles; who may change matters and the catalogue."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.cast import NOW

from minsheng.cases import queries as cases
from minsheng.cases.actions import categories
from minsheng.cases.models import Category
from minsheng.cli import Stop, city_files, city_folder
from minsheng.dispatch import actions as dispatch
from minsheng.dispatch import queries as proposals
from minsheng.dispatch.models import Rule
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger import queries as ledger
from minsheng.org.models import Unit, UnitChange

DEMO = Path(__file__).resolve().parents[2] / "demo"


@pytest.fixture
def folder(tmp_path):
    for name in city_files.FILES:
        shutil.copy(DEMO / f"{name}.yaml", tmp_path)
    return tmp_path


def edit(folder: Path, name: str, old: str, new: str) -> Path:
    """The folder as somebody edited it: a copy, since a folder is read once per process."""
    other = folder.with_name(folder.name + "-2")
    shutil.copytree(folder, other)
    text = (other / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    (other / f"{name}.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return other


def counts() -> tuple:
    return Unit.objects.count(), UnitChange.objects.count(), Category.objects.count(), Rule.objects.count()


def test_the_folder_is_put_in_once_and_again_without_doubles(db, folder):
    with clock.fixed(NOW):
        first = city_folder.put_in(folder)
        before = counts()
        again = city_folder.put_in(folder)
    assert first.counts["机构"][0] > 80 and first.counts["派单目录"][0] > 60 and before[0] > 80
    assert counts() == before and all(added == changed == 0 for added, _, changed in again.counts.values()) and not again.left


def test_changed_words_of_a_matter_are_taken_and_a_renamed_unit_is_left_to_its_page(db, folder):
    with clock.fixed(NOW):
        city_folder.put_in(folder)
        words = cases.category("jt.bus.wait").keywords
        other = edit(folder, "org", "name: 示例市教育局,", "name: 示例市教育和体育局,")
        other = edit(other, "categories", f"keywords: [{words[0]}", f"keywords: [新词, {words[0]}")
        report = city_folder.put_in(other)
    assert any("示例市教育和体育局" in line for line in report.left) and report.counts["分类"][2] >= 1
    assert any("新词" in c.keywords for c in Category.objects.all())


def test_files_that_do_not_fit_are_named_before_anything_is_written(folder):
    assert city_files.problems(folder) == []
    other = edit(folder, "catalogue", "category: jt.bus.wait, lead: u.bus", "category: jt.bus.wait, lead: u.nobody")
    assert city_files.problems(other) == ["catalogue.yaml：jt.bus.wait 的单位 u.nobody 不在 org.yaml 中"]
    (other / "org.yaml").unlink()
    city_files.read.cache_clear()
    with pytest.raises(Stop, match="org.yaml"):
        city_files.problems(other)


# --- matters and the catalogue, changed by people ------------------------------------------------------------


def test_the_system_administrator_changes_a_matter_and_the_ledger_keeps_both_texts(cast):
    admin = cast.actors["system_admin"]
    elements = [{"key": "time", "label": "时段", "type": "text", "required": True}, {"key": "floor", "label": "楼层", "type": "text", "required": True}]
    categories.change_matter(code="noise", by=admin, elements=elements, keywords=["噪声", "吵"])
    [entry] = ledger.about("category:noise")
    assert entry.detail["after"]["keywords"] == ["噪声", "吵"] and entry.detail["before"]["keywords"] == []
    case = cast.create(category="noise", elements={"time": "夜里"})
    assert case.marks.missing == ("楼层",)
    with pytest.raises(Refused):
        categories.change_matter(code="noise", by=cast.actors["dispatcher"], name="噪声扰民")


@pytest.mark.parametrize(("content", "field"), [
    ({"name": ""}, "name"), ({"evidence": "video"}, "evidence"), ({"elements": [{"key": "a", "label": ""}]}, "elements"),
    ({"elements": [{"key": "a", "label": "时段", "type": "choice"}]}, "elements"), ({"keywords": ["长" * 31]}, "keywords"),
])
def test_a_wrong_matter_says_what_to_do(cast, content, field):
    with pytest.raises(Invalid) as wrong:
        categories.change_matter(code="noise", by=cast.actors["system_admin"], **content)
    assert wrong.value.errors[field]


def test_a_new_row_of_the_catalogue_ends_the_old_one_the_day_before_and_an_old_case_keeps_its_ground(cast):
    by, tap = cast.actors["coordinator"], cases.category("tap")
    dispatch.add_rule(category=tap, lead=cast.units["water"], by_district=False, basis="三定规定", valid_from=date(2024, 1, 1), by=by)
    old = cast.create()
    dispatch.add_rule(category=tap, lead=cast.units["roads"], by_district=False, basis="职责认定", valid_from=date(2025, 1, 6), by=by)
    assert [r.valid_to for r in Rule.objects.order_by("valid_from")] == [date(2025, 1, 5), None]
    with clock.fixed(NOW + timedelta(days=7)):
        new = cast.create()
    assert [proposals.proposals(c)[0].unit_id for c in (old, new)] == [cast.units["water"].id, cast.units["roads"].id]


def test_the_catalogue_is_kept_by_the_coordinator_alone_and_dates_do_not_overlap(cast):
    tap = cases.category("tap")
    given = {"category": tap, "lead": cast.units["water"], "by_district": False, "basis": "三定规定", "valid_from": date(2025, 1, 1)}
    with pytest.raises(Refused):
        dispatch.add_rule(**given, by=cast.actors["dispatcher"])
    row = dispatch.add_rule(**given, by=cast.actors["coordinator"])
    with pytest.raises(Invalid) as wrong:
        dispatch.add_rule(**{**given, "basis": ""}, by=cast.actors["coordinator"])
    assert set(wrong.value.errors) == {"basis", "valid_from"}
    dispatch.end_rule(rule_id=row.id, on=date(2025, 1, 31), by=cast.actors["coordinator"], reason="职责划转")
    with pytest.raises(Invalid):
        dispatch.end_rule(rule_id=row.id, on=date(2025, 3, 1), by=cast.actors["coordinator"], reason="再推迟停用")
