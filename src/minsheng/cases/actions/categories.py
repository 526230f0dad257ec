"""Matters (诉求分类): added and changed with a record, never removed.

A change counts for cases that come after it; what an old case was asked and promised stands in its own rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries
from minsheng.cases.effects import clocks
from minsheng.cases.models import Category, DangerWords
from minsheng.cases.rules.facts import EVIDENCE
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.verdict import YES, Invalid, Refused, Verdict, no
from minsheng.ledger import actions as ledger

ELEMENT_TYPES = (("text", "文字"), ("place", "地点"), ("datetime", "时间"), ("number", "数字"), ("choice", "选项"))
_CODE = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
_CHANGEABLE = ("name", "elements", "evidence", "keywords", "urgent_words", "restricted_hint", "no_push_down", "statutory", "limit_matter")


def may_change(by: Actor, setup: bool = False) -> Verdict:
    """`setup`: the command line on the machine itself, which puts in a city's folder."""
    return YES if setup or Role.SYSTEM_ADMIN in by.roles else no("role", "诉求分类和要素模板由系统管理员维护")


@transaction.atomic
def add_matter(*, code: str, parent: str, by: Actor, setup: bool = False, valid_from: date | None = None, **content) -> Category:
    """A new matter below `parent` ("": a top one). Invalid: errors by field."""
    _ask(by, setup)
    above = queries.category(parent) if parent else None
    errors = {} if _CODE.fullmatch(code) and len(code) <= 40 else {"code": "代码用小写字母开头，由小写字母、数字和点组成，如 cg.light.out"}
    if not errors and queries.category(code) is not None:
        errors["code"] = f"代码 {code} 已在使用，请换一个"
    if parent and above is None:
        errors["parent"] = f"没有分类“{parent}”"
    errors |= wrong(content)
    if errors:
        raise Invalid(errors)
    made = Category.objects.create(code=code, parent=above, path=[*(above.path if above else []), code], valid_from=valid_from, **content)
    _record(made, {}, content, by)
    return made


@transaction.atomic
def change_matter(*, code: str, by: Actor, setup: bool = False, **content) -> Category:
    """Change any of name, elements, evidence, keywords, … Refused when there is no such matter; nothing is written when nothing differs."""
    _ask(by, setup)
    matter = Category.objects.select_for_update().filter(code=code).first()
    if matter is None:
        raise Refused(no("hidden", f"没有分类“{code}”"))
    if errors := wrong(content):
        raise Invalid(errors)
    before = {name: getattr(matter, name) for name in content}
    changed = {name: value for name, value in content.items() if before[name] != value}
    if changed:
        for name, value in changed.items():
            setattr(matter, name, value)
        matter.save(update_fields=list(changed))
        _record(matter, {name: before[name] for name in changed}, changed, by)
    return matter


@transaction.atomic
def retire_matter(*, code: str, last: date | None, reason: str, by: Actor) -> Category:
    """`last`: the last day on which a case may be about it; None: it is used again. Its cases stay as they are. Invalid: errors by field."""
    _ask(by, False)
    matter = Category.objects.select_for_update().filter(code=code).first()
    if matter is None:
        raise Refused(no("hidden", f"没有分类“{code}”"))
    errors = {} if 2 <= len(reason.strip()) <= 200 else {"reason": "请写明原因，2 到 200 字"}
    if last is not None and last < clocks.local_day(clock.now()) - timedelta(days=1):
        errors["on"] = "不能早于昨天：已经登记的仍按原来的分类"
    if last is not None and Category.objects.filter(parent=matter, valid_to=None).exists():
        errors["on"] = "它下面还有在用的事项，请先停用它们"
    if last is None and matter.parent is not None and matter.parent.valid_to is not None:
        errors["reason"] = f"上级“{matter.parent.name}”已停用，请先恢复上级"
    if errors:
        raise Invalid(errors)
    before, matter.valid_to = matter.valid_to, last
    matter.save(update_fields=["valid_to"])
    _record(matter, {"valid_to": before}, {"valid_to": last}, by, reason.strip())
    return matter


def _ask(by: Actor, setup: bool) -> None:
    if not (may := may_change(by, setup)):
        raise Refused(may)
    in_turn("cases.matters")
    queries.forget()  # what somebody else has just entered


def _record(matter: Category, before: Mapping, after: Mapping, by: Actor, reason: str = "") -> None:
    said = {"before": {k: _plain(v) for k, v in before.items()}, "after": {k: _plain(v) for k, v in after.items()}, **({"reason": reason} if reason else {})}
    ledger.write(kind="matter", by_id=by.id, by_name=by.name, about=f"category:{matter.code}", detail=said)
    queries.forget()


def _plain(value):
    return value.isoformat() if isinstance(value, date) else value


def wrong(content: Mapping) -> dict[str, str]:
    """Errors by field of what a matter was given. TypeError for a name that a matter does not have."""
    if unknown := set(content) - set(_CHANGEABLE):
        raise TypeError(f"a matter has no {sorted(unknown)}")
    checks: dict[str, Callable[[Any], str]] = {"name": _wrong_name, "evidence": _wrong_evidence, "elements": _wrong_elements, "keywords": _wrong_words,
              "urgent_words": _wrong_words}
    found = {name: checks[name](value) for name, value in content.items() if name in checks}
    return {name: sentence for name, sentence in found.items() if sentence}


def _wrong_name(name: str) -> str:
    return "" if 1 <= len(name.strip()) <= 80 else "请填写名称，最多 80 字"


def _wrong_evidence(evidence: str) -> str:
    return "" if evidence in dict(EVIDENCE) else "佐证须为：" + "、".join(words for _, words in EVIDENCE)


def _wrong_words(words: Iterable[str]) -> str:
    return "" if all(isinstance(w, str) and 0 < len(w) <= 30 for w in words) else "每个词最多 30 字，用空格或顿号分开"


def _wrong_elements(elements: list[Mapping]) -> str:
    keys = [e.get("key") for e in elements]
    if len(set(keys)) != len(keys):
        return "要素的代码不能重复"
    for element in elements:
        if not str(element.get("label", "")).strip():
            return "每个要素都要有名称"
        if element.get("type", "text") not in dict(ELEMENT_TYPES):
            return f"要素“{element['label']}”的类型无效"
        if element.get("type") == "choice" and not element.get("choices"):
            return f"要素“{element['label']}”是选项，请写出各个选项"
    return ""


@transaction.atomic
def put_danger(*, content: Mapping, by: Actor, setup: bool = False) -> int:
    """One danger as the city says it (`cases/danger.yaml` has the shape). 0: new, 1: was there, 2: changed."""
    _ask(by, setup)
    row, made = DangerWords.objects.get_or_create(code=content["code"], defaults={"content": dict(content)})
    if made or row.content == dict(content):
        return 0 if made else 1
    row.content = dict(content)
    row.save(update_fields=["content"])
    ledger.write(kind="danger_words", by_id=by.id, by_name=by.name, about=f"danger:{row.code}")
    queries.forget()
    return 2
