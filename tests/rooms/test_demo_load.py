"""The demo city is loaded once: every state and every role has something on its desk, and the leader days count as published."""

from __future__ import annotations

from collections import Counter

import pytest

from minsheng.accounts.rules import Role
from minsheng.bulletins.actions import bulletins
from minsheng.bulletins.models import Bulletin
from minsheng.cases.models import CallNote, Case, CaseAsk, CaseStep, CaseTask, OutsideKey
from minsheng.cases.queries import lists
from minsheng.cases.rules import Ask, State, TaskKind, TaskState
from minsheng.cli import demo_city
from minsheng.cli.demo_city import folder, leader_days
from minsheng.cli.demo_city.people import Cast
from minsheng.contacts import queries as contacts
from minsheng.field_work.actions.watches import verify_history as watches_verify
from minsheng.field_work.models import Watch, WatchStep
from minsheng.files import step_files
from minsheng.kit import clock
from minsheng.knowledge import queries as knowledge
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Desk, MediaLead, Meeting, MeetingItem, Period, Report, Signup
from minsheng.leader_days.queries import report
from minsheng.leader_days.rules.report_figures import OF_DEEDS
from minsheng.messages.models import Message
from minsheng.month_end.actions.verify import verify_history as month_end_verify
from minsheng.month_end.models import Assessment
from minsheng.month_end.queries import pages
from minsheng.org import queries as org
from minsheng.topics.actions.declared import verify_history as topics_verify
from minsheng.topics.models import Topic
from minsheng.topics.queries import declared

pytestmark = pytest.mark.one_server

DONE = ["closed", "direct_answered"]


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    """One load for all tests of this file, rolled back at the end: other tests find their database as empty as before."""
    from django.db import transaction

    from minsheng.calendar import queries as calendar
    from minsheng.cases import queries as cases

    def forget():
        org.forget(), cases.forget(), calendar.forget()

    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        forget()
        try:
            demo_city.load(lambda text: None)
            with clock.fixed(folder.NOW):
                yield Cast()
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)
            forget()


def test_a_second_load_does_nothing(city):
    before = CaseStep.objects.count()
    demo_city.load(lambda text: pytest.fail(text))
    assert CaseStep.objects.count() == before


def test_every_state_has_a_case(city):
    assert set(Case.objects.values_list("state", flat=True)) == {s.value for s in State} - {"start"}


def test_every_request_stands_where_its_file_says(city):
    ids = dict(OutsideKey.objects.filter(source="demo").values_list("key", "case_id"))
    state = dict(Case.objects.values_list("id", "state"))
    wrong = {r["id"] for r in folder.requests() if state[ids[r["id"]]] != r["outcome"]["state"]}
    assert wrong == set() and len(ids) == len(folder.requests()) + len(leader_days.made())


def test_leader_days_count_as_the_periods_say(city):
    tree, got, number = org.tree(), Counter(), dict(Period.objects.values_list("id", "number"))
    answered = dict(Case.objects.filter(period_id__isnull=False, lead=None).values_list("id", "marks__desk"))  # on the spot: the desk's own unit
    at = dict(Desk.objects.filter(id__in=answered.values()).values_list("id", "unit_id"))
    for case, period, lead, state in Case.objects.filter(period_id__isnull=False).values_list("id", "period_id", "lead", "state"):
        unit = tree[lead or at[answered[case]]].code
        got[number[period], unit, "received"] += 1
        got[number[period], unit, "done"] += state in DONE
    want = Counter({(p["id"], u["unit"], k): u[k] for p in folder.read("periods")["periods"] for u in p["units"] for k in ("received", "done")})
    assert got == want
    assert sum(n for (_, _, k), n in got.items() if k == "received") == 314 and len({u for _, u, _ in got}) == 13
    assert Case.objects.filter(period_id__isnull=False, state__in=DONE).count() == 304


def test_the_published_figures_come_out_by_counting_and_every_commitment_has_its_end_or_its_date(city):
    held = Period.objects.exclude(state="announced")
    found = report.of(held, city.pick(Role.SUPERVISOR, 0)).as_dict()
    assert (len(held), found["units"], found["received"], found["done"], found["views"]) == (9, 13, 314, 304, 500_000)
    assert (found["completion"]["n"], found["completion"]["of"]) == (304, 314)
    want = Counter(row["end"] for row in folder.read("commitments")["commitments"])
    want["open"] += sum("carried" in meeting for meeting in folder.read("after_desks")["meetings"])  # a ruling is a commitment
    made = found["commitments"]
    assert (made["made"], made["kept"], made["late"], made["withdrawn"], made["open"]) == (
        want.total(), want["kept"], want["late"], want["withdrawn"], want["open"])
    assert {p.number: p.state for p in Period.objects.all()} == dict.fromkeys(range(1, 9), "closed") | {9: "held", 10: "announced"}
    assert list(verify_history()) == []


def test_every_room_has_something_to_open(city):
    """A newcomer who opens an item of the menu sees how it looks in use; what was put in by hand instead of steps would not verify."""
    stands = {model.__name__: Counter(model.objects.values_list("state", flat=True)) for model in (Meeting, Signup, MediaLead, Report, Topic, Watch)}
    assert stands == {"Meeting": {"carried": 1, "planned": 1}, "Signup": {"taken": 1, "waiting": 2, "outside": 1}, "Topic": {"active": 1, "proposed": 1},
                      "MediaLead": {"published": 1, "approved": 1, "proposed": 1}, "Report": {"signed": 1, "draft": 1}, "Watch": {"ended": 1, "open": 1}}
    assert [item.outcome for item in MeetingItem.objects.filter(ruling_step__isnull=False)] == ["done"]
    effect = declared.effect(Topic.objects.get(state="active"))
    assert min(effect.n) > 0, "there is something on both sides"
    done = report.of(Period.objects.exclude(state="announced"), city.pick(Role.SUPERVISOR, 0))
    assert set(done.in_person or {}) == set(OF_DEEDS) and min((done.in_person or {}).values()) > 0, "each of the four, as the answers on the spot"
    assert done.as_dict()["answered_on_the_spot"] >= len(folder.read("leader_days")["answered"])
    assert {(one.kind, one.until.isoformat(), one.state) for one in Bulletin.objects.all()} == {
        ("daily", "2024-12-31", "draft"), ("daily", "2025-01-01", "sent"), ("monthly", "2024-12-31", "draft")} and list(bulletins.verify_history()) == []
    assert [*watches_verify(), *topics_verify()] == [] and step_files.hung(WatchStep, Watch.objects.get(state="open").id)


def test_one_period_is_signed_and_one_is_checked_with_objections_and_both_verify(city):
    found = {one.title: one for one in Assessment.objects.all()}
    signed = {"published", "frozen"}  # a machine without the fonts cannot set the paper
    assert set(found) == {"2024年11月考核期", "2024年12月考核期"} and found["2024年11月考核期"].state in signed
    checked = found["2024年12月考核期"]
    assert checked.state == "checking"
    assert sorted(checked.objections.values_list("want", "state")) == [("correct", "raised"), ("exclude", "raised")]
    progress = pages.page(checked.id, city.pick(Role.SUPERVISOR, 0)).more["progress"]
    assert (progress.confirmed, progress.objected) == (2, 2) and progress.silent > 10
    assert list(month_end_verify()) == []


def test_no_two_generated_requests_of_a_period_share_title_and_place():
    pairs = Counter((r["period"], r["title"], r["place"]) for r in leader_days.made())
    assert max(pairs.values()) == 1


def test_nothing_happens_after_the_demos_now(city):
    assert CaseStep.objects.filter(at__gt=folder.NOW).count() == 0


@pytest.mark.parametrize("role, state", [
    (Role.DISPATCHER, State.PENDING_REVIEW), (Role.RETURN_REVIEWER, State.RETURN_REVIEW), (Role.CHECKER, State.PENDING_CHECK),
    (Role.CALLBACK_CLERK, State.PENDING_CALLBACK), (Role.SUPERVISOR, State.PARKED), (Role.AGENT, State.DRAFT),
])
def test_every_desk_of_the_centre_has_something(city, role, state):
    assert lists.counts(city.pick(role, 0), state).get(state.value, 0) >= 1


def test_every_kind_of_request_waits_for_a_ruling(city):
    waits = {a.value for a in Ask if a is not Ask.NO_CALLBACK}  # nobody in the demo left no number and waits
    assert set(CaseAsk.objects.filter(ruled_at=None).values_list("ask", flat=True)) == waits, "`ask: {step: ask_…}` at an outcome of demo/requests/"


def test_units_have_cases_to_sign_to_handle_and_to_approve(city):
    assert {s for s in Case.objects.values_list("state", flat=True)} >= {"pending_sign", "in_progress"}
    assert Case.objects.filter(state="in_progress", marks__has_key="draft_by").exists()
    waiting = set(CaseTask.objects.exclude(state=TaskState.ACCEPTED).values_list("kind", flat=True))
    assert waiting == {k.value for k in TaskKind}
    township = next(a for a in city.of_unit("d.dongguan.t.changqing"))
    assert lists.own_tasks(township).rows


def test_night_orders_restricted_cases_and_unconfirmed_refusals_wait(city):
    assert [c for c in Case.objects.all() if c.marks.night and not c.marks.night_ok]
    assert Case.objects.filter(restricted=True).count() == 3
    assert [c for c in Case.objects.filter(state="declined") if not c.marks.decline_ok]


def test_knowledge_flags_calls_and_messages_wait(city):
    states = {v.state for v in knowledge.pending()}
    assert states == {"draft", "pending"} and knowledge.gaps()
    assert contacts.flags() and CallNote.objects.count() == len(folder.calls_without_case())
    assert Message.objects.filter(state="held").exists()


def test_a_restricted_case_is_seen_by_its_readers_only(city):
    hidden = Case.objects.filter(restricted=True).first()
    seen = [p for p in city.people if hidden.id in {c.id for c in lists.listed(city.named(p["username"]), size=1000).rows}]
    assert 0 < len(seen) < 14


def test_call_backs_look_like_a_city(city):
    closed = Case.objects.filter(state="closed")
    asked = closed.filter(solved__isnull=False)
    assert 0.85 <= asked.filter(solved=True).count() / asked.count() <= 0.97
    assert closed.filter(reached=True).count() < closed.count()
    assert Case.objects.filter(redos__gt=0).count() >= 5


def test_the_list_of_accounts_names_every_role():
    assert {a[0] for a in demo_city.ACCOUNTS} == {r.label for r in Role} - {Role.REQUESTER.label, Role.CLOCK.label}
