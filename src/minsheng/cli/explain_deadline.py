"""说明一个到期时间是怎么算出来的：逐日列出原因，不需要数据库。"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime

from minsheng.calendar import library, rules
from minsheng.kit import read_times
from minsheng.kit.read_values import BadValue


def add(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--matter", metavar="KIND", help="诉求类型，如 consult、help、suggest、complaint、report，或时限代码，如 sign")
    what.add_argument("--limit", metavar="LIMIT", help="时限：5wd 工作日、4wh 工作小时、2h 小时、30min 分钟、7d 自然日")
    parser.add_argument("--from", dest="start", metavar="ISO", required=True, help="起算时间，如 2026-02-13T10:00+08:00；无时区按本市")
    parser.add_argument("--calendar", default="lhasa", metavar="CODE", help="日历：lhasa 或 national（默认 lhasa）")
    parser.add_argument("--urgent", action="store_true", help="与 --matter 同用：按紧急诉求的时限")
    parser.add_argument("--json", action="store_true", help="输出 JSON")


def _start(text: str, cal: rules.WorkCalendar) -> datetime:
    try:
        return read_times.moment(text, cal.zone)
    except BadValue as wrong:
        raise ValueError(f"--from 无法识别或超出可计算的范围：{wrong.alone}，请写成 2026-02-13T10:00+08:00") from None


def _limit(text: str) -> rules.Limit:
    try:
        return rules.Limit.given(text)
    except BadValue as wrong:
        raise ValueError(f"--limit {wrong}，请写成 5wd") from None


def _answer(args: argparse.Namespace) -> rules.Due:
    cal = library.builtin(args.calendar)
    start = _start(args.start, cal)
    return rules.due(start, library.limit_of(args.matter, args.urgent) if args.matter is not None else _limit(args.limit), cal)


def as_json(found: rules.Due) -> dict:
    """The published shape: {"due", "basis", "provisional", "trace": [{"date", "kind", "why"}]}."""
    return {
        "due": found.due.isoformat(timespec="seconds"),
        "basis": found.basis,
        "provisional": found.provisional,
        "trace": [{"date": day.date.isoformat(), "kind": day.kind.value, "why": day.why} for day in found.trace],
    }


def _as_text(found: rules.Due) -> str:
    lines = [f"到期：{found.due:%Y-%m-%d} {rules.WEEKDAYS[found.due.weekday()]} {found.due:%H:%M}", found.basis, ""]
    lines += [f"  {day.date}  {day.kind.label}  {day.why}" for day in found.trace]
    return "\n".join(lines)


def run(args: argparse.Namespace) -> int:
    """0 done; 1 a value that cannot be taken, with what to write on standard error."""
    try:
        found = _answer(args)
    except ValueError as problem:
        print(f"minsheng: {problem}", file=sys.stderr)
        return 1
    print(json.dumps(as_json(found), ensure_ascii=False) if args.json else _as_text(found))
    return 0

