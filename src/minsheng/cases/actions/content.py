"""What a new case is made of, read once for whoever brings it: page, API, portal, a split or re-opened case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minsheng.accounts.rules import LANGUAGES
from minsheng.cases.queries import given_ids
from minsheng.cases.rules import Channel, Ground, RequesterKind, fields
from minsheng.contacts.queries import LONGEST_NAME
from minsheng.kit import read_values
from minsheng.kit.read_values import Fields

_OF_A_STEP = ("kind", "narrative", "title?", "category?", "district?", "place?", "elements?")
LONGEST_PHONE, LONGEST_KEY, LONGEST_ORIGINAL = 40, 120, 8000


@dataclass(frozen=True)
class Requester:
    """Who asks. Empty name and phone: anonymous."""

    name: str = ""
    phone: str = ""
    kind: str = "person"


ANONYMOUS = Requester()


@dataclass(frozen=True)
class Content:
    """Values of their kind, each id looked up."""

    kind: str
    narrative: str
    channel: str
    title: str = ""
    category: str = ""
    district: int | None = None
    place: str = ""
    elements: dict = field(default_factory=dict)
    complained_unit: int | None = None
    language: str = "zh"
    original: str = ""
    requester: Requester = ANONYMOUS
    restricted: str = ""
    key: tuple[str, str] | None = None


def read(given: Mapping[str, Any]) -> Content:
    """Invalid with a sentence a field. `given`: the words of `create_case`."""
    found, errors = fields.read(_OF_A_STEP, {name: given.get(name) for name in (need.rstrip("?") for need in _OF_A_STEP)})
    form = Fields(given)
    found |= {
        "channel": form.read("channel", read_values.choice, Channel.choices(), label="渠道", must=True),
        "language": form.read("language", read_values.choice, LANGUAGES, label="语言", default="zh"),
        "original": form.read("original", read_values.text, LONGEST_ORIGINAL, label="原文", default=""),
        "restricted": form.read("restricted", read_values.choice, Ground.choices(), label="限制知悉的情形", default=""),
        "complained_unit": form.read("complained_unit", read_values.record_id, label="被反映单位"),
        "requester": _requester(form, given["requester"]), "key": _key(form, given.get("key")),
    }
    form.errors = errors | form.errors
    _look_up(form, found)
    form.done()
    return Content(**found)


def _look_up(form: Fields, found: dict) -> None:
    for name, ask in (("district", given_ids.place), ("category", given_ids.matter), ("complained_unit", given_ids.unit)):
        if found.get(name) and (sentence := ask(found[name])):
            form.wrong(name, sentence)


def _requester(form: Fields, who: Requester) -> Requester:
    asked = Fields({"name": who.name, "phone": who.phone, "kind": who.kind})
    made = Requester(asked.read("name", read_values.line, LONGEST_NAME, label="姓名", default=""),
                     asked.read("phone", read_values.line, LONGEST_PHONE, label="电话", default=""),
                     asked.read("kind", read_values.choice, RequesterKind.choices(), label="诉求人类型", default="person"))
    form.errors |= {name if name != "kind" else "requester_kind": sentence for name, sentence in asked.errors.items()}
    return made


def _key(form: Fields, key: tuple[str, str] | None) -> tuple[str, str] | None:
    if not key:
        return None
    asked = Fields({"idempotency_key": key[1]})
    found = asked.read("idempotency_key", read_values.line, LONGEST_KEY, label="幂等键", must=True)
    if found is not None and found != key[1]:
        asked.wrong("idempotency_key", "幂等键含有不能用的字符")
    form.errors |= asked.errors
    return (key[0], found or "")
