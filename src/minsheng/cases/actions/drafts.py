"""What an agent has typed so far: kept as it is typed, sealed (it holds personal data), handed to the next shift, dropped.

One small table, its writer and its reader.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.models import Draft
from minsheng.cases.queries import dangers
from minsheng.cases.rules import Ground
from minsheng.kit import clock, sealing
from minsheng.kit.verdict import Invalid, Refused, no

PURPOSE = "case.draft"
LONGEST = 60_000  # characters of all that was typed, as JSON
MOST = 30  # of one person; the oldest go first
TRAY = 0  # owner of what was handed to the shift: whoever takes it first has it
KEEP = timedelta(days=7)


@dataclass(frozen=True)
class KeptDraft:
    """A draft as its reader sees it. `values`: field -> what was typed (a list where several); `of`: who handed it over, or "".

    shut  why its words stand in no list of the shift before somebody takes it on (rulings, 31), or ""
    """

    key: str
    values: dict
    at: datetime
    in_tray: bool = False
    of: str = ""
    shut: str = ""

    @property
    def excerpt(self) -> str:
        """What a list of drafts shows of it."""
        return f"（限制知悉：{self.shut}，接手后可见）" if self.shut else self.one("narrative") or "（只有号码）"

    def one(self, name: str) -> str:
        value = self.values.get(name, "")
        return value[0] if isinstance(value, list) and value else value or ""


def new_key() -> str:
    return secrets.token_hex(8)


def _open(row: Draft) -> KeptDraft:
    try:
        kept = json.loads(sealing.unseal(row.sealed, PURPOSE))
    except sealing.Unreadable:
        kept = {"values": {"narrative": "（这份暂存无法打开：密钥已更换）"}}
    made = KeptDraft(row.key, kept.get("values", {}), row.updated_at, row.owner_id == TRAY, kept.get("of", ""))
    return replace(made, shut=_shut(made)) if made.in_tray else made


def _shut(draft: KeptDraft) -> str:
    ground = draft.one("restricted") or dangers.read(draft.one("narrative")).restricted
    return Ground(ground).label if ground in set(Ground) else ""


@transaction.atomic
def keep(*, by: Actor, key: str, values: Mapping[str, str | Sequence[str]]) -> KeptDraft | None:
    """Keep what stands in the form now. The same key is written over; an empty form is no draft (None), and its old one is dropped.

    Invalid when the key or the size is not one of ours.
    """
    if not (4 <= len(key) <= 40 and key.isalnum()):
        raise Invalid({"key": "暂存编号无效，请重新打开登记页"})
    typed = {name: value for name, value in values.items() if value and value != [""]}
    if not typed:
        drop(by=by, key=key)
        return None
    text = json.dumps({"values": typed}, ensure_ascii=False)
    if len(text) > LONGEST:
        raise Invalid({"narrative": "内容过长，无法自动保存；请先登记或删减"})
    now = clock.now()
    row, made = Draft.objects.update_or_create(
        owner_id=by.id, key=key, defaults={"sealed": sealing.seal(text, PURPOSE), "updated_at": now}, create_defaults={
            "sealed": sealing.seal(text, PURPOSE), "created_at": now, "updated_at": now})
    if made:
        _forget_oldest(by)
    return _open(row)


def _forget_oldest(by: Actor) -> None:
    kept = Draft.objects.filter(owner_id=by.id).order_by("-updated_at").values_list("id", flat=True)[:MOST]
    Draft.objects.filter(owner_id=by.id).exclude(id__in=list(kept)).delete()


def drop(*, by: Actor, key: str) -> None:
    """Gone; registering drops it too. Repeatable."""
    Draft.objects.filter(owner_id=by.id, key=key).delete()


@transaction.atomic
def hand_over(*, by: Actor, key: str) -> None:
    """Leave a draft to the next shift: it lies in the tray under its writer's name."""
    row = Draft.objects.select_for_update().filter(owner_id=by.id, key=key).first()
    if row is None:
        raise Refused(no("gone", "这份暂存已登记、删除或被接手"))
    _lay_down(row, by.name)


def _lay_down(row: Draft, of: str) -> None:
    text = json.dumps({"values": _open(row).values, "of": of}, ensure_ascii=False)
    Draft.objects.filter(id=row.id).update(owner_id=TRAY, sealed=sealing.seal(text, PURPOSE))


def hand_over_all(*, person_id: int, name: str) -> int:
    """Everything that somebody who leaves has typed goes to the shift's tray under that name. How many."""
    rows = list(Draft.objects.select_for_update().filter(owner_id=person_id))
    for row in rows:
        text = json.dumps({"values": _open(row).values, "of": name}, ensure_ascii=False)
        Draft.objects.filter(id=row.id).update(owner_id=TRAY, sealed=sealing.seal(text, PURPOSE))
    return len(rows)


@transaction.atomic
def take_over(*, by: Actor, key: str) -> KeptDraft:
    """Take a draft from the tray; two at once: one has it, the other is told."""
    row = Draft.objects.select_for_update().filter(owner_id=TRAY, key=key).first()
    if row is None:
        raise Refused(no("gone", "这份暂存已被别人接手"))
    row.owner_id = by.id
    row.save(update_fields=["owner_id"])
    return _open(row)


@transaction.atomic
def lay(*, owner: int, of: str, key: str, values: Mapping[str, str]) -> None:
    """What was begun elsewhere goes on as a draft of `owner` (TRAY: of whoever takes it), under the name of who began it."""
    now, text = clock.now(), json.dumps({"values": {n: v for n, v in values.items() if v}, "of": of}, ensure_ascii=False)
    Draft.objects.create(owner_id=owner, key=key, sealed=sealing.seal(text, PURPOSE), created_at=now, updated_at=now)


def lying(keys: Sequence[str]) -> int:
    """How many of these keys are drafts still, whoever has them. One statement, none for none."""
    return Draft.objects.filter(key__in=keys).count() if keys else 0


@dataclass(frozen=True)
class Held:
    """A draft that somebody holds: whose, since when, untouched since when; not what is in it."""

    owner: int
    key: str
    begun: datetime
    at: datetime


def of_the_shift() -> tuple[list[KeptDraft], list[Held]]:
    """What lies in the tray, opened; and what agents have begun and not ended, closed, the longest untouched first. One statement."""
    rows = list(Draft.objects.order_by("updated_at")[:200])
    tray = [_open(row) for row in rows if row.owner_id == TRAY]
    return tray, [Held(row.owner_id, row.key, row.created_at, row.updated_at) for row in rows if row.owner_id != TRAY]


@transaction.atomic
def to_tray(*, by: Actor, owner: int, of: str, key: str) -> None:
    """The shift leader moves a draft whose writer has gone home into the tray: the next shift ends what the caller began."""
    if Role.SHIFT_LEADER not in by.roles:
        raise Refused(no("role", "移交他人的暂存由值班长办理"))
    row = Draft.objects.select_for_update().filter(owner_id=owner, key=key).first()
    if row is None or owner == TRAY:
        raise Refused(no("gone", "这份暂存已登记、删除或被接手"))
    _lay_down(row, of)


def load(by: Actor, key: str) -> KeptDraft | None:
    row = Draft.objects.filter(owner_id=by.id, key=key).first()
    return _open(row) if row else None


def listed(by: Actor) -> list[KeptDraft]:
    """One's own, the latest first, then what lies in the shift's tray. One statement."""
    rows = Draft.objects.filter(owner_id__in=[by.id, TRAY]).order_by("-owner_id", "-updated_at")
    return [_open(row) for row in rows[: MOST * 2]]


def reseal(*, by: Actor) -> int:
    """After a key was added: drafts under the newest key. How many changed."""
    old = [row for row in Draft.objects.all() if bytes(row.sealed)[0] != sealing.sealing_key()]
    for row in old:
        Draft.objects.filter(id=row.id, updated_at=row.updated_at).update(sealed=sealing.reseal(row.sealed, PURPOSE))
    return len(old)


def forget_old(*, at: datetime) -> int:
    """Personal data that became nothing is not kept (a job asks daily). How many went."""
    return Draft.objects.filter(updated_at__lt=at - KEEP).delete()[0]
