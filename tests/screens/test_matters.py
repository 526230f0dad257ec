"""Pages of matters and of the dispatch catalogue: read by those who dispatch and handle, changed by those who keep them."""

from datetime import date, timedelta

import pytest
from tests.cast import NOW, build

from minsheng.cases import queries as cases
from minsheng.cases.actions import categories
from minsheng.dispatch import actions as dispatch
from minsheng.dispatch import queries as catalogue
from minsheng.dispatch.models import Rule
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid
from minsheng.ledger import queries as ledger


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        made = build()
        dispatch.add_rule(category=cases.category("tap"), lead=made.units["water"], by_district=False, basis="三定规定",
                          valid_from=date(2024, 1, 1), co=["district"], by=made.actors["coordinator"])
        yield made


def test_the_catalogue_is_found_by_matter_keyword_and_unit_and_says_where_there_is_no_row(cast):
    client = cast.client("dispatcher")
    for words, there in (("停水", True), ("水务", True), ("三定", True), ("没有这个词", False)):
        assert ("市水务局" in client.get("/desk/matters", {"q": words}).content.decode()) == there, words
    assert "没有目录" in client.get("/desk/matters", {"q": "噪声"}).content.decode()
    assert "没有目录" in client.get("/desk/matters", {"q": "停水", "on": "2023-06-01"}).content.decode()


def test_the_coordinator_moves_a_matter_to_another_unit_from_a_day_on(cast):
    client = cast.client("coordinator")
    given = {"way": "unit", "lead": "市城管局", "co": "市水务局", "basis": "职责认定第 3 号", "valid_from": "2025-02-01"}
    answer = client.post("/desk/matters/tap/route", given)
    assert answer.status_code == 302
    new, old = catalogue.rows_of(cases.category("tap").id)
    assert (new.lead, new.co, old.valid_to) == (cast.units["roads"], [cast.units["water"].id], date(2025, 1, 31))
    page = client.get("/desk/matters/tap").content.decode()
    assert "市城管局" in page and "2025-02-01" in page


def test_what_does_not_fit_is_said_and_what_was_typed_stays(cast):
    client = cast.client("coordinator")
    answer = client.post("/desk/matters/tap/route", {"way": "unit", "lead": "没有的单位", "basis": "职责认定", "valid_from": "2025-02-01"})
    assert answer.status_code == 422 and "没有叫“没有的单位”的单位" in answer.content.decode() and "没有的单位" in answer.content.decode()
    answer = client.post("/desk/matters/tap/route", {"way": "district", "basis": "", "valid_from": "2023-01-01"})
    assert answer.status_code == 422 and "请写明依据" in answer.content.decode()
    assert Rule.objects.count() == 1


def test_a_row_is_ended_with_a_reason(cast):
    client, row = cast.client("coordinator"), Rule.objects.get()
    assert client.post(f"/desk/matters/tap/route/{row.id}/end", {"on": "2025-01-31", "reason": ""}).status_code == 422
    assert client.post(f"/desk/matters/tap/route/{row.id}/end", {"on": "2025-01-31", "reason": "职责划转自来水公司"}).status_code == 302
    assert Rule.objects.get().valid_to == date(2025, 1, 31)
    assert client.post(f"/desk/matters/noise/route/{row.id}/end", {"on": "2025-01-31", "reason": "职责划转"}).status_code == 404


def test_the_system_administrator_writes_a_template_and_the_next_case_is_asked_by_it(cast):
    client = cast.client("system_admin")
    page = client.get("/desk/matters/noise/write").content.decode()
    assert 'value="时段"' in page and cast.client("coordinator").get("/desk/matters/noise/write").status_code == 403
    given = {"name": "噪声扰民", "keywords": "噪声、吵闹 夜里", "urgent_words": "", "evidence": "field", "el_key": ["time", ""],
             "el_label": ["时段", "声源"], "el_type": ["text", "choice"], "el_required": ["0", "1"], "el_help": ["", ""], "el_choices": ["", "工地、商铺"]}
    assert client.post("/desk/matters/noise/write", given).status_code == 302
    matter = cases.category("noise")
    assert matter.keywords == ["噪声", "吵闹", "夜里"] and [e["label"] for e in matter.elements] == ["时段", "声源"]
    assert matter.elements[0]["key"] == "time" and matter.elements[1]["choices"] == ["工地", "商铺"] and matter.elements[1]["required"]
    assert cast.create(category="noise").marks.missing == ("时段", "声源")
    assert ledger.about("category:noise")
    assert client.post("/desk/matters/noise/write", {**given, "name": "", "el_choices": ["", ""]}).status_code == 422


def test_a_new_matter_has_no_row_yet_and_says_what_comes_next(cast):
    client = cast.client("system_admin")
    answer = client.post("/desk/matters/new", {"code": "light.out", "name": "路灯不亮", "parent": "", "keywords": "路灯", "evidence": "photo"}, follow=True)
    assert answer.status_code == 200 and "还没有目录" in answer.content.decode()
    again = client.post("/desk/matters/new", {"code": "light.out", "name": "路灯", "evidence": "photo"})
    assert again.status_code == 422 and "已在使用" in again.content.decode()


def test_a_matters_page_says_its_limits_in_words(cast):
    from minsheng.cases.actions.categories import change_matter

    change_matter(code="tap", by=cast.actors["system_admin"], setup=True, limit_matter="outage",
                  statutory={"code": "mediate", "name": "消费投诉调解", "accept": "7wd", "finish": "45wd"})
    page = cast.client("dispatcher").get("/desk/matters/tap").content.decode()
    assert "消费投诉调解：受理 7 个工作日，办结 45 个工作日" in page and "7wd" not in page
    assert f"<dd>{cases.category('tap').name}共用，见时限表" in page and "outage" not in page


def retired(cast, last: str = "2025-01-02", **more):
    return cast.client("system_admin").post("/desk/matters/noise/retire", {"on": last, "reason": "并入油烟噪声", **more})


def test_a_retired_matter_is_chosen_no_more_and_its_cases_go_on(cast):
    before = cast.create(category="noise", title="半夜噪声", elements={"time": "夜间"})
    assert "noise" in cast.client("agent").get("/desk/intake").content.decode()
    assert retired(cast).status_code == 302
    with clock.fixed(NOW + timedelta(days=1)):
        assert 'value="noise"' not in cast.client("agent").get("/desk/intake").content.decode()
        assert "noise" not in {one.code for one in catalogue.matters()}, "nor is it guessed from words"
        with pytest.raises(Invalid, match="已停用"):
            cast.create(category="noise", title="半夜噪声")
        other = cast.create(category="tap")
        with pytest.raises(Invalid, match="已停用"):
            cast.take(other, "revise", "dispatcher", category="noise")
        assert cast.take(before, "revise", "dispatcher", title="噪声", category="noise"), "whose matter it was before keeps it"
        cast.take(before, "dispatch", "dispatcher", lead=cast.units["roads"].id)
        assert "已停用" in cast.client("dispatcher").get("/desk/matters").content.decode()
        assert cast.client("dispatcher").get("/desk/cases?category=noise").status_code == 200, "and is still looked for"
    assert [entry.detail["reason"] for entry in ledger.about("category:noise") if "reason" in entry.detail] == ["并入油烟噪声"]


def test_the_last_day_counts_and_it_is_used_again(cast):
    retired(cast)
    assert cast.create(category="noise", title="半夜噪声", elements={"time": "夜间"}), "the last day counts"
    assert retired(cast, again="1").status_code == 302 and cases.category("noise").valid_to is None
    with clock.fixed(NOW + timedelta(days=1)):
        assert cast.create(category="noise", title="半夜噪声", elements={"time": "夜间"})


@pytest.mark.parametrize("given", [{"on": ""}, {"on": "2025-02-30"}, {"on": "2024-06-01"}, {"reason": ""}, {"reason": "字" * 201}, {"reason": " \u3000 "}])
def test_what_does_not_fit_of_a_retirement_is_said_and_changes_nothing(cast, given):
    answer = retired(cast, **given)
    assert answer.status_code == 422 and "ms-error" in answer.content.decode() and cases.category("noise").valid_to is None


@pytest.mark.parametrize("who", ["dispatcher", "coordinator", "agent", "water"])
def test_only_the_system_administrator_retires_a_matter(cast, who):
    assert cast.client(who).post("/desk/matters/noise/retire", {"on": "2025-01-02", "reason": "并入油烟噪声"}).status_code == 403


def test_a_group_is_retired_after_what_lies_under_it(cast):
    categories.add_matter(code="tap.new", parent="tap", by=cast.actors["system_admin"], name="停水通知")
    with pytest.raises(Invalid, match="先停用"):
        categories.retire_matter(code="tap", last=date(2025, 1, 2), reason="机构改革", by=cast.actors["system_admin"])
    for code in ("tap.new", "tap"):
        categories.retire_matter(code=code, last=date(2025, 1, 2), reason="机构改革", by=cast.actors["system_admin"])
    with pytest.raises(Invalid, match="先恢复上级"):
        categories.retire_matter(code="tap.new", last=None, reason="仍要使用", by=cast.actors["system_admin"])
