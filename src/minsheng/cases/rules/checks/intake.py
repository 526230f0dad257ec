"""What is checked of an answer on the spot, a transfer and a decline; titles and elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minsheng.cases.rules import CaseFacts, DeclineReason, Kind
from minsheng.cases.rules.checks.shared import Given, World
from minsheng.kit.steps import asks
from minsheng.language import rules as language

TITLE_FROM = 30  # as long as so many Chinese characters is the title that the narrative makes where none was given


def title_of(title: str, narrative: str) -> str:
    """The title as it is kept: what was given, else the beginning of the words, which ends in no comma."""
    return title[:200].strip().replace("\n", " ") if title else language.shortened(narrative, TITLE_FROM).rstrip(" ；;，,、：:")


EMERGENCY = frozenset({"110", "119", "120", "122"})


@asks("转接须有对方接听的凭据")
def proof_of_transfer(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """The agent drops only on proof that the other side has answered (国办发〔2022〕12号)."""
    if given.get("target") in EMERGENCY and not given.get("target_answered"):
        return {"target_answered": "请确认对方已接听后再结束"}
    return {}


@asks("咨询须引用知识文章，没有的写明理由")
def answer_says_why(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """A consultation is answered by an article; without one the answer says why (rulings, 12)."""
    if case.kind == Kind.CONSULT and not given.get("article") and not given.get("no_article"):
        return {"no_article": "咨询没有选知识文章的，请写明为什么（没有相应文章、文章已过期、依据是什么）"}
    return {}


@asks("以紧急为由的须证明 110、119 或 120 已接听")
def emergency_was_handed_on(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Who declines as an emergency proves that 110, 119 or 120 has answered: nobody is left without help (rulings, 12)."""
    if given.get("decline_reason") != DeclineReason.EMERGENCY:
        return {n: "只有紧急警情才填写转接" for n in ("target", "target_answered") if n in given}
    if given.get("target") not in EMERGENCY:
        return {"target": "紧急警情须先转接 110、119、120 或 122，请选择转接到哪里"}
    return {} if given.get("target_answered") else {"target_answered": "请确认对方已接听后再结束"}


def asks_place(element: Mapping[str, Any]) -> bool:
    """A matter that asks where asks what every case says in its place."""
    return element.get("type") == "place" or any(word in element["label"] for word in ("位置", "地点", "地址"))


def missing_elements(template: list[dict[str, Any]], elements: Given, place: str) -> list[str]:
    """Labels of what the template of the matter still asks for (要素模板; rulings, 39). Where it asks where, the place answers."""
    return [e["label"] for e in template if e.get("required") and str(elements.get(e["key"], "")).strip() == "" and not (asks_place(e) and place.strip())]


def by_key(template: list[dict[str, Any]], elements: Given) -> dict[str, Any]:
    """What was said, by the keys of the template: a program of another system may know an element by its label."""
    keys = {e["label"]: e["key"] for e in template}
    return {keys.get(name, name): said for name, said in elements.items()} | {key: elements[key] for key in keys.values() if key in elements}
