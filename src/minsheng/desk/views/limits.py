"""Time limits for the system administrator: the dated table, a new row from a date on, and why a date is that date."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.calendar import actions, queries, rules
from minsheng.calendar.rules import Limit
from minsheng.desk import forms, matter_form
from minsheng.kit import clock, read_times, toast
from minsheng.kit.read_values import BadValue, Fields
from minsheng.kit.templatetags.show import day as day_words
from minsheng.kit.verdict import Invalid, Refused


@never_cache
@needs(Role.SYSTEM_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request):
    """GET ?from= (with matter or limit): explained. POST: a new row; a row that counts is never edited."""
    if request.method != "POST":
        return _page(request)
    try:
        made = _set(request)
    except Invalid as wrong:
        return _page(request, 422, errors=wrong.errors)
    except Refused as refused:
        return _page(request, 409, reason=refused.verdict.reason)
    return toast.leave(redirect("limits"), f"{made.label}从 {day_words(made.valid_from)} 起为 {Limit.parse(made.value).label}；此前起算的照旧")


def _set(request):
    post = request.POST
    code, _, matter = post.get("row", "").partition("/")
    matter = post.get("matter", "") or matter
    if not code:
        raise Invalid({"row": "请选择要改的时限"})
    if matter and matter not in matter_form.limits_named():
        raise Invalid({"matter": "没有这类事项，请从列表中选择"})
    return actions.set_limit(
        code=code, matter=matter, value=post.get("value", "").strip(), urgent_value=post.get("urgent_value", "").strip(),
        yellow=post.get("yellow", "").strip(), red=post.get("red", "").strip(), basis=post.get("basis", "").strip()[:300],
        valid_from=_ahead(post.get("valid_from", "")), by=request.actor)


def _ahead(raw: str) -> date:
    """A day from tomorrow on: what began today keeps the promise it was given."""
    form, today = Fields({"valid_from": raw}), timezone.localtime(clock.now()).date()
    on = form.read("valid_from", read_times.day, label="生效日期", must=True)
    form.done()
    if on <= today:
        raise Invalid({"valid_from": f"生效日期应在 {day_words(today)} 之后：已经起算的时限不改"})
    return on


# --- the page --------------------------------------------------------------------------


def _page(request, status: int = 200, **more):
    typed = request.POST if request.method == "POST" else request.GET
    errors = more.get("errors", {})
    groups = _groups(matter_form.limits_named())
    shown = {"groups": groups, "fields": _fields(typed, errors, groups), "matters": forms.categories(), "typed": typed, **_explained(request)}
    return render(request, "desk/limits.html", shown | more, status=status)


def _groups(named: dict[str, str]) -> list[dict]:
    """One a limit and matter: its rows by date, each with what it is today."""
    today = timezone.localtime(clock.now()).date()
    found: dict[tuple[str, str], dict] = {}
    for row in queries.limits():
        group = found.setdefault((row.code, row.matter), {"key": f"{row.code}/{row.matter}", "label": row.label, "rows": [],
                                                          "matter": named.get(row.matter, row.matter)})
        group["rows"].append(_shown(row, today))
    return list(found.values())


def _shown(row, today: date) -> dict:
    when = "ahead" if row.valid_from > today else "past" if row.valid_to and row.valid_to <= today else "now"
    leads = [(word, Limit.parse(text).label) for word, text in (("黄灯提前", row.yellow), ("红灯提前", row.red)) if text]
    return {"row": row, "when": when, "value": Limit.parse(row.value).label, "leads": leads,
            "urgent": Limit.parse(row.urgent_value).label if row.urgent_value else ""}


def _fields(typed, errors, groups) -> list[dict]:
    how = "如 5 个工作日、4 个工作小时、24 小时、30 分钟、7 天"
    rows = [("row", "哪个时限", "choice", "", True), ("matter", "只对一类事项", "choice", "不选则按上面所选的范围", False),
            ("value", "新的时限", "text", how, True), ("urgent_value", "紧急时限", "text", "不分急缓请留空", False),
            ("yellow", "黄灯提前", "text", "一般留空：提前一个工作日", False), ("red", "红灯提前", "text", "一般留空：提前两个工作小时", False),
            ("valid_from", "生效日期", "date", "从这一天起算的才用新时限", True), ("basis", "依据", "text", "文件名和文号，写进到期说明", False)]
    choices = {"row": [(g["key"], g["label"] + (f"（{g['matter']}）" if g["matter"] else "")) for g in groups], "matter": forms.categories()}
    return [{"name": n, "label": label, "type": kind, "help": words, "required": must, "choices": choices.get(n, []), "max": 300,
             "placeholder": "所有事项" if n == "matter" else "", "value": typed.get(n, ""), "error": errors.get(n, "")}
            for n, label, kind, words, must in rows]


# --- why this date ------------------------------------------------------------------------


def _explained(request) -> dict:
    """?from= with ?of= (a row of the table) or ?limit=: due date, ground and the days between."""
    get = request.GET
    if request.method == "POST" or "from" not in get:
        return {"explain_from": timezone.localtime(clock.now()).strftime("%Y-%m-%dT%H:%M")}
    shown: dict = {"explain_from": get.get("from", "")}
    try:
        limit, ground = _limit_of(get, _start(get.get("from", "")))
        shown["due"] = rules.due(_start(get.get("from", "")), limit, queries.current(settings.CALENDAR))
        shown |= {"limit": limit.label, "ground": ground}
    except (ValueError, LookupError) as problem:
        shown["explain_error"] = str(problem)
    return shown


def _start(raw: str) -> datetime:
    try:
        return read_times.moment(raw, timezone.get_current_timezone())
    except BadValue as wrong:
        raise BadValue(f"起算时间{wrong}") from None


def _limit_of(get, at: datetime) -> tuple[Limit, str]:
    if written := get.get("limit", "").strip():
        return Limit.given(written), "自行填写的时限"
    code, _, matter = get.get("of", "").partition("/")
    if not code:
        raise ValueError("请选择一个时限，或自行填写")
    row = queries.limit(code, at=at, urgent=bool(get.get("urgent")), matter=matter)
    return row.limit, row.basis or row.label


urls = [path("limits", limits, name="limits")]
