"""Words about a case that say who asks in it: refused before they lie anywhere (rulings, 103)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minsheng.cases.models import Case
from minsheng.cases.queries import requesters
from minsheng.cases.rules import masking
from minsheng.kit.engine import Deed
from minsheng.leader_days.models import Commitment
from minsheng.leader_days.rules.fields import FIELDS

_PEOPLE, _DOORS = "请删去诉求人的姓名、电话（所涉工单的）", "诉求人要求保密：请删去姓名、电话、门牌"
_OPEN = "对外公开的不写姓名、电话、门牌，请删去"
_PUBLIC = frozenset({"public_matter", "public_progress"})
_LEDGER = frozenset({"what", "owner", "finding", *_PUBLIC})  # what others than its unit read


def said(words: Mapping[str, str], of: Iterable[Case]) -> dict[str, str]:
    """Field -> what to do. Of who asked for secrecy neither name nor number nor door is written; of everybody else no name and number."""
    of = list(of)
    everybody = masking.all_of(requesters.known_of(of).values()) if of else masking.NOBODY
    found = {name: _PEOPLE for name, text in words.items() if masking.cover_people(text, everybody) != text}
    if any(case.sealed for case in of):
        found |= {name: _DOORS for name, text in words.items() if masking.cover(text, everybody) != text}
    return found


def of_commitment(deed: Deed[Commitment]) -> dict[str, str]:
    """In the ledger stands no requester; what is to be published holds no name, number or door of anybody."""
    case = deed.subject.case
    words = {name: text for name, text in deed.values.items() if FIELDS[name].is_words}
    if case is None or not words:
        return {}
    found = said(words if case.sealed else {name: words[name] for name in _LEDGER & set(words)}, [case])
    return found | {name: _OPEN for name in _PUBLIC & set(words) if masking.cover(words[name], masking.NOBODY) != words[name]}
