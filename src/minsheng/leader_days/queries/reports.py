"""Reports as their readers find them: drafts for who writes and signs them, signed ones for who reads figures; frozen lists page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.queries import lists
from minsheng.kit import signed_files, written_times
from minsheng.kit.paging import Page, keyset
from minsheng.kit.papers import DRAFT, Paper
from minsheng.kit.subject_page import SubjectPage, history, steps
from minsheng.kit.verdict import Refused, no
from minsheng.leader_days.models import Report, ReportFile, ReportLists, ReportStep, ReportWords
from minsheng.leader_days.queries import in_person, report, sight
from minsheng.leader_days.queries.pages import KEEPS
from minsheng.leader_days.rules import report_frozen, reports
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.report_figures import BY_KEY, OF_CASES, OF_COMMITMENTS
from minsheng.leader_days.rules.reports import ReportFacts, ReportState
from minsheng.leader_days.rules.states import SEES_ALL, CommitmentState
from minsheng.measures import queries as measures
from minsheng.org import queries as org


def visible(by: Actor) -> QuerySet[Report]:
    if by.has(*KEEPS, Role.CLOCK):
        return Report.objects.all()
    return Report.objects.filter(state=ReportState.SIGNED) if by.roles & (SEES_ALL | {Role.LEADER}) else Report.objects.none()


def facts_of(one: Report) -> ReportFacts:
    return ReportFacts(one.id, ReportState(one.state), tuple(one.drafters))


def of_same(period: int, year: int) -> QuerySet[Report]:
    """All versions on the same period, year, or all."""
    return Report.objects.filter(_same(period, year))


def _same(period: int, year: int) -> Q:
    return Q(period=period, year=0) if period else Q(period__isnull=True, year=year)


def listed(by: Actor, period: int, year: int) -> list[Report]:
    """One statement."""
    found = visible(by).filter(_same(period, year)).exclude(state=ReportState.DISCARDED).defer("figures", "remarks")
    return list(found.order_by("-id")[:20])


def attach(found: Iterable[Report]) -> None:
    """Lists and files of reports, put on each; of files their digests, counted by the database. Two statements."""
    by_id = {one.id: one for one in found}
    known = {row.report_id: row for row in ReportLists.objects.filter(report_id__in=by_id)}
    for one in by_id.values():
        one.lists = known.get(one.id) or ReportLists(report_id=one.id)
    signed_files.attach(ReportFile, "report_id", by_id)


# --- frozen --------------------------------------------------------------------------------


def freeze(period: int, year: int, at: datetime) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """(figures, the lists behind them) as of now, as the hotline counts them, whoever may see the cases (rulings, 48). Refused: there is
    nothing of it."""
    by = _hotline()
    about = report.about(report.held(by), period, year)
    if about is None:
        raise Refused(no("hidden", "没有已开始的这一期或这一年"))
    groups = [(about.label, about.periods), *about.before]
    counted = report.of_each([periods for _, periods in groups], by, at)
    frozen_lists: dict[str, list[int]] = {}
    for n, one in enumerate(counted):
        for figure in OF_CASES:
            frozen_lists[report_frozen.key(n, figure.key)] = measures.ids_behind(figure.measure, figure.part, one.asked, by)
        frozen_lists |= {report_frozen.key(n, name): ids for name, ids in _promised([p.id for p in one.periods], by).items()}
        done = in_person.cases_of([p.id for p in one.periods], by)
        frozen_lists |= {report_frozen.key(n, step): [case for case, _ in found] for step, found in done.items()}
    cutoff = at.astimezone(clocks.city_calendar().zone)
    frozen = report_frozen.Frozen([one.scope(label) for one, (label, _) in zip(counted, groups, strict=True)], report.hotline(counted[0].asked, by),
                                  written_times.moment(cutoff, gap=""))
    return frozen.written(), frozen_lists


def _hotline() -> Actor:
    """Who counts for the centre: all but what complains of the hotline itself, as on every page of its people. A number that is larger by
    one where the same is signed would tell them that there is such a case."""
    tree = org.tree()
    centre = next(iter(tree.centres), 0)
    return Actor(0, "统计", frozenset({Role.ANALYST}), centre, tree.path(centre) if centre else ())


def _promised(periods: Sequence[int], by: Actor) -> dict[str, list[int]]:
    """Commitments by the figures that count them. One statement."""
    found: dict[str, list[int]] = {name: [] for name in OF_COMMITMENTS}
    today = measures.today()
    for id_, state, ended, due in sight.counted_commitments(by).filter(period__in=periods).order_by("-id").values_list("id", "state", "ended_at", "due"):
        ways = {"made": True, "open": ended is None, "overdue": ended is None and due is not None and due < today}
        ways |= {name: state == getattr(CommitmentState, name.upper()) for name in ("kept", "late", "withdrawn")}
        ways["owed"] = ways["kept"] or ways["late"] or ways["overdue"]
        for name in (name for name, holds in ways.items() if holds):
            found[name].append(id_)
    return found


def paper(one: Report, *, at: datetime | None = None, number: str = "", signed_by: str = "") -> Paper:
    """As it stands; without a signature it bears the mark of a draft."""
    day = clocks.local_day(at) if at else None
    return report_frozen.paper(report_frozen.read(one.figures), title=one.title, issuer=one.issuer, remarks=one.remarks, day=day, number=number,
                               signed_by=signed_by, mark="" if signed_by else DRAFT)


# --- pages ---------------------------------------------------------------------------------


def open_page(report_id: int, by: Actor) -> SubjectPage:
    """Six statements."""
    found = visible(by).select_related("period__scheme").filter(id=report_id).first()
    if found is None:
        raise Refused(no("hidden", "没有这份报告，或您无权查看"))
    attach([found])
    versions = [one for one in listed(by, found.period_id or 0, found.year) if one.id != found.id]
    newer = max((one for one in versions if one.signed_at and one.version > found.version), key=lambda one: one.version, default=None)
    more = {"versions": versions, "newer": newer, "frozen": report_frozen.read(found.figures)}
    return SubjectPage(found, steps(reports.REPORT, facts_of(found), by), history(ReportStep, ReportWords, found.id, reports.REPORT, FIELDS), more)


def frozen_list(report_id: int, scope: int, figure: str, by: Actor, after: str = "", size: int = lists.PAGE) -> tuple[Report, int, Page]:
    """(the report, the frozen figure, a page of what it counts, as far as the reader may see it): a case may count in it several times."""
    found = visible(by).filter(id=report_id).first()
    kept = ReportLists.objects.filter(report_id=report_id).first() if found else None
    ids = (kept.lists if kept else {}).get(report_frozen.key(scope, figure))
    if found is None or ids is None or figure not in BY_KEY:
        raise Refused(no("hidden", "没有这张清单，或您无权查看"))
    number = report_frozen.read(found.figures).scopes[scope][figure]
    if BY_KEY[figure].measure or BY_KEY[figure].deed:
        return found, number, keyset(lists.shown(cases.visible(by)).filter(id__in=ids), ("-id",), after, size)
    rows = sight.commitments(by).select_related("period", "period__scheme", "owner_unit").filter(id__in=ids)
    return found, number, keyset(rows, ("-id",), after, size)


def file_of(report_id: int, form: str, by: Actor) -> tuple[Report, bytes] | None:
    """The signed paper, as long as it is the one that was signed; None: nobody signed it. Refused: it may not be seen, or was changed."""
    found = visible(by).filter(id=report_id).first()
    if found is None:
        raise Refused(no("hidden", "没有这份报告，或您无权查看"))
    if found.state != ReportState.SIGNED:
        return None
    row = ReportFile.objects.filter(report_id=report_id, form=form).first()
    return found, signed_files.handed_out(row, getattr(found, f"{form}_sha256"))


def newest_signed(period: int, year: int) -> Report | None:
    return of_same(period, year).filter(state=ReportState.SIGNED).order_by("-version").first()
