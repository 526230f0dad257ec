"""The intake form: what was typed, what the page shows beside it, and the words of `create_case` read back from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.http import QueryDict
from django.utils import timezone

from minsheng.accounts.rules import LANGUAGES, Actor
from minsheng.cases import queries as cases
from minsheng.cases.actions import Requester
from minsheng.cases.queries import intake_desk, words
from minsheng.cases.rules import DeclineReason, Ground, Kind, RequesterKind
from minsheng.cases.rules.checks import EMERGENCY, asks_place
from minsheng.cases.rules.fields import FIELDS, element_words
from minsheng.contacts import number_searches
from minsheng.contacts import queries as contacts
from minsheng.contacts.rules import Grade, Sought
from minsheng.desk import forms, typeahead, unit_choices
from minsheng.dispatch import queries as dispatch
from minsheng.kit import clock
from minsheng.kit.read_values import id_or_none
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.knowledge import queries as knowledge
from minsheng.language import rules as language
from minsheng.org import queries as org
from minsheng.telephony.queries.ringing import Caller

NAMES = ("call", "phone", "name", "requester_kind", "language", "narrative", "original", "title", "kind", "category", "place", "district",
         "complained", "secrecy", "urgent", "calm", "restricted", "desk", "previous", "reopen_reason", "identity", "answer", "article", "no_article", "target", "target_answered",
         "transfer_reason", "decline_reason", "told", "decline_target", "decline_answered", "note_kind", "note", "police", "police_ref", "police_officer", "police_on_line")
_LONGEST = 9000
TITLE = 28


def typed(post: Mapping) -> dict[str, str]:
    """What stands in the form, field by field; elements of the matter as "el-KEY"."""
    names = [n for n in post if n in NAMES or n.startswith("el-")]
    asked = {"identity": ",".join(post.getlist("identity"))[:200]} if "identity" in names and isinstance(post, QueryDict) else {}
    return {n: post.get(n, "")[:_LONGEST] for n in names[:80]} | asked


def today() -> date:
    return timezone.localtime(clock.now()).date()


def content(values: Mapping[str, str]) -> dict:
    """Keyword arguments of `create_case`. Invalid for a unit that nobody bears."""
    return {
        "kind": values.get("kind", ""), "narrative": values.get("narrative", ""), "title": values.get("title", ""),
        "category": values.get("category", ""), "place": place_of(values),
        "district": values.get("district", ""),
        "elements": answered(values),
        "urgent": True if values.get("urgent") else False if values.get("calm") else None, "secrecy": bool(values.get("secrecy")),
        "restricted": values.get("restricted", ""),
        "complained_unit": unit_choices.named(values.get("complained", ""), "complained", unit_choices.complained()),
        "language": values.get("language") or "zh", "original": values.get("original", ""),
        "requester": Requester(values.get("name", ""), values.get("phone", ""), values.get("requester_kind") or "person"),
    }


def _places(values: Mapping[str, str]) -> list[str]:
    matter = intake_desk.matter(values.get("category", ""))
    return [f"el-{e['key']}" for e in (matter.elements if matter else []) if asks_place(e)]


def place_of(values: Mapping[str, str]) -> str:
    """The place as it was typed, in its own field or as an element of the matter."""
    said = [values.get(name, "").strip() for name in ("place", *_places(values))]
    return next(filter(None, said), "")


def answered(values: Mapping[str, str]) -> dict[str, str]:
    """Element -> what was said of it; the place answers the element that asks where."""
    said = {n[3:]: v.strip() for n, v in values.items() if n.startswith("el-") and v.strip()}
    place = values.get("place", "").strip()
    return ({name[3:]: place for name in _places(values)} if place else {}) | said


def of_case(back: intake_desk.SentBack) -> dict[str, str]:
    """The form of a case that came back: what stands in it now."""
    case, said = back.case, back.said
    return {"narrative": said.narrative, "title": said.title, "place": said.place, "kind": case.kind, "category": back.category,
            "district": str(case.district_id or ""), "urgent": "1" if case.urgent else "", "language": case.language,
            **{f"el-{key}": element_words(value) for key, value in said.elements.items()}}


def amended(values: Mapping[str, str]) -> dict:
    """What `amend` is given: every field of the form that says something, and whether it is urgent."""
    said = {"title": values.get("title", ""), "narrative": values.get("narrative", ""), "place": place_of(values),
            "district": values.get("district", ""), "category": values.get("category", ""), "kind": values.get("kind", ""), "elements": answered(values)}
    return {name: value for name, value in said.items() if value} | {"urgent": bool(values.get("urgent"))}


_GIVEN = {
    "answer": {"answer": "answer", "article": "article", "no_article": "no_article"},
    "transfer": {"target": "target", "target_answered": "target_answered", "reason": "transfer_reason"},
    "decline": {"decline_reason": "decline_reason", "told": "told"},
}
_OF_EMERGENCY = {"target": "decline_target", "target_answered": "decline_answered"}  # asked for beside a decline as an emergency alone


def given(then: str, values: Mapping[str, str]) -> dict:
    """What the ending step is given."""
    asked = _GIVEN.get(then, {})
    if then == "decline" and values.get("decline_reason") == DeclineReason.EMERGENCY:
        asked = asked | _OF_EMERGENCY
    return {name: values[field] for name, field in asked.items() if values.get(field, "").strip()}


def field_errors(then: str, errors: Mapping[str, str]) -> dict[str, str]:
    """Errors of the door under the names of this form's fields."""
    renamed = _GIVEN.get(then, {}) | (_OF_EMERGENCY if then == "decline" else {}) | {"complained_unit": "complained"}
    return {renamed.get(name, name): sentence for name, sentence in errors.items()}


# --- what stands beside the words ------------------------------------------------------------


def sought(by: Actor, phone: str, call: Caller | None) -> Sought | None:
    """The number as it may be looked for: the exchange's own freely, one that was typed as far as the budget goes (Refused)."""
    return number_searches.of_call(phone) if call is not None and call.number == phone else number_searches.asked(by=by, raw=phone)


def caller(by: Actor, phone: str, call: Caller | None = None) -> dict:
    """Left: who calls. At most six statements beside the count of what was typed."""
    phone = phone.strip()
    if not phone:
        return {"phone": ""}
    try:
        found = sought(by, phone, call)
    except Refused as refused:
        return {"phone": phone, "refused": refused.verdict.reason}
    known = contacts.by_phone(found)
    flag = contacts.flag_for(found.hash if found else None, clock.now())
    return {
        "phone": phone, "wrong": _wrong_number(phone), "known": contacts.masked(known[0]) if known else None,
        "speaks": LANGUAGES.get(known[0].language, "") if known else "", "language": known[0].language if known else "",
        "flag": flag, "grade": Grade(flag.grade) if flag else None, "earlier": intake_desk.of_caller(by, known) if known else [],
    }


def place_name(earlier: list[intake_desk.CallerCase]) -> str:
    """The district of the caller's newest case that has one."""
    district = next((one.case.district_id for one in sorted(earlier, key=lambda one: -one.case.id) if one.case.district_id), None)
    return org.tree().name(district) if district else ""


def _wrong_number(phone: str) -> str:
    """Why the number cannot be read; "" when it can."""
    try:
        contacts.read_number(phone)
    except Invalid as wrong:
        return wrong.errors["phone"]
    return ""


def reading(values: Mapping[str, str]) -> dict:
    """Middle: what the words are probably about, with the words that said so. No statement."""
    text = values.get("narrative", "")
    found = dispatch.read("\n".join([values.get("title", ""), text, values.get("original", "")])) if text.strip() else None
    matter = intake_desk.matter(values.get("category", "")) or (intake_desk.matter(found.matters[0].code) if found and found.matters else None)
    urgent = tuple(w for w in (matter.urgent_words if matter else ()) if w in text)
    script = language.script_of(text) if text.strip() else "zh"
    best = found.matters[0].score if found and found.matters else 0
    return {
        "district_guess": unit_choices.district_in(f"{text} {values.get('place', '')}") or "", "script": script, "script_word": {"bo": "藏文", "en": "英文"}.get(script, ""),
        "matters_near": [g for g in (found.matters if found else ()) if g.score * 3 >= best][:3],
        "read": found, "kind_word": Kind(found.kind).label if found and found.kind else "", "title_guess": title_of(text), "urgent": urgent,
        "danger": found.danger if found and found.danger.found else None, "targets_near": [n for n in (found.danger.call if found else ()) if n in _TARGETS],
        "shut": Ground(found.danger.restricted).label if found and found.danger.restricted
        else Ground.MATTER.label if matter and matter.restricted_hint and values.get("category") else "",
    }


_TARGETS = dict(FIELDS["target"].choices)


def title_of(text: str) -> str:
    """The first sentence that says something, masked: a title to start from."""
    parts = [p.strip(" ，,、") for p in language.mask(text).replace("\n", "。").replace("！", "。").replace("？", "。").split("。")]
    said = next((p for p in parts if len(p) >= 6), parts[0] if parts else "")
    return language.shortened(said, TITLE)


def basis(values: Mapping[str, str]) -> str:
    """The article that was chosen as the ground of an answer, with its version; "" when none is. At most one statement."""
    chosen = id_or_none(values.get("article", ""))
    found = knowledge.version_facts(chosen, today()) if chosen else None
    return f"{found.code}《{found.title}》第 {found.n} 版" if found else ""


def elements(values: Mapping[str, str], errors: Mapping[str, str]) -> list[dict]:
    """The fields of the matter's template, the missing ones marked."""
    matter = intake_desk.matter(values.get("category", ""))
    drawn = []
    for e in matter.elements if matter else []:
        name, choices, where = f"el-{e['key']}", [(c, c) for c in e.get("choices", [])], asks_place(e)
        value = values.get(name, "") or (values.get("place", "") if where else "")
        drawn.append({"name": name, "label": e["label"], "type": "choice" if choices else "text", "choices": choices, "value": value,
                      "help": e.get("help", ""), "missing": bool(e.get("required")) and not value.strip(), "required": False, "is_place": where,
                      "error": errors.get(name, "")})
    return drawn


def heard(by: Actor, values: Mapping[str, str]) -> dict:
    """What the words are probably about, and what stands beside them."""
    about = reading(values)
    return {**about, **_beside(by, values, [guess.code for guess in about["matters_near"]])}


def _beside(by: Actor, values: Mapping[str, str], guessed: Iterable[str]) -> dict:
    """Right: the article that answers, the same matter open now; `guessed`: codes of what the words may be about. At most three statements."""
    text, code = values.get("narrative", ""), values.get("category", "")
    found = knowledge.search(text, on=today(), limit=4) if text.strip() else []
    if code:
        have = {a.article_id for a in found}
        found += [a for a in knowledge.for_category(code, today(), 4) if a.article_id not in have]
    district = id_or_none(values.get("district", "")) or None
    words = f"{values.get('title', '')} {text} {values.get('place', '')}"
    return {"articles": found[:6], "same": dispatch.likely_same(by, words, category=code, guessed=guessed, district=district), "chosen": values.get("article", "")}


def lists() -> dict:
    """Choices of the form's selects; no statement beyond the kept tree and matters."""
    return {
        "kinds": Kind.choices(), "matters": forms.categories(), "found_by": typeahead.matters(),
        "places": unit_choices.districts(), "complained_units": unit_choices.complained(),
        "languages": list(LANGUAGES.items()), "requester_kinds": RequesterKind.choices(), "targets": FIELDS["target"].choices, "grounds": Ground.choices(),
        "emergencies": [c for c in FIELDS["target"].choices if c[0] in EMERGENCY],
        "declines": list(DeclineReason),
        "note_kinds": [(kind, label, intake_desk.NOTE_DUTIES.get(kind, "")) for kind, label in intake_desk.NOTE_KINDS.items()],
    }


def spoken(number: str) -> list[str]:
    """A number as it is read aloud: the day, then groups of three and four; a query code in threes."""
    if len(number) == 14 and number.isdigit():
        return [number[:4], number[4:8], number[8:11], number[11:]]
    return [number[i : i + 3] for i in range(0, len(number), 3)]


def speaks_for(by: Actor, case_id: int, values: Mapping[str, str], call: Caller | None) -> bool:
    """Is the caller's number on this page the one on the case (rulings, 36)? Refused over the budget: one that was typed is looked for."""
    return intake_desk.speaks_from(case_id, sought(by, values.get("phone", "").strip(), call), by)


def _matches(by: Actor, case_id: int, values: Mapping[str, str], call: Caller | None) -> bool:
    """The same where two facts may be asked instead: what may not be looked for any more is no match."""
    try:
        return speaks_for(by, case_id, values, call)
    except Refused as refused:
        if refused.verdict.code != "budget":
            raise
        return False


def who_speaks(by: Actor, case_id: int, values: Mapping[str, str], call: Caller | None) -> list[str]:
    """What says who is on the line that opens a case anew: the number, or what was asked on this page; nothing, and the step says so."""
    return ["number"] if _matches(by, case_id, values, call) else [one for one in values.get("identity", "").split(",") if one]


def by_number(by: Actor, case_id: int, values: Mapping[str, str], call: Caller | None) -> list[str]:
    """For what one press does: from any other number the case's own page asks for two facts."""
    if speaks_for(by, case_id, values, call):
        return ["number"]
    raise Refused(no("identity", "来电号码不是这件工单登记的号码：请打开工单，核对两项只有本人知道的信息后再办"))


def identity(by: Actor, values: Mapping[str, str], errors: Mapping[str, str], call: Caller | None) -> dict | None:
    """The field that asks whoever rings from another number. None: nobody has to be asked."""
    previous = id_or_none(values.get("previous", ""))
    try:
        if not previous or _matches(by, previous, values, call):
            return None
    except Refused:
        return None
    f = FIELDS["identity"]
    return {"name": f.name, "label": f.label, "type": "multi", "choices": [c for c in f.choices if c[0] != "number"], "value": values.get("identity", ""),
            "required": True, "help": "来电号码不是上一单登记的号码：核对至少两项；只记问了什么，不记答案", "error": errors.get("identity", "")}


_BAR = (("answer", "答复", "1"), ("transfer", "转接", "2"), ("decline", "不受理", "3"), ("submit", "派单", "4"), ("note", "无效来电", "5"))


def bar(by: Actor) -> list[dict]:
    """The five ways to end a call, each open or shut with its reason."""
    ends: dict[str, Verdict] = intake_desk.ends(by)
    ends["note"] = ends["submit"]
    return [{"name": name, "label": label, "key": key, "allowed": bool(ends[name]), "reason": ends[name].reason, "main": name == "submit"}
            for name, label, key in _BAR]


def same_as(by: Actor, case_id: int, values: dict[str, str]) -> tuple[dict[str, str], str]:
    """+1: what the open case knows fills what is empty; and the words for the dispatcher. Refused("hidden") when it is not to be seen."""
    case = cases.get(case_id, by)
    code = case.category.code if case.category else ""
    known = {"kind": case.kind, "category": code, "district": str(case.district_id or ""), "place": words.of_case(case, words.MASKED).place}
    filled = {**values, **{n: v for n, v in known.items() if not values.get(n, "").strip()}}
    filled["narrative"] = values.get("narrative", "").strip() or f"反映同一事项：{case.title}"
    return filled, f"与 {case.number} 为同一事项，建议并入该单"
