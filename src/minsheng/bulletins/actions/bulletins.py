"""The bulletin as the engine takes it, and its doors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.bulletins import effects
from minsheng.bulletins.models import Bulletin, BulletinList, BulletinStep, BulletinWords
from minsheng.bulletins.queries import bulletins as read
from minsheng.bulletins.queries import counting, making
from minsheng.bulletins.queries.counting import About
from minsheng.bulletins.rules import bulletin, spans
from minsheng.bulletins.rules.bulletin import FIELDS, FINISHED, FREEZES, BulletinFacts, BulletinState, World
from minsheng.bulletins.rules.spans import BulletinKind
from minsheng.cases.effects import clocks
from minsheng.kit import clock, doc_numbers, engine, signed_files, step_fields, stepped
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.in_turn import in_turn
from minsheng.kit.read_times import day
from minsheng.kit.read_values import BadValue, id_or_none
from minsheng.kit.signed_files import Papers
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import YES, Refused, Verdict, no
from minsheng.org import queries as org


class Bulletins(SteppedKind[Bulletin]):
    procedure, effects, fields = bulletin.BULLETIN, effects.BULLETIN, FIELDS
    name, label, model, rows, words = "bulletin", "报告", Bulletin, BulletinStep, BulletinWords
    decided = {"kind": "种类", "since": "统计期起", "until": "统计期止", "topic": "专题", "units": "单位", "categories": "诉求分类", "about": "统计范围",
               "version": "版次", "corrects_id": "更正的报告", "correction": "更正的原因", "title": "标题", "issuer": "发文单位", "overview": "综述",
               "problems": "存在的问题", "advice": "下一步建议", "drafters": "起草人", "due_at": "应拟出时间", "cutoff": "统计截止", "figures": "数字",
               "doc_number": "文号", "signed_at": "签发时间", "signed_by": "签发人", "pdf_sha256": "PDF 摘要", "docx_sha256": "DOCX 摘要",
               "xlsx_sha256": "XLSX 摘要", "sent": "发送", "to_units": "承办单位可阅看"}
    beside_words = {"lists": "数字背后的清单", "files": "签发的文件"}

    def attach(self, subjects: list[Bulletin]) -> None:
        read.attach(subjects)

    def begin(self, subject: Bulletin) -> None:
        subject.lists, subject.kept = {}, []

    def sealed_beside(self, subject: Bulletin) -> Mapping[str, Any]:
        """Lists and papers lie in tables of their own: who changes a row there by hand is found."""
        return {"lists": dict(sorted(subject.lists.items())), "files": signed_files.digests(subject.kept)}

    def facts(self, subject: Bulletin, at: datetime) -> BulletinFacts:
        return read.facts_of(subject)

    def sees(self, facts: BulletinFacts, by: Actor) -> Verdict:
        return YES if read.visible(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Bulletin]) -> dict[str, str]:
        name, values, one = deed.step.name, deed.values, deed.subject
        if name in ("draft_bulletin", "draft_bulletin_on_time"):
            about = about_of(values)
            world = _world(deed.at, about.key if about else "", values)
            return bulletin.drafted(values, about.span if about else None, world)
        if name == "correct_bulletin":
            return bulletin.corrected(_of_corrected(values.get("of"), deed.at))
        if name == "amend_bulletin":
            return bulletin.worded(values)
        if name == "sign_bulletin":
            taken = doc_numbers.taken(values.get("doc_number", ""), one)
            today = clocks.local_day(deed.at)
            return bulletin.signed(World(today, number_taken=taken, as_seen=deed.brought.made_of(one.seq, today)))
        return {}

    def gather(self, deed: Deed[Bulletin]) -> None:
        if deed.step.name not in FREEZES:
            return
        one, found = deed.subject, deed.found
        about: About | None
        if deed.step.name == "recount_bulletin":
            about, found["rows"] = read.about(one), {row.key: row for row in BulletinList.objects.filter(bulletin_id=one.id)}
        elif deed.step.name == "correct_bulletin":
            found["old"] = Bulletin.objects.get(id=deed.values["of"])
            about = read.about(found["old"])
        else:
            about = about_of(deed.values)
            if about is None:
                raise Refused(no("span", "统计期没有写对，请重新填写", "since"))
            found.update(key=about.key, title=read.title(about), issuer=org.issuer(), due_at=one.due_at)
        found["about"], found["cutoff"] = about, one.due_at if deed.step.name == "draft_bulletin_on_time" and one.due_at else deed.at
        frozen, found["lists"] = counting.freeze(about, found["cutoff"])
        found["figures"] = frozen.written()

    def bring(self, id_: int, step: Step, by: Actor, given: dict[str, Any]) -> Papers:
        """The papers take their time: they are made before anything is locked, for who may sign alone."""
        if step.name != "sign_bulletin":
            return Papers()
        one = read.visible(by).filter(id=id_).first()
        if one is None or not verdict(step, read.facts_of(one), by):
            return Papers()  # why not is said where it is held: its key may have signed it before
        values, wrong = step_fields.read(FIELDS, step_fields.READERS, step.needs, given)
        today = clocks.local_day(clock.now())
        files = {} if wrong else {form: making.made(one, form, day=today, number=values["doc_number"], signed_by=by.name) for form in read.FORMS}
        return Papers(one.seq, today, files)


BULLETINS = Bulletins()


def about_of(values: Mapping[str, Any]) -> About | None:
    """What the fields say that it is about; None: they do not say it."""
    try:
        kind = BulletinKind(values.get("kind", ""))
        since = day(values.get("since", ""))
        span = spans.whole(kind, since, day(values["until"]) if values.get("until") else None)
    except (ValueError, BadValue):
        return None
    units, matters, _ = counting.narrowed(values.get("units", ""), values.get("matters", ""))
    return About(kind, span, units, matters, values.get("topic", ""))


def _world(at: datetime, key: str, values: Mapping[str, Any]) -> World:
    _, _, wrong = counting.narrowed(values.get("units", ""), values.get("matters", ""))
    return World(clocks.local_day(at), wrong, read.waiting(key), read.of_same(key).filter(state__in=FINISHED).count())


def _of_corrected(id_: Any, at: datetime) -> World:
    old = Bulletin.objects.filter(id=id_ or 0, state__in=FINISHED).first()
    newer = old is not None and read.of_same(old.about).filter(state__in=FINISHED, version__gt=old.version).exists()
    return World(clocks.local_day(at), newest=old is not None and not newer, waiting=old is not None and read.waiting(old.about))


def _make(step: str, by: Actor, given: Mapping[str, Any], key: str, at: datetime | None, due_at: datetime | None = None) -> BulletinStep:
    """Two who draft at once take turns: of the same there is one unsigned, and one of each version."""
    at = at or clock.now()
    in_turn("bulletins.drafts")
    one = Bulletin(id=new_id(at), state=BulletinState.NEW.value, updated_at=at, due_at=due_at)
    BULLETINS.begin(one)
    return engine.make(BULLETINS, one, step, by=by, given=given, at=at, key=key)


@transaction.atomic
def draft(*, by: Actor, given: Mapping[str, Any], key: str = "", at: datetime | None = None) -> BulletinStep:
    return _make("draft_bulletin", by, given, key, at)


@transaction.atomic
def draft_on_time(*, by: Actor, due: spans.Due, at: datetime | None = None) -> BulletinStep:
    """What the clock owes, once: the same kind and days are the same step, whoever repeats it. Counted as known when it was due."""
    given = {"kind": due.kind.value, "since": due.span.since.isoformat()}
    return _make("draft_bulletin_on_time", by, given, f"due:{due.kind.value}:{due.span.since}", at, due.at)


@transaction.atomic
def correct(*, by: Actor, given: Mapping[str, Any], key: str = "", at: datetime | None = None) -> BulletinStep:
    return _make("correct_bulletin", by, {**given, "of": id_or_none(given.get("of"))}, key, at)


def take(*, bulletin_id: int, step: str, by: Actor, given: Mapping[str, Any] | None = None, key: str = "", at: datetime | None = None) -> BulletinStep:
    return engine.take(BULLETINS, bulletin_id, step, by=by, given=given, at=at, key=key)


def verify_history() -> Iterator[str]:
    """For `doctor`: every row of the history of bulletins that was changed, deleted or cut off."""
    return stepped.broken(BULLETINS)


