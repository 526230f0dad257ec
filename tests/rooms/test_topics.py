"""Topics on a real database: what is counted, and that a count reads the months it is about and no others."""

import re
from dataclasses import replace
from datetime import date, timedelta

from django.db import connection
from tests.cast import NOW, SETUP, later

from minsheng.accounts.rules import Role
from minsheng.cases.actions import Requester
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures.set_sql import positional
from minsheng.messages.models import Message
from minsheng.org import actions as org
from minsheng.topics.actions import declared, warnings
from minsheng.topics.models import Topic, Warned
from minsheng.topics.queries import declared as read
from minsheng.topics.queries import groups, topic_paper
from minsheng.topics.rules.counting import Span


def test_a_count_finds_its_days_by_the_index_of_ids(cast):
    """Ids are ordered by time and parted by months: what lies outside the days of a count is not read."""
    span = Span(NOW.date() - timedelta(days=27), NOW.date())
    text, values = positional(f"EXPLAIN SELECT count(*) FROM ({groups._rows(('category_id',))}) r", groups._params("now", span) | {"now": NOW})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(text, values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search(r"Index Cond: \(\(\w*\.?id >= ", plan) and "id < " in plan, plan


def test_what_was_merged_away_erased_or_is_undated_is_counted_nowhere(cast):
    one, two = (cast.create(category="tap") for _ in range(2))
    found = groups.counted(groups.read_asked({}), cast.actors["supervisor"]).groups
    assert [(group.label, group.n) for group in found] == [(one.category.name, 2)]
    cast.take(two, "merge", "dispatcher", master=one.id, reason="同一件事")
    assert groups.counted(groups.read_asked({}), cast.actors["supervisor"]).groups[0].n == 1
    count, page = groups.behind(groups.read_asked({"category": str(one.category_id)}), cast.actors["supervisor"])
    assert count == 1 and [case.id for case in page.rows] == [one.id]


def given(cast, one, **more) -> dict:
    return {"name": "冬季停水", "category": one.category_id, "lead": cast.units["water"].id, "measures": "分片检修老旧管网", "since": "2025-01-10",
            "until": "2025-02-28"} | more


def refused(do) -> str:
    """The code of a refusal, or the fields that are wrong."""
    try:
        do()
    except Refused as wrong:
        return wrong.verdict.code
    except Invalid as wrong:
        return "、".join(sorted(wrong.errors))
    return ""


def test_a_topic_is_declared_by_who_did_not_propose_it_and_its_effect_is_counted_on_both_sides(cast):
    ones = [cast.create(category="tap", requester=Requester("甲", f"138000030{n:02}")) for n in range(12)]
    for more, wrong in (({"category": 999_999}, "category"), ({"lead": cast.units["centre"].id}, "lead"), ({"until": "2025-01-01"}, "until"),
                        ({"district": cast.units["water"].id}, "district"), ({"measures": ""}, "measures")):
        assert refused(lambda m=more: declared.propose(by=cast.actors["coordinator"], given=given(cast, ones[0], **m))) == wrong, more
    assert refused(lambda: declared.propose(by=cast.actors["supervisor"], given=given(cast, ones[0]))) == "role"
    id_ = declared.propose(by=cast.actors["coordinator"], given=given(cast, ones[0])).subject_id
    assert refused(lambda: declared.propose(by=cast.actors["coordinator"], given=given(cast, ones[0]))) == "category", "twice the same"
    both = replace(cast.actors["supervisor"], id=cast.actors["coordinator"].id)
    assert refused(lambda: declared.take(topic_id=id_, step="declare_topic", by=both)) == "own"
    declared.take(topic_id=id_, step="declare_topic", by=cast.actors["supervisor"])
    assert read.effect(Topic.objects.get(id=id_)) is None, "the measures have not begun"
    with clock.fixed(later(days=10)):
        cast.create(category="tap")
    with clock.fixed(later(days=17)):
        found = read.effect(Topic.objects.get(id=id_))
        assert (found.n, found.totals, found.ratio.falls) == ((12, 1), (12, 1), True)
        assert (found.before.since, found.after.until) == (date(2024, 12, 31), date(2025, 1, 19))
        second = cast.another(Role.SUPERVISOR)
        assert refused(lambda: declared.take(topic_id=id_, step="end_topic", by=cast.actors["supervisor"], given={"finding": "件数少了"})) == "own"
        declared.take(topic_id=id_, step="end_topic", by=cast.actors[second], given={"finding": "件数少了"})
        page = read.page(id_, cast.actors["inspector"])
        was = topic_paper.paper(page)
    assert page.subject.state == "ended" and page.history[0]["text"] == "效果结论：件数少了" and list(declared.verify_history()) == []
    with clock.fixed(later(days=40)):
        org.rename_unit(unit=cast.units["water"], name="市水利局", by=SETUP, reason="机构改革")
        cast.take(ones[0], "merge", "dispatcher", master=ones[1].id, reason="同一处")
        cast.create(category="tap", at=later(days=17))
        after = read.page(id_, cast.actors["inspector"])
        assert (after.more["effect"].n, after.more["effect"].on) == ((12, 1), date(2025, 1, 19)), "as it was counted when it was judged"
        assert topic_paper.paper(after) == was, "two papers of one signature say the same"
        shown = cast.client("inspector").get(f"/desk/topics/{id_}").content.decode()
        assert "1月19日" in shown and "点开的清单是现在的" in shown
    assert list(declared.verify_history()) == []
    Topic.objects.filter(id=id_).update(counted=None)
    assert any("结束时的前后对比" in said for said in declared.verify_history())
    Topic.objects.filter(id=id_).update(measures="别的")
    assert any("措施" in said for said in declared.verify_history())


def test_a_topic_whose_leading_unit_was_dissolved_before_it_was_declared_waits_for_another_lead(cast):
    one = cast.create(category="tap")
    id_ = declared.propose(by=cast.actors["coordinator"], given=given(cast, one, lead=cast.units["roads"].id)).subject_id
    org.close(unit_id=cast.units["roads"].id, by=SETUP, reason="机构改革")
    assert refused(lambda: declared.take(topic_id=id_, step="declare_topic", by=cast.actors["supervisor"])) == "dissolved"
    more = {name: value for name, value in given(cast, one).items() if name != "category"}
    declared.take(topic_id=id_, step="amend_topic", by=cast.actors["coordinator"], given=more)
    declared.take(topic_id=id_, step="declare_topic", by=cast.actors["supervisor"])
    assert Topic.objects.get(id=id_).state == "active" and list(declared.verify_history()) == []


def test_who_declared_a_topic_or_changed_its_measures_does_not_judge_them_by_whatever_door(cast):
    from tests.screens.test_api import Program

    one, second, third = cast.create(category="tap"), cast.another(Role.SUPERVISOR), replace(cast.actors["supervisor"], id=cast.actors["coordinator"].id)
    id_ = declared.propose(by=cast.actors["coordinator"], given=given(cast, one, since="2025-01-02")).subject_id
    declared.take(topic_id=id_, step="declare_topic", by=cast.actors[second])
    changer = replace(cast.actors["supervisor"], roles=frozenset({Role.COORDINATOR}))  # the first supervisor, in an earlier post
    declared.take(topic_id=id_, step="change_measures", by=changer, given={"measures": "分片换管", "until": "2025-03-31", "reason": "工期"})
    ended = {"finding": "件数少了"}
    for who in (cast.actors["supervisor"], cast.actors[second], third):
        assert refused(lambda w=who: declared.take(topic_id=id_, step="end_topic", by=w, given=ended)) == "own"
    page = cast.client("supervisor").get(f"/desk/topics/{id_}").content.decode()
    assert "效果须由另一位督办员认定" in page
    assert cast.client("supervisor").post(f"/desk/topics/{id_}/step", {"step": "end_topic", **ended}).status_code == 409
    api = Program(cast, "supervisor", ["days.read", "days.write"])
    answer = api.post(f"/topics/{id_}/steps", {"step": "end_topic", "given": ended})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "own") and Topic.objects.get(id=id_).state == "active"
    declared.take(topic_id=id_, step="end_topic", by=replace(cast.actors["supervisor"], id=cast.people["quality"].id), given=ended)
    assert Topic.objects.get(id=id_).state == "ended" and list(declared.verify_history()) == []


def test_what_rises_is_told_once_to_named_people_and_not_again_while_it_rises_or_soon_after(cast):
    with clock.fixed(later(days=-20)):
        cast.create(category="tap")
    for n in range(10):
        cast.create(category="tap", requester=Requester("甲", f"138000040{n:02}"))
    secret = [cast.create(category="noise", secrecy=True) for _ in range(10)]
    before = Message.objects.filter(template="topic_rising").count()
    assert (warnings.warn(), warnings.warn()) == (1, 0) and len(secret) == 10
    row = Warned.objects.get()
    assert (row.category_id, row.district_id, row.n, row.over_at) == (Case.objects.filter(category__code="tap").first().category_id, None, 10, None)
    assert row.told >= 2 and Message.objects.filter(template="topic_rising").count() - before == sum(
        bool(cast.people[who].phone) for who in ("supervisor", "coordinator"))
    with clock.fixed(later(days=12)):
        assert warnings.warn() == 0 and Warned.objects.get().over_at is not None, "it no longer rises"
        for n in range(12):
            cast.create(category="tap", requester=Requester("乙", f"138000050{n:02}"))
        assert warnings.warn() == 0, "not again so soon"
    with clock.fixed(later(days=50)):
        cast.create(category="noise")
    with clock.fixed(later(days=60)):
        for n in range(40):
            cast.create(category="tap", requester=Requester("丙", f"138000060{n:02}"))
        assert warnings.warn() == 1 and Warned.objects.count() == 2
