"""What steps write beside their own row: columns of the bulletin, the lists behind its figures, the signed papers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import partial

from minsheng.bulletins.models import Bulletin, BulletinFile, BulletinList
from minsheng.kit import signed_files
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id


def _wrote(deed: Deed[Bulletin]) -> None:
    if deed.by.id and deed.by.id not in deed.subject.drafters:
        deed.subject.drafters = [*deed.subject.drafters, deed.by.id]


def draft(deed: Deed[Bulletin]) -> None:
    """`found` holds what it is about: an `About`, or of a correction the version that it corrects."""
    one, about = deed.subject, deed.found["about"]
    one.kind, one.since, one.until, one.about = about.kind.value, about.span.since, about.span.until, deed.found["key"]
    one.topic, one.units, one.categories = about.topic, list(about.units), list(about.categories)
    one.title, one.issuer, one.due_at = deed.found["title"], deed.found["issuer"], deed.found["due_at"]
    freeze(deed)


def correct(deed: Deed[Bulletin]) -> None:
    """The next version begins with the words of the one before."""
    one, old, about = deed.subject, deed.found["old"], deed.found["about"]
    one.kind, one.since, one.until, one.about = about.kind.value, about.span.since, about.span.until, old.about
    for name in ("topic", "units", "categories", "title", "issuer", "overview", "problems", "advice"):
        setattr(one, name, getattr(old, name))
    one.version, one.corrects_id, one.correction = old.version + 1, old.id, deed.values["correction"]
    freeze(deed)


def freeze(deed: Deed[Bulletin]) -> None:
    one = deed.subject
    one.cutoff, one.figures = deed.found["cutoff"], deed.found["figures"]
    _keep(deed, deed.found["lists"], deed.found.get("rows", {}))
    _wrote(deed)


def _keep(deed: Deed[Bulletin], lists: Mapping[str, Sequence[int]], rows: Mapping[str, BulletinList]) -> None:
    """Rows that are there take the new ids; a list that no longer stands is emptied."""
    one, last = deed.subject, deed.subject.id
    for key in dict.fromkeys((*lists, *rows)):
        ids = list(lists.get(key, ()))
        if row := rows.get(key):
            row.ids = ids
            deed.altered.append(row)
        else:
            last = new_id(deed.at, after=last)
            deed.new.append(BulletinList(id=last, bulletin_id=one.id, key=key, ids=ids))
    one.lists = {key: digest(ids) for key, ids in lists.items() if ids}


def digest(ids: Sequence[int]) -> str:
    """As the database counts it of the array's text."""
    return hashlib.sha256(f"{{{','.join(map(str, ids))}}}".encode()).hexdigest()


def amend(deed: Deed[Bulletin]) -> None:
    one, given = deed.subject, deed.values
    one.title, one.issuer = given["title"], given["issuer"]
    one.overview, one.problems, one.advice = (given.get(name, "") for name in ("overview", "problems", "advice"))
    _wrote(deed)


def sign(deed: Deed[Bulletin]) -> None:
    one = deed.subject
    one.doc_number, one.signed_at, one.signed_by = deed.values["doc_number"], deed.at, deed.by.name
    signed_files.put(deed, partial(BulletinFile, bulletin_id=one.id))


def send(deed: Deed[Bulletin]) -> None:
    one, given = deed.subject, deed.values
    line = {"at": deed.at.astimezone(UTC).isoformat(), "by": deed.by.name, "to": given["recipients"], "way": given["sent_way"]}
    one.sent, one.to_units = [*one.sent, line], one.to_units or bool(given.get("to_units"))


BULLETIN = {"draft_bulletin": draft, "draft_bulletin_on_time": draft, "correct_bulletin": correct, "amend_bulletin": amend,
            "recount_bulletin": freeze, "sign_bulletin": sign, "send_bulletin": send}
