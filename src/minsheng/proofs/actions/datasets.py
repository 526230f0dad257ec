"""Open data as the engine takes it, and the ways in (rulings, 71)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.kit import clock, engine, stepped
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.in_turn import in_turn
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.verdict import YES, Verdict
from minsheng.ledger import actions as ledger
from minsheng.ledger.rules import Kind
from minsheng.proofs.models import DataFile, Dataset, DatasetStep, DatasetWords
from minsheng.proofs.queries import datasets as read
from minsheng.proofs.rules import data_files, datasets, published
from minsheng.proofs.rules.datasets import DatasetFacts, DatasetState

Given = Mapping[str, Any]


def _prepare(deed: Deed[Dataset]) -> None:
    """The files are made once; what is signed and published later are these."""
    one, rows = deed.subject, deed.found["rows"]
    one.month, one.version, one.cutoff, one.lines = deed.found["month"], deed.found["version"], deed.at, len(rows)
    one.preparers = [deed.by.id]
    found = data_files.lines(one.month, rows, read.names())
    cutoff = deed.at.astimezone(clocks.city_calendar().zone).isoformat(timespec="seconds")
    texts = {"csv": data_files.csv_text(found), "json": data_files.json_text(one.month, one.version, cutoff, found)}
    one.csv_sha256, one.json_sha256 = published.digest(texts["csv"]), published.digest(texts["json"])
    deed.new += [DataFile(dataset_id=one.id, name=data_files.name_of(one.month, one.version, kind), text=text) for kind, text in texts.items()]


def _sign(deed: Deed[Dataset]) -> None:
    deed.subject.signed_at, deed.subject.signed_by = deed.at, deed.by.name


def _publish(deed: Deed[Dataset]) -> None:
    """In the ledger now, and in the publication of the day when it is over."""
    one = deed.subject
    one.published_at, one.published_on = deed.at, clocks.local_day(deed.at)
    detail = {"month": f"{one.month:%Y-%m}", "version": one.version, "csv": one.csv_sha256, "json": one.json_sha256}
    deed.then.append(partial(ledger.write, kind=Kind.DATASET, by_id=deed.by.id, by_name=deed.by.name, about=f"dataset:{one.id}", detail=detail))


class Datasets(SteppedKind[Dataset]):
    procedure, fields = datasets.DATASET, datasets.FIELDS
    effects = {"prepare_data": _prepare, "sign_data": _sign, "publish_data": _publish}
    name, label, model, rows, words = "dataset", "开放数据", Dataset, DatasetStep, DatasetWords
    decided = {"month": "月份", "version": "版本", "cutoff": "统计截止", "lines": "行数", "csv_sha256": "CSV 摘要", "json_sha256": "JSON 摘要",
               "preparers": "准备人", "signed_at": "签发时间", "signed_by": "签发人", "published_at": "发布时间", "published_on": "发布日期"}

    def facts(self, subject: Dataset, at: datetime) -> DatasetFacts:
        return read.facts_of(subject)

    def sees(self, facts: DatasetFacts, by: Actor) -> Verdict:
        return YES if read.seen(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Dataset]) -> dict[str, str]:
        """What the month holds is drawn here, when it may be prepared at all."""
        today = clocks.local_day(deed.at)
        month = datasets.month_of(deed.values.get("month", ""))
        waits = month is not None and read.waiting(month)
        if (found := datasets.wrong(deed.values, today, waits, "")) or month is None:
            return found
        rows, version, why = read.drawn(month)
        deed.found |= {"rows": rows, "version": version, "month": month}
        return datasets.wrong(deed.values, today, waits, why)


DATASETS = Datasets()


@transaction.atomic
def prepare(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> DatasetStep:
    """Two who prepare the same month at once take turns."""
    at = at or clock.now()
    in_turn("proofs.datasets")
    one = Dataset(id=new_id(at), state=DatasetState.NEW.value, updated_at=at)
    row: DatasetStep = engine.make(DATASETS, one, "prepare_data", by=by, given=given, at=at, key=key)
    return row


def take(*, dataset_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> DatasetStep:
    row: DatasetStep = engine.take(DATASETS, dataset_id, step, by=by, given=given, at=at, key=key)
    return row


def verify_history() -> Iterator[str]:
    """For `doctor`: versions, their steps and their files."""
    yield from stepped.broken(DATASETS)
    yield from read.broken_files()
