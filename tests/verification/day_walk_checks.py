"""What must hold wherever the walk over leader days and supervision has led."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from minsheng.accounts.rules import Role
from minsheng.cases import queries
from minsheng.cases.models import Case, CaseStep
from minsheng.field_work.actions import watches
from minsheng.files.models import StoredFile
from minsheng.kit.stepped import SteppedKind
from minsheng.leader_days.actions import verify as days
from minsheng.leader_days.models import Commitment, CommitmentStep, MediaLead, Meeting
from minsheng.ledger.models import Entry
from minsheng.messages.models import Message
from minsheng.org import queries as org
from minsheng.oversight.actions import verify as oversight
from minsheng.oversight.models import Slip, SlipStep
from minsheng.topics.actions import declared
from tests.cast import Cast
from tests.verification.day_ways import SUBJECTS

_ENDS = ("conclude_kept", "conclude_late", "grant_withdrawal")
_KEPT = (Case, CaseStep, StoredFile, Message)
_OF_THE_WALK = ("log_in", "log_out", "token_made", "alarm")  # lines of the ledger that its own people make on their way in


def mark(case: Any) -> str:
    """Stands in the words that were typed about that case."""
    return f"记{case}记"


# --- of one deed -----------------------------------------------------------------


class Standing:
    """How things stood: after a refusal nothing may differ."""

    def __init__(self) -> None:
        self.was = self._now()

    def _now(self) -> dict[str, Any]:
        asked = [f"SELECT '{of.kind.model._meta.db_table}', count(*), coalesce(sum(hashtext(t::text)::bigint), 0) FROM {of.kind.model._meta.db_table} t"
                 for of in SUBJECTS.values()]
        asked += [f"SELECT '{table}', count(*), 0 FROM {table}" for table in
                  [m._meta.db_table for of in SUBJECTS.values() for m in (of.kind.rows, of.kind.words)] + [m._meta.db_table for m in _KEPT]]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(asked))
            found: dict[str, Any] = {name: (n, digest) for name, n, digest in cursor.fetchall()}
        found["文件"] = sorted(each.name for each in (Path(settings.DATA) / "files").glob("??/??/*"))
        found["台账"] = Entry.objects.exclude(kind__in=_OF_THE_WALK).count()
        return found

    def differences(self) -> list[str]:
        now = self._now()
        return [f"{name} 变了：{self.was[name]} → {now[name]}" for name in now if now[name] != self.was[name]]


def unsaid(page: str, other: str) -> str:
    """What the other way said that the page does not show; "" when it shows it."""
    try:
        answer = json.loads(other)
        said = list(answer.get("errors", {}).values()) or [answer["error"]["reason"]]
    except json.JSONDecodeError:
        said = [other]
    shown = html.unescape(page)
    named = "没有编号为" in shown  # a page takes numbers of cases and says which it does not know
    return "" if named or any(str(one) in shown for one in said) else str(said[0])


def sentence(tried: tuple[str, int, str]) -> str:
    """Of a page what stands in its alerts and beside its fields."""
    found = re.findall(r'class="[^"]*(?:ms-error|ms-note-error|alert|reason)[^"]*"[^>]*>\s*(?:<strong>)?([^<]{2,200})', tried[2])
    return "；".join(html.unescape(one).strip() for one in found)[:300]


def broken(kind: SteppedKind[Any], id_: int) -> list[str]:
    """Does the history of this one say what it is?"""
    one = kind.model._default_manager.get(id=id_)
    kind.attach([one])
    rows = list(kind.rows._default_manager.filter(subject_id=id_).order_by("seq"))
    seqs = [row.seq for row in rows]
    return [] if seqs == list(range(1, len(rows) + 1)) and rows[-1].to == one.state and bytes(rows[-1].hash) == bytes(one.head or b"") else [
        f"{kind.label} {id_}：同时办理以后历史与状态不符 {seqs} {one.state}"]


def signed() -> int:
    """How many signatures there are."""
    return sum(of.kind.rows._default_manager.filter(step__in=of.signs).count() for of in SUBJECTS.values() if of.signs)


# --- of everything ------------------------------------------------------------------


def whole(cast: Cast, dice: random.Random) -> Iterator[str]:
    for verify in (days.verify_history, oversight.verify_history, watches.verify_history, declared.verify_history):
        yield from verify()
    yield from _signatures()
    yield from _sent()
    yield from _ends()
    yield from _out_of_sight(cast, dice)


def _signatures() -> Iterator[str]:
    """Who signed had drafted nothing of it; of a public part, not the words that went out."""
    for name, of in SUBJECTS.items():
        for row in of.kind.rows._default_manager.filter(step__in=of.signs):
            drafts = of.kind.rows._default_manager.filter(subject_id=row.subject_id, step__in=of.drafts, seq__lt=row.seq).order_by("seq")
            asked = list(drafts)[-1:] if name == "commitments" else list(drafts)
            if not drafts or any(one.by_id == row.by_id for one in asked):
                yield f"{name} {row.subject_id}：{row.by_name}签发了自己起草的（{row.step}）"


def _sent() -> Iterator[str]:
    """A slip left with a signature and a number; a public part went out signed."""
    for slip in Slip.objects.filter(Q(issued_at__isnull=False) | Q(doc_number__gt="")):
        steps = list(SlipStep.objects.filter(subject_id=slip.id).order_by("seq").values_list("step", flat=True))
        if not slip.doc_number or "sign_slip" not in steps or steps.index("sign_slip") > steps.index("issue_slip"):
            yield f"督办文书 {slip.id}：没有签发就送达了 {steps}"
    told = {about.removeprefix("slip:") for about in Message.objects.filter(template="slip_issued").values_list("about", flat=True)}
    known = {str(one) for one in Slip.objects.filter(issued_at__isnull=False).values_list("id", flat=True)}
    yield from (f"督办文书 {one}：没有送达就通知了单位" for one in told - known)
    for one in Commitment.objects.filter(Q(published_at__isnull=False) | Q(public_matter__gt="")):
        if not CommitmentStep.objects.filter(subject_id=one.id, step="sign_public").exists():
            yield f"承诺 {one.id}：没有签发就公开了"


def _ends() -> Iterator[str]:
    """A commitment was ended by a supervisor outside the unit that owes it."""
    owners = dict(Commitment.objects.values_list("id", "owner_unit_id"))
    for row in CommitmentStep.objects.filter(step__in=_ENDS):
        if row.role != Role.SUPERVISOR.value or owners[row.subject_id] in org.tree().path(row.unit_id):
            yield f"承诺 {row.subject_id}：由责任单位的{row.by_name}了结"
    ended = Commitment.objects.filter(state__in=("kept", "late", "withdrawn")).values_list("id", flat=True)
    for id_ in set(ended) - set(CommitmentStep.objects.filter(step__in=_ENDS).values_list("subject_id", flat=True)):
        yield f"承诺 {id_}：没有核验就了结了"


def _out_of_sight(cast: Cast, dice: random.Random) -> Iterator[str]:
    """Restricted, sealed, or about somebody: on no public page, in no topic, before no medium, on no agenda of who may not see it."""
    shut = list(Case.objects.filter(Q(restricted=True) | Q(sealed=True) | Q(complained_line__isnull=False)))
    for address in (reverse("portal_leader_days"), reverse("portal")):
        yield from _found(Client().get(address), shut, f"公开页面 {address}")
    names = ("supervisor", "coordinator", "analyst") if shut else ()
    for who in names:
        client = cast.client(who)
        yield from _found(client.get(reverse("topics")), shut, "议题")
        listed = client.get(f"{reverse('topic-cases')}?days=28&by=category&category={_category()}")
        for case in shut:
            if listed.status_code == 200 and case.number in listed.content.decode():
                yield f"{case.number}：在议题的清单里（{who}）"
    media, reader = cast.client("media"), dice.choice(("leader", "water", "roads", "water_head", "coordinator", "media"))
    for one in MediaLead.objects.all():
        yield from _found(media.get(reverse("lead", args=[one.id])), shut, f"线索 {one.id}（媒体）")
    client, by = cast.client(reader), cast.actors[reader]
    hidden = [case for case in shut if not queries.visible(by).filter(id=case.id).exists()]
    for one in Meeting.objects.order_by("-id")[:6]:
        yield from _found(client.get(reverse("meeting", args=[one.id])), [c for c in hidden if c.restricted or c.complained_line], f"协调会 {one.id}（{reader}）")


def _category() -> int:
    return Case.objects.exclude(category=None).values_list("category_id", flat=True)[0]


def _found(answer: Any, shut: list[Case], where: str) -> Iterator[str]:
    text = answer.content.decode() if answer.status_code == 200 else ""
    for case in shut:
        if mark(case.id) in text or case.number in text:
            yield f"{case.number}（限制 {case.restricted}、保密 {case.sealed}、反映 {case.complained_line}）：在{where}上"
