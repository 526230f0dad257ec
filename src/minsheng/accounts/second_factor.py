"""Codes from a phone as the second step of a log-in: set up, checked, changed to another phone, ended. Beside actions.py by subject.

A code is six figures that an authenticator makes every 30 seconds from a secret (RFC 6238, the pyotp library); one step of difference
between the clocks is allowed and no code is taken twice. Recovery codes are for a lost phone; each works once. Times are machine time.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from minsheng.accounts import queries, rules
from minsheng.accounts.models import Person, SecondFactor, Session
from minsheng.accounts.rules import Actor
from minsheng.kit import clock, sealing
from minsheng.kit.checks import Found
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.ledger import actions as ledger

PURPOSE = "second_factor"
ISSUER = "民声12345"
STEP_S = 30
RECOVERY = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
NOT_RIGHT = "动态口令不对。请看手机上现在显示的 6 位数字；手机时间须准确（设为自动）。没有手机可输入一个备用码"


@dataclass(frozen=True)
class Setup:
    """What an authenticator needs: the secret in groups for typing, the address for a QR code."""

    secret: str
    uri: str


@transaction.atomic
def begin(*, by: Actor, username: str) -> Setup:
    """The secret to be set up; the same until it is confirmed, so that a page loaded again does not spoil a scan."""
    import pyotp

    row = _mine(by.id)
    if row.confirmed_at:
        raise Refused(no("state", "动态口令已经启用；换手机请先输入现在的口令"))
    if not row.secret_sealed:
        row.secret_sealed = sealing.seal(pyotp.random_base32(), PURPOSE)
        row.save(update_fields=["secret_sealed"])
    secret = sealing.unseal(row.secret_sealed, PURPOSE)
    groups = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    return Setup(groups, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER))


@transaction.atomic
def confirm(*, by: Actor, code: str) -> list[str]:
    """The first right code puts it in force. Returns the recovery codes, which are shown once. Invalid({"code": …}) otherwise."""
    row = _mine(by.id)
    if row.confirmed_at or not row.secret_sealed:
        raise Refused(no("state", "请重新打开设置页"))
    if not _is_code(row, code):
        raise Invalid({"code": "数字不对。请输入手机上现在显示的 6 位；手机时间须准确（设为自动）"})
    row.confirmed_at = clock.machine_now()
    made = _new_recovery(row)
    row.save()
    _record("second_set", by, by.id)
    return made


@transaction.atomic
def check(*, person_id: int, code: str) -> bool:
    """Is this the code of now, or a recovery code? Each is taken once. The caller counts wrong ones."""
    row = SecondFactor.objects.select_for_update().filter(person_id=person_id, confirmed_at__isnull=False).first()
    if row is None:
        return False
    if _is_code(row, code):
        row.save(update_fields=["last_step"])
        return True
    digest = rules.digest("".join(c for c in code.casefold() if c in _LETTERS))
    if not any(hmac.compare_digest(digest, kept) for kept in row.recovery):
        return False
    row.recovery = [kept for kept in row.recovery if kept != digest]
    row.save(update_fields=["recovery"])
    ledger.write(kind="recovery_used", by_id=person_id, by_name=row.person.name, about=f"person:{person_id}", detail={"left": len(row.recovery)})
    return True


@transaction.atomic
def renew_recovery(*, by: Actor) -> list[str]:
    """New recovery codes; the old ones end. The caller has asked for a code."""
    row = _mine(by.id)
    if not row.confirmed_at:
        raise Refused(no("state", "还没有启用动态口令"))
    made = _new_recovery(row)
    row.save(update_fields=["recovery"])
    _record("second_set", by, by.id, what="recovery")
    return made


@transaction.atomic
def end_own(*, by: Actor) -> None:
    """For another phone: the old secret ends, a new one is set up next. The caller has asked for a code."""
    _end(by.id)
    _record("second_ended", by, by.id, own=True)


@transaction.atomic
def reset(*, person_id: int, by: Actor, reason: str, setup: bool = False) -> None:
    """A phone that is lost: a security administrator, who has made sure who asks, ends it. All log-ins of the person end."""
    if not setup and not (answer := rules.may_end_second(by, person_id)):
        raise Refused(answer)
    if not reason.strip():
        raise Invalid({"reason": "请写明理由，例如怎样核实了本人"})
    if not _end(person_id):
        raise Refused(no("state", "这个账号没有启用动态口令"))
    Session.objects.filter(person_id=person_id).delete()
    _record("second_ended", by, person_id, reason=reason.strip())


def asked(person_id: int) -> SecondFactor:
    """The person's row, with the moment when a second step was first asked for."""
    now = clock.machine_now()
    row, _ = SecondFactor.objects.get_or_create(person_id=person_id, defaults={"asked_at": now})
    if row.asked_at is None:
        SecondFactor.objects.filter(pk=person_id).update(asked_at=now)
        row.asked_at = now
    return row


@transaction.atomic
def reseal(*, by: Actor) -> int:
    """Every secret under the newest key. Returns how many changed."""
    changed = 0
    for row in SecondFactor.objects.select_for_update().filter(secret_sealed__isnull=False).order_by("pk"):
        if row.secret_sealed and bytes(row.secret_sealed)[0] != sealing.sealing_key():
            row.secret_sealed = sealing.reseal(row.secret_sealed, PURPOSE)
            row.save(update_fields=["secret_sealed"])
            changed += 1
    return changed


def told() -> Found:
    """For `doctor` and the state page: is the second step asked for, and who still lacks it?"""
    need, have = queries.second_factors()
    if settings.SECOND_FACTOR != "required":
        return True if settings.DEMO else None, f"动态口令：{rules.POLICIES[settings.SECOND_FACTOR]}" + ("（演示）" if settings.DEMO else
                                                 "。管理员和能看完整号码的岗位应当必须设置：MINSHENG_SECOND_FACTOR=required")
    return True if have == need else None, f"应当设置动态口令的 {need} 个账号，已设 {have} 个"


def _mine(person_id: int) -> SecondFactor:
    SecondFactor.objects.get_or_create(person_id=person_id)
    return SecondFactor.objects.select_for_update().get(pk=person_id)


def _is_code(row: SecondFactor, code: str) -> bool:
    """Also notes the step of the code, for the caller to save."""
    import pyotp

    typed = "".join(str(unicodedata.decimal(c)) for c in code if c.isdecimal())  # whatever figures the keyboard writes
    made = pyotp.TOTP(sealing.unseal(row.secret_sealed, PURPOSE))
    now = int(clock.machine_now().timestamp()) // STEP_S
    for step in (now, now - 1, now + 1):
        if step > row.last_step and hmac.compare_digest(made.at(step * STEP_S), typed):
            row.last_step = step
            return True
    return False


def _new_recovery(row: SecondFactor) -> list[str]:
    made = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY)]
    row.recovery = [rules.digest(code.replace("-", "")) for code in made]
    return made


def _end(person_id: int) -> bool:
    kept: dict[str, Any] = {"secret_sealed": None, "confirmed_at": None, "last_step": 0, "recovery": []}
    return bool(SecondFactor.objects.filter(pk=person_id, confirmed_at__isnull=False).update(**kept))


def _record(kind: str, by: Actor, person_id: int, reason: str = "", **detail) -> None:
    username = Person.objects.values_list("username", flat=True).get(pk=person_id)
    ledger.write(kind=kind, by_id=by.id, by_name=by.name, about=f"person:{person_id}", reason=reason, detail={"username": username, **detail})
