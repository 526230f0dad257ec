"""检查本机：缺什么、怎么补；加 --verify-history 校验历史有没有被改动。"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from minsheng.cli import Stop, confined, given, options, ready, reseal


def add(parser) -> None:
    ready.add_data(parser)
    parser.add_argument("--verify-history", action="store_true", help="逐条校验步骤与台账的哈希链，指出被改动的行")
    parser.add_argument("--anchors", type=options.path, metavar="FILE", help="再与一份从机外取回的 anchors.log 核对（默认用 MINSHENG_ANCHORS_FOLDER 里的）")


_MARKS = {True: "  好      ", False: "  要处理  ", None: "  留意    "}  # as on the page 系统状态; 留意: works, but somebody should know


def _has_secret(data) -> bool:
    """A secret of its own, or a demo that makes one."""
    return os.environ.get("MINSHENG_SECRET", ready.DEFAULT_SECRET) != ready.DEFAULT_SECRET or (data / "clock_offset_s").exists()


def processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def progress() -> Callable[[int, int], None] | None:
    """Says on a terminal how far it is; nowhere else."""
    if not sys.stderr.isatty():
        return None
    began = time.monotonic()

    def said(done: int, total: int) -> None:
        spent = time.monotonic() - began
        left = spent / done * (total - done) if done else 0
        end = "\n" if done >= total else ""
        print(f"\r  核对历史：{done:,} / {total:,} 件，约还需 {left:.0f} 秒  ", end=end, file=sys.stderr, flush=True)

    return said


def history(elsewhere: dict[int, str] | None = None) -> list[tuple[bool | None, str]]:
    """Asks each room that keeps a chain for the rows that do not fit it. `elsewhere`: the lines of a copy of the anchors."""
    from minsheng.bulletins.actions import bulletins
    from minsheng.cases.actions import anchors
    from minsheng.field_work.actions import watches
    from minsheng.files import queries as files
    from minsheng.kit import read_times
    from minsheng.leader_days.actions import verify as leader_days
    from minsheng.ledger import queries as ledger
    from minsheng.measures import scheme_actions as scorings
    from minsheng.measures import verifying as figures
    from minsheng.month_end.actions import verify as month_end
    from minsheng.oversight.actions import verify as oversight
    from minsheng.proofs.actions import datasets
    from minsheng.proofs.queries import verify as proofs
    from minsheng.telephony.actions import verify as telephony
    from minsheng.topics.actions import declared as topics

    found: list[tuple[bool | None, str]] = []
    chains = (("工单的历史与锚定", anchors.verify_history(processors(), progress())), ("接听日与承诺的历史", leader_days.verify_history()),
              ("督办的历史", oversight.verify_history()), ("蹲点的历史", watches.verify_history()), ("重点议题的历史", topics.verify_history()),
              ("考核期、异议和考核表", month_end.verify_history()), ("报告的历史", bulletins.verify_history()),
              ("每日公布的结果", proofs.broken()), ("开放数据", datasets.verify_history()), ("计分方案", scorings.verify_history()),
              ("来电、回拨和录音", telephony.verify_history()), ("指标的台账和汇总", figures.differences(read_times.FIRST_DAY, read_times.LAST_DAY)),
              ("台账与锚定", ledger.verify(elsewhere)))
    for name, rows in chains:
        broken = [str(row) for row in rows]
        found += [(False, f"历史被改动：{row}") for row in broken] or [(True, f"{name}完整")]
    damaged = [f"附件 {id_} {why}" for id_, why in files.damaged()]
    return found + ([(False, text) for text in damaged] or [(True, "附件完整")])


def out_of_sight() -> list[tuple[bool | None, str]]:
    """Who must not have a case has none, and what was erased is gone."""
    from minsheng.cases.queries import out_of_sight as asked

    wrong = [sentence for ask in asked.ALL for sentence in ask()]
    return [(False, sentence) for sentence in wrong] or [(True, "被反映的单位都不经手，依法删除的都不在了")]


def requesters(whole: bool) -> list[tuple[bool | None, str]]:
    """Merged, split, withdrawn, called back: nobody is lost. `whole`: every closed case too, which reads them all."""
    from minsheng.cases.queries import requester_state
    from minsheng.followup import queries as followup

    asked = (*(requester_state.ALL if whole else requester_state.QUICK), followup.torn)
    wrong = [sentence for ask in asked for sentence in ask()]
    return [(False, f"诉求人：{sentence}") for sentence in wrong] or [(True, "并单、拆单、撤回、回访的诉求人都在")]


def sound() -> list[tuple[bool | None, str]]:
    """Ended cases with work left, clocks that stand or run where they must not. Reads all cases."""
    from minsheng.cases.queries import soundness

    return [(False, f"工单：{sentence}") for sentence in soundness.unsound()] or [(True, "办结的没有遗留，计时与状态相符")]


def _elsewhere(file: Path | None) -> dict[int, str]:
    """The copy of the anchors that was named, else the one in the folder that the settings name."""
    from minsheng.ledger import outside

    if file is not None and not file.is_file():
        raise Stop(f"没有 {file} 这个文件（--anchors）")
    copies = outside.copies()
    found = file or (copies / outside.path().name if copies else None)
    return outside.anchored_outside(found) if found else {}


def _asked(verify: bool, file: Path | None) -> list[tuple[bool | None, str]]:
    """What needs a database of this program's shape."""
    from django.conf import settings

    from minsheng.accounts import queries as people
    from minsheng.accounts import second_factor
    from minsheng.calendar import queries as calendar
    from minsheng.cases.actions import anchor_copies, erasures
    from minsheng.kit import checks, clock
    from minsheng.telephony import teller
    from minsheng.telephony.queries import link, recordings

    found = [checks.notices(), *checks.jobs(), *checks.replicas(), reseal.told(), erasures.told(), checks.owner(confined.ways_to_owner())]
    found += [checks.neighbours(), anchor_copies.told(), second_factor.told(), people.kept_apart(), calendar.told(settings.CALENDAR, clock.now())]
    found += [*values(), *requesters(whole=verify), *out_of_sight(), *link.told(), *recordings.told(whole=verify), *teller.told()]
    return found + (sound() + history(_elsewhere(file)) if verify else [])


def values() -> list[tuple[bool, str]]:
    """Rows of cases that hold what no step writes: pages stand them, but figures and limits may be wrong by them."""
    from minsheng.cases.queries import damage

    return [(False, f"{one}。请按备份或台账核对后改正") for one in damage.find()] or [(True, "工单的时间、编号和文字都能读出")]


def run(args) -> int:
    from minsheng.kit import checks, database

    data = ready.folder(args.data)
    found = [*checks.machine(data, _has_secret(data)), *((None, text) for text in given.unknown())]
    with ready.database(args.data, check=False):
        from django.db import DatabaseError

        try:
            database.require_version()
            found += checks.schema()
            if database.state() == "ok":
                found += _asked(args.verify_history or bool(args.anchors), args.anchors)
        except DatabaseError as wrong:
            found.append((False, f"数据库：{ready.unreachable(wrong)}"))
    for well, text in found:
        print(_MARKS[well] + text)
    vital = [text for well, text in found if well is False and "浏览器" not in text]
    return 1 if vital else 0
