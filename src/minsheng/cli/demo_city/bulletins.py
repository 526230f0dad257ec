"""Reports of the demo city: drafted by the clock, yesterday's worded, signed and sent, the month's with the analyst."""

from __future__ import annotations

from django.db import transaction

from minsheng.accounts.rules import Role
from minsheng.bulletins.actions import bulletins, schedule
from minsheng.bulletins.models import Bulletin
from minsheng.cli.demo_city import folder
from minsheng.cli.demo_city.people import Cast
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.measures import following

UNSET = {"paper"}  # codes of a paper that this machine cannot set
RULES = ({"kind": "daily", "at": "08:00"}, {"kind": "weekly", "at": "08:30", "on": 1}, {"kind": "monthly", "at": "09:00", "on": 1})
WORDS = {
    "daily": {"overview": "元旦当天来电集中在供暖、供水和出行，紧急的当场联系了单位值班人员。", "advice": "节后第一个工作日上午话务集中，建议增派一个藏语（双语）坐席。"},
    "monthly": {"overview": "入冬以来供暖、供水两类诉求占比上升，多数当日联系、按时办理。"},
}


@transaction.atomic
def begin() -> None:
    """At once done when it is there."""
    if Bulletin.objects.exists():
        return
    following.catch_up()  # a report is refused while steps lie unread, and nobody reads them beside a load
    cast = Cast()
    writes, signs = cast.pick(Role.ANALYST, 0), cast.pick(Role.SUPERVISOR, 0)
    with clock.fixed(folder.local("2024-12-31 16:00")):
        for rule in RULES:
            schedule.set_rule(by=signs, given=rule | {"since": "2024-12-31", "told": [writes.id]})
    for at in ("2025-01-01 08:00", "2025-01-01 09:00", "2025-01-02 08:00"):
        with clock.fixed(folder.local(at)):
            schedule.draft_owed()
    for one in Bulletin.objects.filter(until__in=("2025-01-01", "2024-12-31"), kind__in=WORDS).order_by("id"):
        if one.kind == "daily" and one.until.isoformat() == "2024-12-31":
            continue
        with clock.fixed(folder.local("2025-01-02 08:40")):
            given = {"title": one.title, "issuer": one.issuer, **WORDS[one.kind]}
            bulletins.take(bulletin_id=one.id, step="amend_bulletin", by=writes, given=given)
        if one.kind == "daily":
            _sign(one.id, writes, signs)


def _sign(id_: int, writes, signs) -> None:
    """As far as the machine has what the paper is set in."""
    with clock.fixed(folder.local("2025-01-02 08:45")):
        bulletins.take(bulletin_id=id_, step="submit_bulletin", by=writes)
    try:
        with clock.fixed(folder.local("2025-01-02 09:10")):
            bulletins.take(bulletin_id=id_, step="sign_bulletin", by=signs, given={"doc_number": "示热线日报〔2025〕1号"})
        with clock.fixed(folder.local("2025-01-02 09:20")):
            bulletins.take(bulletin_id=id_, step="send_bulletin", by=writes, given={"recipients": "市政府办公室\n市政务服务局", "sent_way": "office"})
    except Refused as wrong:
        if wrong.verdict.code not in UNSET:
            raise
