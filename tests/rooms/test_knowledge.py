"""Articles: two persons put a text up, each version counts from and to its day, what expired says so, a question finds its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import NOW, SETUP

from minsheng.accounts.rules import Actor, Role
from minsheng.calendar import actions as calendar
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.knowledge import actions, queries, rules
from minsheng.knowledge.models import Article, Gap, Version
from minsheng.knowledge.rules import Validity
from minsheng.ledger.models import Entry
from minsheng.org import actions as org
from minsheng.org.models import Unit
from minsheng.org.rules import UnitKind

DAY = NOW.date()
END = date(2025, 1, 10)


@dataclass
class Bureau:
    """One bureau, and actors by role: this room asks who somebody is and not for his account."""

    units: dict[str, Unit]
    actors: dict[str, Actor]


@pytest.fixture
def bureau(db):
    with clock.fixed(NOW):
        city = org.add_unit(code="city", name="示例市", kind=UnitKind.CITY, parent=None, by=SETUP)
        water = org.add_unit(code="water", name="市水务局", kind=UnitKind.BUREAU, parent=city, by=SETUP)
        calendar.seed_limits(by=SETUP)
        actors = {role.value: Actor(n, role.label, frozenset({role})) for n, role in enumerate(Role, 1)}
        yield Bureau({"water": water}, actors | {"water": actors["unit_handler"]})


@pytest.fixture
def editor(bureau) -> Actor:
    return bureau.actors["knowledge_editor"]


@pytest.fixture
def leader(bureau) -> Actor:
    return bureau.actors["shift_leader"]


def put_up(bureau, title: str = "家电以旧换新补贴怎么领", body: str = "购买指定家电可以领取补贴，请带发票和身份证到商务局窗口办理。", **more) -> Version:
    given = {"title": title, "body": body, "owner": bureau.units["water"].id, "category": "tap", "valid_from": date(2024, 9, 1), **more}
    version = actions.draft(**given, by=bureau.actors["knowledge_editor"])
    actions.submit(version_id=version.id, by=bureau.actors["knowledge_editor"])
    return actions.approve(version_id=version.id, by=bureau.actors["shift_leader"])


def test_the_subsidy_that_ends_on_january_10_counts_on_that_day_and_is_shown_expired_the_day_after(bureau):
    version = put_up(bureau, valid_to=END)
    [on_last] = queries.search("以旧换新补贴", on=END)
    [after] = queries.search("以旧换新补贴", on=END + timedelta(days=1))
    assert on_last.validity == Validity.CURRENT and on_last.is_current and "有效至 2025年1月10日" in on_last.mark
    assert after.validity == Validity.EXPIRED and not after.is_current and after.mark == "已于 2025年1月10日 到期，不再适用"
    page = queries.article_page(version.article_id, END + timedelta(days=1))
    assert page.expired_since == date(2025, 1, 11) and queries.article_page(version.article_id, END).expired_since is None


@given(st.dates(date(2024, 1, 1), date(2026, 1, 1)), st.dates(date(2024, 1, 1), date(2026, 1, 1)), st.dates(date(2024, 1, 1), date(2026, 1, 1)))
def test_validity_includes_both_of_its_days_and_nothing_else(first, last, on):
    found = rules.validity(first, last, on)
    assert (found == Validity.CURRENT) == (first <= on <= last) or first > last
    assert (rules.validity(first, None, on) == Validity.CURRENT) == (first <= on)


def test_what_expired_stands_behind_what_counts_but_is_found(bureau):
    put_up(bureau, title="停水补贴旧办法", body="停水补贴按户发放，现已停止，请留意新办法。", valid_to=END)
    put_up(bureau, title="停水补贴新办法", body="停水补贴按人发放，凭身份证领取，长期有效。")
    assert [f.title for f in queries.search("停水补贴", on=END + timedelta(days=1))] == ["停水补贴新办法", "停水补贴旧办法"]


def test_a_new_version_is_shown_from_its_day_and_the_old_one_until_then(bureau, editor, leader):
    first = put_up(bureau)
    second = actions.revise(article_id=first.article_id, title="家电以旧换新补贴怎么领", body="二〇二五年起改为网上申请，不用到窗口办理。", valid_from=date(2025, 2, 1), by=editor)
    assert second.n == 2 and queries.search("以旧换新", on=date(2025, 3, 1))[0].version_id == first.id  # a draft is shown to nobody
    actions.submit(version_id=second.id, by=editor)
    actions.approve(version_id=second.id, by=leader)
    assert [queries.search("以旧换新", on=on)[0].version_id for on in (date(2025, 1, 31), date(2025, 2, 1))] == [first.id, second.id]
    assert queries.version_facts(first.id).n == 1  # what was answered with it still names it
    assert Version.objects.get(id=first.id).body == first.body


def test_it_takes_two_persons_and_neither_role_nor_rewriting_gets_around_it(bureau, editor, leader):
    version = actions.draft(title="停水怎么报修", body="拨打水务热线报修，二十四小时有人接听。", owner=bureau.units["water"].id, category="tap", valid_from=DAY, by=editor)
    with pytest.raises(Refused):
        actions.approve(version_id=version.id, by=leader)  # not handed in yet
    other = Actor(990, "编辑乙", frozenset({Role.KNOWLEDGE_EDITOR}))
    actions.revise(article_id=version.article_id, title="停水怎么报修", body="拨打水务热线报修，二十四小时有人接听，两小时内上门。", valid_from=DAY, by=other)
    actions.submit(version_id=version.id, by=other)
    for one in (editor, other):
        with pytest.raises(Refused, match="另一人"):
            actions.approve(version_id=version.id, by=one)
    for who in ("agent", "water", "dispatcher", "system_admin"):
        with pytest.raises(Refused):
            actions.approve(version_id=version.id, by=bureau.actors[who])
    assert queries.search("停水报修", on=DAY) == []
    actions.approve(version_id=version.id, by=leader)
    with pytest.raises(IntegrityError), transaction.atomic():  # the database holds it too
        Version.objects.filter(id=version.id).update(approved_by=other.id)
    assert [e.detail["deed"] for e in Entry.objects.filter(kind="knowledge")] == ["publish"]


def test_a_published_text_is_not_edited_but_taken_away_at_once_by_one_person_with_a_reason(bureau, editor):
    version = put_up(bureau)
    with pytest.raises(Refused):
        actions.submit(version_id=version.id, by=editor)
    with pytest.raises(Invalid):
        actions.withdraw(version_id=version.id, reason="", by=editor)
    actions.withdraw(version_id=version.id, reason="金额写错", by=editor)
    assert queries.search("以旧换新", on=DAY) == [] and queries.article_page(version.article_id, DAY).shown is None
    assert Entry.objects.filter(kind="knowledge", about=f"article:{version.article_id}", reason="金额写错").exists()


@pytest.mark.parametrize(("wrong", "field"), [
    ({"title": "短"}, "title"), ({"body": "太短"}, "body"), ({"valid_to": date(2024, 8, 31)}, "valid_to"), ({"title": "长" * 81}, "title")])
def test_what_does_not_fit_is_named_by_field(bureau, wrong, field):
    with pytest.raises(Invalid) as told:
        put_up(bureau, **wrong)
    assert set(told.value.errors) == {field} and not Article.objects.exists()


@pytest.mark.parametrize("said", ["您好，我家昨天开始停水了，想问问什么时候来水", "停水", "水压低", "K-2025-001", "k-2025-001", "3号楼停水怎么办"])
def test_a_question_or_all_that_a_caller_says_finds_the_article(bureau, said):
    put_up(bureau, title="停水怎么报修", body="停水、水压低，请拨打水务热线报修，二十四小时有人接听。", keywords=["停水", "水压"])
    put_up(bureau, title="医保怎么报销", body="医保报销请带社保卡和发票到经办窗口办理。", keywords=["医保"])
    assert [f.title for f in queries.search(said, on=DAY)][:1] == ["停水怎么报修"]


def test_what_nobody_wrote_about_finds_nothing(bureau):
    put_up(bureau)
    assert queries.search("公交车几点收班", on=DAY) == [] and queries.search("", on=DAY) == [] and queries.search("。。。", on=DAY) == []


def test_a_tibetan_article_is_found_by_its_syllables(bureau):
    put_up(bureau, title="ཆུ་མེད་ན་གང་བྱེད།", body="ཆུ་མེད་ན་ཆུ་ལས་ཁུངས་ལ་ཁ་པར་གཏོང་རོགས།", lang="bo")
    assert queries.search("ཆུ་མེད", on=DAY)


def test_a_gap_keeps_nobodys_name_and_number(bureau, leader):
    """The desk puts the requester's own first sentence there; it belongs to no case with which it could be erased, and all editors read it."""
    gap = actions.report_gap(text="我叫王小明，罗布家停水，电话13800000000，补贴怎么领", names=("罗布",), by=bureau.actors["agent"])
    gap = actions.answer_gap(gap_id=gap.id, answer="已答复本人王小明 139 0000 0001：见补贴文章", by=leader)
    for word in ("小明", "罗布", "13800000000", "0001"):
        assert word not in gap.text + gap.answer
    assert "补贴怎么领" in gap.text and "见补贴文章" in gap.answer


def test_a_gap_is_due_in_two_working_days_and_answered_once(bureau, leader):
    gap = actions.report_gap(text="没有找到冬季供暖补贴的说明", by=bureau.actors["agent"])
    assert f"{gap.due_at.astimezone(NOW.tzinfo):%m-%d %H:%M}" == "01-06 18:00"
    for wrong in ("media", "system_admin"):
        with pytest.raises(Refused):
            actions.report_gap(text="没有找到冬季供暖补贴的说明", by=bureau.actors[wrong])
    with pytest.raises(Refused):
        actions.answer_gap(gap_id=gap.id, answer="已补充文章", by=bureau.actors["agent"])
    actions.answer_gap(gap_id=gap.id, answer="已补充供暖补贴文章", by=leader)
    with pytest.raises(Refused):
        actions.answer_gap(gap_id=gap.id, answer="再答一次看看", by=leader)
    assert Gap.objects.get(id=gap.id).answered_by == leader.id
