"""What a step is given is a value of its kind, names something that there is, and lies in the time that it can lie in."""

import math

import pytest
from tests.cast import ANSWER, later

from minsheng.cases import actions
from minsheng.cases.models import Case, CaseText
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid


def refusal(cast, case, step, who, **given) -> dict:
    """The sentences by field; the case is as it was."""
    seq = Case.objects.get(id=case.id).seq
    with pytest.raises(Invalid) as wrong:
        cast.take(case, step, who, **given)
    assert Case.objects.get(id=case.id).seq == seq
    return wrong.value.errors


EDGES = ["0001-01-01T00:00:00+00:00", "0025-01-02T10:00+08:00", "1969-12-31T23:59Z", "9999-12-31T23:59:59Z", "2025-01-02T10:00+23:59", "2025-01-02",
         "2024-12-31T23:59:60Z", 1735783200, math.nan, True, ["2025-01-02T10:00+08:00"], {"at": 1}, "昨天", "\ud800"]


@pytest.mark.parametrize("at", EDGES)
def test_a_contact_and_a_visit_lie_between_the_dispatch_and_now(cast, at):
    case = cast.at_state(State.IN_PROGRESS)
    assert refusal(cast, case, "contact", "water", contact_at=at, contact_how="phone").keys() == {"contact_at"}
    assert refusal(cast, case, "field_record", "water", visited_at=at, found="已到场", done="已抢修").keys() == {"visited_at"}


def test_the_window_of_a_contact_begins_with_the_dispatch_to_that_lead_to_the_minute(cast):
    with clock.fixed(later(seconds=30)):
        case = cast.at_state(State.IN_PROGRESS)
    with clock.fixed(later(hours=2)):
        before = refusal(cast, case, "contact", "water", contact_at="2025-01-02T09:59+08:00", contact_how="phone")
        assert before == {"contact_at": "时间不能早于派给本单位的时间（1月2日 周四 10:00）"}
        assert refusal(cast, case, "contact", "water", contact_at="2025-01-02T12:01+08:00", contact_how="phone") == {"contact_at": "时间不能晚于现在"}
        cast.take(case, "contact", "water", contact_at="2025-01-02T10:00+08:00", contact_how="phone")
    with clock.fixed(later(hours=3)):
        cast.take(case, "take_back", "coordinator", reason="改由城管局办理")
        cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
        cast.take(case, "sign", "roads")
        assert "contact_at" in refusal(cast, case, "contact", "roads", contact_at="2025-01-02T11:00+08:00", contact_how="phone")


@pytest.mark.parametrize(("step", "who", "field", "given"), [
    ("restrict", "shift_leader", "until", {"reason": "涉及未成年人", "readers": [1]}),
    ("ask_parking", "water_head", "solve_by", {"reason": "待改造", "measures": "临时供水"}),
])
def test_what_is_to_come_lies_ahead_and_not_a_lifetime_away(cast, step, who, field, given):
    case = cast.at_state(State.IN_PROGRESS)
    given = given | ({"readers": [cast.people["supervisor"].id]} if "readers" in given else {})
    for at in (*EDGES, "2025-01-02T10:00+08:00", "2031-01-02T10:00+08:00"):
        assert field in refusal(cast, case, step, who, **given, **{field: at}), at
    cast.take(case, step, who, **given, **{field: "2025-06-30T18:00+08:00"})


def test_an_article_is_a_ground_only_when_it_is_published(cast):
    from datetime import date

    from minsheng.knowledge import actions as knowledge

    case = cast.at_state(State.IN_PROGRESS, kind="consult")
    by = cast.actors["knowledge_editor"]
    draft = knowledge.draft(title="停水通知怎么查", body="停水通知在水务局网站公布，也可来电查询。", category="tap", owner=cast.units["water"].id,
                            valid_from=date(2025, 1, 1), by=by)
    for article in (999_999, 2**63, math.nan, "nan", "²", True, {"id": 1}, draft.id):
        assert refusal(cast, case, "draft_reply", "water", **ANSWER, article=article)["article"], article
    knowledge.submit(version_id=draft.id, by=by)
    knowledge.approve(version_id=draft.id, by=cast.actors["shift_leader"])
    cast.take(case, "draft_reply", "water", **ANSWER, article=draft.id)


def test_a_district_is_a_place_a_matter_exists_and_nothing_is_wiped(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    for unit in (cast.units["water"].id, cast.units["city"].id, cast.units["centre"].id, 999_999):
        assert "没有这个区县" in refusal(cast, case, "revise", "dispatcher", district=unit)["district"]
    for code in ("no.such", "tap\x00x", "x" * 41, 1, ["tap"]):
        assert refusal(cast, case, "revise", "dispatcher", category=code).keys() == {"category"}
    assert Case.objects.get(id=case.id).category.code == "tap"
    cast.take(case, "revise", "dispatcher", district=cast.units["town"].id, category="noise")
    with pytest.raises(Invalid) as wrong:
        cast.create(district=cast.units["water"].id, category="no.such", complained_unit=999_999)
    assert set(wrong.value.errors) == {"district", "category", "complained_unit"}


def test_people_files_and_requesters_are_looked_up(cast):
    case = cast.at_state(State.IN_PROGRESS)
    assert "readers" in refusal(cast, case, "restrict", "shift_leader", reason="涉及未成年人", readers=[999_999], until="2025-06-01T00:00+08:00")
    foreign = cast.file("roads")
    for file in (foreign, 999_999, -1, "x"):
        assert refusal(cast, case, "ask_final", "water_head", reason="已三次答复", public_reply="经复核，维持原答复意见。", document=[file]).keys() == {"document"}
    case, other = cast.at_state(State.PENDING_CALLBACK), cast.at_state(State.PENDING_CALLBACK)
    assert "party" in refusal(cast, case, "record_callback", "callback_clerk", party=other.id, outcome="refused")


@pytest.mark.parametrize("text", [1, 1.5, math.nan, True, {"a": 1}, ["x"], "\ud800", "x" * 4001])
def test_words_are_never_made_of_something_else(cast, text):
    case = cast.at_state(State.PENDING_REVIEW)
    assert refusal(cast, case, "ask_more", "dispatcher", reason=text).keys() == {"reason"}


def test_words_of_nothing_are_nothing_given(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    for blank in ("", "  ", "\u200b", "\u3000\u00a0", "\x00", "\u2800"):
        assert refusal(cast, case, "ask_more", "dispatcher", reason=blank) == {"reason": "请填写理由"}


@pytest.mark.parametrize(("part", "said"), [
    ({"narrative": "路灯不亮", "elements": "x"}, "要素"), ({"narrative": "路灯不亮", "elements": {"a": {"b": "x" * 1001}}}, "要素"),
    ({"narrative": "路灯不亮", "elements": {"a": math.nan}}, "要素"), ({"narrative": "灯" * 6_800_000}, "诉求内容最多 8000 字"), ({"narrative": ""}, "请填写诉求内容"),
    ({"narrative": ["路灯"]}, "应为文字"), ({"narrative": "路灯不亮", "kind": "nonsense"}, "诉求类型"), ({"narrative": "路灯不亮", "category": "no.such"}, "没有分类"),
    ({"narrative": "路灯不亮", "state": "closed"}, "不需要"), ({"narrative": "路灯不亮", "title": "灯" * 121}, "标题"), ("路灯不亮", "应为列表"), (None, "应为列表"),
])
def test_each_part_of_a_split_case_is_checked_like_a_case(cast, part, said):
    case = cast.at_state(State.PENDING_REVIEW)
    errors = refusal(cast, case, "split", "dispatcher", parts=[{"narrative": "停水两天"}, part], reason="两件事")
    assert said in "；".join(errors.values())
    assert not Case.objects.filter(parent_id=case.id).exists()
    assert refusal(cast, case, "split", "dispatcher", parts=[{"narrative": "停水"}] * 11, reason="十一件事").keys() == {"parts"}


def test_one_part_is_no_split(cast):
    """It would be the same order once more, with a new limit."""
    case = cast.at_state(State.PENDING_REVIEW)
    for parts in ([{"narrative": "路灯不亮"}], ({"narrative": "路灯不亮"},)):
        assert "至少 2 件" in refusal(cast, case, "split", "dispatcher", parts=parts, reason="一件事")["parts"]
    assert Case.objects.get(id=case.id).state == State.PENDING_REVIEW


def test_elements_are_bounded_and_hold_nothing_that_no_column_holds(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    for wrong in ("x", ["a"], {"a": ["x" * 600, "x" * 600]}, {"a": {"b": math.nan}}, {"a": math.inf}, {"a": 10**40}, {"a": "\ud800"}, {"": "x"}, {"a": "x" * 1001},
                  {str(n): "x" for n in range(61)}):
        assert all(name.startswith("elements") for name in refusal(cast, case, "revise", "dispatcher", elements=wrong)), wrong
    cast.take(case, "revise", "dispatcher", elements={"时段": "夜\x00间", "次数": 3, "已报修": True, "空": None})
    assert CaseText.objects.get(case_id=case.id).elements == {"时段": "夜间", "次数": 3, "已报修": True}


def test_a_limit_set_by_hand_is_a_promise_that_somebody_lives_to_see(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    for limit in ("9999wd", "0wd", "5", "五天", "-5wd", ["5wd"], 5, "NaN", "5" * 5000):
        assert refusal(cast, case, "dispatch", "dispatcher", lead=cast.units["water"].id, limit=limit).keys() == {"limit"}, limit
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id, limit=" ５WD ")


def test_a_case_is_made_of_values_too(cast):
    asked = {"by": cast.actors["agent"], "kind": "help", "narrative": "停水两天"}
    for field, wrong in (("narrative", {"a": 1}), ("narrative", "\ud800"), ("title", ["x"]), ("place", 5), ("kind", "x"), ("kind", ["help"]),
                         ("channel", None), ("channel", "fax"), ("district", "abc"), ("district", 2**63), ("elements", "x"), ("language", "xx"),
                         ("complained_unit", math.nan), ("original", "x" * 8001), ("requester", actions.Requester("王" * 81, "")),
                         ("requester", actions.Requester("王", "1" * 41)), ("requester", actions.Requester("王", "", "alien")),
                         ("key", ("api:1", "x" * 121)), ("key", ("api:1", "\ud800"))):
        with pytest.raises(Invalid, match="应|须|最多|没有|无法|请|不能用"):
            actions.create_case(**{**asked, field: wrong})
    assert not Case.objects.exists()


def test_what_is_wrong_is_said_in_the_order_in_which_the_form_asks(cast):
    """A check across fields and an empty field come from two places; whoever hears the list goes down the form once."""
    case = cast.at_state(State.IN_PROGRESS)
    assert list(refusal(cast, case, "draft_reply", "water")) == ["handling", "public_reply", "claimed_solved"]
