"""Papers that are kept as they were signed: made before the subject is locked, written with the signature, handed out byte for byte.

A room has a table on `SignedFile`, a column `FORM_sha256` of its subject for every form, and seals `digests` with the step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import BinaryField, F, Func, TextField, Value

from minsheng.kit.ids import new_id
from minsheng.kit.verdict import Refused, no


class SignedFile(models.Model):
    """The signed paper as it leaves, in one form. The table of a room adds whose it is."""

    id = models.BigIntegerField(primary_key=True)
    form = models.CharField(max_length=4)
    content = models.BinaryField()

    sha256: str  # of what lies there, as the database counts it

    class Meta:
        abstract = True


@dataclass(frozen=True)
class Papers:
    """Made before the subject was locked: of which step of it, on which day, with what bytes. `seq` 0: none were asked for."""

    seq: int = 0
    day: date | None = None
    files: Mapping[str, bytes] | None = None

    def made_of(self, seq: int, day: date) -> bool:
        """Were they made from what stands now?"""
        return (self.seq, self.day) == (seq, day)


_SHA256 = Func(Func(F("content"), function="sha256", output_field=BinaryField()), Value("hex"), function="encode", output_field=TextField())


def attach(rows: Any, owner: str, subjects: Mapping[int, Any]) -> None:
    """The files of subjects, put on each as `kept`; of their content the digest, counted by the database. One statement."""
    for one in subjects.values():
        one.kept = []
    for row in rows.objects.filter(**{f"{owner}__in": subjects}).defer("content").annotate(counted=_SHA256).order_by("id"):
        row.sha256 = row.counted
        subjects[getattr(row, owner)].kept.append(row)


def digests(kept: Iterable[SignedFile]) -> list[list[str]]:
    """What is sealed of them."""
    return [[row.form, row.sha256] for row in kept]


def put(deed: Any, make: Callable[..., SignedFile]) -> None:
    """The papers that were brought become rows of the step; their digests stand in the subject's columns."""
    one = deed.subject
    for form, content in deed.brought.files.items():
        row = make(id=new_id(deed.at, after=one.id), form=form, content=content)
        row.sha256 = hashlib.sha256(content).hexdigest()
        setattr(one, f"{form}_sha256", row.sha256)
        deed.new.append(row)
        one.kept = [*one.kept, row]


def handed_out(row: SignedFile | None, sha256: str) -> bytes:
    """The bytes that were signed. Refused: they were changed since, or are gone."""
    if row is None or hashlib.sha256(row.content).hexdigest() != sha256:
        raise Refused(no("damaged", "签发的文件与签发时不一致，不能取用，请管理员核对历史"))
    return bytes(row.content)
