"""The procedure of leads for the media: every guard shuts something; which cases are never reported on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.rules import Kind
from minsheng.kit.procedure_page import words_of
from minsheng.kit.steps import verdict
from minsheng.leader_days.effects import media as effects
from minsheng.leader_days.rules import media as rules
from minsheng.leader_days.rules.media import LEAD, LeadFacts, LeadState, LeadWorld

AT = datetime(2025, 1, 3, 3, tzinfo=UTC)
ONE = LeadFacts(7, LeadState.PROPOSED, "", True)
RUNS = replace(ONE, state=LeadState.APPROVED)
PLAIN = {"kind": Kind.HELP, "restricted": False, "sealed": False, "complains": False, "statutory": False, "erased": False, "danger": "", "words": "停水"}


@pytest.mark.parametrize(("name", "lets", "role", "shuts", "code"), [
    ("propose_lead", replace(ONE, state=LeadState.NEW), Role.COORDINATOR, {"unfit": "举报"}, "unfit"),
    ("approve_lead", ONE, Role.MEDIA, {"unfit": "举报"}, "unfit"), ("approve_lead", ONE, Role.MEDIA, {"is_unit_told": False}, "not_told"),
    ("approve_lead", ONE, Role.MEDIA, {"proposed_by": 40}, "own"),
    ("note_following", RUNS, Role.MEDIA, {"unfit": "举报"}, "unfit"), ("note_published", RUNS, Role.MEDIA, {"unfit": "举报"}, "unfit"),
    ("note_published", RUNS, Role.MEDIA, {"state": LeadState.ENDED}, "state"),
    ("stop_lead", replace(RUNS, unfit="举报"), Role.CLOCK, {"unfit": ""}, "fit")])
def test_a_guard_lets_through_what_it_should_and_shuts_the_rest(name, lets, role, shuts, code):
    by = Actor(40, "甲", frozenset({role}), 2, (1, 2))
    assert verdict(LEAD[name], lets, by)
    assert verdict(LEAD[name], replace(lets, **shuts), by).code == code


def test_every_guard_has_its_words_every_step_its_effect_and_who_proposes_does_not_approve():
    assert all(words_of(guard) for step in LEAD for guard in step.guards) and {step.name for step in LEAD} == set(effects.LEAD)
    assert LEAD["approve_lead"].who is Role.MEDIA and LEAD["propose_lead"].who is not Role.MEDIA


@pytest.mark.parametrize("more", [{"kind": Kind.REPORT}, {"restricted": True}, {"sealed": True}, {"complains": True}, {"statutory": True},
                                  {"erased": True}, {"danger": "minor"}, {"words": "已向法院起诉"}, {"words": "正在劳动仲裁"}])
def test_what_is_never_reported_on_says_why(more):
    assert rules.why_not(**PLAIN) == "" and rules.why_not(**PLAIN | more)


@pytest.mark.parametrize(("step", "given", "world", "wrong"), [
    ("propose_lead", {"agreed": True}, {}, set()), ("propose_lead", {}, {}, {"agreed"}), ("propose_lead", {"agreed": True}, {"received_at": None}, {"case"}),
    ("propose_lead", {"agreed": True}, {"doubled": True}, {"case"}),
    ("propose_lead", {"agreed": True, "asked_at": "2025-01-03T04:00+00:00"}, {}, {"asked_at"}),
    ("propose_lead", {"agreed": True, "asked_at": "2025-01-03T01:00+00:00"}, {}, {"asked_at"}),
    ("propose_lead", {"agreed": True, "asked_at": f"{AT:%Y-%m-%dT%H:%M%z}"}, {"received_at": AT.replace(second=40), "now": AT.replace(second=59)}, set()),
    ("propose_lead", {"agreed": True, "asked_at": f"{AT - timedelta(minutes=1):%Y-%m-%dT%H:%M%z}"}, {"received_at": AT.replace(second=40)}, {"asked_at"}),
    ("end_lead", {"asked_at": "2025-01-03T04:00+00:00"}, {}, {"asked_at"}),
    ("end_lead", {"asked_at": "2025-01-03T02:20+00:00"}, {"agreed_at": AT - timedelta(minutes=30)}, {"asked_at"}),
    ("end_lead", {"asked_at": "2025-01-03T02:30+00:00"}, {"agreed_at": AT - timedelta(minutes=30)}, set()), ("note_published", {"link": "javascript://x"}, {}, {"link"}),
    ("note_published", {"link": "第 12 期"}, {}, set()), ("note_published", {"link": "https://a.example", "published_on": "2025-01-04"}, {}, {"published_on"})])
def test_consent_and_dates_are_held_against_the_call_and_today(step, given, world, wrong):
    assert set(rules.check(step, given, LeadWorld(**{"now": AT, "today": AT.date(), "received_at": AT - timedelta(hours=1)} | world))) == wrong
