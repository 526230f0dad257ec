"""Who somebody is to the procedure: one enum of roles, the actor of a deed, and which roles may not meet in one person."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from minsheng.kit.translatable import Said
from minsheng.kit.verdict import YES, Verdict, no


class Role(StrEnum):
    """Alphabetical. `label` is what screens say, `help` what the role is for (rulings, 35 and 43)."""

    label: str
    help: str
    side: str

    def __new__(cls, value: str, label: str = "", side: str = "", help: str = ""):
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.side, member.help = label, side, help
        return member

    AGENT = "agent", "话务员", "centre", "接听来电、登记诉求、直接答复、转接、按规定不受理；不派单，提交审核后不再修改"
    ANALYST = "analyst", "数据分析员", "centre", "看汇总数字和脱敏文本；看不到电话号码"
    AUDIT_ADMIN = "audit_admin", "审计管理员", "machine", "查看操作台账和校验历史；不配置系统，不管账号"
    CALLBACK_CLERK = "callback_clerk", "回访员", "centre", "按系统给出的顺序回访并如实记录；不能挑选工单"
    CHECKER = "checker", "办结审核员", "centre", "审核承办单位的答复；不得来自承办单位"
    CLOCK = "clock", "系统定时", "clock", "到点自动记录；不是人，不能授予任何账号"
    COORDINATOR = "coordinator", "协调员", "centre", "派前会商、协调会、职责认定、协办单位；不改分数"
    COUNTY_CENTRE = "county_centre", "县区分中心", "unit", "把派到本县区的工单二次派到乡镇街道或部门，并审核其反馈"
    DISPATCHER = "dispatcher", "派单员", "centre", "审核、并单、拆单、派单、定时限；不能独自推翻裁定"
    INSPECTOR = "inspector", "纪检监督", "oversight", "只读查看全过程；不办理任何工单"
    KNOWLEDGE_EDITOR = "knowledge_editor", "知识编辑", "centre", "起草知识文章；发布须由另一人审核"
    LEADER = "leader", "接听领导", "unit", "在接听日接听、答复、交办、协调、督促本期诉求；不办结、不评价本单位工单"
    MEDIA = "media", "媒体联络员", "oversight", "看脱敏的报道线索，批准、跟踪、登记刊播；看不到工单"
    OUTSIDE_GROUP = "outside_group", "专项督查组", "oversight", "专项督查的账号；只看得到所在督查组抽到的工单，记问题、复核整改，不办理"
    QUALITY = "quality", "质检员", "centre", "抽查通话记录与回访；不办理工单"
    REQUESTER = "requester", "诉求人", "citizen", "提交、查询、补充、更正、撤诉、催办、评价本人的诉求"
    RETURN_REVIEWER = "return_reviewer", "退单审核员", "centre", "裁定派单异议；不得属于任何一方单位"
    SECURITY_ADMIN = "security_admin", "安全管理员", "machine", "授予和收回角色、重置登录；不看工单，不配置系统"
    SHIFT_LEADER = "shift_leader", "值班长", "centre", "当班指挥；夜间紧急工单直接派发，事后补审"
    SUPERVISOR = "supervisor", "督办员", "centre", "催办、督办、提级；裁定延期、挂账、终止、剔除；不改办理内容"
    SYSTEM_ADMIN = "system_admin", "系统管理员", "machine", "配置日历、时限、机构与分类；默认看不到工单内容"
    UNIT_APPROVER = "unit_approver", "单位负责人", "unit", "签批答复、延期、挂账；不改经办人的佐证"
    UNIT_HANDLER = "unit_handler", "单位经办人", "unit", "联系诉求人、到场处理、上传佐证、起草答复；不回访、不评价"
    UNIT_LIAISON = "unit_liaison", "单位联络员", "unit", "签收、申请退单和延期、分派协办；看不到要求保密的诉求人信息"


CENTRE = frozenset(r for r in Role if r.side == "centre")
UNIT = frozenset(r for r in Role if r.side == "unit")
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})

# Who answers the phone number question: these may ask to see a full number, with a reason, on a case that they may see.
MAY_REVEAL = frozenset(
    {Role.AGENT, Role.SHIFT_LEADER, Role.DISPATCHER, Role.CALLBACK_CLERK, Role.UNIT_LIAISON, Role.UNIT_HANDLER, Role.COUNTY_CENTRE,
     Role.LEADER, Role.COORDINATOR, Role.SUPERVISOR, Role.INSPECTOR}
)


class Posting(NamedTuple):
    """Where somebody worked before: from then until then, half-open."""

    unit: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does a deed: a person, a citizen at the portal, or a clock of ours. Rules see this and never a model.

    unit_path  ids from the root of the tree to the person's own unit, that one included
    case_id    for a requester: the one case that the query code opened
    former     units that the person has left: what was complained of them then stays hidden
    """

    id: int
    name: str
    roles: frozenset[Role]
    unit: int = 0
    unit_path: tuple[int, ...] = ()
    case_id: int = 0
    scopes: frozenset[str] = field(default_factory=frozenset)
    former: tuple[Posting, ...] = ()

    def has(self, *roles: Role) -> bool:
        return any(role in self.roles for role in roles)

    @property
    def is_centre(self) -> bool:
        return bool(self.roles & CENTRE)

    @property
    def is_unit(self) -> bool:
        return bool(self.roles & UNIT)


def clock_actor(name: str) -> Actor:
    """The actor of what a timer does; no account can hold its role."""
    return Actor(0, name, frozenset({Role.CLOCK}))


# Roles that take a case a step on. The supervisor presses and rules, and handles nothing beside that.
HANDLES = UNIT | {Role.AGENT, Role.CALLBACK_CLERK, Role.CHECKER, Role.COORDINATOR, Role.DISPATCHER, Role.RETURN_REVIEWER, Role.SHIFT_LEADER}

# Pairs that may never meet in one person: who handles does not judge, who judges the return does not dispatch, and the
# three administrators watch each other (GB/T 22239 separation of duties; rulings, 35).
_APART = (
    (UNIT, CENTRE, "承办单位人员不得兼任热线中心岗位"),
    (frozenset({Role.SYSTEM_ADMIN}), frozenset(Role) - {Role.SYSTEM_ADMIN}, "系统管理员不得兼任其他角色"),
    (frozenset({Role.SECURITY_ADMIN}), frozenset(Role) - {Role.SECURITY_ADMIN}, "安全管理员不得兼任其他角色"),
    (frozenset({Role.AUDIT_ADMIN}), frozenset(Role) - {Role.AUDIT_ADMIN}, "审计管理员不得兼任其他角色"),
    (frozenset({Role.CALLBACK_CLERK}), frozenset({Role.CHECKER, Role.DISPATCHER}), "回访员不得兼任派单或办结审核"),
    (frozenset({Role.AGENT, Role.SHIFT_LEADER}), frozenset({Role.CHECKER, Role.CALLBACK_CLERK}), "话务员、值班长不得兼任办结审核员或回访员"),
    (frozenset({Role.DISPATCHER}), frozenset({Role.COORDINATOR, Role.RETURN_REVIEWER, Role.CHECKER}), "派单员不得兼任协调员、退单审核员或办结审核员"),
    (frozenset({Role.SUPERVISOR}), HANDLES, "督办员不得兼任办理岗位"),
    (frozenset({Role.INSPECTOR, Role.OUTSIDE_GROUP}), CENTRE | UNIT, "监督人员不得兼任办理岗位"),
    (frozenset({Role.QUALITY}), frozenset({Role.AGENT, Role.CALLBACK_CLERK}), "质检员不得检查自己的通话"),
)


def apart() -> list[tuple[frozenset[Role], frozenset[Role], str]]:
    """The pairs as they are asked: any of the first with any other of the second, and the sentence that refuses them."""
    return [(left, right, reason) for left, right, reason in _APART]


def may_hold(roles: frozenset[Role]) -> Verdict:
    """May one person hold these roles together?"""
    if roles & {Role.REQUESTER, Role.CLOCK}:
        return no("apart", "诉求人和系统定时不是工作账号的角色")
    for left, right, reason in _APART:
        if any(a != b for a in roles & left for b in roles & right):
            return no("apart", reason)
    return YES


# --- log-in, sessions, tokens -------------------------------------------------------------------------------------------

FREE_TRIES = 4  # wrong passwords in a row before the first wait
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
FORGET_AFTER = timedelta(hours=24)  # failures older than this no longer count
SESSION_LIFE = timedelta(hours=8)  # a shift
ADMIN_IDLE = timedelta(minutes=30)
STAFF_IDLE = timedelta(hours=4)
MIN_PASSWORD = 8
SCOPES = {
    "cases.read": "查看工单",
    "cases.write": "登记工单",
    "steps.take": "办理步骤",
    "steps.follow": "跟随工单的步骤（编号、步骤、状态、时间，没有内容）",
    "steps.follow_restricted": "跟随时不略过限制知悉的工单（本人须可看）",
    "files.write": "上传附件",
    "contacts.reveal": "查看完整号码（写明理由，记入台账）",
    "measures.read": "查看指标",
    "calls.write": "记入外部话务平台的来电、接听、挂断",
    "police.write": "收110转来的非警务警情，只用于110的接口账号",
    "public.read": "只读公开内容（公告的接听日、签发公开的承诺）",
    "wall": "大屏（只看全中心的数，不能与别的范围同用）",
    "days.read": "查看接听日、承诺台账、重点议题（按本人的权限）",
    "days.write": "办理接听日、督办督查、议题和蹲点的步骤（按本人的权限）",
}


def wait_after(failures: int, last_at: datetime, now: datetime, free: int = FREE_TRIES) -> timedelta:
    """How long the next try must wait: none for the first `free` failures, then doubling from FIRST_WAIT to LONGEST_WAIT.

    >>> wait_after(3, t, t) -> 0 s; wait_after(4, t, t) -> 30 s; wait_after(5, t, t) -> 60 s
    """
    if failures < free or now - last_at > FORGET_AFTER:
        return timedelta(0)
    delay = min(FIRST_WAIT * 2 ** min(failures - free, 20), LONGEST_WAIT)
    return max(last_at + delay - now, timedelta(0))


def in_words(wait: timedelta) -> str:
    """A wait for people: whole seconds below a minute, else minutes, always rounded up."""
    seconds = math.ceil(wait.total_seconds())
    return Said("{n} 秒", n=seconds) if seconds < 60 else Said("{n} 分钟", n=math.ceil(seconds / 60))


# --- the second step of a log-in -------------------------------------------------------------------------------------------

NEEDS_SECOND = ADMINISTRATORS | MAY_REVEAL  # who keeps the machine, and whoever may see a requester's full number
POLICIES = {"required": "必须设置", "advised": "建议设置", "off": "不使用"}
SECOND_WITHIN = timedelta(minutes=10)  # from the password to the code


def second_step_by(policy: str, roles: frozenset[Role], asked_at: datetime | None, now: datetime, grace: timedelta) -> datetime | None:
    """Until when somebody without a second step may still work; None: for ever. Administrators may not wait.

    asked_at  when it was first asked of this person
    """
    if policy != "required" or not roles & NEEDS_SECOND:
        return None
    return now if roles & ADMINISTRATORS else (asked_at or now) + grace


def idle_limit(roles: frozenset[Role]) -> timedelta:
    return ADMIN_IDLE if roles & ADMINISTRATORS else STAFF_IDLE


def session_alive(started_at: datetime, seen_at: datetime, now: datetime, roles: frozenset[Role]) -> Verdict:
    """Eight hours at most, and no longer idle than the roles allow."""
    if now - started_at > SESSION_LIFE:
        return no("expired", "登录已满 8 小时，请重新登录")
    if now - seen_at > idle_limit(roles):
        return no("idle", "长时间没有操作，请重新登录")
    return YES


def may_grant(by: Actor, person_id: int, held: frozenset[Role], role: Role, setup: bool = False) -> Verdict:
    """Only a security administrator gives roles, never to oneself, and only roles that may meet in one person.

    setup  the command line on the machine itself, which makes the first administrators
    """
    if not setup:
        if Role.SECURITY_ADMIN not in by.roles:
            return no("role", "角色由安全管理员授予和收回")
        if by.id == person_id:
            return no("self", "不能给自己授予或收回角色，请另一位安全管理员办理")
    if role in held:
        return no("held", f"已经是{role.label}")
    return may_hold(held | {role})


def may_revoke(by: Actor, person_id: int, held: frozenset[Role], role: Role, setup: bool = False) -> Verdict:
    if not setup:
        if Role.SECURITY_ADMIN not in by.roles:
            return no("role", "角色由安全管理员授予和收回")
        if by.id == person_id:
            return no("self", "不能给自己授予或收回角色，请另一位安全管理员办理")
    return YES if role in held else no("not_held", f"现在不是{role.label}")


def may_open_accounts(by: Actor, setup: bool = False) -> Verdict:
    return YES if setup or Role.SYSTEM_ADMIN in by.roles else no("role", "账号由系统管理员开立和停用")


def may_set_password(by: Actor, person_id: int, setup: bool = False) -> Verdict:
    """One's own, or anybody's by the security administrator (重置登录)."""
    if setup or by.id == person_id or Role.SECURITY_ADMIN in by.roles:
        return YES
    return no("role", "只能改自己的密码；忘记密码请安全管理员重置")


def may_make_token(by: Actor, person_id: int, scopes: frozenset[str], setup: bool = False) -> Verdict:
    """A token acts as its person, so only that person makes it (or the command line)."""
    unknown = scopes - set(SCOPES)
    if unknown:
        return no("scope", f"没有这样的范围：{'、'.join(sorted(unknown))}；可用：{'、'.join(SCOPES)}", "scopes")
    if not scopes:
        return no("scope", "请至少选择一个范围", "scopes")
    if not setup and by.id != person_id:
        return no("role", "只能为自己的账号建立密钥")
    return YES


@dataclass(frozen=True, slots=True)
class TokenFacts:
    person_active: bool
    expires: datetime | None
    revoked: datetime | None

    def alive(self, now: datetime) -> bool:
        return self.person_active and self.revoked is None and (self.expires is None or now < self.expires)


def digest(secret: str) -> str:
    """What is kept of a token: its secret is 256 random bits, so a plain SHA-256 suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()


LANGUAGES = {"zh": "汉语", "bo": "藏语", "en": "英语"}


def digits(phone: str) -> str:
    """A number as it is dialled, however it was written."""
    return "".join(c for c in unicodedata.normalize("NFKC", phone) if c.isdigit())


def person_errors(username: str, name: str, languages: list[str], phone: str = "") -> dict[str, str]:
    """Field -> what to do, for what does not fit an account."""
    errors = {}
    if not re.fullmatch(r"[a-z][a-z0-9._-]{1,39}", username):
        errors["username"] = "用户名用小写字母开头，只含小写字母、数字、点、横线，2 至 40 位"
    if not 1 <= len(name.strip()) <= 40:
        errors["name"] = "请填写姓名，不超过 40 字"
    if not set(languages) <= set(LANGUAGES):
        errors["languages"] = f"语言只能是：{'、'.join(LANGUAGES)}"
    if len(phone.strip()) > 40:
        errors["phone"] = "电话不超过 40 字"
    return errors


# --- two administrators for every role, one for every halt -------------------------------------------------------------------


def may_ask_role(by: Actor, person_id: int, held: frozenset[Role], waiting: frozenset[Role], role: Role) -> Verdict:
    """Ask for a role on behalf of somebody; another administrator allows it. What waits counts as held: two asks may not clash either."""
    if not by.has(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN):
        return no("role", "角色由系统管理员或安全管理员提出申请")
    if by.id == person_id:
        return no("self", "不能给自己申请角色，请另一位管理员办理")
    if role in held:
        return no("held", f"已经是{role.label}")
    if role in waiting:
        return no("asked", f"{role.label}已经申请，等另一位管理员同意")
    return may_hold(held | waiting | {role})


def may_rule_asked(by: Actor, person_id: int, asked_by: int) -> Verdict:
    """Allow or refuse a role that somebody else asked for: never one person alone, never for oneself."""
    if Role.SECURITY_ADMIN not in by.roles:
        return no("role", "角色申请由安全管理员同意或不同意")
    if by.id == person_id:
        return no("self", "不能处理自己的角色申请，请另一位安全管理员办理")
    if by.id == asked_by:
        return no("two", "申请和同意须由两个人办理，请另一位安全管理员处理")
    return YES


def may_lock(by: Actor, person_id: int) -> Verdict:
    """Shut an account for a while: either administrator may halt, since waiting costs more than a wrong halt."""
    if not by.has(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN):
        return no("role", "账号由系统管理员或安全管理员锁定")
    return YES if by.id != person_id else no("self", "不能锁定自己的账号")


def may_unlock(by: Actor, person_id: int) -> Verdict:
    return YES if Role.SECURITY_ADMIN in by.roles and by.id != person_id else no("role", "锁定的账号由安全管理员核实后解除")


def may_reset(by: Actor, person_id: int) -> Verdict:
    if Role.SECURITY_ADMIN not in by.roles:
        return no("role", "密码由安全管理员重置")
    return YES if by.id != person_id else no("self", "自己的密码请在“我的账号”里改")


def may_end_second(by: Actor, person_id: int) -> Verdict:
    """Somebody's phone is lost: never one's own, or a stolen session could take the second step away."""
    if Role.SECURITY_ADMIN not in by.roles:
        return no("role", "动态口令由安全管理员重置")
    return YES if by.id != person_id else no("self", "自己的动态口令由另一位安全管理员重置；换手机请在“我的账号”里办")


def may_leave(by: Actor, person_id: int) -> Verdict:
    if verdict := may_open_accounts(by):
        return YES if by.id != person_id else no("self", "不能停用自己的账号，请另一位系统管理员办理")
    return verdict
