"""When bulletins are drafted by the clock and in which template they leave: what holds, what was set by whom, and a form for each."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.bulletins.actions import schedule as actions
from minsheng.bulletins.actions import templates as template_actions
from minsheng.bulletins.queries import schedule, templates
from minsheng.bulletins.rules import schedule as rules
from minsheng.bulletins.rules.spans import BY_CLOCK, BulletinKind
from minsheng.kit import toast
from minsheng.kit.papers.default_template import default_template
from minsheng.kit.papers.making import FORMS
from minsheng.kit.uploads import Upload, takes_files
from minsheng.kit.verdict import Invalid, Refused

readers = needs(Role.ANALYST, Role.SUPERVISOR)
sets = needs(Role.SUPERVISOR)
_KINDS = [(kind.value, kind.label) for kind in BulletinKind]


@never_cache
@readers
@require_safe
def settings(request):
    return _page(request)


def _page(request, status: int = 200, **more):
    names = dict(schedule.may_be_told())
    known = schedule.rules()
    held = [{"kind": kind.label, "words": rules.words(rule) if rule else "还没有设定", "told": _names(rule.told if rule else (), names), "since": rule.since if rule else None}
            for kind, rule in schedule.in_force(schedule.today()).items()]
    rows = [{"words": f"{rule.kind.label}：{rules.words(rule)}", "row": row, "told": _names(rule.told, names)}
            for row, rule in zip(sorted(schedule.rows(), key=lambda row: row.id), known, strict=True)][::-1]
    own = [{"kind": kind, "rows": found, "own": bool(found and found[0].sha256)} for kind, found in templates.rows().items()]
    shown = {"held": held, "rows": rows, "own": own, "fields": _fields(request, more.get("errors", {}), names), "sets": Role.SUPERVISOR in request.actor.roles}
    return render(request, "desk/bulletins/settings.html", shown | more, status=status)


def _names(ids: Any, names: dict[int, str]) -> str:
    return "、".join(names[one] for one in ids if one in names)


def _fields(request, errors: dict[str, str], names: dict[int, str]) -> list[dict]:
    typed: Any = request.POST if request.method == "POST" else {}
    many = typed.getlist("told") if hasattr(typed, "getlist") else []
    rows = (("kind", "种类", "choice", "", True), ("since", "施行日期", "date", "从这一天起结束的统计期按新规定", True),
            ("at", "时间", "time", "当地时间；留空：不按时拟出", False),
            ("on", "星期几或几号", "number", "周报填 1（周一）至 7，月报填 1 至 28，日报不填", False), ("told", "拟出后告知", "multi", "", False))
    choices = {"kind": [(kind.value, kind.label) for kind in BY_CLOCK], "told": [(str(id_), name) for id_, name in names.items()]}
    return [{"name": name, "label": label, "type": kind, "help": help_, "required": must, "value": many if name == "told" else typed.get(name, ""),
             "choices": choices.get(name, []), "error": errors.get(name, "")} for name, label, kind, help_, must in rows]


@never_cache
@sets
@require_POST
def set_rule(request):
    given = {name: request.POST.get(name, "").strip() for name in ("kind", "since", "at", "on")}
    try:
        row = actions.set_rule(by=request.actor, given={name: value for name, value in given.items() if value} | {"told": request.POST.getlist("told")})
    except Invalid as wrong:
        return _page(request, 422, errors=wrong.errors)
    except Refused as refused:
        return _page(request, 409, reason=refused.verdict.reason)
    return toast.leave(redirect("bulletin-settings"), f"已记入，{row.since} 起施行")


@never_cache
@sets
@require_http_methods(["POST"])
@takes_files()
def put_template(request):
    """A DOCX that the centre made; what is wrong with it is said, and nothing changes then."""
    file = request.FILES.get("file")
    try:
        if file is None:
            raise Invalid({"file": "请选择 DOCX 文件"})
        row = template_actions.put(by=request.actor, kind=request.POST.get("kind", ""), file=Upload(file.name, file.read()))
    except Invalid as wrong:
        return _page(request, 422, template_errors=wrong.errors)
    except Refused as refused:
        return _page(request, 409, reason=refused.verdict.reason)
    return toast.leave(redirect("bulletin-settings"), f"{BulletinKind(row.kind).label}已换用这个模板")


@never_cache
@sets
@require_POST
def restore_template(request):
    try:
        row = template_actions.restore(by=request.actor, kind=request.POST.get("kind", ""))
    except (Invalid, Refused) as wrong:
        return _page(request, 409, reason=wrong.verdict.reason if isinstance(wrong, Refused) else str(wrong))
    return toast.leave(redirect("bulletin-settings"), f"{BulletinKind(row.kind).label}已恢复默认模板")


@never_cache
@readers
@require_safe
def template(request):
    """?kind=monthly: the template that holds, to be changed and put back."""
    kind = request.GET.get("kind", "")
    content = templates.in_force(kind) or default_template()
    answer = HttpResponse(content, content_type=FORMS["docx"])
    label = dict(_KINDS).get(kind, "报告")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{label}模板.docx')}"
    return answer


urls = [
    path("bulletins/settings", settings, name="bulletin-settings"),
    path("bulletins/settings/rule", set_rule, name="bulletin-rule"),
    path("bulletins/settings/template", put_template, name="bulletin-template-put"),
    path("bulletins/settings/default", restore_template, name="bulletin-template-default"),
    path("bulletins/settings/template.docx", template, name="bulletin-template"),
]
