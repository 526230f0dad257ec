"""Open data: versions and their files, what a version would hold now, what everybody may read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from django.db.models import Count, Q, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.models import Case
from minsheng.cases.queries.lists import day_start
from minsheng.cases.rules import Channel, Satisfaction, State
from minsheng.kit import subject_page
from minsheng.kit.paging import Page, keyset
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.org import queries as org
from minsheng.proofs.models import DataFile, Dataset, DatasetStep
from minsheng.proofs.queries import days
from minsheng.proofs.rules import data_files, datasets, open_data, published
from minsheng.proofs.rules.datasets import DATASET, FIELDS, DatasetFacts, DatasetState
from minsheng.proofs.rules.open_data import Kind, Row
from minsheng.proofs.rules.proof import Wrong, read_day

NONE = "none"  # the key of what has no category, no district
_NOT_RECEIVED = (State.START, State.DRAFT, State.DECLINED, State.TRANSFERRED, State.SPLIT)
_DONE = frozenset({State.CLOSED, State.TERMINATED, State.FINAL_REPLIED, State.DIRECT_ANSWERED})
_SATISFIED = frozenset(s.value for s in Satisfaction if s.counts)


# --- a month as it is now ------------------------------------------------------------


def names() -> dict[str, dict[str, str]]:
    """dimension -> key -> name, of all there are."""
    roots = {c.code: c.name for c in cases.categories().values() if len(c.path) == 1}
    places = {u.code: u.short or u.name for u in org.tree().by_id.values() if u.kind.is_district}
    return {"category": {**roots, NONE: "未分类"}, "district": {**places, NONE: "区县不明"}, "channel": dict(Channel.choices())}


def counted(month: date) -> dict[Kind, int]:
    """The cases received in a month, those alike together. One statement beside what is kept."""
    matters, tree = cases.categories(), org.tree().by_id
    rows = Case.objects.filter(received_at__gte=day_start(month), received_at__lt=day_start(datasets.after(month)), undated=False)
    rows = rows.exclude(state__in=_NOT_RECEIVED).filter(Q(complained_line=None) | ~Q(complained_line__overlap=_hotline()))
    columns = ("category_id", "district_id", "channel", "restricted", "state", "solved", "satisfaction")
    found: Counter[Kind] = Counter()
    for category, district, channel, shut, state, solved, said, n in rows.values_list(*columns).annotate(n=Count("id")).order_by():
        path = matters[category].path if category in matters else []
        place = tree[district].code if district in tree else NONE
        key = open_data.SHUT if shut else path[0] if path else NONE
        found[Kind(key, place, channel, _parts(state, solved, said))] += n
    return found


def _hotline() -> list[int]:
    """What complains of the hotline itself is in no count that the hotline makes (rulings, 30)."""
    tree = org.tree()
    return sorted(frozenset().union(*(tree.named_by(centre) for centre in tree.centres)))


def _parts(state: str, solved: bool | None, said: str) -> tuple[str, str, str]:
    answered = {True: "solved", False: "not_solved", None: "solved_unanswered"}[solved]
    liked = "satisfied_unanswered" if not said else "satisfied" if said in _SATISFIED else "not_satisfied"
    return ("completed" if state in _DONE else "not_completed"), answered, liked


def versions(month: date) -> list[list[Row]]:
    """The rows of all that was published of the month, the first version first."""
    ids = list(Dataset.objects.filter(month=month, state=DatasetState.PUBLISHED).order_by("version").values_list("id", flat=True))
    texts = dict(DataFile.objects.filter(dataset_id__in=ids, name__endswith=".json").values_list("dataset_id", "text"))
    return [data_files.rows_in(texts[id_]) for id_ in ids]


def drawn(month: date) -> tuple[list[Row], int, str]:
    """(rows, version, why there is nothing to publish)."""
    before = versions(month)
    now = counted(month)
    if not before:
        rows = open_data.rows_of(now, {name: list(found) for name, found in names().items()})
        return rows, 1, "" if rows else f"这个月不足 {open_data.WHOLE} 件，不发布"
    rows = open_data.corrected(now, before)
    changed = any(row.counts[name] not in (None, was.counts[name]) for row, was in zip(rows, before[-1], strict=True) for name in open_data.COLUMNS)
    return rows, len(before) + 1, "" if changed else f"与已发布的相比，没有相差 {open_data.FEW} 件以上的数，不另出一版"


# --- at the desk ------------------------------------------------------------


def seen(by: Actor) -> QuerySet[Dataset]:
    return Dataset.objects.all() if by.roles & datasets.READERS else Dataset.objects.none()


def facts_of(one: Dataset) -> DatasetFacts:
    return DatasetFacts(one.id, DatasetState(one.state), tuple(one.preparers))


def waiting(month: date) -> bool:
    return Dataset.objects.filter(month=month, state__in=(DatasetState.PREPARED, DatasetState.SIGNED)).exists()


def listed(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    return keyset(seen(by), ("-id",), after, size)


def page(dataset_id: int, by: Actor) -> SubjectPage:
    """With its rows as they are, or would be, published. Three statements. Refused: there is none, or it is none of the reader's."""
    one = seen(by).filter(id=dataset_id).first()
    if one is None:
        raise Refused(no("hidden", "没有这份数据，或您无权查看"))
    files = {row.name.rpartition(".")[2]: row for row in DataFile.objects.filter(dataset_id=one.id)}
    rows = data_files.rows_in(files["json"].text) if "json" in files else []
    told = subject_page.history(DatasetStep, None, one.id, DATASET, FIELDS)
    return SubjectPage(one, subject_page.steps(DATASET, facts_of(one), by), told, {"rows": labelled(rows), "files": sorted(row.name for row in files.values())})


def labelled(rows: list[Row]) -> list[tuple[list[str], list[int | None]]]:
    known = names()
    return [([data_files.label(name, key, known) for name, key in zip(open_data.DIMENSIONS, row.keys, strict=True)],
             [row.counts[name] for name in open_data.COLUMNS]) for row in rows]


# --- for everybody ------------------------------------------------------------


def public(after: str = "", size: int = 24) -> Page:
    """What is published, the newest first. One statement."""
    return keyset(Dataset.objects.filter(state=DatasetState.PUBLISHED), ("-id",), after, size)


def public_file(name: str) -> str | None:
    """The text of a published file. Of a version that is not published there is none."""
    rows = DataFile.objects.filter(name=name[:60], dataset_id__in=Dataset.objects.filter(state=DatasetState.PUBLISHED).values("id"))
    return rows.values_list("text", flat=True).first()


def of_day(day: date) -> tuple[published.PublishedFile, ...]:
    """The files that were published on a day, as the publication of the day names them."""
    rows = Dataset.objects.filter(state=DatasetState.PUBLISHED, published_on=day).order_by("id")
    return tuple(published.PublishedFile(data_files.name_of(one.month, one.version, kind), digest)
                 for one in rows if one.month for kind, digest in (("csv", one.csv_sha256), ("json", one.json_sha256)))


# --- for doctor ------------------------------------------------------------


def broken_files() -> Iterator[str]:
    """Files that are not what their version says, gone, or not in the publication of their day."""
    for one in Dataset.objects.exclude(month=None).order_by("id").iterator(200):
        files = dict(DataFile.objects.filter(dataset_id=one.id).values_list("name", "text"))
        told: dict[str, str] = {}
        text = days.text_of(one.published_on) if one.published_on else None
        if text is not None:
            try:
                told = dict(read_day(text.encode(), "").files)
            except Wrong:
                pass  # said of the day itself
        for kind, digest in (("csv", one.csv_sha256), ("json", one.json_sha256)):
            name = data_files.name_of(one.month, one.version, kind) if one.month else ""
            if name not in files or published.digest(files[name]) != digest:
                yield f"开放数据 {name} 与签发时的摘要不符：被改动，或不在了"
            elif text is not None and told.get(name) != digest:
                yield f"开放数据 {name} 不在 {one.published_on} 公布的文件里"
