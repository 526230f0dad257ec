"""A caller is passed on to a leader's desk and answered at the telephone beside it: the call begins on both screens by itself, both write, and it
is on the case of the period with its recording. A second one is answered while the leader writes already.

    MINSHENG_PBX_PROGRAMS=DIR python -m tests.journeys.desk_telephone --browser /usr/bin/chromium [--shots DIR]

Prints one JSON object of what the pages said and what the database holds afterwards.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.journeys.call_to_closed import arguments
from tests.journeys.calls import comes, sign_in
from tests.journeys.leader_desk import shows, write
from tests.journeys.on_exchange import on_exchange, say
from tests.journeys.period import announced
from tests.journeys.stage import MORNING, Stage
from tests.telephony.phones import UNTIL_TOLD, Exchange, Phone, bye, key, until, wait

COLLEAGUE = 1900
FIRST, SECOND = "13800000081", "13800000082"
SAID, ORDER, MORE = "家里停水两天了，老人住三楼。", "今天下午五点前恢复供水。", "楼下水泵房也没有电。"
ALSO = "楼道里的灯也坏了。"


def passed_on(exchange: Exchange, queue: str, number: str) -> tuple[Phone, str]:
    """A citizen, answered by a colleague of the hotline and sent to the desk; the call."""
    with ThreadPoolExecutor(1) as beside:  # the browser's driver has a loop of its own here
        beside.submit(exchange.sits, COLLEAGUE, ("q-zh",)).result()
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number=number)
    call = exchange.call(number, "CONNECT")
    with ThreadPoolExecutor(1) as beside:
        beside.submit(exchange.gateway.transfer, COLLEAGUE, queue).result()
    return citizen, call


def at_the_telephone(agent, exchange: Exchange, queue: str, number: str) -> tuple[Phone, str]:
    """The same, answered by a key on the desk's page."""
    citizen, call = passed_on(exchange, queue, number)
    comes(agent, lambda now: now["call"] and now["call"]["state"] == "ringing")
    agent.wait_for_selector("#phonepop [data-call-intake]")
    agent.keyboard.press("Escape")
    agent.keyboard.press("=")
    comes(agent, lambda now: now["call"] and now["call"]["state"] == "talking")
    return citizen, call


def hung_up(agent, citizen: Phone) -> int:
    citizen.go_on()
    comes(agent, lambda now: not now["call"])
    return citizen.wait()


def begins_by_itself(s: Stage, leader, agent, exchange: Exchange, queue: str) -> dict:
    citizen, call = at_the_telephone(agent, exchange, queue, FIRST)
    agent.wait_for_selector("[name=narrative]")
    leader.wait_for_selector("[name=narrative]")
    told = {"number": agent.inner_text("#seat-form .ms-masked"), "hidden": leader.inner_text("#seat-form .ms-masked"),
            "bare": any(FIRST in page.content() for page in (leader, agent))}
    write(agent, "narrative", SAID)
    shows(leader, "narrative", SAID)
    leader.locator("[name=words]").press_sequentially(ORDER)
    told["order"] = shows(agent, "words", ORDER)
    s.look(agent, "leader-desk-telephone")
    agent.reload()  # the talk goes on, and it is the same call
    comes(agent, lambda now: now["call"] and now["call"]["state"] == "talking")
    told["again"] = agent.input_value("[name=narrative]")
    leader.keyboard.press("Alt+1")
    leader.wait_for_selector("text=当场答复 1")
    agent.wait_for_selector("text=接一个电话")
    agent.wait_for_timeout(1500)
    told["over"] = agent.locator("[name=narrative]").count()
    another_matter(s, leader, agent)
    return told | {"left": hung_up(agent, citizen), "call": call}


def another_matter(s: Stage, leader, agent) -> None:
    """Of the same caller, in the same talk."""
    agent.click("text=同一来电再登记一件")
    agent.wait_for_selector("[name=narrative]")
    leader.wait_for_selector("[name=narrative]")
    write(agent, "narrative", ALSO)
    s.look(leader, "leader-desk-again")
    leader.keyboard.press("Alt+3")
    leader.wait_for_selector("text=交办 1")
    agent.wait_for_selector("text=接一个电话")


def while_the_leader_writes(leader, agent, exchange: Exchange, queue: str) -> dict:
    """Begun by hand as it rang: the telephone's call is the one that is being written down."""
    agent.click("#phonebar [data-value=ready]:visible")
    comes(agent, lambda now: now["presence"] == "ready")
    leader.click("text=接一个电话")
    leader.wait_for_selector("[name=narrative]")
    write(leader, "narrative", MORE)
    shows(agent, "narrative", MORE)
    citizen, call = at_the_telephone(agent, exchange, queue, SECOND)
    agent.wait_for_selector("#seat-form .ms-masked")
    write(leader, "words", ORDER)
    told = {"kept": agent.input_value("[name=narrative]"), "left": hung_up(agent, citizen), "call": call}
    agent.keyboard.press("Alt+4")
    agent.wait_for_selector("#toast [data-text]")
    agent.goto("/desk/intake")
    return told | {"draft": agent.input_value("#f-narrative"), "desk": agent.locator("[name=desk] option:checked").count() and agent.input_value("[name=desk]"),
                   "of": agent.input_value("form#intake [name=call]")}


def kept(first: str, second: str) -> dict:
    """What the database holds of both when the ledger has been read."""
    from minsheng.cases.models import Case
    from minsheng.telephony.models import Call, CallCase, Recording

    rows = {call: until(lambda call=call: Call.objects.filter(linkedid=call, ended_at__isnull=False).first(), what="not read") for call in (first, second)}
    cases = Case.objects.filter(call_id=rows[first].id)
    until(lambda: Recording.objects.filter(call=rows[first]).exclude(path="").count() == 2, what="not kept")
    return {"periods": [bool(case.period_id) for case in cases], "linked": CallCase.objects.filter(call=rows[first], case_id__in=cases).count(), "second": str(rows[second].id),
            "desks": [row.period_desk_id is not None for row in rows.values()], "cases": Case.objects.count()}


def tell(s: Stage, exchange: Exchange) -> dict:
    at = announced(s)
    queue = f"q-desk-{at['desk'].split('/')[-1]}"
    with s.seat("leader", 1366, 768) as leader, s.seat("agent", 1366, 768) as agent:
        leader.goto(at["desk"])
        agent.goto(at["desk"])
        sign_in(agent)
        comes(agent, lambda now: now["line"] == "ready" and now["presence"] == "ready")
        told = {"before": leader.inner_text("[data-queue]")}
        agent.click("button[value=answer]:has-text('用我的话机接')")
        agent.wait_for_selector("button[value=leave]")
        leader.wait_for_selector("[data-queue]:has-text('的话机接')")
        told["after"] = leader.inner_text("[data-queue]")
        first = begins_by_itself(s, leader, agent, exchange, queue)
        second = while_the_leader_writes(leader, agent, exchange, queue)
        return told | {"first": first, "second": second, "kept": kept(first.pop("call"), second.pop("call"))}


def main() -> None:
    with on_exchange(arguments(), at=MORNING + timedelta(days=1, minutes=30)) as scene:
        told = tell(scene.stage, scene.exchange)
    say(told, scene.stage)


if __name__ == "__main__":
    main()
