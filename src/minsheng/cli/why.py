"""为什么慢、任务跑没跑：从数据目录的日志里回答，数据库停了也能问。"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from minsheng.cli import Stop, options, ready
from minsheng.kit import clock, log_answers, log_files
from minsheng.kit.log_answers import MOST, Moment, Page, Runs, begun, parts

PARTS = {"sql_ms": "数据库", "wait_ms": "等空闲线程", "cpu_ms": "计算", "rest_ms": "其余"}
WHY = {
    "sql_ms": "时间主要花在数据库：看下面的慢语句；没有慢语句的，是语句多，或在等别的写入",
    "wait_ms": "请求在等空闲的网页线程，或内容传得慢：同时来的多，或别的请求占着线程；可以加网页进程（serve --workers）",
    "cpu_ms": "时间主要花在程序自己的计算，不在数据库",
    "rest_ms": "既不在数据库也不在计算：处理器或内存被别的程序、同一进程里别的请求占着。看下面同时在跑的任务，以及 top",
}
BEFORE = timedelta(hours=1)  # what is usual is read from here


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("--at", metavar="TIME", type=options.instant, help="什么时候：10:05（最近的一个）或 2026-03-02 10:05；默认现在")
    parser.add_argument("--minutes", type=options.whole(1, 1440), default=5, help="前后各看几分钟（默认 5）")
    parser.add_argument("--page", metavar="PART", type=options.line, default="", help="只看地址里有这几个字的页面，如 case")
    parser.add_argument("--slow", metavar="MS", type=options.whole(1, 600_000), default=500, help="多少毫秒算慢（默认 500）")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--job", metavar="NAME", type=options.line, help="这项后台任务跑没跑，名字写一部分就行，如 tell_late；没跑或没做成以 1 结束")
    what.add_argument("--request", metavar="ID", type=options.line, help="一次请求的全部记录：编号在应答头 X-Request-ID 里")


def run(args) -> int:
    folder = ready.folder(args.data) / log_files.FOLDER
    asked = args.at if isinstance(args.at, datetime) else None
    middle, around = asked or clock.machine_now(), timedelta(minutes=args.minutes)
    since, until = middle - around, middle + around
    if args.request:
        return _print([_whole(line) for line in log_files.read(folder) if line.get("request") == args.request], "日志里没有这个编号。请核对，或看时间：--at")
    if args.job:
        return _job(folder, args.job, since, until, asked is not None)
    lines = log_files.read(folder, log_files.stamp(since - BEFORE), log_files.stamp(until))
    found = log_answers.moment(lines, since, until, args.slow, args.page)
    print(f"{_time(since, day=True)} 至 {_time(until)}，读自 {folder}")
    return _print(list(_moment(found, args.slow)) if _any(found) else [], _nothing(folder))


def _print(lines: list[str], otherwise: str) -> int:
    if not lines:
        raise Stop(otherwise)
    print("\n".join(lines))
    return 0


def _any(found: Moment) -> bool:
    return bool(found.requests or found.statements or found.jobs or found.starts or found.said)


def _nothing(folder: Path) -> str:
    first = next(log_files.read(folder), None)
    if first is None:
        return f"{folder} 里没有日志：民声没有在这个数据目录上运行过，或写不进去"
    return f"这段时间没有一行记录：当时没有在运行。日志从 {_time(begun(first), day=True)} 起有，更早的没有记，或已经清掉"


def _moment(found: Moment, slow_ms: int) -> Iterator[str]:
    yield f"请求 {found.requests} 次：{slow_ms} 毫秒以上 {sum(len(page.slow) for page in found.pages)} 次，出错 {found.failed} 次，没等到应答就走了 {found.unheard} 次"
    if not found.pages:
        yield "没有慢的请求。有人觉得慢，看反向代理和网络；要看再短一些的用 --slow"
    for page in found.pages[:MOST]:
        yield from _page(page)
    if found.slowest:
        yield "最慢的几次："
        yield from (f"  {_time(begun(line))} {line.get('method')} {line.get('name')} {line.get('status')}  {_spent(line)}  编号 {line.get('request')}"
                    for line in found.slowest)
    yield from _beside(found)


def _page(page: Page) -> Iterator[str]:
    usual = f"，前一小时一般 {page.usual:.0f}" if page.usual is not None else ""
    yield f"{page.name}：{len(page.all)} 次中 {len(page.slow)} 次慢，最慢 {max(line['ms'] for line in page.slow):.0f} 毫秒{usual}"
    yield f"  {WHY[page.main]}"


def _spent(line: dict) -> str:
    spent = [f"{PARTS[part]} {ms:.0f}" for part, ms in sorted(parts(line).items(), key=lambda each: -each[1]) if ms >= 1]
    return f"{line['ms']:.0f} 毫秒：{'、'.join(spent)}（{line.get('sql', 0)} 条语句）"


def _beside(found: Moment) -> Iterator[str]:
    """What else was going on."""
    if found.statements:
        yield f"慢语句 {len(found.statements)} 条："
        yield from (f"  {_time(begun(line))} {line['ms']:.0f} 毫秒 {line.get('name') or '-'}  {line.get('sql')}" for line in found.statements[:MOST])
    long = [line for line in found.jobs if line["ms"] >= 1000 or line.get("result") != "done"]
    if long:
        yield "同时在跑的后台任务（一秒以上或没做成的）："
        yield from (f"  {_run(line)}" for line in long[:MOST])
    if found.starts:
        yield "进程起停："
        yield from (f"  {_time(begun(line))} {line.get('process') or ''}{'起' if line['kind'] == 'start' else '停'}（{line.get('pid')}）"
                    for line in found.starts[:2 * MOST])
    if found.said:
        yield f"错误和提醒 {len(found.said)} 条："
        yield from (f"  {_time(begun(line))} {line.get('level')} {line.get('text')} {line.get('error', '')}".rstrip() for line in found.said[:MOST])


def _run(line: dict) -> str:
    result = str(line.get("result"))
    done = {"done": "做成了", "stopped": "停机时没做完，接手的进程再做",
            "running": "还没做完（这一行记下以后就没有下文的，是那个进程被杀了）"}.get(result, f"没做成：{result}")
    did = f"，办了 {line['did']} 件" if "did" in line else ""
    steps = "，步骤 " + "、".join(f"{name} {times} 次" for name, times in line["steps"].items()) if line.get("steps") else ""
    return f"{_time(begun(line), day=True)} {line.get('name')} 用 {line['ms'] / 1000:.1f} 秒，{done}{did}，{line.get('sql', 0)} 条语句{steps}"


def _job(folder: Path, job: str, since: datetime, until: datetime, asked: bool) -> int:
    """Without a time asked for, all that the files still hold counts."""
    if not asked:
        since, until = datetime.min.replace(tzinfo=since.tzinfo), datetime.max.replace(tzinfo=until.tzinfo)
    found = log_answers.runs(log_files.read(folder), job, since, until)
    if not found.names:
        names = "、".join(sorted(found.known)) or "一项也没有"
        raise Stop(f"日志里没有名字含“{job}”的任务跑过。跑过的：{names}")
    if not found.within:
        raise Stop("\n".join(_runs(found, since, until)))
    print("\n".join(_run(line) for line in found.within[-2 * MOST:]))
    if found.within[-1].get("result") == "running":
        raise Stop(f"最后一次还没做完，已经 {found.within[-1]['ms'] / 60_000:.0f} 分钟。数据库在做什么、谁等谁，见 docs/administrators.md“慢的时候看什么”第 4 步；"
                   "等不了的结束后台任务进程，会自动再起、再做")
    if found.within[-1].get("result") != "done":
        raise Stop(f"最后一次没有做成。为什么，见：./minsheng why --request {found.within[-1].get('request')}")
    return 0


def _runs(found: Runs, since: datetime, until: datetime) -> Iterator[str]:
    yield f"{_time(since, day=True)} 至 {_time(until)} 没有跑"
    if found.before:
        yield f"上一次 {_run(found.before)}"
    if found.after:
        yield f"下一次 {_run(found.after)}"
    if not found.others:
        yield "这段时间别的任务也一次没跑：后台任务进程不在"


def _whole(line: dict) -> str:
    rest = " ".join(f"{name}={value}" for name, value in line.items() if name not in ("at", "kind", "request"))
    return f"{_time(begun(line), day=True)} {line['kind']} {rest}"


def _time(at: datetime, day: bool = False) -> str:
    local = at.astimezone(options.zone())
    return f"{local:%Y-%m-%d %H:%M:%S}" if day else f"{local:%H:%M:%S}"
