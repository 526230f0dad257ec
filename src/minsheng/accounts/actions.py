"""The deeds around people: opening and closing accounts, roles, passwords, keys for programs. Each goes into the ledger.

`setup=True` is the command line on the machine itself; it makes the first administrators and is recorded as such.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from minsheng.accounts import queries, rules
from minsheng.accounts.models import ApiToken, AskedGrant, FormerPosting, Grant, Person, Session
from minsheng.accounts.passwords import password_fits
from minsheng.accounts.rules import Actor, Role
from minsheng.accounts.sessions import kept_as
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.ledger import actions as ledger
from minsheng.org.models import Unit

COMMAND_LINE = Actor(0, "命令行", frozenset())
TOKEN_DAYS, TOKEN_NAME = 365, 80


def _ask(verdict: Verdict) -> None:
    if not verdict:
        raise Refused(verdict)


def _record(kind: str, by: Actor, person: Person, reason: str = "", **detail) -> None:
    ledger.write(kind=kind, by_id=by.id, by_name=by.name, about=f"person:{person.id}", reason=reason,
                 detail={"username": person.username, **detail})


def _locked(person_id: int) -> Person:
    """The row, locked: two administrators changing one person's roles wait for each other."""
    for person in _LOCKED(person_id):
        return person
    raise Person.DoesNotExist


_LOCKED = PreparedRows(lambda: Person.objects.select_related("unit"), "WHERE accounts_person.id = %s FOR UPDATE OF accounts_person")


def new_password() -> str:
    """A first password that can be read out over the telephone: no letters that look alike."""
    return "-".join("".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(4)) for _ in range(3))


@transaction.atomic
def create_person(*, username: str, name: str, unit: Unit, by: Actor, phone: str = "", languages: Iterable[str] = ("zh",),
                  password: str = "", must_change_password: bool = True, setup: bool = False, hashed: str = "") -> Person:
    """Open an account without any role. Without a password nobody can log in until one is set.

    hashed  a made password (Django's make_password), for loading many accounts at once
    """
    _ask(rules.may_open_accounts(by, setup))
    in_turn("accounts.names")
    errors = rules.person_errors(username, name, list(languages), phone) | queries.twice(name, phone)
    if "username" not in errors and Person.objects.filter(username=username).exists():
        errors["username"] = f"用户名 {username} 已有人使用，请换一个"
    if not unit.active:
        errors["unit"] = f"{unit.name}已停用，请选择在用的单位"
    if password and not (fits := password_fits(password, username)):
        errors["password"] = fits.reason
    if errors:
        raise Invalid(errors)
    person = Person(username=username, name=name, unit=unit, phone=phone, languages=list(languages), joined_on=clock.now(),
                    must_change_password=must_change_password, password=hashed or make_password(password or None))
    person.save(force_insert=True)
    _record("person_created", by, person, unit=unit.id)
    return person


@transaction.atomic
def change_person(*, person: Person, by: Actor, name: str, unit: Unit, phone: str, languages: Iterable[str] = ("zh",)) -> Person:
    """Correct an account. In another unit the roles end and are asked for anew: a move must not carry rights along."""
    _ask(rules.may_open_accounts(by))
    errors = rules.person_errors(person.username, name, list(languages), phone) | queries.twice(name, phone, person.id)
    if person.unit_id != unit.id and not unit.active:
        errors["unit"] = f"{unit.name}已停用，请选择在用的单位"
    if errors:
        raise Invalid(errors)
    person = _locked(person.id)
    if person.unit_id != unit.id:
        for role in queries.roles_of(person.id):
            _end_grants(person, by, role)
            _ask_grant(person, role, by, f"调到{unit.name}，原角色待重新同意")
        _note_posting(person)
    before = {"name": person.name, "unit": person.unit_id}
    person.name, person.unit, person.phone, person.languages = name, unit, phone, list(languages)
    person.save(update_fields=["name", "unit", "phone", "languages"])
    _record("person_changed", by, person, before=before, unit=unit.id)
    return person


def _note_posting(person: Person) -> None:
    """The unit that the person leaves now is kept with its time: what was complained of it then stays hidden from them."""
    last = FormerPosting.objects.filter(person=person).order_by("until", "id").last()
    now, since = clock.now(), last.until if last else person.joined_on
    if since < now:
        FormerPosting.objects.create(person=person, unit_id=person.unit_id, since=since, until=now)


@transaction.atomic
def grant_role(*, person: Person, role: Role, by: Actor, reason: str = "", setup: bool = False) -> Grant:
    """Give a role. Refused with the reason when the roles may not meet in one person."""
    person, role = _locked(person.id), Role(role)
    if not person.is_active:
        raise Refused(no("left", f"{person.name}已离岗，不能再授予角色"))
    _ask(rules.may_grant(by, person.id, queries.roles_of(person.id), role, setup))
    if not setup:
        _asked_by_another(person, role, by)
    now = clock.now()
    grant = Grant.objects.create(person=person, role=role, since=now, by_id=by.id, by_name=by.name)
    AskedGrant.objects.filter(person=person, role=role, ruled_at__isnull=True).update(ruled_at=now, ruled_by_id=by.id, allowed=True)
    _record("role_granted", by, person, reason, role=role.value)
    return grant


def _asked_by_another(person: Person, role: Role, by: Actor) -> None:
    asked = AskedGrant.objects.filter(person=person, role=role, ruled_at__isnull=True).first()
    if asked is None:
        raise Refused(no("two", "角色须由两个人办理：先由一位管理员申请，再由另一位安全管理员同意"))
    _ask(rules.may_rule_asked(by, person.id, asked.asked_by_id))


def _end_grants(person: Person, by: Actor, role: Role | None = None) -> None:
    open_ = Grant.objects.filter(person=person, until__isnull=True)
    (open_.filter(role=role) if role else open_).update(until=clock.now(), ended_by_id=by.id, ended_by_name=by.name)


@transaction.atomic
def revoke_role(*, person: Person, role: Role, by: Actor, reason: str = "", setup: bool = False) -> None:
    """Take a role back; it is gone with the person's next click."""
    person, role = _locked(person.id), Role(role)
    _ask(rules.may_revoke(by, person.id, queries.roles_of(person.id), role, setup))
    _end_grants(person, by, role)
    _record("role_revoked", by, person, reason, role=role.value)


def _ask_grant(person: Person, role: Role, by: Actor, reason: str) -> None:
    AskedGrant.objects.get_or_create(person=person, role=role, ruled_at=None, defaults={
        "asked_at": clock.now(), "asked_by_id": by.id, "asked_by_name": by.name, "reason": reason[:300]})


def _because(reason: str) -> str:
    """What cannot be undone without a trace is done with a reason."""
    if not reason.strip():
        raise Invalid({"reason": "请写明理由"})
    return reason.strip()


def _waiting(person: Person) -> frozenset[Role]:
    asked = AskedGrant.objects.filter(person=person, ruled_at__isnull=True).values_list("role", flat=True)
    return frozenset(Role(role) for role in asked)


@transaction.atomic
def ask_role(*, person_id: int, role: Role, by: Actor, reason: str) -> None:
    """Ask for a role; a security administrator who is somebody else allows it. Refused at once where the roles may not meet."""
    person, role, reason = _locked(person_id), Role(role), _because(reason)
    if not person.is_active:
        raise Refused(no("left", f"{person.name}的账号未启用，不能申请角色"))
    _ask(rules.may_ask_role(by, person.id, queries.roles_of(person.id), _waiting(person), role))
    _ask_grant(person, role, by, reason)
    _record("role_asked", by, person, reason, role=role.value)


@transaction.atomic
def unask_role(*, asked_id: int, by: Actor) -> None:
    """Take one's own request back, while nobody has ruled on it."""
    asked = AskedGrant.objects.select_for_update(of=("self",)).select_related("person").filter(pk=asked_id, ruled_at__isnull=True).first()
    if asked is None:
        raise Refused(no("gone", "没有这条申请，或已经处理过了"))
    if asked.asked_by_id != by.id:
        raise Refused(no("role", "只能撤回自己提出的申请"))
    asked.ruled_at, asked.ruled_by_id, asked.allowed = clock.now(), by.id, False
    asked.save(update_fields=["ruled_at", "ruled_by_id", "allowed"])
    _record("role_ask_ended", by, asked.person, role=asked.role)


@transaction.atomic
def rule_asked(*, asked: AskedGrant, allow: bool, by: Actor, reason: str = "") -> None:
    """A security administrator allows or refuses a role that another administrator or an import asked for."""
    person = _locked(asked.person_id)
    asked.refresh_from_db()
    if asked.ruled_at is not None:
        raise Refused(no("ruled", "这条申请已经处理过了"))
    _ask(rules.may_rule_asked(by, asked.person_id, asked.asked_by_id))
    if allow:
        grant_role(person=asked.person, role=Role(asked.role), by=by, reason=reason)
        return
    reason = _because(reason)
    asked.ruled_at, asked.ruled_by_id, asked.allowed = clock.now(), by.id, False
    asked.save(update_fields=["ruled_at", "ruled_by_id", "allowed"])
    _record("role_refused", by, person, reason, role=asked.role)


@transaction.atomic
def set_password(*, person: Person, password: str, by: Actor, old: str | None = None, must_change: bool = False,
                 setup: bool = False, keep_session: str = "") -> int:
    """A new password; all other sessions of the person and all keys of programs end. One's own needs the old one (`old`).

    Returns how many keys ended: the person is told, whoever made them.
    """
    person = _locked(person.id)
    _ask(rules.may_set_password(by, person.id, setup))
    if by.id == person.id and not setup and not person.check_password(old or ""):
        raise Invalid({"old": "现在的密码不对，请再输入一次"})
    fits = password_fits(password, person.username)
    if not fits:
        raise Invalid({"password": fits.reason})
    if not setup and person.has_usable_password() and person.check_password(password):
        raise Invalid({"password": "新密码和现在的一样，请换一个"})
    person.password, person.must_change_password = make_password(password), must_change
    person.save(update_fields=["password", "must_change_password"])
    Session.objects.filter(person=person).exclude(session_key=kept_as(keep_session)).delete()
    ended = ApiToken.objects.filter(person=person, revoked__isnull=True).update(revoked=clock.machine_now())
    _record("password_set", by, person, "", own=by.id == person.id, **({"keys": ended} if ended else {}))
    return ended


@transaction.atomic
def leave(*, person: Person, by: Actor, reason: str = "", setup: bool = False) -> Person:
    """离岗: the account closes at once, with its roles, sessions and keys. Cases in hand stay with the unit and show as its open work."""
    person = _locked(person.id)
    if not setup:
        _ask(rules.may_leave(by, person.id))
    if person.left_on is not None:
        raise Refused(no("left", f"{person.name}已经离岗"))
    person.is_active, person.left_on = False, clock.now()
    person.save(update_fields=["is_active", "left_on"])
    _end_grants(person, by)
    AskedGrant.objects.filter(person=person, ruled_at__isnull=True).update(ruled_at=clock.now(), ruled_by_id=by.id, allowed=False)
    Session.objects.filter(person=person).delete()
    ApiToken.objects.filter(person=person, revoked__isnull=True).update(revoked=clock.machine_now())
    _record("person_left", by, person, reason)
    return person


@transaction.atomic
def lock_person(*, person_id: int, by: Actor, reason: str) -> Person:
    """锁定: no log-in and no key works until it is unlocked; roles stay. Sessions end at once."""
    person, reason = _locked(person_id), _because(reason)
    _ask(rules.may_lock(by, person.id))
    if not person.is_active:
        raise Refused(no("state", f"{person.name}的账号已经锁定或已离岗"))
    person.is_active = False
    person.save(update_fields=["is_active"])
    Session.objects.filter(person=person).delete()
    _record("person_locked", by, person, reason)
    return person


@transaction.atomic
def unlock_person(*, person_id: int, by: Actor, reason: str) -> Person:
    """Open a locked account again with its roles."""
    person, reason = _locked(person_id), _because(reason)
    _ask(rules.may_unlock(by, person.id))
    if person.is_active or person.left_on:
        raise Refused(no("state", f"{person.name}的账号没有锁定"))
    person.is_active = True
    person.save(update_fields=["is_active"])
    _record("person_unlocked", by, person, reason)
    return person


@transaction.atomic
def come_back(*, person: Person, by: Actor, reason: str = "") -> Person:
    """Undo a leave: the account opens again, without roles; they are granted anew."""
    person = _locked(person.id)
    _ask(rules.may_open_accounts(by))
    if person.left_on is None:
        raise Refused(no("state", f"{person.name}没有离岗"))
    if not person.unit.active:
        raise Refused(no("unit", f"{person.unit.name}已停用，请先改到在用的单位"))
    if two := queries.twice(person.name, person.phone, person.id):
        raise Refused(no("two", two["phone"]))
    person.is_active, person.left_on = True, None
    person.save(update_fields=["is_active", "left_on"])
    _record("person_returned", by, person, reason)
    return person


@transaction.atomic
def make_token(*, person: Person, name: str, scopes: Iterable[str], by: Actor, days: int = TOKEN_DAYS,
               setup: bool = False) -> tuple[ApiToken, str]:
    """A key for a program, acting as `person` within `scopes`. Returns the row and the secret, which is not kept."""
    scopes = frozenset(scopes)
    _ask(rules.may_make_token(by, person.id, scopes, setup))
    if not 0 < len(name := name.strip()) <= TOKEN_NAME:
        raise Invalid({"name": f"请写明这把密钥给哪个程序用，最多 {TOKEN_NAME} 字"})
    if not 1 <= days <= 3 * TOKEN_DAYS:
        raise Invalid({"days": f"有效期应为 1 至 {3 * TOKEN_DAYS} 天"})
    secret, now = "ms_" + secrets.token_urlsafe(32), clock.machine_now()
    token = ApiToken.objects.create(person=person, name=name, hash=rules.digest(secret), scopes=sorted(scopes), created=now,
                                    expires=now + timedelta(days=days))
    _record("token_made", by, person, name=name, scopes=sorted(scopes))
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Actor, reason: str = "", setup: bool = False) -> None:
    """End a key at once: one's own, or anybody's by the security administrator, who says why."""
    if not setup and by.id != token.person_id and Role.SECURITY_ADMIN not in by.roles:
        raise Refused(no("role", "只能停用自己的密钥，或由安全管理员停用"))
    ApiToken.objects.filter(pk=token.pk, revoked__isnull=True).update(revoked=clock.machine_now())
    if not setup and by.id != token.person_id:
        reason = _because(reason)
    _record("token_revoked", by, token.person, reason, name=token.name)


def touch_token(*, token: ApiToken) -> None:
    """Note that a key is in use, at most once a minute."""
    now = clock.machine_now()
    if token.last_used is None or now - token.last_used > timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used=now)


# --- the same deeds by id, for screens, which know no rows ----------------------------------------------------------------


def _person(person_id: int) -> Person:
    if (person := Person.objects.filter(pk=person_id).first()) is None:
        raise Refused(no("gone", "没有这个账号"))
    return person


def set_password_of(*, person_id: int, password: str, by: Actor, old: str | None = None, keep_session: str = "",
                    must_change: bool = False) -> int:
    return set_password(person=_person(person_id), password=password, by=by, old=old, keep_session=keep_session, must_change=must_change)


def reset_password(*, person_id: int, by: Actor) -> str:
    """A security administrator gives a first password, to be changed at the next log-in. Returns it: it is shown once."""
    _ask(rules.may_reset(by, person_id))
    password = new_password()
    set_password_of(person_id=person_id, password=password, by=by, must_change=True)
    return password


def _unit(unit_id: int) -> Unit:
    if (unit := Unit.objects.filter(pk=unit_id).first()) is None:
        raise Invalid({"unit": "请从列表中选择单位"})
    return unit


@transaction.atomic
def open_account(*, username: str, name: str, unit_id: int, by: Actor, phone: str = "", languages: Iterable[str] = ("zh",),
                 roles: Iterable[Role] = (), reason: str = "开立账号") -> tuple[Person, str]:
    """A new account with a first password, which is returned and kept nowhere; roles are asked for, another administrator allows them."""
    _ask(rules.may_open_accounts(by))
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:  # said together with what else does not fit
        raise Invalid({**rules.person_errors(username, name, list(languages), phone), "unit": "请从列表中选择单位"})
    password = new_password()
    person = create_person(username=username, name=name, unit=unit, by=by, phone=phone, languages=languages, password=password)
    for role in roles:
        ask_role(person_id=person.id, role=role, by=by, reason=reason)
    return person, password


def change_account(*, person_id: int, name: str, unit_id: int, phone: str, languages: Iterable[str], by: Actor) -> Person:
    return change_person(person=_person(person_id), by=by, name=name, unit=_unit(unit_id), phone=phone, languages=languages)


def leave_account(*, person_id: int, by: Actor, reason: str) -> Person:
    return leave(person=_person(person_id), by=by, reason=_because(reason))


def reopen_account(*, person_id: int, by: Actor, reason: str) -> Person:
    return come_back(person=_person(person_id), by=by, reason=_because(reason))


def take_role_back(*, person_id: int, role: Role, by: Actor, reason: str) -> None:
    revoke_role(person=_person(person_id), role=role, by=by, reason=_because(reason))


def make_own_token(*, by: Actor, name: str, scopes: Iterable[str]) -> tuple[ApiToken, str]:
    return make_token(person=_person(by.id), name=name, scopes=scopes, by=by)


def revoke_token_of(*, token_id: int, by: Actor, reason: str = "") -> None:
    token = ApiToken.objects.select_related("person").filter(pk=token_id).first()
    if token is None:
        raise Refused(no("gone", "没有这把密钥"))
    revoke_token(token=token, by=by, reason=reason)


def rule_asked_of(*, asked_id: int, allow: bool, by: Actor, reason: str = "") -> None:
    if (asked := AskedGrant.objects.select_related("person").filter(pk=asked_id).first()) is None:
        raise Refused(no("gone", "没有这条申请"))
    rule_asked(asked=asked, allow=allow, by=by, reason=reason)
