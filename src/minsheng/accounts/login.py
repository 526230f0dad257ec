"""Logging in and out. Beside actions.py because these deeds are done by nobody known yet; the same rules hold for the file.

Times here are machine time (rulings, 5). A failure must be kept although the log-in is refused, so nothing is raised
inside a transaction.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from minsheng.accounts import rules
from minsheng.accounts.models import LoginAttempt, Person, Session, actor_of
from minsheng.accounts.queries import Me, roles_of
from minsheng.accounts.rules import Actor
from minsheng.kit import clock
from minsheng.kit.verdict import Refused, Verdict, no
from minsheng.ledger import actions as ledger

WRONG = "用户名或密码不对。请检查大小写后再试；忘记密码请联系本单位的安全管理员重置。"


def _keys(username: str, address: str) -> dict[str, int]:
    """Digest -> failures without a wait. The name counts whether or not it exists, so nothing is given away."""
    name, place = rules.digest(f"name:{username.casefold()}"), rules.digest(f"address:{address}")
    return dict(sorted({name: rules.FREE_TRIES, place: rules.ADDRESS_FREE_TRIES}.items()))


def _wait(rows: list[LoginAttempt], free: dict[str, int]) -> Verdict | None:
    now = clock.machine_now()
    waits = [rules.wait_after(row.failures, row.last_at, now, free[row.key]) for row in rows]
    longest = max(waits, default=timedelta(0))
    return no("wait", f"连续输错次数过多，请等 {rules.in_words(longest)}后再试。") if longest else None


def _count_failure(rows: list[LoginAttempt], address: str) -> None:
    now = clock.machine_now()
    for row in rows:
        row.failures = 1 if now - row.last_at > rules.FORGET_AFTER else row.failures + 1
        row.last_at = now
        row.save(update_fields=["failures", "last_at"])
    ledger.write(kind="log_in_failed", by_id=0, by_name="", about="", reason="", detail={"address": address, "failures": rows[0].failures})


def _check(username: str, password: str) -> Person | None:
    """The active person whose password this is; the same work is done for a name that does not exist."""
    person = Person.objects.select_related("unit").filter(username=username, is_active=True).first()
    if person is None:
        make_password(password)
        return None
    return person if person.check_password(password) else None


@transaction.atomic
def _try(username: str, password: str, address: str) -> Person | Verdict:
    free = _keys(username, address)
    now = clock.machine_now()
    LoginAttempt.objects.bulk_create([LoginAttempt(key=k, failures=0, last_at=now) for k in free], ignore_conflicts=True)
    rows = list(LoginAttempt.objects.select_for_update().filter(key__in=free).order_by("key"))
    if (wait := _wait(rows, free)) is not None:  # a refusal is falsy
        return wait
    person = _check(username, password)
    if person is None:
        _count_failure(rows, address)
        return no("wrong", WRONG)
    LoginAttempt.objects.filter(key=rules.digest(f"name:{username.casefold()}")).delete()
    return person


def log_in(*, username: str, password: str, address: str, device: str, session) -> Actor:
    """Check a password and begin a session under a new key. Refused says how long to wait or that something was wrong, never what.

    session  the request's Django session (our store)
    """
    answer = _try(username.strip(), password, address)
    if isinstance(answer, Verdict):
        raise Refused(answer)
    begin(person=answer, address=address, device=device, session=session)
    return actor_of(answer, roles_of(answer.id))


@transaction.atomic
def begin(*, person: Person, address: str, device: str, session) -> None:
    """A new session for a person whose password was right; an older one on the same device ends."""
    session.flush()
    now = clock.machine_now()
    session["person"], session["address"], session["device"] = person.id, address[:60], device[:200]
    session["started_at"] = now.isoformat()
    session.set_expiry(int((rules.SESSION_LIFE + timedelta(hours=1)).total_seconds()))  # the row outlives its use, to say why it ended
    session.save(must_create=True)
    Person.objects.filter(pk=person.id).update(last_login=now)
    ledger.write(kind="log_in", by_id=person.id, by_name=person.name, about=f"person:{person.id}", reason="", detail={"address": address})


@transaction.atomic
def log_out(*, by: Actor, session) -> None:
    session.flush()
    ledger.write(kind="log_out", by_id=by.id, by_name=by.name, about=f"person:{by.id}", reason="", detail={})


@transaction.atomic
def end_sessions(*, by: Actor, keep: str = "") -> int:
    """Sign out everywhere else. Returns how many sessions ended."""
    gone, _ = Session.objects.filter(person_id=by.id).exclude(session_key=keep).delete()
    ledger.write(kind="sessions_ended", by_id=by.id, by_name=by.name, about=f"person:{by.id}", reason="", detail={"count": gone})
    return gone


def see(*, me: Me, session_key: str) -> None:
    """Note that a session is in use, at most once a minute."""
    now = clock.machine_now()
    if (now - me.seen_at).total_seconds() > 60:
        Session.objects.filter(session_key=session_key).update(seen_at=now)


def forget_old() -> int:
    """Sessions that ended and failures that count no more: addresses and devices are kept no longer than they serve. How many went."""
    now = clock.machine_now()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    attempts, _ = LoginAttempt.objects.filter(last_at__lt=now - rules.FORGET_AFTER).delete()
    return sessions + attempts
