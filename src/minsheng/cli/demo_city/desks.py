"""What lies on desks beside cases: knowledge, calls without a case, a flag to approve, messages that could not leave."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from minsheng.accounts.actions import COMMAND_LINE
from minsheng.accounts.rules import Role, clock_actor
from minsheng.cases.queries import intake_desk
from minsheng.cli.demo_city import folder
from minsheng.cli.demo_city.people import Cast
from minsheng.contacts import actions as contacts
from minsheng.contacts.rules import ContactKind, Grade
from minsheng.kit import clock
from minsheng.knowledge import actions as articles
from minsheng.knowledge.models import Article, Version
from minsheng.ledger import actions as ledger
from minsheng.messages import actions as messages
from minsheng.org.models import Unit

_NOTE = {"silent": "silent", "wrong_number": "wrong", "harassing": "harassing", "hung_up": "dropped"}
_EARLIER = timedelta(minutes=3)
WRITTEN = datetime(2024, 12, 27, 16, 0, tzinfo=folder.ZONE)


@transaction.atomic
def knowledge() -> None:
    """Articles written by one editor and published by another; one revision waits for the second person, one text is in draft."""
    if Article.objects.exists():
        return
    cast, units = Cast(), {u.code: u.id for u in Unit.objects.all()}
    writer, other = (cast.pick(Role.KNOWLEDGE_EDITOR, n) for n in (0, 1))
    with clock.fixed(WRITTEN):
        for a in folder.read("knowledge")["articles"]:
            version = articles.draft(code=a["code"], title=a["title"], body=a["body"], owner=units[a["owner"]], category=a["category"],
                                     valid_from=a["valid_from"], valid_to=a["valid_to"], keywords=a["keywords"], by=writer)
            articles.submit(version_id=version.id, by=writer)
            articles.approve(version_id=version.id, by=other)
        for p in folder.read("knowledge")["phones"]:
            articles.add_phone(name=p["name"], phone=p["phone"], unit=units[p["unit"]], hours=p["hours"], by=writer)
    with clock.fixed(folder.NOW - timedelta(hours=16)):
        _in_hand(cast, units)


def _in_hand(cast: Cast, units: dict[str, int]) -> None:
    writer, other = (cast.pick(Role.KNOWLEDGE_EDITOR, n) for n in (0, 1))
    old = {a["code"]: a for a in folder.read("knowledge")["articles"]}["K-0102"]
    revised = articles.revise(article_id=Article.objects.get(code="K-0102").id, title=old["title"], keywords=old["keywords"], by=other,
                              body=old["body"] + "1月2日起恢复平日时刻，节日加开的夜班车停运。", valid_from=date(2025, 1, 2), valid_to=old["valid_to"])
    articles.submit(version_id=revised.id, by=other)
    articles.draft(title="出租车上遗失物品怎么找", owner=units["b.jiaotong"], category="jt.taxi.lost", valid_from=date(2025, 1, 6), by=writer,
                   body="记下上下车时间和地点，有车票的看车号。先打出租汽车服务电话登记，再留下联系方式；证件急用的，可先到户政窗口问临时证件。",
                   keywords=["出租车", "失物", "落在车上", "找回"])
    articles.report_gap(text="问节后3路末班车是几点，文章里只写了首班车", category="jt.bus.wait", by=cast.pick(Role.AGENT, 1),
                        article_id=Article.objects.get(code="K-0102").id)
    articles.report_gap(text="问新年集市能不能带宠物，没有找到", category="ly.info.guide", by=cast.pick(Role.AGENT, 2))


def versions() -> dict[str, int]:
    """Code of an article -> the published version that answers were given with."""
    return {v.article.code: v.id for v in Version.objects.filter(state="published").select_related("article")}


@transaction.atomic
def finish(mark: str) -> None:
    """The last section and, in the same transaction, the mark that all is in."""
    cast = Cast()
    with clock.fixed(folder.NOW - _EARLIER):
        _calls(cast)
        _flag(cast)
        messages.drain(by=clock_actor("发送任务"), limit=10_000)
        ledger.write(kind="import", by_id=COMMAND_LINE.id, by_name=COMMAND_LINE.name, about=mark, reason="演示城市装载完成")


def _calls(cast: Cast) -> None:
    for n, call in enumerate(folder.calls_without_case()):
        with clock.fixed(folder.local(call["received"])):
            intake_desk.note_call(by=cast.pick(Role.AGENT, n), kind=_NOTE[call["kind"]], note=call["note"])


def _flag(cast: Cast) -> None:
    """Proposed by the agent of the abusive call; a second person has yet to approve it (rulings, 27)."""
    by = cast.pick(Role.AGENT, 0)
    contacts.flag_of_case(contact=contacts.remember(name="", phone="13000000735", kind=ContactKind.PERSON, by=by), grade=Grade.WARN, by=by,
                          ground="元月二日9时35分酒后反复辱骂话务员，劝导两次无效后结束通话")
