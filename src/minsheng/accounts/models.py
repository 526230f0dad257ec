"""Tables of people: who works here, which roles they were given when and by whom, sessions, tokens, failed log-ins."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from minsheng.accounts import device_words
from minsheng.accounts.rules import Actor, Posting, Role, TokenFacts
from minsheng.kit.columns import Word
from minsheng.org.models import Unit

ROLES = [(role.value, role.label) for role in Role]


class PersonManager(models.Manager["Person"]):
    """Only what Django's own log-in machinery asks of a user manager."""

    def get_by_natural_key(self, username: str) -> Person:
        return self.get(username=username)


class Person(AbstractBaseUser):
    """A work account. A citizen has none: the query code opens a case."""

    username = models.CharField("用户名", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=40)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="people", verbose_name="所属单位")
    phone = models.CharField("工作电话", max_length=40, blank=True)
    languages = models.JSONField("可用语言", default=list, blank=True)  # of "zh", "bo", "en"
    is_active = models.BooleanField("在用", default=True)
    must_change_password = models.BooleanField("下次登录须改密码", default=False)
    joined_on = models.DateTimeField("开户时间")
    left_on = models.DateTimeField("离岗时间", null=True, blank=True)

    # As `queries` reads somebody with their grants.
    open_grants: list[Grant]
    role_labels: list[str]

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = PersonManager()

    class Meta:
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(condition=models.Q(is_active=False) | models.Q(left_on__isnull=True), name="person_left_is_not_active"),
        ]

    def __str__(self) -> str:
        return self.name


class FormerPosting(models.Model):
    """A unit that somebody has left, from when until when they belonged to it. Where they are now stands on the person."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="former_postings")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField("到任时间")
    until = models.DateTimeField("离任时间")

    class Meta:
        ordering = ["until", "id"]


class Grant(models.Model):
    """One role given to one person, from then until then. Rows are closed, never deleted."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="grants")
    role = Word("角色", max_length=20, choices=ROLES)
    since = models.DateTimeField("授予时间")
    until = models.DateTimeField("收回时间", null=True, blank=True)
    by_id = models.BigIntegerField("授予人")  # a number, not a key: 0 is the command line
    by_name = models.CharField("授予人姓名", max_length=80)
    ended_by_id = models.BigIntegerField("收回人", null=True, blank=True)
    ended_by_name = models.CharField("收回人姓名", max_length=80, blank=True)

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "role"], condition=models.Q(until__isnull=True), name="grant_held_once"),
        ]


class AskedGrant(models.Model):
    """A role that a bulk import asks for; a security administrator allows or refuses it (rulings, 27: never by one person)."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="asked_grants")
    role = Word("角色", max_length=20, choices=ROLES)
    asked_at = models.DateTimeField("申请时间")
    asked_by_id = models.BigIntegerField("申请人")
    asked_by_name = models.CharField("申请人姓名", max_length=80)
    reason = models.CharField("理由", max_length=300, blank=True)
    replaces_id = models.BigIntegerField("接替", null=True, blank=True)  # who leaves when this is decided
    ruled_at = models.DateTimeField("裁定时间", null=True, blank=True)
    ruled_by_id = models.BigIntegerField("裁定人", null=True, blank=True)
    allowed = models.BooleanField("是否授予", null=True, blank=True)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "role"], condition=models.Q(ruled_at__isnull=True), name="grant_asked_once"),
        ]


class SecondFactor(models.Model):
    """The second step of a person's log-in: codes that a phone makes from a shared secret (RFC 6238). In force once confirmed."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="second_factor")
    asked_at = models.DateTimeField("首次要求设置", null=True)
    secret_sealed = models.BinaryField(null=True)
    confirmed_at = models.DateTimeField("启用时间", null=True)
    last_step = models.BigIntegerField(default=0)  # of the code used last: none is taken twice
    recovery = models.JSONField("备用码", default=list)  # digests of those not used yet


class Session(AbstractBaseSession):
    """A log-in on one device. `person` makes "end all of mine" one statement; times are machine time (rulings, 5).

    The key is kept as a digest: the table, or a copy of it, opens nothing.
    """

    session_key = models.CharField(max_length=64, primary_key=True)
    confined = models.BooleanField("须先设置动态口令", default=False)
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="sessions")
    started_at = models.DateTimeField("登录时间", null=True)
    seen_at = models.DateTimeField("最近活动", null=True)
    address = models.CharField("网络地址", max_length=60, blank=True)
    device = models.CharField("设备", max_length=200, blank=True)

    @property
    def device_name(self) -> str:
        return device_words.of(self.device)

    @classmethod
    def get_session_store_class(cls):
        from minsheng.accounts.sessions import SessionStore

        return SessionStore


class LoginAttempt(models.Model):
    """Wrong tries by what they are counted under (try_limits). `key` is a digest: a name typed by mistake may be a password."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()


class ApiToken(models.Model):
    """A key for programs. Only the digest is kept; the secret is shown once."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="tokens")
    name = models.CharField("用途", max_length=80)
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField("范围", default=list)
    created = models.DateTimeField("建立时间")
    expires = models.DateTimeField("到期时间", null=True, blank=True)
    last_used = models.DateTimeField("最近使用", null=True, blank=True)
    revoked = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        ordering = ["-created", "-id"]

    def facts(self) -> TokenFacts:
        return TokenFacts(self.person.is_active, self.expires, self.revoked)


def actor_of(person: Person, roles: frozenset[Role], scopes: frozenset[str] = frozenset(), former: tuple[Posting, ...] = ()) -> Actor:
    """The plain value that rules read. `person.unit` should be loaded."""
    return Actor(person.id, person.name, roles, person.unit_id, tuple(person.unit.path), 0, scopes, former)
