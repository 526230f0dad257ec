"""Reads of people: who asks this request, lists of people, own sessions and tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q

from minsheng.accounts import rules
from minsheng.accounts.models import ApiToken, AskedGrant, FormerPosting, Grant, Person, SecondFactor, Session, actor_of
from minsheng.accounts.rules import Actor, Posting, Role
from minsheng.accounts.sessions import kept_as
from minsheng.kit import clock
from minsheng.kit.paging import Page, keyset
from minsheng.kit.prepared_rows import fresh, prepared

_BY_SESSION = """
SELECT p.id, p.username, p.name, p.phone, p.languages, p.must_change_password, p.unit_id, u.path, coalesce(nullif(u.short, ''), u.name),
       s.started_at, s.seen_at, s.confined, ARRAY(SELECT g.role FROM accounts_grant g WHERE g.person_id = p.id AND g.until IS NULL),
       (SELECT json_agg(json_build_array(f.unit_id, f.since, f.until)) FROM accounts_formerposting f WHERE f.person_id = p.id)
  FROM accounts_session s JOIN accounts_person p ON p.id = s.person_id JOIN org_unit u ON u.id = p.unit_id
 WHERE s.session_key = %s AND s.expire_date > %s AND p.is_active
"""


@dataclass(frozen=True, slots=True)
class Me:
    """The person behind a request: what screens show of oneself, and the Actor that rules see."""

    id: int
    username: str
    name: str
    phone: str
    languages: tuple[str, ...]
    must_change_password: bool
    unit_id: int
    unit_name: str
    actor: Actor
    started_at: datetime
    seen_at: datetime
    confined: bool  # a second step must be set up before anything else

    is_authenticated = True
    is_active = True


def me(session_key: str | None) -> Me | None:
    """Session, person, unit and roles in one statement, read at each request: what is revoked is gone at once."""
    if not session_key:
        return None
    with prepared() as cursor:
        cursor.execute(_BY_SESSION, [kept_as(session_key), clock.machine_now()])
        row = cursor.fetchone()
    if row is None or row[9] is None:
        return None
    roles = frozenset(Role(role) for role in row[12])
    actor = Actor(row[0], row[2], roles, row[6], tuple(_list(row[7])), 0, former=_postings(row[13]))
    return Me(row[0], row[1], row[2], row[3], tuple(_list(row[4])), row[5], row[6], row[8], actor, row[9], row[10], row[11])


def _list(value) -> list:
    """A jsonb column read by hand: Django's connection hands it over as text."""
    import json

    return json.loads(value) if isinstance(value, str) else list(value or [])


def _postings(value) -> tuple[Posting, ...]:
    """What a person's former units were, from the JSON of the two statements above."""
    return tuple(Posting(unit, datetime.fromisoformat(since), datetime.fromisoformat(until)) for unit, since, until in _list(value))


def former_postings(person_id: int) -> tuple[Posting, ...]:
    rows = FormerPosting.objects.filter(person_id=person_id).values_list("unit_id", "since", "until")
    return tuple(Posting(*row) for row in rows)


def last_seen(role: Role) -> list[tuple[int, str, datetime | None]]:
    """Everybody of a role with the moment of the last activity in a session that still lives (machine time). One statement."""
    live = Q(sessions__expire_date__gt=clock.machine_now())
    rows = Person.objects.filter(is_active=True, grants__role=role.value, grants__until=None).order_by("name")
    return list(rows.annotate(seen=Max("sessions__seen_at", filter=live)).values_list("id", "name", "seen"))


def logged_off(people: Iterable[int]) -> frozenset[int]:
    """Of these: who had logged in and has no log-in any more that opens a page. Who never had one is none of them. Three statements."""
    now = clock.machine_now()
    came = set(Person.objects.filter(pk__in=list(people), last_login__isnull=False).values_list("id", flat=True))
    roles: dict[int, set[Role]] = {id_: set() for id_ in came}
    for id_, role in Grant.objects.filter(person_id__in=came, until=None).values_list("person_id", "role"):
        roles[id_].add(Role(role))
    rows = Session.objects.filter(person_id__in=came, person__is_active=True, expire_date__gt=now, started_at__isnull=False, seen_at__isnull=False)
    works = {id_ for id_, started_at, seen_at in rows.values_list("person_id", "started_at", "seen_at")
             if started_at and seen_at and rules.session_alive(started_at, seen_at, now, frozenset(roles[id_]))}
    return frozenset(came - works)


def roles_of(person_id: int) -> frozenset[Role]:
    return frozenset(Role(r) for r in Grant.objects.filter(person_id=person_id, until__isnull=True).values_list("role", flat=True))


def twice(name: str, phone: str, own: int = 0) -> dict[str, str]:
    """What is wrong where the same person has an account: in two they would hold what may not meet in one person, and sign what they
    drafted (rulings, 35). `own`: the account itself."""
    number = rules.digits(phone)
    same = Person.objects.filter(name=name.strip(), left_on=None).exclude(pk=own) if number else ()
    there = next((one for one in same if rules.digits(one.phone) == number), None)
    return {"phone": f"{there.name}已有账号 {there.username}（姓名、电话相同）：一人一个账号。的确是两个人的，请写各自的电话"} if there else {}


def actor(person: Person) -> Actor:
    """The Actor of a person: two statements (three if the unit is not loaded)."""
    return actor_of(person, roles_of(person.id), former=former_postings(person.id))


def actor_by_id(person_id: int) -> Actor | None:
    """Of an active account; None for who has none any more."""
    person = Person.objects.select_related("unit").filter(pk=person_id, is_active=True).first()
    return actor(person) if person else None


def actor_named(username: str) -> Actor | None:
    """For the command line and for loaders: the Actor of an active account."""
    person = Person.objects.select_related("unit").filter(username=username, is_active=True).first()
    return actor(person) if person else None


_BY_TOKEN = """
SELECT t.id, t.scopes, t.last_used, p.id, p.name, p.unit_id, u.path,
       ARRAY(SELECT g.role FROM accounts_grant g WHERE g.person_id = p.id AND g.until IS NULL),
       (SELECT json_agg(json_build_array(f.unit_id, f.since, f.until)) FROM accounts_formerposting f WHERE f.person_id = p.id)
  FROM accounts_apitoken t JOIN accounts_person p ON p.id = t.person_id JOIN org_unit u ON u.id = p.unit_id
 WHERE t.hash = %s AND t.revoked IS NULL AND (t.expires IS NULL OR t.expires > %s) AND p.is_active
"""


def by_token(secret: str) -> tuple[ApiToken, Actor] | None:
    """The live token of a secret (id, scopes, last use) with its Actor; None when unknown, expired, revoked or its person has left.

    One statement at each request, nothing kept: what is revoked is gone at once.
    """
    with prepared() as cursor:
        cursor.execute(_BY_TOKEN, [rules.digest(secret), clock.machine_now()])
        row = cursor.fetchone()
    if row is None:
        return None
    token = fresh(ApiToken, id=row[0], scopes=_list(row[1]), last_used=row[2], person_id=row[3])
    roles = frozenset(Role(role) for role in row[7])
    return token, Actor(row[3], row[4], roles, row[5], tuple(_list(row[6])), 0, frozenset(token.scopes), _postings(row[8]))


def _open_grants() -> Prefetch:
    return Prefetch("grants", Grant.objects.filter(until__isnull=True), to_attr="open_grants")


STATES: dict[str, dict[str, Any]] = {"": {"left_on": None}, "locked": {"is_active": False, "left_on": None}, "left": {"left_on__isnull": False}}


def people(words: str = "", unit: int = 0, role: str = "", state: str = "", after: str = "", size: int = 50) -> Page:
    """Accounts by user name. Two statements. `words` matches name, user name, phone or unit; `state`: "", locked, left, none (no role)."""
    query = Person.objects.select_related("unit").prefetch_related(_open_grants()).filter(**STATES.get(state, STATES[""]))
    if state == "none":
        query = query.filter(~Exists(Grant.objects.filter(person=OuterRef("pk"), until__isnull=True)))
    for word in words.split():
        query = query.filter(Q(username__icontains=word) | Q(name__icontains=word) | Q(phone__contains=word) | Q(unit__name__icontains=word) | Q(unit__short__icontains=word))
    if unit:
        query = query.filter(unit__path__contains=unit)
    if role:
        query = query.filter(Exists(Grant.objects.filter(person=OuterRef("pk"), role=role, until__isnull=True)))
    page = keyset(query, ("username", "id"), after, size)
    for person in page.rows:
        person.role_labels = sorted(Role(g.role).label for g in person.open_grants)
    return page


def person(person_id: int) -> Person | None:
    """One account with its unit, all grants ever and what waits to be allowed. Three statements."""
    asked = Prefetch("asked_grants", AskedGrant.objects.filter(ruled_at__isnull=True), to_attr="asked")
    return Person.objects.select_related("unit").prefetch_related("grants", asked).filter(pk=person_id).first()


def clashes() -> list[tuple[Person, str]]:
    """People who hold roles that may not meet, with the sentence that says so: from before the rule, or by the database. One statement."""
    held: dict[int, set[Role]] = {}
    people: dict[int, Person] = {}
    for grant in Grant.objects.filter(until=None, person__left_on=None).select_related("person__unit"):
        held.setdefault(grant.person_id, set()).add(Role(grant.role))
        people[grant.person_id] = grant.person
    found = [(people[id_], rules.may_hold(frozenset(roles))) for id_, roles in held.items()]
    return [(person, fits.reason) for person, fits in found if not fits]


def kept_apart() -> tuple[bool, str]:
    """For `doctor` and the state page: does nobody hold what may not meet in one person?"""
    found = clashes()
    said = "；".join(f"{person.name}（{person.username}）：{reason}" for person, reason in found[:5])
    return not found, f"{len(found)} 个账号兼着不能兼任的岗位，请收回其中一个：{said}" if found else "没有人兼着不能兼任的岗位"


def asked_grants(size: int = 200) -> list[AskedGrant]:
    """Roles that were asked for and nobody has ruled on yet, oldest first."""
    return list(AskedGrant.objects.select_related("person__unit").filter(ruled_at__isnull=True)[:size])


def asked_count() -> int:
    return AskedGrant.objects.filter(ruled_at__isnull=True).count()


def counts_by_unit() -> dict[int, int]:
    """Unit id -> accounts in use; one statement."""
    return dict(Person.objects.filter(left_on=None).values_list("unit_id").annotate(n=Count("id")))


def of_unit(unit_id: int) -> list[Person]:
    """Accounts in use of that very unit with their roles; two statements."""
    rows = list(Person.objects.prefetch_related(_open_grants()).filter(unit_id=unit_id, left_on=None)[:200])
    for person in rows:
        person.role_labels = sorted(Role(g.role).label for g in person.open_grants)
    return rows


def names(ids: list[int]) -> dict[int, str]:
    """Id -> name, of whoever ever had an account; one statement."""
    return dict(Person.objects.filter(id__in=ids).values_list("id", "name"))


def active_among(ids: list[int]) -> set[int]:
    """Those of the ids that are accounts in use; one statement."""
    return set(Person.objects.filter(id__in=ids, is_active=True, left_on=None).values_list("id", flat=True))


def holding(role: Role, ids: list[int]) -> set[int]:
    """Those of the ids that are accounts in use and hold the role; one statement."""
    rows = Person.objects.filter(id__in=ids, is_active=True, left_on=None, grants__role=role.value, grants__until=None)
    return set(rows.values_list("id", flat=True))


def ids_named(words: str, size: int = 50) -> list[int]:
    """People whose user name or name is `words`: for filters by person in rooms below this one."""
    return list(Person.objects.filter(Q(username=words) | Q(name=words)).values_list("id", flat=True)[:size])


def sessions(person_id: int) -> list[Session]:
    return list(Session.objects.filter(person_id=person_id, expire_date__gt=clock.machine_now()).order_by("-seen_at"))


def all_tokens(live: bool = True, after: str = "", size: int = 50) -> Page:
    """Keys of everybody, the newest first; `live`: only those that still open something."""
    query = ApiToken.objects.select_related("person__unit")
    if live:
        query = query.filter(revoked=None, person__is_active=True, expires__gt=clock.machine_now())
    return keyset(query, ("-id",), after, size)


def tokens(person_id: int | None = None) -> list[ApiToken]:
    query = ApiToken.objects.select_related("person")
    return list(query.filter(person_id=person_id) if person_id else query)


def holders(role: Role, unit: int | None = None) -> list[Person]:
    """Active people who hold a role now, of one unit or of all: whom to notify."""
    query = Person.objects.select_related("unit").filter(is_active=True, grants__role=role, grants__until__isnull=True)
    return list(query.filter(unit_id=unit) if unit else query)


def held(roles: Collection[Role], start: datetime, end: datetime) -> set[int]:
    """Who held one of these roles at some time of a span. One statement."""
    rows = Grant.objects.filter(Q(until=None) | Q(until__gt=start), role__in=[role.value for role in roles], since__lt=end)
    return set(rows.values_list("person_id", flat=True))


def first_of_unit(unit_id: int, most: int = 4) -> list[int]:
    """Who of a unit is told first: its heads and liaisons, else whoever handles; at most so many. One statement."""
    ranks = (Role.UNIT_APPROVER, Role.UNIT_LIAISON, Role.COUNTY_CENTRE, Role.UNIT_HANDLER)
    held = Grant.objects.filter(person__unit_id=unit_id, person__is_active=True, until=None, role__in=[r.value for r in ranks])
    by_role: dict[str, list[int]] = {}
    for role, person_id in held.order_by("since", "id").values_list("role", "person_id"):
        by_role.setdefault(role, []).append(person_id)
    first = [p for role in ranks[:3] for p in by_role.get(role.value, [])[:2]] or by_role.get(Role.UNIT_HANDLER.value, [])[:2]
    return list(dict.fromkeys(first))[:most]


def work_phone(person_id: int) -> str:
    """ "" where none is on record."""
    return Person.objects.filter(pk=person_id, is_active=True).values_list("phone", flat=True).first() or ""


def liaison_phone(unit_id: int) -> tuple[str, str] | None:
    """(name, work phone) of the unit's liaison, who answers for its orders; None where none has left a number. One statement."""
    with prepared() as cursor:
        cursor.execute(_LIAISON, [unit_id, _LIAISONS])
        found: tuple[str, str] | None = cursor.fetchone()
        return found


def with_liaison_phone(unit_ids: Iterable[int]) -> set[int]:
    """Of these units those for which `liaison_phone` names somebody. One statement."""
    people = Person.objects.filter(unit__in=set(unit_ids), is_active=True, grants__until=None, grants__role__in=_LIAISONS).exclude(phone="")
    return set(people.values_list("unit_id", flat=True))


_LIAISONS = [Role.UNIT_LIAISON.value, Role.COUNTY_CENTRE.value]
_LIAISON = """
SELECT p.name, p.phone FROM accounts_grant g JOIN accounts_person p ON p.id = g.person_id
WHERE p.unit_id = %s AND p.is_active AND g.until IS NULL AND g.role = ANY(%s) AND p.phone <> '' ORDER BY g.since, g.id LIMIT 1
"""


def unit_people(unit_ids: Iterable[int]) -> list[tuple[int, str, str]]:
    """(id, name, roles in words) of everybody in use at these very units who handles orders. One statement."""
    sides = [role.value for role in Role if role.side == "unit"]
    rows = Grant.objects.filter(person__unit__in=list(unit_ids), person__is_active=True, until=None, role__in=sides)
    found: dict[int, tuple[str, list[str]]] = {}
    for id_, name, role in rows.order_by("person__name", "id").values_list("person_id", "person__name", "role"):
        found.setdefault(id_, (name, []))[1].append(Role(role).label)
    return [(id_, name, "、".join(labels)) for id_, (name, labels) in found.items()]


def units_of(ids: Iterable[int]) -> dict[int, int]:
    """Person -> unit; one statement."""
    return dict(Person.objects.filter(id__in=list(ids)).values_list("id", "unit_id"))


def holds(role: Role, person: str) -> Exists:
    """For a query: is the person of that column in use, and does the role stand?"""
    return Exists(Grant.objects.filter(person=OuterRef(person), person__is_active=True, role=role.value, until=None))


def roles_among(ids: Iterable[int]) -> dict[int, frozenset[Role]]:
    """Person -> roles held now, of those in use; one statement."""
    found: dict[int, set[Role]] = {}
    for id_, role in Grant.objects.filter(person__in=list(ids), person__is_active=True, until=None).values_list("person_id", "role"):
        found.setdefault(id_, set()).add(Role(role))
    return {id_: frozenset(roles) for id_, roles in found.items()}


def centre_people() -> list[tuple[int, str]]:
    """(id, name) of those who work at the centre or oversee it: who may be named a reader of a restricted case. Nobody of the press."""
    sides = [role.value for role in Role if role.side in {"centre", "oversight"} and role is not Role.MEDIA]
    rows = Person.objects.filter(left_on=None, grants__until=None, grants__role__in=sides).distinct().order_by("name")
    return [(p.id, p.name) for p in rows]


def second_factor(person_id: int) -> SecondFactor | None:
    return SecondFactor.objects.filter(person_id=person_id).first()


def second_factors() -> tuple[int, int]:
    """(how many accounts in use should have a second step, how many of them have it)."""
    needing = Person.objects.filter(is_active=True, grants__until=None, grants__role__in=[r.value for r in rules.NEEDS_SECOND]).distinct()
    return needing.count(), needing.filter(second_factor__confirmed_at__isnull=False).count()
