"""People for the administrators: who works here, accounts opened and closed, roles asked for by one and allowed by another."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts import actions, bulk, queries, rules, second_factor
from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import ADMINISTRATORS, LANGUAGES, Role
from minsheng.cases.actions import leavers
from minsheng.desk import account_form as form
from minsheng.desk import alarms, unit_choices
from minsheng.kit import form_seen, toast
from minsheng.kit.read_values import id_or_none
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger import queries as ledger
from minsheng.ledger.rules import Kind

READERS = tuple(sorted(ADMINISTRATORS))
KEEPERS = (Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN)
GRANTED = [role for role in Role if role.side not in ("citizen", "clock")]
_STATES = (("", "在用"), ("none", "在用、还没有角色"), ("locked", "已锁定"), ("left", "已离岗"))
_SIDES = (("centre", "热线中心"), ("unit", "承办单位"), ("oversight", "监督与媒体"), ("machine", "管理员"))


@never_cache
@needs(*READERS)
@require_safe
def people(request):
    """?q= words; ?unit= with all below it; ?role=; ?state=locked|left|none."""
    get = request.GET
    errors, page = {}, None
    try:
        page = queries.people(get.get("q", "").strip()[:80], id_or_none(get.get("unit", "")), get.get("role", ""), get.get("state", ""),
                              get.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    kept = get.copy()
    kept.pop("after", None)
    shown = {"page": page, "errors": errors, "query": kept.urlencode(), "units": unit_choices.all_units(), "roles": _by_side(), "states": _STATES,
             "unit": id_or_none(get.get("unit", "")), "may_open": rules.may_open_accounts(request.actor), "asked": queries.asked_count(),
             "sees_asked": bool(request.actor.roles & set(KEEPERS)),
             "alarms": alarms.lately(request.actor)}
    return render(request, "desk/people/list.html", shown, status=422 if errors else 200)


def _by_side() -> list[tuple[str, list[Role]]]:
    return [(label, [role for role in GRANTED if role.side == side]) for side, label in _SIDES]


# --- one person ----------------------------------------------------------------


@never_cache
@needs(*READERS)
@require_safe
def person(request, person_id: int):
    return _person(request, person_id)


def _person(request, person_id: int, status: int = 200, **more):
    """Everything about an account on one page; each deed stands there, shut ones with their reason."""
    found = queries.person(person_id)
    if found is None:
        raise Http404
    history = [{"entry": e, "kind": Kind.name_of(e.kind), "role": _role_label(e.detail.get("role", ""))}
               for e in ledger.about(f"person:{person_id}", 60) if e.kind not in (Kind.LOG_IN, Kind.LOG_OUT)]
    shown = {
        "person": found, "held": _held(request.actor, found), "asked": _asking(request.actor, found.asked),  # type: ignore[attr-defined]  # `queries.person` reads it
        "history": history[:30],
        "deeds": _deeds(request.actor, found), "may_ask": _may_ask(request.actor, found), "roles": _by_side(), "typed": request.POST,
        "fields": form.fields(found, None, {}) if rules.may_open_accounts(request.actor) else [], "tokens": queries.tokens(found.id),
        "may_change": rules.may_open_accounts(request.actor), "devices": len(queries.sessions(found.id)), "languages": LANGUAGES,
        "second": queries.second_factor(found.id), "seen": form_seen.mark(form.standing(found)),
    }
    return render(request, "desk/people/person.html", shown | more, status=status)


def _role_label(value: str) -> str:
    return Role(value).label if value in set(Role) else ""


def _held(by, found) -> list[dict]:
    held = [grant for grant in found.grants.all() if grant.until is None]
    roles = frozenset(Role(grant.role) for grant in held)
    return [{"grant": grant, "role": Role(grant.role), "may": rules.may_revoke(by, found.id, roles, Role(grant.role))} for grant in held]


def _asking(by, rows) -> list[dict]:
    """What waits for a ruling, with who leaves when it is granted. At most one statement."""
    leavers = [asked.replaces_id for asked in rows if asked.replaces_id]
    names = queries.names(leavers) if leavers else {}
    return [{"asked": asked, "role": Role(asked.role), "replaces": names.get(asked.replaces_id, ""), "own": asked.asked_by_id == by.id,
             "may": rules.may_rule_asked(by, asked.person_id, asked.asked_by_id)} for asked in rows]


def _may_ask(by, found):
    if not by.has(*KEEPERS):
        return rules.may_ask_role(by, found.id, frozenset(), frozenset(), Role.AGENT)
    if by.id == found.id:
        return rules.may_ask_role(by, by.id, frozenset(), frozenset(), Role.AGENT)
    return rules.YES if found.is_active else rules.no("state", "账号没有启用，不能申请角色")


def _deeds(by, found) -> list[dict]:
    """What may be done with the account as it stands: {name, label, help, verdict, url}."""
    second = queries.second_factor(found.id)
    rows = [("reset", "重置密码", "给一个只显示一次的新密码；原有登录全部结束，程序密钥停用", rules.may_reset(by, found.id), found.is_active),
            ("second", "重置动态口令", "本人手机丢失、坏了时用，先核实是本人；原有登录全部结束，下次登录后重新设置", rules.may_end_second(by, found.id),
             second is not None and second.confirmed_at is not None),
            ("lock", "锁定", "立即退出并不能再登录；角色保留，核实后可以解除", rules.may_lock(by, found.id), found.is_active),
            ("unlock", "解除锁定", "恢复登录，原有角色照旧", rules.may_unlock(by, found.id), not found.is_active and not found.left_on),
            ("leave", "离岗", "登录结束、密钥停用、角色收回；手里的暂存交给当班，工单留在单位", rules.may_leave(by, found.id), not found.left_on),
            ("return", "返岗", "重新启用账号；角色须重新申请", rules.may_open_accounts(by), bool(found.left_on))]
    return [{"name": name, "label": label, "help": words, "verdict": verdict} for name, label, words, verdict, fits in rows if fits]


@sensitive_variables("password")
@never_cache
@needs(Role.SYSTEM_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """A new account; its first password is shown on the next page and nowhere else."""
    errors, typed = {}, None
    roles = [role for role in request.POST.getlist("roles") if role in GRANTED]
    if request.method == "POST":
        typed = request.POST
        try:
            made, password = actions.open_account(
                username=typed.get("username", "").strip(), name=typed.get("name", "").strip(), unit_id=id_or_none(typed.get("unit", "")),
                phone=typed.get("phone", "").strip(), languages=typed.getlist("languages") or ["zh"], roles=[Role(r) for r in roles],
                by=request.actor)
            return _person(request, made.id, password=password, said=f"{made.name}的账号已开立")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            errors = {"roles": refused.verdict.reason}
    shown = {"fields": form.fields(None, typed, errors), "errors": errors, "roles": _by_side(), "picked": roles}
    return render(request, "desk/people/new.html", shown, status=422 if errors else 200)


@needs(Role.SYSTEM_ADMIN)
@require_POST
def change(request, person_id: int):
    post = request.POST
    before = queries.person(person_id)
    if before is None:
        raise Http404
    try:
        given = form.changed(post, before)
        actions.change_account(person_id=person_id, by=request.actor, **given)
    except Invalid as wrong:
        return _person(request, person_id, 422, fields=form.fields(before, post, wrong.errors), errors=wrong.errors, editing=True)
    except Refused as refused:
        return _person(request, person_id, 409, fields=form.fields(before, post, {}), reason=refused.verdict.reason, editing=True)
    moved = before.unit_id != given["unit_id"]
    return toast.leave(redirect("person", person_id), "已调动：原角色已收回，并自动申请，等安全管理员同意" if moved else "账号资料已更正")


# --- deeds -----------------------------------------------------------------------


@sensitive_variables("password")
@needs(*KEEPERS)
@require_POST
def deed(request, person_id: int):
    """Posted `step`: reset, second, lock, unlock, leave or return; all but the first with `reason`."""
    step, reason = request.POST.get("step", ""), request.POST.get("reason", "")
    try:
        if step == "reset":
            password = actions.reset_password(person_id=person_id, by=request.actor)
            return _person(request, person_id, password=password, said="密码已重置，原有登录全部结束，程序密钥已停用")
        said = _take(step, person_id, reason, request.actor)
    except Refused as refused:
        return _person(request, person_id, 409, reason=refused.verdict.reason, at=step)
    except Invalid as wrong:
        return _person(request, person_id, 422, errors=wrong.errors, at=step)
    return toast.leave(redirect("person", person_id), said)


def _take(step: str, person_id: int, reason: str, by) -> str:
    if step == "leave":
        name, handed = leavers.close_account(person_id=person_id, by=by, reason=reason)
        return f"{name}已离岗，登录、密钥和角色都已收回" + (f"；{handed} 份暂存已交给当班" if handed else "")
    doing: dict[str, tuple[Callable[..., object], str]] = {"lock": (actions.lock_person, "已锁定，现有登录已结束"), "unlock": (actions.unlock_person, "已解除锁定，可以登录"),
             "return": (actions.reopen_account, "已返岗；角色请重新申请"),
             "second": (second_factor.reset, "动态口令已重置，原有登录全部结束；请告诉本人重新登录并设置")}
    if step not in doing:
        raise Http404
    do, said = doing[step]
    do(person_id=person_id, by=by, reason=reason)
    return said


@needs(*KEEPERS)
@require_POST
def role(request, person_id: int):
    """Posted `step`: ask or revoke, with `role` and `reason`."""
    step, name = request.POST.get("step", ""), request.POST.get("role", "")
    try:
        if name not in GRANTED:
            raise Invalid({"role": "请选择一个角色"})
        given = {"person_id": person_id, "role": Role(name), "by": request.actor, "reason": request.POST.get("reason", "")}
        if step == "revoke":
            actions.take_role_back(**given)
            said = f"{Role(name).label}已收回，从对方的下一次点击起生效"
        else:
            actions.ask_role(**given)
            said = f"已申请{Role(name).label}，等另一位安全管理员同意"
    except Refused as refused:
        return _person(request, person_id, 409, reason=refused.verdict.reason, at=f"{step}-{name}")
    except Invalid as wrong:
        return _person(request, person_id, 422, errors=wrong.errors, at=f"{step}-{name}")
    return toast.leave(redirect("person", person_id), said)


@never_cache
@needs(*KEEPERS)
@require_safe
def asked(request):
    return _asked(request)


def _asked(request, status: int = 200, **more):
    rows = _asking(request.actor, queries.asked_grants())
    return render(request, "desk/people/asked.html", {"rows": rows, "typed": request.POST, **more}, status=status)


@needs(*KEEPERS)
@require_POST
def rule(request, asked_id: int):
    """Posted `step`: allow, refuse (with `reason`) or unask (one's own). `back`: the person's page or the list."""
    step, by, gone = request.POST.get("step", ""), request.actor, ""
    try:
        if step == "unask":
            actions.unask_role(asked_id=asked_id, by=by)
        else:
            gone = leavers.rule_asked(asked_id=asked_id, allow=step == "allow", by=by, reason=request.POST.get("reason", ""))
    except Refused as refused:
        return _asked(request, 409, reason=refused.verdict.reason)
    except Invalid as wrong:
        return _asked(request, 422, errors=wrong.errors, at=asked_id)
    said = {"allow": "已同意，对方的下一次点击起就能用", "unask": "申请已撤回"}.get(step, "已不同意，理由记入台账")
    said += f"；{gone}已由其接替，即时离岗" if gone else ""
    back = id_or_none(request.POST.get("back", ""))
    return toast.leave(redirect("person", back) if back else redirect("roles-asked"), said)


# --- many at once -------------------------------------------------------------------


@sensitive_variables("made")
@never_cache
@needs(Role.SYSTEM_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files()
def sheet(request):
    """A pasted or uploaded sheet: first the report of every row, then the good rows become accounts."""
    shown: dict = {"columns": bulk.COLUMNS, "text": "", "why": request.POST.get("why", "")}
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            shown["text"] = text = bulk.decoded(upload.read(bulk.LARGEST + 1)) if upload else request.POST.get("text", "")
            rows = bulk.judge(bulk.read(text), request.actor)
            shown |= {"rows": rows, "good": sum(not row.errors for row in rows), "bad": sum(bool(row.errors) for row in rows)}
            if request.POST.get("step") == "make" and shown["good"]:
                made = leavers.open_accounts(rows=bulk.read(text), by=request.actor, reason=shown["why"])
                left = [row for row in rows if row.errors]
                shown |= {"made": made, "rows": left, "good": 0, "text": bulk.written(left) if left else ""}
        except Invalid as wrong:
            shown["errors"] = wrong.errors
    return render(request, "desk/people/sheet.html", shown, status=422 if shown.get("errors") else 200)


urls = [
    path("people", people, name="people"),
    path("people/new", new, name="person-new"),
    path("people/sheet", sheet, name="people-sheet"),
    path("asked", asked, name="roles-asked"),
    path("asked/<int:asked_id>", rule, name="role-rule"),
    path("people/<int:person_id>", person, name="person"),
    path("people/<int:person_id>/change", change, name="person-change"),
    path("people/<int:person_id>/deed", deed, name="person-deed"),
    path("people/<int:person_id>/role", role, name="person-role"),
]
