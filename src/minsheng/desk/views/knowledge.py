"""Knowledge: found, read, written by one and published by another; what is missing; public phones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import CENTRE, UNIT, Role
from minsheng.cases import queries as cases
from minsheng.desk import forms, unit_choices
from minsheng.kit import clock, form_seen, read_times, toast
from minsheng.kit.read_values import Fields, id_or_none
from minsheng.kit.templatetags.show import moment
from minsheng.kit.verdict import Invalid, Refused
from minsheng.knowledge import actions, queries, rules
from minsheng.org import queries as org

READERS = tuple(sorted(CENTRE | UNIT))
WRITERS = (Role.KNOWLEDGE_EDITOR, Role.SHIFT_LEADER)
_DEEDS: dict[str, tuple[Callable[..., object], str]] = {
    "submit": (actions.submit, "已提交，等另一个人审核发布"), "approve": (actions.approve, "已发布，话务员现在就能查到"),
    "send_back": (actions.send_back, "已退回起草人"), "withdraw": (actions.withdraw, "已撤下，不再出现在查询结果里"),
}


def today() -> date:
    return timezone.localtime(clock.now()).date()


def _named() -> dict[str, str]:
    return {c.code: c.name for c in cases.categories().values()}


@never_cache
@needs(*READERS)
@require_safe
def knowledge(request):
    """?q= words or a code; ?validity=current|future|expired."""
    words = request.GET.get("q", "").strip()[:200]
    validity = request.GET.get("validity", "")
    found = queries.listed(today(), validity=validity, category=request.GET.get("category", ""), words=words)
    shown = {"found": found, "words": words, "names": _named(), "validities": [(v.value, v.label) for v in rules.Validity],
             "writes": request.actor.has(*WRITERS), "waiting": queries.pending() if request.actor.has(*WRITERS) else [],
             "gaps": len(queries.gaps()), "may_write": rules.may_write(request.actor)}
    return render(request, "desk/knowledge/list.html", shown)


@never_cache
@needs(*READERS)
@require_safe
def article(request, article_id: int):
    return _article(request, article_id)


def _article(request, article_id: int, errors=None, reason: str = "", status: int = 200):
    """The page with every deed that may be done on the version in hand or on the published one."""
    page = queries.article_page(article_id, today(), request.actor)
    if page is None:
        raise Http404
    shown = {"page": page, "names": _named(), "errors": errors, "reason": reason, "bar": _bar(request.actor, page),
             "deeds": _deeds(request.actor, page), "editable": rules.may_write(request.actor), "typed": request.POST.get("reason", ""),
             "read": queries.text_of(page.in_hand) if page.in_hand else ""}
    return render(request, "desk/knowledge/article.html", shown, status=status)


def _bar(by, page) -> list[dict]:
    """Buttons for the version in hand that need no words. A shut one says why."""
    if page.in_hand is None:
        return []
    facts = page.in_hand.facts()
    asked = (("submit", "提交审核", rules.may_submit(facts, by)), ("approve", "审核发布", rules.may_judge(facts, by)))
    return [{"name": name, "label": label, "allowed": bool(v), "reason": v.reason, "main": True, "key": ""} for name, label, v in asked
            if v.code not in {"role", "state"}]


def _deeds(by, page) -> list[dict]:
    """Deeds that need a reason: [{name, label, version, help}]."""
    found = []
    if page.in_hand is not None and rules.may_judge(page.in_hand.facts(), by):
        found.append({"name": "send_back", "label": "退回起草人", "version": page.in_hand, "help": "写清要改哪里"})
    if page.shown is not None and rules.may_withdraw(page.shown.facts(), by):
        found.append({"name": "withdraw", "label": "撤下这一版", "version": page.shown, "help": "撤下后立即查不到；已用它答复的工单仍留有记录"})
    return found


@needs(*WRITERS)
@require_POST
def deed(request, version_id: int):
    """Posted `step`: submit, approve, send_back or withdraw; the last two with `reason`."""
    version = queries.version(version_id)
    name = request.POST.get("step", "")
    if version is None or name not in _DEEDS:
        raise Http404
    do, said = _DEEDS[name]
    more = {"reason": request.POST.get("reason", "")} if name in {"send_back", "withdraw"} else {}
    if name != "withdraw":  # what is published is changed by nobody
        more["read"] = request.POST.get(form_seen.NAME, "")
    try:
        do(version_id=version_id, by=request.actor, **more)
    except Refused as refused:
        return _article(request, version.article_id, reason=refused.verdict.reason, status=409)
    except Invalid as wrong:
        return _article(request, version.article_id, errors=wrong.errors, status=422)
    return toast.leave(redirect("article", version.article_id), said)


# --- writing -----------------------------------------------------------------


@never_cache
@needs(Role.KNOWLEDGE_EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def write(request, article_id: int | None = None):
    """A new article, or the next version of one; a draft of another may be carried on."""
    page = queries.article_page(article_id, today(), request.actor) if article_id else None
    if article_id and page is None:
        raise Http404
    errors, reason = {}, ""
    if request.method == "POST":
        try:
            made = _save(request, page)
            return toast.leave(redirect("article", made.article_id), f"第 {made.n} 版已存为草稿，核对后提交审核")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    shown = {"page": page, "fields": _fields(request, page, errors), "errors": errors, "reason": reason,
             "seen": form_seen.mark(_standing(page)) if page else ""}
    return render(request, "desk/knowledge/write.html", shown, status=422 if errors else 409 if reason else 200)


def _save(request, page):
    post = _as_changed(request.POST, page) if page else request.POST
    dates = {name: _day(post, name) for name in ("valid_from", "valid_to")}
    given = {"title": post.get("title", ""), "body": post.get("body", ""), "source": post.get("source", ""), **dates,
             "keywords": post.get("keywords", "").replace("，", " ").replace("、", " ").replace(",", " ").split(), "by": request.actor}
    if page:
        return actions.revise(article_id=page.article.id, **given)
    return actions.draft(owner=id_or_none(post.get("owner", "")), category=post.get("category", ""), lang=post.get("lang") or "zh", **given)


_LABELS = {"title": "标题", "body": "正文", "keywords": "关键词", "valid_from": "生效日期", "valid_to": "失效日期", "source": "依据"}


def _standing(page) -> dict[str, str]:
    """What stands in the form of the next version: the draft in hand, else the last version."""
    last = page.in_hand or page.versions[0]
    return {"title": last.title, "body": last.body, "keywords": " ".join(last.keywords), "source": last.source,
            "valid_from": last.valid_from.isoformat(), "valid_to": last.valid_to.isoformat() if last.valid_to else ""}


def _as_changed(post, page) -> dict[str, str]:
    """As posted where the writer changed it, else as the draft is now; two write on one draft. Refused when both changed the same."""
    now, posted = _standing(page), {name: post.get(name, "") for name in _LABELS}
    mine = form_seen.changed(post, posted, now, _LABELS)
    return {name: (posted if name in mine else now)[name] for name in _LABELS}


def _day(post, name: str) -> date | None:
    form = Fields(post)
    read = form.read(name, read_times.day, label="日期")
    form.done()
    return read


def _fields(request, page, errors) -> list[dict]:
    first = _standing(page) if page else {"valid_from": today().isoformat()}
    typed = request.POST if request.method == "POST" else {**first, "title": first.get("title", request.GET.get("title", ""))}
    rows = [("title", "标题", "text", "写来电人会怎么问", True), ("body", "正文", "long", "写可以直接念给来电人的话", True),
            ("keywords", "关键词", "text", "用空格分开；写来电人嘴里的词", False), ("valid_from", "生效日期", "date", "", True),
            ("valid_to", "失效日期", "date", "最后有效的一天，当天仍有效；长期有效请留空", False), ("source", "依据", "text", "文件名和文号", False)]
    fields = [{"name": n, "label": label, "type": kind, "help": hint, "required": must, "rows": 10, "value": typed.get(n, ""),
               "error": errors.get(n, "")} for n, label, kind, hint, must in rows]
    return fields if page else [*_filing(typed, errors), *fields]


def _filing(typed, errors) -> list[dict]:
    """Asked once, when the article is made."""
    units = [(u.id, unit_choices.label(u)) for u in org.tree().by_id.values() if u.active and u.kind not in {"city", "centre"}]
    asked = (("category", "事项", forms.categories(typed.get("category", ""))), ("owner", "负责单位", units), ("lang", "语言", [("zh", "汉语"), ("bo", "藏语"), ("en", "英语")]))
    return [{"name": n, "label": label, "type": "choice", "choices": choices, "required": n != "lang", "value": typed.get(n, ""),
             "error": errors.get(n, ""), "placeholder": "汉语" if n == "lang" else ""} for n, label, choices in asked]


# --- gaps and phones ---------------------------------------------------------


@never_cache
@needs(*READERS)
@require_safe
def gaps(request):
    return _gaps(request)


def _gaps(request, errors=None, at: int = 0, reason: str = "", status: int = 200):
    shown = {"open": queries.gaps(), "answered": queries.gaps(open=False, limit=30), "names": _named(), "errors": errors, "at": at,
             "reason": reason, "answers": request.actor.has(*WRITERS), "now": clock.now(), "typed": request.POST}
    return render(request, "desk/knowledge/gaps.html", shown, status=status)


@needs(*READERS)
@require_POST
def report(request):
    """The one key "没找到/有错" of the intake desk: posted text, category, article; answers with a line for the page."""
    article_id = request.POST.get("article", "")
    fragment = bool(request.headers.get("HX-Request"))
    try:
        gap = actions.report_gap(text=request.POST.get("text", ""), category=request.POST.get("category", ""), by=request.actor,
                                 article_id=id_or_none(article_id) or None, names=[request.POST.get("name", "")])
    except Invalid as wrong:
        shown = {"reason": "；".join(wrong.errors.values())}
        return render(request, "desk/knowledge/reported.html", shown, status=422) if fragment else _gaps(request, reason=shown["reason"], status=422)
    if fragment:
        return render(request, "desk/knowledge/reported.html", {"gap": gap})
    return toast.leave(redirect("gaps"), f"已报告，最迟 {moment(gap.due_at)} 前有答复")


@needs(*WRITERS)
@require_POST
def answer(request, gap_id: int):
    """Posted: answer, and the code of the article that now answers it."""
    if queries.gap(gap_id) is None:
        raise Http404
    code = request.POST.get("code", "").strip()
    found = queries.article_by_code(code) if code else None
    try:
        if code and found is None:
            raise Invalid({"code": f"没有编号为“{code}”的文章，请核对或留空"})
        actions.answer_gap(gap_id=gap_id, answer=request.POST.get("answer", ""), by=request.actor, article_id=found.id if found else None)
    except Invalid as wrong:
        return _gaps(request, wrong.errors, gap_id, status=422)
    except Refused as refused:
        return _gaps(request, reason=refused.verdict.reason, status=409)
    return toast.leave(redirect("gaps"), "已答复，报告人在本页能看到")


@never_cache
@needs(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def phones(request):
    """The directory; an editor adds to it here."""
    errors, words = {}, request.GET.get("q", "").strip()[:60]
    if request.method == "POST":
        unit = request.POST.get("unit", "")
        try:
            actions.add_phone(name=request.POST.get("name", ""), phone=request.POST.get("phone", ""), hours=request.POST.get("hours", ""),
                              note=request.POST.get("note", ""), unit=id_or_none(unit) or None, by=request.actor)
            return toast.leave(redirect("phones"), "电话已收进目录，话务员现在就能查到")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            return render(request, "409.html", {"reason": refused.verdict.reason}, status=409)
    shown = {"found": queries.phones(words), "words": words, "errors": errors, "fields": _phone_fields(request, errors),
             "may_write": rules.may_write(request.actor)}
    return render(request, "desk/knowledge/phones.html", shown, status=422 if errors else 200)


def _phone_fields(request, errors) -> list[dict]:
    units = [(u.id, unit_choices.label(u)) for u in org.tree().by_id.values() if u.active and u.kind not in {"city", "centre"}]
    asked = (("name", "名称", "text", True), ("phone", "电话", "phone", True), ("unit", "单位", "choice", False), ("hours", "时间", "text", False),
             ("note", "说明", "text", False))
    return [{"name": n, "label": label, "type": kind, "required": must, "choices": units if n == "unit" else [],
             "value": request.POST.get(n, ""), "error": errors.get(n, "")} for n, label, kind, must in asked]


@needs(Role.KNOWLEDGE_EDITOR)
@require_POST
def drop_phone(request, entry_id: int):
    actions.drop_phone(entry_id=entry_id, by=request.actor)
    return toast.leave(redirect(reverse("phones")), "电话已移出目录")


urls = [
    path("knowledge", knowledge, name="knowledge"), path("knowledge/new", write, name="article-new"),
    path("knowledge/gaps", gaps, name="gaps"), path("knowledge/gaps/report", report, name="gap-report"),
    path("knowledge/gaps/<int:gap_id>/answer", answer, name="gap-answer"), path("knowledge/phones", phones, name="phones"),
    path("knowledge/phones/<int:entry_id>/drop", drop_phone, name="phone-drop"), path("knowledge/<int:article_id>", article, name="article"),
    path("knowledge/<int:article_id>/edit", write, name="article-edit"), path("knowledge/version/<int:version_id>", deed, name="article-deed"),
]
