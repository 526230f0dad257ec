"""What stands in the head of a page, by role, and where each role begins its day. A new screen adds one line here."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from minsheng.accounts.rules import Actor, Role
from minsheng.desk import phone_bar
from minsheng.kit import clock, toast, written_times
from minsheng.kit.templatetags.show import day
from minsheng.leader_days.queries import desk_page
from minsheng.org import queries as org


class Item(NamedTuple):
    """`name` is the URL's name; `key` is pressed after "g"."""

    label: str
    name: str
    key: str = ""


INTAKE, CASES, DISPATCH = Item("接听登记", "intake", "i"), Item("工单", "cases", "c"), Item("派单", "dispatch", "d")
SHIFT, FLAGS = Item("值班台", "shift", "q"), Item("来电标记", "caller-flags", "j")
UNIT, CALLBACK, CHECK = Item("本单位工单", "unit", "u"), Item("回访", "callback", "h"), Item("办结审核", "check", "s")
RETURNS, RULINGS, COORDINATE = Item("退单裁定", "returns", "t"), Item("督办审批", "rulings", "r"), Item("协调", "coordinate", "x")
KNOWLEDGE, BOARD = Item("知识库", "knowledge", "k"), Item("看板", "board", "b")
DESKS = Item("接听席", "desks", "g")
PERIODS, COMMITMENTS = Item("接听日", "periods", "v"), Item("承诺台账", "commitments", "n")
SLIPS, INSPECTIONS = Item("督办文书", "slips", "e"), Item("专项督查", "inspections", "m")
WATCHES = Item("蹲点", "watches")
MEETINGS, SIGNUPS = Item("协调会", "meetings", "l"), Item("报名", "signups", "y")
LEADS = Item("报道线索", "leads", "i")
TOPICS = Item("民情议题", "topics", "a")
BULLETINS = Item("报告", "bulletins", "f")
MONTH_END = Item("出数", "assessments", "p")
DATASETS, ARCHIVE = Item("开放数据", "datasets", "d"), Item("归档", "archive", "x")
MATTERS = Item("派单目录", "matters", "w")
POLICE = Item("110往来", "police", "u")
CALLS, RING_BACK = Item("通话", "calls", "o"), Item("回拨", "ring-back", "z")
RECHECKS, ERASURES = Item("回访复核", "rechecks", "f"), Item("删除个人信息", "erasures", "y")
PEOPLE, UNITS = Item("人员", "people", "p"), Item("机构", "units", "o")
ASKED, TOKENS = Item("角色申请", "roles-asked", "a"), Item("接口密钥", "tokens", "k")
OUTBOX, SYSTEM = Item("消息", "outbox", "n"), Item("系统状态", "system", "z")
HOLIDAYS, LIMITS, LEDGER = Item("工作日历", "holidays", "l"), Item("时限", "limits", "m"), Item("操作台账", "ledger", "e")

# Role -> its items in order; the first is where the role begins.
MENU: dict[Role, tuple[Item, ...]] = {
    Role.AGENT: (INTAKE, CASES, KNOWLEDGE, FLAGS, DESKS, SIGNUPS, CALLS, RING_BACK, POLICE),
    Role.SHIFT_LEADER: (SHIFT, DISPATCH, INTAKE, CASES, BOARD, KNOWLEDGE, FLAGS, PERIODS, DESKS, TOPICS, BULLETINS, CALLS, RING_BACK, POLICE),
    Role.DISPATCHER: (DISPATCH, CASES, KNOWLEDGE, MATTERS, BOARD, POLICE),
    Role.RETURN_REVIEWER: (RETURNS, CASES, MATTERS),
    Role.COORDINATOR: (COORDINATE, CASES, KNOWLEDGE, MATTERS, BOARD, PERIODS, COMMITMENTS, MEETINGS, SLIPS, WATCHES, TOPICS, BULLETINS, MONTH_END),
    Role.CHECKER: (CHECK, CASES, BOARD),
    Role.CALLBACK_CLERK: (CALLBACK, KNOWLEDGE, CALLS, RING_BACK),
    Role.SUPERVISOR: (BOARD, RULINGS, CASES, FLAGS, PERIODS, COMMITMENTS, SLIPS, INSPECTIONS, WATCHES, TOPICS, BULLETINS, CALLS, MONTH_END,
                      DATASETS, ARCHIVE, POLICE),
    Role.QUALITY: (RECHECKS, CASES, BOARD, CALLS, MONTH_END),
    Role.KNOWLEDGE_EDITOR: (KNOWLEDGE,),
    Role.ANALYST: (BOARD, BULLETINS, CASES, PERIODS, TOPICS, CALLS, MONTH_END, DATASETS, ARCHIVE),
    Role.UNIT_HANDLER: (UNIT, CASES, KNOWLEDGE, WATCHES),
    Role.UNIT_LIAISON: (UNIT, CASES, KNOWLEDGE, MATTERS, BOARD, PERIODS, COMMITMENTS, DESKS, SLIPS, WATCHES, MONTH_END),
    Role.UNIT_APPROVER: (UNIT, CASES, BOARD, BULLETINS, PERIODS, COMMITMENTS, SLIPS, WATCHES, MONTH_END),
    Role.COUNTY_CENTRE: (UNIT, CASES, KNOWLEDGE, MATTERS, BOARD, BULLETINS, MONTH_END),
    Role.LEADER: (DESKS, BOARD, BULLETINS, CASES, PERIODS, COMMITMENTS, MEETINGS, SLIPS, MONTH_END),
    Role.INSPECTOR: (CASES, BOARD, PERIODS, COMMITMENTS, SLIPS, INSPECTIONS, WATCHES, TOPICS, BULLETINS, CALLS, MONTH_END, DATASETS, ARCHIVE),
    Role.OUTSIDE_GROUP: (INSPECTIONS,),
    Role.MEDIA: (LEADS,),
    Role.SYSTEM_ADMIN: (PEOPLE, UNITS, MATTERS, HOLIDAYS, LIMITS, OUTBOX, SYSTEM),
    Role.SECURITY_ADMIN: (PEOPLE, ASKED, TOKENS, ERASURES, SYSTEM),
    Role.AUDIT_ADMIN: (LEDGER, PEOPLE, UNITS, SYSTEM),
}


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def items(actor: Actor | None, path: str = "") -> list[dict]:
    """The items of all the actor's roles, each once, screens that this installation lacks left out."""
    if actor is None:
        return []
    found: dict[str, dict] = {}
    for role in MENU:  # in the order of the table, so two roles always mix the same way
        for item in MENU[role] if role in actor.roles else ():
            url = _url(item.name)
            if url and item.name not in found:
                found[item.name] = {"label": item.label, "url": url, "key": item.key, "current": path.startswith(url)}
    return list(found.values())


def home(actor: Actor | None) -> str:
    """Where this person's day begins: a leader's at the desk that is theirs today, anybody else's at the first screen there is, else at the
    own page."""
    if actor and Role.LEADER in actor.roles and any(desk.leader_id == actor.id for desk in desk_page.today(actor)):
        return _url("desks")
    first = items(actor)
    return first[0]["url"] if first else ("/me" if actor else "/")


def context(request) -> dict:
    """Context processor: head, watermark, toast."""
    actor, me = getattr(request, "actor", None), getattr(request, "person", None)
    given = {"demo": settings.DEMO, "city": lambda: org.tree().city, "toast": toast.read(request), "stamp": day(clock.now()),
             "printed": written_times.day(timezone.localdate(clock.now())), "me": me, "actor": actor}
    if actor is not None:
        menu = items(actor, request.path)
        given |= {
            "menu": menu, "phone": phone_bar.context(actor),
            "home": menu[0]["url"] if menu else "/me",
            "search_url": _url("search") if actor.is_centre or actor.is_unit else "",
            "search_words": request.GET.get("q", "") if request.path == _url("search") else "",
        }
    return given
