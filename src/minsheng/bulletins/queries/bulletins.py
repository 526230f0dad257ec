"""Bulletins as their readers find them: unsigned ones for who writes and signs them, signed ones for the centre, and for units when they
were sent to them; frozen lists page by page; the papers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Func, QuerySet, TextField, Value
from django.db.models.functions import Cast

from minsheng.accounts.rules import Actor
from minsheng.bulletins.models import Bulletin, BulletinFile, BulletinList, BulletinStep
from minsheng.bulletins.queries.counting import About
from minsheng.bulletins.rules import bulletin, figures, spans
from minsheng.bulletins.rules import paper as papers
from minsheng.bulletins.rules.bulletin import BULLETIN, FIELDS, FINISHED, UNFINISHED, BulletinFacts, BulletinState
from minsheng.bulletins.rules.spans import BulletinKind, Span
from minsheng.cases import queries as cases
from minsheng.cases.queries import lists
from minsheng.kit import read_values, signed_files
from minsheng.kit.paging import Page, keyset
from minsheng.kit.papers import DRAFT, Paper
from minsheng.kit.read_values import Fields
from minsheng.kit.subject_page import SubjectPage, history, steps
from minsheng.kit.verdict import Refused, no
from minsheng.measures.rules import BY_CODE

FORMS = ("pdf", "docx", "xlsx")


def visible(by: Actor) -> QuerySet[Bulletin]:
    if by.roles & bulletin.READS_DRAFTS:
        return Bulletin.objects.all()
    found = Bulletin.objects.filter(state__in=FINISHED)
    if by.roles & bulletin.READS:
        return found
    return found.filter(to_units=True) if by.roles & bulletin.OF_UNITS else Bulletin.objects.none()


def facts_of(one: Bulletin) -> BulletinFacts:
    return BulletinFacts(one.id, BulletinState(one.state), tuple(one.drafters))


def about(one: Bulletin) -> About:
    return About(BulletinKind(one.kind), Span(one.since, one.until), tuple(one.units), tuple(one.categories), one.topic)


def of_same(key: str) -> QuerySet[Bulletin]:
    """All versions on the same."""
    return Bulletin.objects.filter(about=key)


def title(of: About) -> str:
    """What it is called until somebody calls it otherwise."""
    words = f"12345热线{of.topic}专报" if of.kind == BulletinKind.SPECIAL else f"12345热线运行情况{of.kind.label}"
    return f"{spans.about(of.kind, of.span)}{words}"


def attach(found: Iterable[Bulletin]) -> None:
    """Lists and files of bulletins, put on each by their digests, which the database counts. Two statements."""
    by_id = {one.id: one for one in found}
    for one in by_id.values():
        one.lists = {}
    written = Func(Cast("ids", TextField()), Value("UTF8"), function="convert_to")
    sha256 = Func(Func(written, function="sha256"), Value("hex"), function="encode", output_field=TextField())
    rows = BulletinList.objects.filter(bulletin_id__in=by_id).exclude(ids=[]).annotate(sha256=sha256)
    for owner, key, digest in rows.values_list("bulletin_id", "key", "sha256"):
        by_id[owner].lists[key] = digest
    signed_files.attach(BulletinFile, "bulletin_id", by_id)


# --- lists ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    kind: str = ""
    state: str = ""


def read_filters(given: Mapping[str, str]) -> Filters:
    form = Fields(given)
    found = Filters(form.read("kind", read_values.choice, BulletinKind.choices(), default=""),
                    form.read("state", read_values.choice, BulletinState.choices(), default=""))
    form.done()
    return found


def listed(by: Actor, asked: Filters = Filters(), after: str = "", size: int = lists.PAGE) -> Page:
    """The newest days first; what was dropped only when it is asked for. One statement."""
    rows = visible(by).defer("figures", "overview", "problems", "advice", "sent")
    rows = rows.filter(kind=asked.kind) if asked.kind else rows
    rows = rows.filter(state=asked.state) if asked.state else rows.exclude(state=BulletinState.DISCARDED)
    return keyset(rows, ("-until", "-id"), after, size)


def versions(one: Bulletin, by: Actor) -> list[Bulletin]:
    """All on the same that the reader may see, the newest first."""
    return list(visible(by).filter(about=one.about).exclude(state=BulletinState.DISCARDED).order_by("-version"))


# --- one ----------------------------------------------------------------------------------------


def _found(bulletin_id: int, by: Actor) -> Bulletin:
    found = visible(by).filter(id=bulletin_id).first()
    if found is None:
        raise Refused(no("hidden", "没有这份报告，或您无权查看"))
    return found


def open_page(bulletin_id: int, by: Actor) -> SubjectPage:
    """Four statements, and one where it corrects another. That it was corrected is said to everybody who may see it."""
    one = _found(bulletin_id, by)
    frozen = figures.read(one.figures)
    others = [row for row in versions(one, by) if row.id != one.id]
    newer = of_same(one.about).filter(state__in=FINISHED, version__gt=one.version).only("id", "version", "doc_number").order_by("-version").first()
    writes = bool(by.roles & bulletin.READS_DRAFTS)
    more = {"frozen": frozen, "sections": papers.sections(frozen, words(one)), "basis": papers.basis(frozen), "versions": others, "newer": newer,
            "newer_seen": newer is not None and any(row.id == newer.id for row in others),
            "corrects": one.state in FINISHED and not any(row.version > one.version for row in others)}
    told = history(BulletinStep, None, one.id, BULLETIN, FIELDS) if writes else []
    return SubjectPage(one, steps(BULLETIN, facts_of(one), by), told, more)


def words(one: Bulletin) -> papers.Words:
    """What people wrote; of a correction the figures that the corrected version gives differently. One statement for these."""
    differ: list[figures.Difference] = []
    if one.corrects_id and (old := Bulletin.objects.filter(id=one.corrects_id).values_list("figures", flat=True).first()):
        differ = figures.differences(figures.read(old), figures.read(one.figures))
    return papers.Words(one.title, one.issuer, one.overview, one.problems, one.advice, one.correction, differ)


def sent(one: Bulletin) -> list[dict[str, Any]]:
    """Who got it when and how, in words."""
    return [{"to": line.get("to", ""), "by": line.get("by", ""), "way": dict(bulletin.WAYS).get(line.get("way", ""), ""),
             "at": datetime.fromisoformat(line["at"])} for line in one.sent]


def paper(one: Bulletin, *, day: date | None = None, number: str = "", signed_by: str = "") -> Paper:
    """As it stands; without a signature it bears the mark of a draft."""
    return papers.paper(figures.read(one.figures), words(one), day=day, number=number, signed_by=signed_by, mark="" if signed_by else DRAFT)


def file_of(bulletin_id: int, form: str, by: Actor) -> tuple[Bulletin, bytes | None]:
    """(it, the signed paper as long as it is the one that was signed; None: nobody signed it). Refused: it may not be seen, or was changed."""
    one = _found(bulletin_id, by)
    if one.state not in FINISHED:
        return one, None
    row = BulletinFile.objects.filter(bulletin_id=bulletin_id, form=form).first()
    return one, signed_files.handed_out(row, getattr(one, f"{form}_sha256"))


def frozen_list(bulletin_id: int, key: str, by: Actor, after: str = "", size: int = lists.PAGE) -> tuple[Bulletin, int, Page]:
    """(the bulletin, the number itself, a page of the cases behind it that the reader may see): a case may count in it several times."""
    one = _found(bulletin_id, by)
    ids = BulletinList.objects.filter(bulletin_id=bulletin_id, key=key).values_list("ids", flat=True).first()
    if ids is None:
        raise Refused(no("hidden", "没有这张清单，或您无权查看"))
    number = figures.behind(figures.read(one.figures), key)
    return one, len(ids) if number is None else number, keyset(lists.shown(cases.visible(by)).filter(id__in=ids), ("-id",), after, size)


def waiting(key: str) -> bool:
    return of_same(key).filter(state__in=UNFINISHED).exists()



@dataclass(frozen=True)
class SideBySide:
    """`lines`: (measure, [what each version says of the days themselves], do they differ?)."""

    one: Bulletin
    versions: list[Bulletin]
    lines: list[tuple[str, list[str], bool]]


def side_by_side(bulletin_id: int, by: Actor) -> SideBySide:
    """All versions that the reader may see, the oldest first. Two statements."""
    one = _found(bulletin_id, by)
    rows = versions(one, by)[::-1]
    scopes = [figures.read(row.figures).now for row in rows]
    lines = []
    for code in figures.MEASURES:
        said = [papers.pair(*scope.numbers.get(code, (0, None))) for scope in scopes]
        lines.append((BY_CODE[code].label, said, len(set(said)) > 1))
    return SideBySide(one, rows, lines)
