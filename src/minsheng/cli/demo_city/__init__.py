"""The demo city, loaded from `demo/`: units, people, cases by steps taken. A start that was cut short goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from minsheng.cli.demo_city import folder
from minsheng.cli.demo_city.people_list import ACCOUNTS, PASSWORD

__all__ = ["ACCOUNTS", "PASSWORD", "load"]
MARK = "demo"  # what the ledger's entry is about, once everything is in


def load(progress: Callable[[str], None]) -> None:
    """Fill an empty database with the demo city; at once done when it is there or when the database holds another city."""
    from minsheng.cli.demo_city import after_desks, bulletins, city, desks, leader_days, month_end, people, periods, requests, supervision
    from minsheng.kit import partitions
    from minsheng.ledger.models import Entry
    from minsheng.org.models import Unit

    if Entry.objects.filter(kind="import", about=MARK).exists() or _other_city():
        return
    partitions.make_months(city.BEGAN, folder.NOW + timedelta(days=92))
    if not Unit.objects.exists():
        progress("机构、时限、分类与派单目录")
        city.found()
    progress("账号与岗位")
    people.hire()
    progress("知识文章与公共电话")
    desks.knowledge()
    progress("接听日：方案、各期与接听席")
    periods.hold()
    requests.load(folder.requests(), progress, "示例诉求")
    requests.load(leader_days.made(), progress, "接听日诉求")
    progress("接听日：承诺事项")
    periods.promise()
    progress("接听之后：协调会、报名、线索、报告、议题、蹲点")
    after_desks.follow()
    progress("督办：阶梯、文书、专项督查、批示")
    supervision.begin()
    progress("日报、月报")
    bulletins.begin()
    progress("出数：考核期、异议；开放数据、每日结果")
    month_end.draw()
    desks.finish(MARK)


def _other_city() -> bool:
    from minsheng.org.models import Unit

    root = folder.flat_units()[0]
    return Unit.objects.exists() and not Unit.objects.filter(code=root["code"], name=root["name"]).exists()
