"""Pages of those who keep the machine: the ledger for the audit administrator, and how the installation is."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.http import StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng import __version__
from minsheng.accounts import queries as people
from minsheng.accounts import second_factor
from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import ADMINISTRATORS, Role
from minsheng.calendar import queries as calendar
from minsheng.cases.actions import anchor_copies
from minsheng.desk import alarms, ledger_words
from minsheng.kit import checks, clock, health, replicas
from minsheng.kit.read_times import day, span_error
from minsheng.kit.read_values import Fields
from minsheng.kit.tables import csv_lines
from minsheng.kit.verdict import Invalid
from minsheng.ledger import actions, queries
from minsheng.ledger.rules import Kind
from minsheng.messages import queries as messages

MOST = 200_000  # lines of one file; more is asked for in parts
LATE = timedelta(hours=3)  # anchors are made every hour when anything was written
_FILTERS = ("kind", "who", "about", "since", "until")


# --- the ledger ------------------------------------------------------------------------


@never_cache
@needs(Role.AUDIT_ADMIN)
@require_safe
def ledger(request):
    """?kind= &who= &about= &since= &until= (both days included) &verify=1: reads the whole chain and says whether it is whole."""
    broken = queries.verify() if request.GET.get("verify") else None
    return _ledger(request, request.GET, broken=broken[:50] if broken else [], verified=broken is not None)


def _ledger(request, given, status: int = 200, **more):
    errors, page = more.pop("errors", {}), None
    try:
        page = queries.page(_filters(given), request.GET.get("after", ""))
    except Invalid as wrong:
        errors, status = {**errors, **wrong.errors}, 422
    kept = {name: given.get(name, "") for name in _FILTERS if given.get(name, "")}
    rows = [{"entry": entry, "kind": Kind.name_of(entry.kind), "detail": ledger_words.detail(entry.detail)} for entry in page.rows] if page else []
    for row, about in zip(rows, ledger_words.about(row["entry"].about for row in rows), strict=True):
        row["about"] = about
    shown = {"rows": rows, "page": page, "errors": errors, "kinds": [(k.value, k.label) for k in Kind], "query": urlencode(kept), "given": given,
             "most": MOST, "alarms": alarms.lately(request.actor)}
    return render(request, "desk/machine/ledger.html", shown | more, status=status)


def _filters(given) -> queries.Filters:
    since, until = _day(given, "since"), _day(given, "until")
    if wrong := span_error(since, until):
        raise Invalid({"until": wrong})
    who = given.get("who", "").strip()[:80]
    return queries.Filters(kind=given.get("kind", "")[:20], about=given.get("about", "").strip()[:80], since=since, by_name=who,
                           by_ids=tuple(people.ids_named(who)) if who else (), until=until + timedelta(days=1) if until else None)


def _day(given, name: str) -> datetime | None:
    form = Fields(given)
    on = form.read(name, day, label="日期")
    form.done()
    return timezone.make_aware(datetime.combine(on, datetime.min.time())) if on else None


@never_cache
@needs(Role.AUDIT_ADMIN)
@require_POST
def export(request):
    """The entries found as CSV. Who took them, why, which and how many stands in the ledger before the first line leaves."""
    post, reason = request.POST, request.POST.get("reason", "").strip()
    try:
        filters = _filters(post)
    except Invalid as wrong:
        return _ledger(request, post, 422, errors=wrong.errors, exporting=True)
    found = queries.count(filters, MOST)
    errors = {"reason": "请写明导出的用途，记入台账"} if not reason else {}
    if found > MOST:
        errors["since"] = f"超过 {MOST} 条，请缩短起止日期，分几次导出"
    if errors:
        return _ledger(request, post, 422, errors=errors, exporting=True)
    asked = {name: post.get(name, "")[:80] for name in _FILTERS if post.get(name, "")}
    actions.write(kind=Kind.EXPORT, by_id=request.actor.id, by_name=request.actor.name, about="ledger", reason=reason,
                  detail={"rows": found, "what": "ledger", **{name: value for name, value in asked.items() if name != "who"}})
    answer = StreamingHttpResponse(_lines(filters), content_type="text/csv; charset=utf-8")
    name = timezone.localtime(clock.now()).strftime("ledger-%Y%m%d-%H%M.csv")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _lines(filters: queries.Filters):
    header = ["条", "时间", "行为", "人员编号", "人员", "对象", "理由", "内容", "摘要"]
    return csv_lines(header, map(_cells, queries.rows(filters, MOST)))


def _cells(e) -> list:
    at = timezone.localtime(e.at).strftime("%Y-%m-%d %H:%M:%S")
    return [e.id, at, Kind.name_of(e.kind), e.by_id, e.by_name, e.about, e.why, ledger_words.detail(e.detail), bytes(e.hash).hex()]


# --- how the installation is ----------------------------------------------------------------


@never_cache
@needs(*sorted(ADMINISTRATORS))
@require_safe
def system(request):
    """What /healthz says, in words, with what `doctor` would find; nothing is changed here."""
    report = health.report()
    secret = settings.DEMO or settings.SECRET_KEY != settings.DEFAULT_SECRET
    found = [one for one in checks.machine(settings.DATA, secret) if "浏览器" not in one[1]]
    if report["database"] == "ok":
        found += [*checks.schema(), *checks.jobs(), checks.owner(checks.ways_to_owner()), *checks.of_replicas(replicas.told()), anchor_copies.told(),
                  second_factor.told(), people.kept_apart(), calendar.told(settings.CALENDAR, clock.now())]
    up = report["database"] == "ok"
    troubles = messages.troubles() if up else []
    anchor, since = (queries.last_anchor(), queries.unanchored_since()) if up else (None, None)
    late = since is not None and clock.machine_now() - since > LATE
    bad = sum(well is False for well, _ in found) + late + sum(must for _, must in troubles)
    mild = [text for text, must in troubles if not must] + [text for well, text in found if well is None]
    shown = {"facts": _facts(report), "status": report["status"], "found": found, "troubles": troubles, "bad": bad, "mild": mild,
             "anchor": anchor, "anchor_late": late, "version": __version__, "now": clock.now(), "machine_now": clock.machine_now(),
             "demo": settings.DEMO, "alarms": alarms.lately(request.actor) if up else [], "audits": request.actor.has(Role.AUDIT_ADMIN)}
    return render(request, "desk/machine/system.html", shown)


def _facts(report: dict) -> list[tuple[str, str, bool]]:
    """(what, how it is, is it well) of the health report."""
    age = report["worker_age_s"]
    migrations = {"ok": "是本版本", "pending": "未升级，请运行 ./minsheng migrate", "newer": "比程序新，请换新版本程序", "unknown": "问不到"}
    return [
        ("数据库", "正常" if report["database"] == "ok" else "连不上", report["database"] == "ok"),
        ("数据库结构", migrations[report["migrations"]], report["migrations"] == "ok"),
        ("后台任务", "没有在运行：短信、催办和重算都不会发生" if age is None else f"{age:.0f} 秒前有动静", age is not None and age <= health.LATE),
        ("磁盘可用", f"{report['disk_free_gb']} GB", report["disk_free_gb"] >= health.FULL),
    ]


urls = [path("ledger", ledger, name="ledger"), path("ledger/export", export, name="ledger-export"), path("system", system, name="system")]
