"""A call that was to be passed on and was not answered there: a step on its case, once, whenever the case is made."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.cast import NOW

from minsheng.telephony.actions import ledger, links, transfers
from minsheng.telephony.models import Call
from minsheng.telephony.rules.ledger_lines import read_cel, read_queue_log

T0 = int((NOW - timedelta(minutes=10)).timestamp())


def cel(at: float, name: str, linked: str, unique: str, number: str, context: str, channel: str, app: str = "", extra: str = "") -> str:
    return ",".join(f'"{one}"' for one in (name, f"{T0 + at:.3f}", linked, unique, number, "s", context, channel, app, extra))


def talked(agent: int, call: str = "pbx1-1.1", start: int = 0) -> None:
    """A citizen talks with the agent for two minutes, as the exchange writes it."""
    lines = [f"{T0 + start}|{call}|q-zh|NONE|ENTERQUEUE||13900000001|1", f"{T0 + start + 2}|{call}|q-zh|a{agent}|CONNECT|2|x|1",
             f"{T0 + start + 120}|{call}|q-zh|a{agent}|COMPLETECALLER|2|118|1"]
    ledger.keep("pbx1", [read_queue_log(line, "pbx1") for line in lines])


def tried(agent: int, said: str, call: str = "pbx1-1.5", target: str = "119", at: int = 30) -> None:
    """The agent rings there while the citizen is on hold."""
    place = (call, call, f"a{agent}", "from-agent", f"PJSIP/a{agent}-00000001")
    lines = [cel(at, "CHAN_START", *place), cel(at + 0.1, "TRANSFER_OUT", *place, extra=target),
             *([cel(at + 20, "TRANSFER_RESULT", *place, extra=said)] if said else []), cel(at + 21, "LINKEDID_END", *place)]
    ledger.keep("pbx1", [event for line in lines if (event := read_cel(line, "pbx1"))])


def steps(case) -> list[tuple[str, str]]:
    return [(row.given["target"], row.text.words.get("why", row.given.get("why"))) for row in case.steps.filter(step="transfer_failed").order_by("seq")]


@pytest.mark.parametrize(("said", "why"), [("NOANSWER", "无人接听"), ("BUSY", "占线"), ("NOTLIVE", "没有启用外转"), ("", "对方接听前取消")])
def test_who_was_rung_and_did_not_answer_stands_on_the_case_that_is_made_afterwards(cast, said, why):
    agent = cast.people["agent"].id
    talked(agent)
    tried(agent, said)
    assert transfers.settle() == 0, "there is no case yet"
    case = cast.create()
    links.link(call_id=Call.objects.get(linkedid="pbx1-1.1").id, case_id=case.id, by=cast.actors["agent"])
    assert (transfers.settle(), transfers.settle()) == (1, 0)
    assert steps(case) == [("119", why)] and case.steps.get(step="transfer_failed").by_name == "话务平台"


def test_two_attempts_are_two_steps_and_one_that_was_answered_or_of_another_call_is_none(cast, django_assert_num_queries):
    agent, other = cast.people["agent"].id, cast.people["shift_leader"].id
    talked(agent)
    talked(other, "pbx1-1.2")
    tried(agent, "NOANSWER")
    tried(agent, "BUSY", "pbx1-1.6", "120", at=60)
    tried(agent, "NOANSWER", "pbx1-1.7", "122", at=200)  # the citizen had gone
    tried(other, "NOANSWER", "pbx1-1.8", "110")
    tried(other, "NOANSWER", "pbx1-1.9", "13912345678")  # no line of the list
    case = cast.create()
    links.link(call_id=Call.objects.get(linkedid="pbx1-1.1").id, case_id=case.id, by=cast.actors["agent"])
    assert transfers.settle() == 2
    assert steps(case) == [("119", "无人接听"), ("120", "占线")]
    with django_assert_num_queries(4):
        assert transfers.settle() == 0


def test_sent_on_without_asking_first_and_not_answered_is_said_too(cast):
    agent = cast.people["agent"].id
    talked(agent)
    place = ("pbx1-1.1", "pbx1-1.1", "13900000001", "from-trunk", "PJSIP/trunk-00000001")
    lines = [cel(40, "TRANSFER_OUT", *place, extra="110"), cel(60, "TRANSFER_RESULT", *place, extra="CHANUNAVAIL")]
    ledger.keep("pbx1", [event for line in lines if (event := read_cel(line, "pbx1"))])
    case = cast.create()
    links.link(call_id=Call.objects.get(linkedid="pbx1-1.1").id, case_id=case.id, by=cast.actors["agent"])
    assert (transfers.settle(), transfers.settle()) == (1, 0) and steps(case) == [("110", "线路不通")]
