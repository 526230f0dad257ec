"""把数据库结构升级到本版本，并给程序角色授权（可重复执行）。"""

from __future__ import annotations

from minsheng.cli import Stop, ready


def add(parser) -> None:
    ready.add_data(parser)
    parser.add_argument("--check", action="store_true", help="只看状态：0 已是本版本，1 不是")


def _limits() -> None:
    """The table of time limits as shipped, where it is still empty: without it no clock can start."""
    from minsheng.accounts.actions import COMMAND_LINE
    from minsheng.calendar import actions

    actions.seed_limits(by=COMMAND_LINE)


def _end_of_restore(data) -> None:
    """A backup of an older shape was put back: what was erased after it was made is erased again, and the folder is whole."""
    from minsheng.cases.actions import erasures

    if ready.restoring(data) is not None:
        done = erasures.erase_again()
        ready.mark_whole(data)
        print(f"恢复已完成，按依法删除清单重新删除 {len(done)} 件。")


def make_months() -> None:
    """The tables of this month and the next three: the first row of all must not fall into the default partition."""
    from minsheng.cases import jobs
    from minsheng.kit import clock, partitions

    partitions.make_months(clock.now(), clock.now() + jobs.AHEAD)


def run(args) -> int:
    from django.db import DatabaseError

    with ready.database(args.data, check=False, may=ready.MIGRATE):
        from minsheng.kit import database

        try:
            database.require_version("owner")
            if args.check:
                ready.require_schema()
            elif database.state("owner") == "newer":
                raise Stop("数据库由更新的版本升级过，本版本不能动它。请换用新版本的程序")
            else:
                database.migrate(verbosity=1)
                _limits()
                make_months()
                _end_of_restore(ready.folder(args.data))
        except DatabaseError as wrong:
            raise Stop(f"数据库没有升级：{ready.unreachable(wrong)}") from wrong
    print("数据库结构已是本版本。")
    return 0
