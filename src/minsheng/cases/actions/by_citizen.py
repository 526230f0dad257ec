"""What a citizen does without an account: send a request, open it by number and code, take a step on it.

The door stays `actions.take_step`; here stands what a stranger's door needs before it:
slowing down, one answer for every wrong pair, and the same form sent twice making one case.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_noop as mark

from minsheng.accounts import rules as people
from minsheng.accounts import throttle
from minsheng.accounts.known_devices import Device
from minsheng.accounts.rules import Actor, Role
from minsheng.accounts.try_limits import Drip, Limit, code_limits, send_limits
from minsheng.cases import actions
from minsheng.cases.actions import any_step, create
from minsheng.cases.models import Case, CaseNumber, OutsideKey
from minsheng.cases.rules.procedure import OF_REQUESTER
from minsheng.contacts import queries as contacts
from minsheng.files import actions as files
from minsheng.kit.translatable import Said
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.language import rules as language
from minsheng.language.folding import in_place
from minsheng.language.patterns import SPOKEN

MAX_FILES = 5
SOURCE = "portal"
WRONG = mark("编号或查询码不对。请核对提交成功时显示的号码；找不到时请拨打 12345，由话务员核实后查询。")
TRIED = mark("连续输错次数过多，请等 {wait}后再试。")
TOO_MANY = mark("这个网络刚才提交得太多，已填的内容都在，请等 {wait}后再点提交；着急请拨打 12345。")
_STEPS = 10, timedelta(minutes=1)


@dataclass(frozen=True)
class Sent:
    """`code` is "" when the same form was sent before: it is shown once."""

    number: str
    code: str
    replayed: bool
    case_id: int = 0


def citizen(case_id: int = 0) -> Actor:
    return Actor(0, "诉求人", frozenset({Role.REQUESTER}), case_id=case_id)


def send(*, key: str, address: str, uploads: Sequence[tuple[str, bytes]] = (), narrative: str, reply_language: str = "zh",
         name: str = "", phone: str = "", requester_kind: str = "person", **content) -> Sent:
    """One request from the net: files, case and submission in one transaction. `key` makes the same form sent twice one case.

    content  kind, place, district, secrecy as `create_case` takes them. Refused: too many from one address, says how long to wait.
    """
    slow(send_limits(address), TOO_MANY)
    check_phone(phone)
    by = citizen()
    prepared = _prepared(uploads)
    try:
        with transaction.atomic():
            made = actions.create_case(
                by=by, narrative=narrative, channel="web", language=reply_language,
                original=narrative if language.script_of(narrative) != "zh" else "", key=(SOURCE, key), then="submit",
                files=tuple(files.keep(prepared=one, by=by).id for one in prepared),
                requester=actions.Requester(name, phone, requester_kind), **content)
            if made.replayed:
                transaction.set_rollback(True)  # the files came a second time with the form
    except BaseException:
        files.drop_unkept(one.sha256 for one in prepared)
        raise
    return Sent(made.case.number, "" if made.replayed else made.code, made.replayed, made.case.id)


def number_of(key: str) -> str:
    """The number of the case that the form with this key made; "" when it made none."""
    case_id = OutsideKey.objects.filter(source=SOURCE, key=key).values_list("case_id", flat=True).first()
    found = CaseNumber.objects.filter(case_id=case_id).values_list("number", flat=True).first() if case_id else None
    return found or ""


def code_again(*, key: str) -> str:
    """Another query code for the case that the form with this key made: its answer was lost. "" when there is none."""
    case_id = OutsideKey.objects.filter(source=SOURCE, key=key).values_list("case_id", flat=True).first()
    return create.renew_code(case_id=case_id) if case_id else ""


def open_by_code(*, number: str, code: str, address: str, known: Device | None = None) -> Actor:
    """The requester of the case that number and code open. Refused: the same for an unknown number and a wrong code, or a wait.

    known  the device as its cookie tells it: one that this case was opened on before is not made to wait for what others tried
    """
    number, code = figures(number), figures(code)
    if not number or not code:
        raise Refused(no("wrong", WRONG))  # nothing was tried
    answer = _try(number, code, address, known or Device())
    if isinstance(answer, Verdict):
        raise Refused(answer)
    return citizen(answer)


@transaction.atomic
def _try(number: str, code: str, address: str, device: Device) -> int | Verdict:
    """The case's id, or why not. A failure is counted, so nothing is raised here."""
    case = Case.objects.filter(id__in=CaseNumber.objects.filter(number=number[:40]).values("case_id")).only("id", "code_hash").first()
    limits = code_limits(number, address, device.known_to(f"case:{case.id}") if case else "")
    if wait := throttle.take(limits):
        return no("wait", Said(TRIED, wait=people.in_words(wait)))
    asked = actions.code_hash(number, code)
    if not hmac.compare_digest(asked, bytes(case.code_hash) if case and case.code_hash else bytes(len(asked))) or case is None:
        throttle.wrong("codes")
        return no("wrong", WRONG)
    throttle.give_back(limits)
    return case.id


_SAID = re.compile(rf"(?:[{''.join(map(chr, SPOKEN))}\d][-\s.·_,，、]{{0,2}}){{6,40}}")


def figures(text: str) -> str:
    """The figures alone, of whatever script: what is copied with a number (blanks, hyphens, marks without width, words) does not count.

    As they are said (三九幺零) where at least six of them stand together: 一 and 两 are words, too.
    """
    text = _SAID.sub(lambda said: said[0].translate(SPOKEN), in_place(unicodedata.normalize("NFKC", text[:400])).text)
    figures = (unicodedata.digit(c, None) for c in text)
    return "".join(str(figure) for figure in figures if figure is not None)[:60]


def act(*, by: Actor, step: str, given: Mapping | None = None, uploads: Sequence[tuple[str, bytes]] = (), key: str = "") -> None:
    """One of `OF_REQUESTER` on the case that the citizen opened. The same form (`key`) sent twice is one step."""
    if step not in OF_REQUESTER or not by.case_id:
        raise Refused(no("no_step", mark("没有这个操作，请返回查询页重试")))
    slow([Drip(f"steps:{by.case_id}", *_STEPS)], mark("操作太频繁，请等 {wait}后再试，已填的内容都在。"))
    if len(uploads) > MAX_FILES:
        raise Invalid({"files": Said(mark("一次最多 {n} 个文件，请分两次补充"), n=MAX_FILES)})
    values = {k: v for k, v in (given or {}).items() if v != ""}
    try:
        any_step.take(case_id=by.case_id, step=step, by=by, given=values, uploads=uploads, key=key)
    except Invalid as wrong:
        raise Invalid({"files" if name == "file" else name: said for name, said in wrong.errors.items()}) from wrong


def _prepared(uploads: Sequence[tuple[str, bytes]]) -> list[files.Prepared]:
    """The files looked at and cleaned, before anything is written; Invalid names the one that is not taken."""
    if len(uploads) > MAX_FILES:
        raise Invalid({"files": Said(mark("一次最多 {n} 个文件；其余的可以在提交后补充"), n=MAX_FILES)})
    ready = []
    for name, content in uploads:
        try:
            ready.append(files.prepare(content=content, name=name))
        except Invalid as wrong:
            raise Invalid({"files": Said(mark("“{name}”：{wrong}。请重新选择全部文件"), name=name[:40], wrong=wrong.errors["file"])}) from wrong
    return ready


def check_phone(phone: str) -> None:
    """Invalid({"phone": …}) for what is no telephone number; none at all is fine."""
    contacts.read_number(phone)


def slow(limits: Sequence[Limit], words: str) -> None:
    """Refused with the wait; what is counted stays counted."""
    with transaction.atomic():
        wait = throttle.take(limits)
    if wait:
        raise Refused(no("wait", Said(words, wait=people.in_words(wait))))
