"""110 is told: what it should know is written down once when it becomes true, and said until it is taken, each reference's in their order."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from minsheng.accounts.rules import Actor, clock_actor
from minsheng.cases import actions as cases
from minsheng.cases.rules import masking
from minsheng.inter_agency import rules
from minsheng.inter_agency.models import Feedback, Handover
from minsheng.inter_agency.queries import standing
from minsheng.inter_agency.rules import Said, Sending, Told
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.ledger import actions as ledger
from minsheng.telephony.teller import Answer

AT_ONCE, LOST = 200, timedelta(seconds=30)  # a try that has not come back for so long died with its process
log = logging.getLogger(__name__)


def say(row: Handover, said: Said) -> None:
    """Under the lock of the handover."""
    row.told, row.said, row.body = row.told + 1, said.told.value, dict(said.body)
    row.watched_until = clock.now() + rules.WATCHED if said.told in rules.ENDS else None
    row.save(update_fields=["told", "said", "body", "watched_until"])
    Feedback.objects.create(handover=row, n=row.told, kind=said.told.value, body=dict(said.body), made_at=clock.now(), next_at=clock.machine_now())


def owe(after: int = 0) -> int:
    """What has become true of the cases that came from 110 is put down to be told; how many. Repeatable, by two at once as well."""
    watched = Handover.objects.filter(Q(watched_until=None) | Q(watched_until__gt=clock.now()), receipt="accepted", case_id__isnull=False)
    done = 0
    while ids := list(watched.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        done, after = done + _owe(ids), ids[-1]
    return done


@transaction.atomic
def _owe(ids: list[int]) -> int:
    rows = list(Handover.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    now, done = standing.of([row.case_id for row in rows if row.case_id]), 0
    for row in rows:
        before = Said(Told(row.said), row.body) if row.said else None
        said = rules.owed(now[row.case_id], before) if row.case_id in now else None
        if said is not None:
            say(row, said)
            done += 1
    return done


Send = Callable[[dict[str, object]], Answer]


def send_some(send: Send, limit: int = 100, stop: Callable[[], bool] = lambda: False) -> int:
    """How many were answered. No lock is held while 110 answers; what it may have taken when we died comes again under the same `id`."""
    done = 0
    while done < limit and not stop() and (row := _claim()) is not None:
        done += _send(row, send)
    return done


@transaction.atomic
def _claim() -> Feedback | None:
    """The next that is due and has nothing of its reference before it: nobody else's for a while."""
    earlier = Feedback.objects.filter(handover=OuterRef("handover"), n__lt=OuterRef("n"), state=Sending.QUEUED.value)
    due = Feedback.objects.filter(~Exists(earlier), state=Sending.QUEUED.value, next_at__lte=clock.machine_now())
    row = due.select_for_update(of=("self",), skip_locked=True).select_related("handover").order_by("next_at", "id").first()
    if row is not None:
        row.tries, row.next_at = row.tries + 1, clock.machine_now() + LOST
        row.save(update_fields=["tries", "next_at"])
    return row


def message(row: Feedback) -> dict[str, object]:
    return {"id": f"110-{row.pk}", "reference": row.handover.reference, "n": row.n, "event": row.kind, "at": row.made_at.isoformat(timespec="seconds"), **row.body}


def _send(row: Feedback, send: Send) -> bool:
    answer = send(message(row))
    mine = Feedback.objects.filter(pk=row.pk, state=Sending.QUEUED.value)
    if answer.taken:
        mine.update(state=Sending.TAKEN.value, error="", ended_at=clock.now())
    elif answer.refused or unknown(answer):
        mine.update(state=Sending.REFUSED.value, error=why(answer), ended_at=clock.now())
    else:
        mine.update(error=why(answer), next_at=clock.machine_now() + rules.wait_after(row.tries))
        return False
    _on_case(row, "对方已收" if answer.taken else why(answer))
    return True


def _on_case(row: Feedback, came_of_it: str) -> None:
    """The case's own record says what 110 was told and what it answered."""
    if row.handover.case_id is None:
        return
    try:
        cases.take_step(case_id=row.handover.case_id, step="police_feedback", by=clock_actor("110反馈"), key=f"110f:{row.pk}:{row.tries}",
                        given={"police_told": f"{Told(row.kind).label}，{came_of_it}"[:300]})
    except (Refused, Invalid) as wrong:
        log.info("what 110 was told is not on its case: %s", type(wrong).__name__)


def unknown(answer: Answer) -> bool:
    """A 404 may be a wrong address, and is tried again; one that names the number as unknown is an answer."""
    return answer.status == 404 and _part(answer.why, "code") == "unknown_reference"


def _part(text: str, name: str) -> str:
    try:
        said = json.loads(text)
    except ValueError:
        return ""
    said = said.get("error", said) if isinstance(said, dict) else {}
    value = said.get(name, "") if isinstance(said, dict) else ""
    return value if isinstance(value, str) else ""


_STATUS = {401: "110不认签名或密钥", 403: "110不认签名或密钥，或两边时钟相差太大", 404: "110那边没有这个接收地址", 408: "110应答超时", 425: "110请稍后再试", 429: "110请稍后再试"}


def why(answer: Answer) -> str:
    """A sentence; of what 110 wrote only its own reason, masked, on one line."""
    if unknown(answer):
        return "110不认这个警情编号：请电话核对编号"
    if not answer.status:
        return f"连不上110的接收地址（{answer.why}），会再发"
    if answer.status >= 500 or 300 <= answer.status < 400:
        return f"110的系统出错（{answer.status}），会再发"
    said = " ".join(masking.cover(_part(answer.why, "reason")[:200], masking.NOBODY).split())
    return _STATUS.get(answer.status) or f"110拒收（{answer.status}）" + (f"：{said}" if said else "")


@transaction.atomic
def send_again(*, feedback_id: int, by: Actor) -> Feedback:
    """A person has cleared up with 110 why it was refused."""
    row = Feedback.objects.select_for_update(of=("self",)).select_related("handover").filter(pk=feedback_id).first()
    if row is None:
        raise Refused(no("hidden", "没有这条告知"))
    if row.state != Sending.REFUSED or not row.body and row.handover.reference.startswith("erased-"):
        raise Refused(no("state", "只有对方拒收、没有依法删除的可以重发"))
    row.state, row.error, row.next_at, row.ended_at = Sending.QUEUED.value, "", clock.machine_now(), None
    row.save(update_fields=["state", "error", "next_at", "ended_at"])
    ledger.write(kind="police_again", by_id=by.id, by_name=by.name, about=f"feedback:{row.pk}")
    return row
