"""Holds the archive against its manifests, the ledger and the book of facts: for `./minsheng archive verify`. Writes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from minsheng.archive import engines, parquet, places, queries, rules
from minsheng.archive.places import Archive
from minsheng.archive.rules import File, Manifest
from minsheng.kit.host import Problem
from minsheng.ledger import queries as ledger
from minsheng.ledger.rules import Kind

MOST = 20  # lines that are named of one file


def differences() -> Iterator[str]:
    """A sentence for each: a broken chain or file ends it, for nothing more can be said of the others."""
    try:
        archive = places.opened(check=False)
    except Problem as wrong:
        yield str(wrong)
        return
    yield from (f"归档文件夹里多出 {name}，不在任何清单里" for name in places.strays(archive))
    said = {one.get("manifest") for one in ledger.details(Kind.ARCHIVE)}
    for manifest in archive.manifests:
        if rules.digest(manifest.as_bytes()) not in said:
            yield f"归档清单 {manifest.name} 与操作台账里记的不符：不是本系统归档时写下的那一份"
        for file in manifest.files:
            if why := places.fault(archive.folder / file.name, file):
                yield str(rules.wrong_file(file, why))
            else:
                yield from _of_the_book(archive, manifest, file)
    if late := queries.unarchived(archive):
        yield f"归档的月份里有 {late} 行是后来写入的，还不在文件里；请运行 ./minsheng archive make"


def _of_the_book(archive: Archive, manifest: Manifest, file: File) -> Iterator[str]:
    """Lines of a file that are not what the book says, written out again beside it."""
    if manifest.key != queries.key_name():
        yield f"{file.name} 里的工单代号是用另一把密钥做的，不能与台账逐行核对"
        return
    with tempfile.TemporaryDirectory(prefix="minsheng-archive-") as folder, engines.linked() as link:
        again = Path(folder) / file.name
        before = [m for m in archive.manifests if m.n < manifest.n]
        above = before[-1].upto_id if "-late-" in file.name else (before[-1].next_id - 1 if before else -1)
        told = parquet.write(again, file.month, above, manifest.upto_id)
        if told != (file.rows, file.first_id, file.last_id, file.sums):
            yield f"{file.name}：清单为 {file.rows} 行，台账为 {told[0]} 行"
        link.execute(f"CREATE VIEW kept AS SELECT * FROM {engines.parquet([str(archive.folder / file.name)])}")
        link.execute(f"CREATE VIEW book AS SELECT * FROM {engines.parquet([str(again)])}")
        unlike = " OR ".join(f"kept.{c} IS DISTINCT FROM book.{c}" for c in rules.COLUMNS)
        for in_file, in_book, fact in link.execute(
                f"SELECT kept.id, book.id, coalesce(kept.fact, book.fact) FROM kept FULL JOIN book ON kept.id = book.id"
                f" WHERE {unlike} ORDER BY coalesce(kept.id, book.id) LIMIT {MOST}").fetchall():
            what = "台账中没有" if in_book is None else "文件中没有" if in_file is None else "文件与台账不同"
            yield f"{file.name}：第 {in_file or in_book} 行“{fact}”，{what}"
