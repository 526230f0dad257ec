"""Accounts that close, and accounts that take their place: what was typed and not sent goes on with the next shift, in one transaction."""

from __future__ import annotations

from django.db import transaction

from minsheng.accounts import actions as accounts
from minsheng.accounts import bulk
from minsheng.accounts.rules import Actor
from minsheng.cases.actions import drafts


@transaction.atomic
def close_account(*, person_id: int, by: Actor, reason: str) -> tuple[str, int]:
    """离岗: the account closes and its drafts go to the next shift, in one transaction. Returns the name and how many drafts."""
    person = accounts.leave_account(person_id=person_id, by=by, reason=reason)
    return person.name, drafts.hand_over_all(person_id=person_id, name=person.name)


@transaction.atomic
def open_accounts(*, rows: list[bulk.Row], by: Actor, reason: str) -> list[bulk.Made]:
    """Accounts from one sheet; the drafts of those who leave with it go to the next shift."""
    made, left = bulk.make(rows=rows, by=by, reason=reason)
    for person_id, name in left:
        drafts.hand_over_all(person_id=person_id, name=name)
    return made


@transaction.atomic
def rule_asked(*, asked_id: int, allow: bool, by: Actor, reason: str = "") -> str:
    """A role allowed or refused; who is replaced with it leaves and the drafts go to the next shift. The name of who left, or ""."""
    gone = bulk.rule(asked_id=asked_id, allow=allow, by=by, reason=reason)
    if gone is None:
        return ""
    drafts.hand_over_all(person_id=gone.id, name=gone.name)
    return gone.name
