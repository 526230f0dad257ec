"""The bells of open data: who may hear of a version."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.kit import feed
from minsheng.kit.notices import Kind
from minsheng.proofs.queries import datasets


def _datasets(by: Actor, ids: list[int]) -> set[int]:
    return set(datasets.seen(by).filter(id__in=ids).values_list("id", flat=True))


COLUMNS = ("id", "subject_id", "seq", "step", "frm", "to", "at")
DATASET_STEPS = feed.Feed("dataset_steps", "proofs_datasetstep", COLUMNS)
KINDS = (Kind("dataset", _datasets),)
