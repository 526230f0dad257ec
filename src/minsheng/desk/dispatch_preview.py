"""What the dispatcher reads of one case before sending it: words, gaps, doubts, proposals, dates, the same matter elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minsheng.accounts.rules import LANGUAGES, Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.queries import dispatch_lists, words
from minsheng.cases.queries.case_page import band_of
from minsheng.cases.queries.damage import readable
from minsheng.cases.queries.dispatch_lists import Pile, Promise
from minsheng.cases.rules import CaseFacts, Channel, Kind, State
from minsheng.cases.rules.checks import asks_place, missing_elements
from minsheng.cases.rules.fields import element_words
from minsheng.cases.rules.procedure import SENDING
from minsheng.cases.rules.readers import Place
from minsheng.contacts import queries as contacts
from minsheng.desk import unit_choices
from minsheng.desk.step_bar import ABSENT
from minsheng.dispatch import queries as dispatch
from minsheng.dispatch.queries import Proposal
from minsheng.kit import form_key
from minsheng.kit.steps import Step
from minsheng.kit.verdict import Verdict
from minsheng.org import queries as org


@dataclass(frozen=True)
class Preview:
    case: Any  # cases.models.Case with its words
    facts: CaseFacts
    state: State
    kind: Kind
    channel: Channel
    language: str
    matter: str
    title: str
    narrative: str
    original: str
    place: str
    district: str
    complained: str
    elements: list[tuple[str, str, bool]]
    requester: Any
    clock: tuple[str, str, str]
    doubts: list[str]
    before: list[str]
    send: tuple[Step, Verdict] | None
    here: dict[str, tuple[Step, Verdict]]
    steps: list[tuple[Step, Verdict, str]]
    proposals: list[Proposal] = field(default_factory=list)
    same: list[Any] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)


def of(case_id: int, by: Actor) -> Preview:
    """Refused("hidden") when it is not the reader's, "damaged" when it cannot be shown. At most seven statements."""
    with readable(case_id):
        return _of(case_id, by)


def _of(case_id: int, by: Actor) -> Preview:
    case = cases.get(case_id, by)
    facts, tree = cases.facts_of(case), org.tree()
    view = words.view_of(case, facts, by)
    said = words.of_case(case, view)
    bar = [pair for pair in cases.steps_for(facts, by) if pair[1].code not in ABSENT]
    named = {step.name: (step, answer) for step, answer in bar}
    send = next((named[n] for n in SENDING if n in named), None)
    return Preview(
        case=case, facts=facts, state=facts.state, kind=facts.kind, channel=Channel(case.channel), language=LANGUAGES.get(case.language, ""),
        matter=_matter_name(case),
        title=said.title, narrative=said.narrative, original=said.original, place=said.place, district=tree.name(case.district_id), complained=tree.name(case.complained_unit_id),
        elements=_elements(case, said), requester=contacts.masked(case.contact), clock=band_of(case), doubts=dispatch_lists.doubts(case, facts),
        before=dispatch_lists.words_before(case, view), send=send, here={n: pair for n, pair in named.items() if pair[0].desk.place is Place.DISPATCH},
        steps=[(*pair, pair[0].desk.key) for n, pair in named.items() if pair[0].desk.place is not Place.DISPATCH and n not in SENDING],
        **(_sending(case, by) if send else {}),
    )


def _matter_name(case) -> str:
    matter = cases.categories().get(case.category_id) if case.category_id else None
    return matter.name if matter else ""


def _elements(case, said: words.Words) -> list[tuple[str, str, bool]]:
    """(label, what was said, still missing) of the matter's template; where it asks where, the place is what was said."""
    matter = cases.categories().get(case.category_id) if case.category_id else None
    template = matter.elements if matter else []
    missing = missing_elements(template, said.elements, said.place)
    rows = [(e["label"], element_words(said.elements.get(e["key"])).strip() or (said.place if asks_place(e) else "")) for e in template]
    return [(label, value, label in missing) for label, value in rows if value or label in missing]


def _sending(case, by: Actor) -> dict:
    masked = words.of_case(case, words.MASKED)
    code = cases.categories()[case.category_id].code if case.category_id else ""
    said = f"{masked.title} {masked.narrative} {masked.place}"
    same = dispatch.likely_same(by, said, category=code, district=case.district_id, leave_out=case.id, split_from=case.parent_id or 0, limit=4)
    return {"proposals": dispatch.proposals(case, by), "same": same, "promises": dispatch_lists.promises(case)}


def drawn(shown: Preview, typed: Mapping[str, str] | None) -> dict:
    """The sending form as it stands: typed values, else the best open proposal with its co-units."""
    first = next((p for p in shown.proposals if not p.shut), None)
    if typed is not None:
        return {"lead": typed.get("lead", ""), "other": typed.get("other", ""), "co": typed.get("co", ""), "limit": typed.get("limit", ""),
                "basis": typed.get("basis", "")}
    return {"lead": str(first.unit_id) if first else "", "other": "", "co": co_names(first.co) if first else "", "limit": "",
            "basis": first.basis if first else ""}


def co_names(ids: tuple[int, ...]) -> str:
    tree = org.tree()
    return "、".join(unit_choices.label(tree[i]) for i in ids if i in tree.by_id)


def read(post: Mapping[str, str]) -> dict:
    """What `dispatch` is given. A typed unit wins over a proposal. Invalid for a unit that nobody bears."""
    lead = unit_choices.named(post.get("other", ""), "lead") or post.get("lead", "")
    co = [unit_choices.named(name, "co_units") for name in post.get("co", "").replace("，", "、").replace(",", "、").split("、") if name.strip()]
    found = {"lead": lead, "co_units": co, "limit": post.get("limit", "").strip(), "basis": post.get("basis", "").strip()[:300]}
    return {name: value for name, value in found.items() if value} | form_key.seen(post)


def handlers(shown: Preview) -> list[tuple[int, str]]:
    """Whom the field offers: nobody of the line complained of, nor one whose return was upheld, nor a township where duty may not go down."""
    out = shown.facts.complaint.line | shown.facts.lead.released
    return unit_choices.handlers(out, townships=not shown.facts.no_push_down)


def first_pile(by: Actor, asked: str) -> Pile:
    return Pile(asked) if asked in set(Pile) else Pile.WAITING


def step_of(by: Actor) -> str:
    """A dispatcher sends; a shift leader who is none sends urgent matters at night."""
    return "dispatch" if Role.DISPATCHER in by.roles else "night_dispatch"
