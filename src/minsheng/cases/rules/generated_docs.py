"""docs/procedure.md, roles.md, permissions.md and matters.md, read from the tables. Pure; a test holds the pages to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from minsheng.accounts.rules import MAY_REVEAL, Role, apart
from minsheng.calendar import library
from minsheng.calendar.rules import Limit
from minsheng.cases.rules import SEES_ALL, SEES_OWN_UNIT, SEES_PERSONAL, UNIT_SEES_PERSONAL, Ask, State
from minsheng.cases.rules.clocks import LABELS
from minsheng.cases.rules.facts import EVIDENCE
from minsheng.cases.rules.fields import FIELDS
from minsheng.cases.rules.procedure import (
    CLOSING,
    DEPENDS,
    IN_PERSON,
    INTAKE,
    MACHINE,
    PROCEDURE,
    REQUESTER,
    REQUESTS,
    REVIEW,
    TASKS,
    UNIT,
    ends_of,
)
from minsheng.cases.rules.requests import NAMES, Ruling
from minsheng.kit.procedure_page import words_of
from minsheng.kit.steps import Step
from minsheng.messages.rules import LABELS as LETTERS

PARTS = (("登记", INTAKE), ("接听日：领导亲自办", IN_PERSON), ("审核与派单", REVIEW), ("承办", UNIT), ("协办与二次派单", TASKS), ("审核与回访", CLOSING), ("诉求人", REQUESTER),
         ("定时与删除", MACHINE))
HELD = {"agent": "话务员", "dispatcher": "派单员", "unit": "承办单位", "return_reviewer": "退单审核员", "checker": "办结审核员",
        "callback_clerk": "回访员", "": "—"}


def _row(*cells: str) -> str:
    return "| " + " | ".join(c.replace("|", "／").replace("\n", " ") for c in cells) + " |"


def _states(step: Step) -> str:
    everything = {s for s in State if s is not State.START}
    if len(step.frm) > 8:
        missing = [s.label for s in State if s in everything - step.frm]
        return "除" + "、".join(missing) + "外" if missing else "任何状态"
    return "、".join(s.label for s in State if s in step.frm)


def _to(step: Step) -> str:
    return DEPENDS.get(step.to) or (step.to.label if step.to else "不变")


def _guards(step: Step) -> str:
    return "；".join(words_of(guard) for guard in step.guards) or "—"


def _needs(step: Step) -> str:
    must = "、".join(FIELDS[n].label for n in step.required)
    may = "、".join(FIELDS[n.rstrip("?")].label for n in step.needs if n.endswith("?"))
    return "；".join(filter(None, (must, f"可填：{may}" if may else ""))) or "—"


def _checked(step: Step) -> str:
    """What is asked of what was given; of what a field asks by itself (a date, a length) its form speaks."""
    return "；".join(dict.fromkeys(words_of(check) for check in step.checks)) or "—"


def _seen(step: Step) -> str:
    """The line of the requester's timeline, with what it names in general."""
    return step.public.format(lead="承办单位", interim="（进展）")


def _told(step: Step) -> str:
    """Who gets which message."""
    message = step.message
    to = (("诉求人", message.requester), ("承办单位", message.unit), ("值班电话", message.duty), ("值班长", message.leader))
    return "；".join(f"{whom}：{LETTERS[name]}" for whom, name in to if name) or "—"


def procedure() -> str:
    """The whole procedure for people: states, then every step with who, from where to where, what shuts it and what it needs."""
    out = ["# 办理流程", "", "本页由 `src/minsheng/cases/rules/procedure/` 生成（`./minsheng docs`），测试核对两者一致。", "", "## 状态", "",
           _row("状态", "代码", "未办结", "在谁手上", "对诉求人的说法"), _row(*["---"] * 5)]
    out += [_row(s.label, f"`{s.value}`", "是" if s.is_open else "否", HELD.get(s.held_by, s.held_by), s.public or "—") for s in State]
    for title, rows in PARTS:
        out += ["", f"## {title}", "", _row("步骤", "代码", "由谁", "从", "到", "条件"), _row(*["---"] * 6)]
        out += [_row(s.label, f"`{s.name}`", s.by_whom, _states(s), _to(s), _guards(s)) for s in rows]
        out += ["", *_given(rows)]
    out += [*_rulings(), *_limits(), "", "## 状态图", "", "```mermaid", "stateDiagram-v2", *_diagram(), "```", ""]
    return "\n".join(out)


def _given(rows: Iterable[Step]) -> list[str]:
    """What each step is given, what is asked of that, which clocks it moves and who hears of it; steps with none of these are left out."""
    told = [(s.label, _needs(s), _checked(s), "、".join(_clocks(s)) or "—", _told(s), _seen(s) or "—") for s in rows]
    return [_row("步骤", "要填", "核对", "计时", "短信", "诉求人看到"), _row(*["---"] * 6), *(_row(*cells) for cells in told if set(cells[1:]) != {"—"})]


def roles() -> str:
    """For whoever works here: of each role its steps, when they are open, what is to be filled in, what follows."""
    out = ["# 各岗位办什么", "", "本页由流程表生成（`./minsheng docs`），按岗位排：自己的步骤什么时候能办、要填什么、办了以后怎样。灰的按钮写着少了哪一个条件。",
           "谁不能兼任、办过什么就不能再办什么，见 [权限](permissions.md)；裁定会引起什么、各项时限，见 [办理流程](procedure.md)；各类事项要什么佐证，见 [事项](matters.md)。"]
    for role in (r for r in Role if r is not Role.CLOCK and PROCEDURE.by_role(r)):
        out += ["", f"## {role.label}", "", role.help + "。", "", _row("步骤", "什么时候能办", "要填", "办了以后"), _row(*["---"] * 4)]
        out += [_row(s.label, _when(s), "；".join(x for x in (_needs(s), _checked(s)) if x != "—") or "—", _after(s)) for s in PROCEDURE.by_role(role)]
    return "\n".join([*out, ""])


def _when(step: Step) -> str:
    asked = _guards(step)
    return _states(step) + ("" if asked == "—" else f"；{asked}")


def _after(step: Step) -> str:
    """Where the case goes, which clocks move, who is told."""
    moved = f"转“{step.to.label}”" if isinstance(step.to, State) else DEPENDS.get(step.to, "")
    told, seen = _told(step), _seen(step)
    said = (moved, *_clocks(step), "" if told == "—" else f"短信给{told}", f"诉求人看到“{seen}”" if seen else "")
    return "；".join(part for part in said if part) or "记入办理过程"


def _long(code: str) -> str:
    """A row of the table of limits as it ships, in words: 4 个工作小时，紧急 30 分钟."""
    row = {row["code"]: row for row in library.limits()}[code]
    return Limit.parse(row["value"]).label + (f"，紧急 {Limit.parse(row['urgent']).label}" if row["urgent"] else "")


def _clocks(step: Step) -> list[str]:
    started = f"起算{LABELS[step.limit]}时限（{_long(step.limit)}）" if step.limit else ""
    return [said for said in (step.clock.label if step.clock else "", started) if said]


def _causes(step: Step, ruling: Ruling) -> str:
    """What a ruling does, from its row and what the declaration says beside."""
    seen = f"诉求人看到“{_seen(step)}”" if step.public else "诉求人看不到这一步"
    told = [ruling.besides] if ruling.besides else []
    return "；".join([f"**{step.label}**：" + (_to(step) if step.to else "状态不变"), *_clocks(step), *told, seen])


def _rulings() -> list[str]:
    """What may be asked for, who rules on it and within what time, and what either ruling causes."""
    out = ["", "## 申请与裁定", "", "裁定之前，裁定人的页面按这一件的日期写明会怎样。申请人不能裁定自己的申请。", "",
           _row("申请", "谁申请", "谁裁定", "裁定时限", "同意", "不同意"), _row(*["---"] * 6)]
    for ask in Ask:
        request = REQUESTS[ask]
        granted, *refused = (_causes(*ruling) for ruling in request.rulings)
        out.append(_row(ask.label, request.asked_by.label, request.ruled_by.label, _long(request.within), granted, "；".join(refused) or "—"))
    return out


def rulings_of(role: Role) -> str:
    """What stands above the buttons of who rules, in general."""
    ruled = [REQUESTS[ask] for ask in Ask if REQUESTS[ask].ruled_by is role]
    rows = [_row(request.ask.label, *(*("；".join(request.causes(*ruling)).format(**NAMES) for ruling in request.rulings), "—")[:2]) for request in ruled]
    return "\n".join([_row("申请", "同意", "不同意"), _row(*["---"] * 3), *rows])


def _limits() -> list[str]:
    return ["", "## 时限", "", "起始的数值；本市现行的在“时限”页，改了的从生效日起，旧工单不变。起算、暂停、延期怎样读，见 [裁量](rulings.md) 第 1 至 4 条。", "",
            _row("时限", "代码", "多长", "依据"), _row(*["---"] * 4),
            *(_row(row["label"], f"`{row['code']}`", _long(row["code"]), row["basis"]) for row in library.limits())]


def _diagram() -> list[str]:
    lines = [f"    {s.value}: {s.label}" for s in State if s is not State.START]
    seen = set()
    for step in PROCEDURE:
        for frm in State:
            for to in ends_of(step) if frm in step.frm else ():
                left = "[*]" if frm is State.START else frm.value
                if to != frm and (frm, to) not in seen:
                    labels = "、".join(s.label for s in PROCEDURE if frm in s.frm and to in ends_of(s))
                    lines.append(f"    {left} --> {to.value}: {labels}")
                seen.add((frm, to))
    return lines


def permissions() -> str:
    """Who may take which step, who sees which cases and personal data."""
    out = ["# 权限", "", "本页由角色表与流程表生成（`./minsheng docs`），测试核对两者一致。一个步骤只有一个角色；一个人可有几个互不冲突的角色。", "",
           "## 角色", "", _row("角色", "代码", "职责与禁止"), _row(*["---"] * 3)]
    out += [_row(r.label, f"`{r.value}`", r.help) for r in Role]
    out += ["", "## 看什么", "", _row("角色", "看哪些工单", "看个人信息"), _row(*["---"] * 3)]
    out += [_row(r.label, _cases(r), _personal(r)) for r in Role]
    out += ["", "限制知悉的工单只有被指名的人能看；被反映单位、其下级、其前身和后身的任何人都看不到反映它的工单；保密工单的号码承办单位看不到。"]
    out += [*_apart(), "", "## 谁办哪些步骤", ""]
    for role in Role:
        steps = PROCEDURE.by_role(role)
        out.append(f"- **{role.label}**：" + ("、".join(s.label for s in steps) if steps else "不办理工单步骤"))
    return "\n".join([*out, ""])


def _cases(role: Role) -> str:
    if role in SEES_ALL:
        return "全部（限制知悉的除外）"
    if role in SEES_OWN_UNIT:
        return "本单位及下级主办、协办的"
    return {Role.REQUESTER: "本人的一件", Role.CLOCK: "全部", Role.SECURITY_ADMIN: "待删除个人信息的（脱敏；限制知悉的只看申请）"}.get(role, "不看")


def _personal(role: Role) -> str:
    """Words by who reads them unmasked, the number by who may ask for it: two tables that decide, read as they are."""
    if role in SEES_PERSONAL:
        return "看原文" + ("；看号码须写理由，有额度，记入台账" if role in MAY_REVEAL else "；不看号码")
    if role in UNIT_SEES_PERSONAL:
        return "承办期间看原文，保密工单不可" + ("；看号码须写理由，有额度，记入台账" if role in MAY_REVEAL else "；不看号码")
    return "本人的" if role == Role.REQUESTER else "脱敏"


def _apart() -> list[str]:
    """What `may_hold` refuses, each pair with its sentence."""
    out = ["", "## 哪些角色不能由一人担任", "", _row("这一边", "另一边", "拒绝时说"), _row(*["---"] * 3)]
    for left, right, reason in apart():
        others = "其他任何角色" if right == frozenset(Role) - left else "、".join(r.label for r in Role if r in right)
        out.append(_row("、".join(r.label for r in Role if r in left), others, reason))
    return [*out, *_own_deeds()]


def _own_deeds() -> list[str]:
    """Whoever took one of these steps on a case does not take those, in whatever role; steps that judge the same stand in one row."""
    out = ["", "## 同一件工单上，谁办过什么就不能再办什么", "", "不论当时是什么角色；按钮是灰的，写着是哪一步。", "", _row("办过（任何一步）", "就不能"), _row(*["---"] * 2)]
    together: dict[tuple[str, ...], list[str]] = {}
    for row in PROCEDURE:
        if row.judges:
            together.setdefault(row.judges, []).append(row.label)
    return out + [_row("、".join(PROCEDURE[name].label for name in judged), "、".join(barred)) for judged, barred in together.items()]


def matters(city: Mapping[str, Any]) -> str:
    """docs/matters.md, from the file of a city's matters."""
    out = ["# 示例市的事项：要素、佐证、时限", "", "由 `demo/categories.yaml` 生成（`./minsheng docs`）；本市的在“派单目录”页。怎样读，见 [裁量](rulings.md) 第 12、39 条。",
           "", "每一件都要：何时、怎样联系了谁，或为什么没有联系；给诉求人的答复。", "",
           _row("事项", "派单前必问（缺的先问，可写明理由豁免；紧急的不等）", "签发答复前要有", "另外"), _row(*["---"] * 4)]
    for row in city["categories"]:
        if row.get("evidence"):
            asked = "、".join(e["label"] for e in row.get("elements", ()) if e.get("required"))
            out.append(_row(row["label"].replace("/", " / "), asked or "—", dict(EVIDENCE)[row["evidence"]], "；".join(_besides(row, city)) or "—"))
    return "\n".join([*out, ""])


def _besides(row: Mapping[str, Any], city: Mapping[str, Any]) -> list[str]:
    limit, procedure = city["limit_matters"].get(row.get("limit_matter")), city["statutory"].get(row.get("statutory"))
    found = ["登记的同时限制知悉"] if row.get("restricted_hint") else []
    found += ["不下派乡镇街道"] if row.get("no_push_down") else []
    found += [f"{limit['name']}：{Limit.parse(limit['limit']).label}"] if limit else []
    return found + ([f"可转{procedure['name']}（办结 {Limit.parse(procedure['finish']).label}）"] if procedure else [])
