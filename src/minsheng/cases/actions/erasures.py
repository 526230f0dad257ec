"""What was lawfully erased, taken down outside the database: a backup that is older brings it back, and it is erased again.

DATA/anchors/erasures.list, a line "case time" each: ids alone, nothing of a person. It is in every backup; a restore reads the one it
brings, those of the later backups beside it, and that of the data folder it replaces.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from minsheng.accounts.rules import clock_actor
from minsheng.cases import actions
from minsheng.cases.actions.anchors import folder
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules import hash_chain
from minsheng.kit.verdict import Refused

NAME = "erasures.list"
_BATCH = 1000


def path() -> Path:
    return folder() / NAME


def note(case_id: int, at: datetime) -> None:
    """After the erasure is kept: a line, on the disk. One that is lost to a crash is added by `note_all`."""
    _add({case_id: at.isoformat()})


def note_all() -> int:
    """Every erasure that history knows stands in the list. How many were added."""
    steps = CaseStep.objects.filter(step__in=hash_chain.ERASING).order_by("id").values_list("case_id", "at")
    known = listed([path()])
    lacking = {case_id: at.isoformat() for case_id, at in steps if case_id not in known}
    if lacking:
        _add(lacking)
    return len(lacking)


def _add(lines: dict[int, str]) -> None:
    folder().mkdir(parents=True, exist_ok=True)
    with open(os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="ascii") as file:
        file.write("".join(f"{case_id} {at}\n" for case_id, at in lines.items()))
        file.flush()
        os.fsync(file.fileno())


def listed(files: Iterable[Path]) -> dict[int, str]:
    """Case -> when, of all these lists; what is no such line, or no file, is passed over."""
    found: dict[int, str] = {}
    for file in files:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines() if file.is_file() else ()
        for case_id, _, at in (line.partition(" ") for line in lines):
            if case_id.isdecimal() and len(case_id) < 20:
                found.setdefault(int(case_id), at)
    return found


def came_back() -> list[str]:
    """Numbers of cases that were erased and have their words again."""
    found: list[str] = []
    ids = list(listed([path()]))
    for first in range(0, len(ids), _BATCH):
        found += Case.objects.filter(id__in=ids[first : first + _BATCH], erased=False).order_by("id").values_list("number", flat=True)
    return found


def take_over(files: Iterable[Path]) -> None:
    """What these lists say stands in ours."""
    known = listed([path()])
    more = {case_id: at for case_id, at in listed(files).items() if case_id not in known}
    if more:
        _add(more)


def erase_again(files: Iterable[Path] = ()) -> list[str]:
    """Take over what these lists say, and erase what came back. The numbers of the cases that were erased now. Repeatable."""
    take_over(files)
    when, done = listed([path()]), []
    for case in Case.objects.filter(number__in=came_back()).only("id", "number").order_by("id"):
        try:
            actions.take_step(case_id=case.id, step="erase_again", by=clock_actor("恢复备份"), given={"why": f"erased {when[case.id]}"})
        except Refused:
            continue
        done.append(case.number)
    return done


def told() -> tuple[bool, str]:
    """For doctor."""
    back = came_back()
    if back:
        some = "、".join(back[:5]) + ("等" if len(back) > 5 else "")
        return False, f"已依法删除的内容又在库里：{some} {len(back)} 件。请运行 ./minsheng erasures --apply 重新删除"
    return True, f"依法删除清单 {len(listed([path()]))} 件，没有回来的"
