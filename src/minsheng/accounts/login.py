"""Logging in and out. Beside actions.py because these deeds are done by nobody known yet; the same rules hold for the file.

Times here are machine time (rulings, 5). A failure must be kept although the log-in is refused, so nothing is raised
inside a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from minsheng.accounts import actions, queries, rules, second_factor, throttle
from minsheng.accounts.known_devices import Device
from minsheng.accounts.models import LoginAttempt, Person, Session, actor_of
from minsheng.accounts.queries import Me, roles_of
from minsheng.accounts.rules import Actor, Role
from minsheng.accounts.sessions import kept_as
from minsheng.accounts.try_limits import Limit, code_of_person, login_limits
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.ledger import actions as ledger

_Answer = TypeVar("_Answer")
WRONG = "用户名或密码不对。请检查大小写后再试；忘记密码请联系本单位的安全管理员重置。"
_PENDING = "second"  # in the session between password and code: it is nobody's log-in yet


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody comes from: network address, what the browser calls itself, and the device as its cookie tells it."""

    address: str
    browser: str = ""
    device: Device = field(default_factory=Device)


def _counted(limits: Sequence[Limit], place: Place, answer: Callable[[], _Answer | None], wrong: Verdict,
             half: Callable[[_Answer], bool] = lambda found: False) -> _Answer | Verdict:
    """The answer when it is right; else `wrong`, or how long to wait. What is wrong stays counted whatever the caller does.

    half  is a right one only the half of what proves a person? Then wrong codes before it are not forgotten: whoever has the password
          would guess on without end
    """
    with transaction.atomic():
        wait = throttle.take(limits)
    if wait:
        return no("wait", f"连续输错次数过多，请等 {rules.in_words(wait)}后再试。")
    found = answer()
    with transaction.atomic():
        if found:
            throttle.give_back(limits, half=half(found))
            return found
        throttle.wrong("logins")
        ledger.write(kind="log_in_failed", by_id=0, by_name="", detail={"address": place.address[:60]})
    return wrong


def _check(username: str, password: str) -> Person | None:
    """The active person whose password this is; the same work is done for a name that does not exist."""
    person = Person.objects.select_related("unit").filter(username=username, is_active=True).first()
    if person is None:
        make_password(password)
        return None
    return person if person.check_password(password) else None


def _has_second(person: Person) -> bool:
    factor = queries.second_factor(person.id)
    return factor is not None and factor.confirmed_at is not None


def _limits(username: str, place: Place) -> Sequence[Limit]:
    """Counted by name and network, or by the device alone where this very person came in before; anew with every new password."""
    person = Person.objects.filter(username=username).values_list("id", "password").first()
    name, known = (username, "") if person is None else (f"{username} {rules.digest(person[1])[:8]}", place.device.known_to(f"person:{person[0]}"))
    return login_limits(name, place.address, known)


def log_in(*, username: str, password: str, address: str, device: str, session, known: Device | None = None, then: str = "") -> Actor | None:
    """Check a password and begin a session under a new key. None: the code of the second step is still asked for (`second_step`).

    session  the request's Django session (our store)
    device   what the browser calls itself; `known`: the device as its cookie tells it; `then`: the page that was asked for
    Refused says how long to wait or that something was wrong, never what.
    """
    place, username = Place(address, device, known or Device()), username.strip()
    answer = _counted(_limits(username, place), place, lambda: _check(username, password), no("wrong", WRONG), _has_second)
    if isinstance(answer, Verdict):
        raise Refused(answer)
    if _has_second(answer):
        _wait_for_code(answer, session, then)
        return None
    return _come_in(answer, place, session)


def _wait_for_code(person: Person, session, then: str) -> None:
    """Under a new key, too: one that was planted before the password was typed is worth nothing after it."""
    session.flush()
    until = clock.machine_now() + rules.SECOND_WITHIN
    session[_PENDING] = {"person": person.id, "until": until.isoformat(), "password": rules.digest(person.password), "then": then[:500]}
    session.set_expiry(int(rules.SECOND_WITHIN.total_seconds()))


def waiting_for_code(session) -> dict | None:
    """What is kept between the two steps, while it may still be used."""
    kept = session.get(_PENDING)
    return kept if kept and clock.machine_now() < datetime.fromisoformat(kept["until"]) else None


def second_step(*, code: str, address: str, device: str, session, known: Device | None = None) -> tuple[Actor, str]:
    """The code after the password. Returns the actor and the page that was asked for. Refused: `expired` begin again, `wrong`, `wait`."""
    kept, place = waiting_for_code(session), Place(address, device, known or Device())
    person = Person.objects.select_related("unit").filter(id=kept["person"], is_active=True).first() if kept else None
    if kept is None or person is None or rules.digest(person.password) != kept["password"]:
        raise Refused(no("expired", "时间已过，请重新输入用户名和密码"))
    limits = (*_limits(person.username, place), *code_of_person(person.id, place.device.known_to(f"person:{person.id}")))
    right = _counted(limits, place, lambda: second_factor.check(person_id=person.id, code=code), no("wrong", second_factor.NOT_RIGHT))
    if isinstance(right, Verdict):
        raise Refused(right)
    return _come_in(person, place, session), kept["then"]


def prove(*, by: Actor, username: str, code: str, address: str, known: Device | None = None) -> None:
    """Once more the code, before the second step itself is changed. Wrong ones count like failed log-ins."""
    place = Place(address, "", known or Device())
    right = _counted(_limits(username, place), place, lambda: second_factor.check(person_id=by.id, code=code), no("wrong", second_factor.NOT_RIGHT))
    if isinstance(right, Verdict):
        raise Invalid({"code": right.reason})


def change_password(*, by: Actor, username: str, old: str, password: str, address: str, keep_session: str = "", known: Device | None = None) -> int:
    """One's own. A wrong old one counts like a failed log-in. Returns how many keys of programs ended with it."""
    place = Place(address, "", known or Device())
    right = _counted(_limits(username, place), place, lambda: _check(username, old), no("wrong", "现在的密码不对，请再输入一次"),
                     _has_second)
    if isinstance(right, Verdict):
        raise Invalid({"old": right.reason})
    return actions.set_password_of(person_id=by.id, password=password, old=old, by=by, keep_session=keep_session)


def _come_in(person: Person, place: Place, session) -> Actor:
    roles = roles_of(person.id)
    begin(person=person, address=place.address, device=place.browser, session=session, confined=_must_set_second(person.id, roles))
    return actor_of(person, roles)


def _must_set_second(person_id: int, roles: frozenset[Role]) -> bool:
    until = second_step_until(person_id, roles)
    return until is not None and until <= clock.machine_now()


def second_step_until(person_id: int, roles: frozenset[Role]) -> datetime | None:
    """Until when the person may work without a second step; None: for ever, or it is there. The first time it is asked is noted."""
    policy, grace = settings.SECOND_FACTOR, timedelta(days=settings.SECOND_FACTOR_GRACE_DAYS)
    if rules.second_step_by(policy, roles, None, clock.machine_now(), grace) is None:
        return None
    row = second_factor.asked(person_id)
    return None if row.confirmed_at else rules.second_step_by(policy, roles, row.asked_at, clock.machine_now(), grace)


@transaction.atomic
def begin(*, person: Person, address: str, device: str, session, confined: bool = False) -> None:
    """A new session for a person who has proved who it is; an older one on the same device ends.

    confined  only the page where a second step is set up opens in it
    """
    session.flush()
    now = clock.machine_now()
    session["person"], session["address"], session["device"] = person.id, address[:60], device[:200]
    session["started_at"] = now.isoformat()
    if confined:
        session["confined"] = True
    session.set_expiry(int((rules.SESSION_LIFE + timedelta(hours=1)).total_seconds()))  # the row outlives its use, to say why it ended
    session.save(must_create=True)
    Person.objects.filter(pk=person.id).update(last_login=now)
    ledger.write(kind="log_in", by_id=person.id, by_name=person.name, about=f"person:{person.id}", reason="", detail={"address": address})


def confirm_second(*, by: Actor, code: str, session) -> list[str]:
    """The second step is set up: the session opens everything again, under a new key. Returns the recovery codes."""
    made = second_factor.confirm(by=by, code=code)
    session.pop("confined", None)
    session.cycle_key()
    return made


@transaction.atomic
def log_out(*, by: Actor, session) -> None:
    session.flush()
    ledger.write(kind="log_out", by_id=by.id, by_name=by.name, about=f"person:{by.id}", reason="", detail={})


@transaction.atomic
def end_sessions(*, by: Actor, keep: str = "") -> int:
    """Sign out everywhere else. Returns how many sessions ended."""
    gone, _ = Session.objects.filter(person_id=by.id).exclude(session_key=kept_as(keep)).delete()
    ledger.write(kind="sessions_ended", by_id=by.id, by_name=by.name, about=f"person:{by.id}", reason="", detail={"count": gone})
    return gone


def see(*, me: Me, session_key: str) -> None:
    """Note that a session is in use, at most once a minute."""
    now = clock.machine_now()
    if (now - me.seen_at).total_seconds() > 60:
        Session.objects.filter(session_key=kept_as(session_key)).update(seen_at=now)


def forget_old() -> int:
    """Sessions that ended and failures that count no more: addresses and devices are kept no longer than they serve. How many went."""
    now = clock.machine_now()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    attempts, _ = LoginAttempt.objects.filter(last_at__lt=now - rules.FORGET_AFTER).delete()
    return sessions + attempts
