"""Bulletins by the clock: each once, after an outage each that is missing, and templates that are tried before they are taken."""

import io
import threading
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from docx import Document
from tests.cast import NOW, build, later
from tests.rooms.test_leader_days import refused

from minsheng.bulletins.actions import bulletins, schedule, templates
from minsheng.bulletins.models import Bulletin, ScheduleRow
from minsheng.bulletins.queries import making
from minsheng.bulletins.queries import schedule as read
from minsheng.kit import clock
from minsheng.kit.papers.default_template import default_template
from minsheng.kit.uploads import Upload
from minsheng.ledger.models import Entry
from minsheng.messages.models import Message

DAILY = {"kind": "daily", "since": "2025-01-02", "at": "08:00"}


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        found = build()
        found.create()
        yield found


def set_rule(cast, who: str = "supervisor", **given) -> ScheduleRow:
    return schedule.set_rule(by=cast.actors[who], given=DAILY | given)


def test_the_clock_drafts_each_once_tells_whom_it_should_and_catches_up_after_an_outage(cast):
    with clock.fixed(NOW):
        set_rule(cast, told=[cast.people["analyst"].id])
        assert schedule.draft_owed() == 0, "nothing that nobody had asked for"
    with clock.fixed(later(days=1)):
        assert [schedule.draft_owed() for _ in range(3)] == [1, 0, 0]
        one = Bulletin.objects.get()
        assert (one.since.isoformat(), one.state) == ("2025-01-02", "draft") and read.made_late(one), "two hours after its time"
        assert Message.objects.filter(template="bulletin_drafted").count() == (1 if cast.people["analyst"].phone else 0)
    with clock.fixed(later(days=5)):
        assert schedule.draft_owed() == 4, "each that is missing"
        assert [row.since.day for row in Bulletin.objects.order_by("since")] == [2, 3, 4, 5, 6] and schedule.draft_owed() == 0
    with clock.fixed(later(days=6, hours=-2)):
        assert schedule.draft_owed() == 1 and read.made_late(Bulletin.objects.order_by("-since")[0]) is None
    assert list(bulletins.verify_history()) == []


def test_what_an_analyst_drafted_or_dropped_is_not_drafted_again(cast):
    set_rule(cast)
    with clock.fixed(later(days=1, hours=-5)):
        by_hand = bulletins.draft(by=cast.actors["analyst"], given={"kind": "daily", "since": "2025-01-02"}).subject_id
        bulletins.take(bulletin_id=by_hand, step="discard_bulletin", by=cast.actors["analyst"], given={"reason": "等到点"})
    with clock.fixed(later(days=1)):
        assert schedule.draft_owed() == 0 and Bulletin.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_draft_one():
    with clock.fixed(NOW):
        cast = build()
        set_rule(cast)
    made: list[int] = []

    def work() -> None:
        made.append(schedule.draft_owed(at=later(days=1)))
        connection.close()

    with clock.fixed(later(days=1)):
        threads = [threading.Thread(target=work) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert sorted(made) == [0, 1] and Bulletin.objects.count() == 1


@pytest.mark.parametrize(("given", "field"), [({"kind": "special"}, "kind"), ({"since": "2025-01-01"}, "since"), ({"at": "25:00"}, "at"), ({"since": ""}, "since"),
                                              ({"kind": "weekly", "on": "8"}, "on"), ({"kind": "monthly", "on": "31"}, "on"), ({"told": [999999]}, "told")])
def test_what_a_rule_cannot_be_is_said_at_its_field(cast, given, field):
    assert refused(lambda: set_rule(cast, **given)) == field
    assert not ScheduleRow.objects.exists()


def test_a_rule_is_a_row_from_a_day_on_set_by_a_supervisor_and_in_the_ledger(cast):
    assert refused(lambda: set_rule(cast, "analyst")) == "role"
    set_rule(cast)
    set_rule(cast, since=(NOW + timedelta(days=3)).date().isoformat(), at="")
    assert Entry.objects.filter(kind="report_setting").count() == 2
    with clock.fixed(later(days=9)):
        assert schedule.draft_owed() == 3, "of the three days before it was turned off"


# --- templates ------------------------------------------------------------------------------


def changed(find: str, put: str) -> bytes:
    """The default template with other words in it."""
    document = Document(io.BytesIO(default_template()))
    for paragraph in document.paragraphs:
        for run in paragraph.runs:
            run.text = run.text.replace(find, put)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_template_of_its_own_is_filled_and_the_default_comes_back_at_a_click(cast):
    boss = cast.actors["supervisor"]
    own = changed("{{ title }}", "示例市热线专用　{{ title }}")
    with clock.fixed(later(days=1)):
        one = Bulletin.objects.get(id=bulletins.draft(by=cast.actors["analyst"], given={"kind": "daily", "since": "2025-01-02"}).subject_id)
    templates.put(by=boss, kind="daily", file=Upload("日报.docx", own))
    text = "\n".join(p.text for p in Document(io.BytesIO(making.made(one, "docx"))).paragraphs)
    assert "示例市热线专用　2025年1月2日" in text and "总体情况" in text
    one.kind = "weekly"
    assert "专用" not in "\n".join(p.text for p in Document(io.BytesIO(making.made(one, "docx"))).paragraphs), "of its kind alone"
    one.kind = "daily"
    templates.restore(by=boss, kind="daily")
    assert "专用" not in "\n".join(p.text for p in Document(io.BytesIO(making.made(one, "docx"))).paragraphs)
    assert refused(lambda: templates.restore(by=boss, kind="daily")) == "state"
    assert [row.detail["what"] for row in Entry.objects.filter(kind="report_setting").order_by("id")] == ["日报换用自己的模板", "日报恢复默认模板"]
    assert refused(lambda: templates.put(by=cast.actors["analyst"], kind="daily", file=Upload("x.docx", own))) == "role"
    assert refused(lambda: templates.put(by=boss, kind="hourly", file=Upload("x.docx", own))) == "kind"


@pytest.mark.parametrize(("content", "said"), [
    (b"no document", "不是完整的 DOCX"), (changed("{{ title }}", "{{ titel }}"), "titel"), (changed("{{ one.text }}", "{{ one.txt }}"), "txt"),
    (changed("{{ title }}", "{{ title"), "标记写错"), (changed("{%p for one in blocks %}", "{%p for one in [] %}"), "正文"),
    (changed("{{ title }}", "{{ ''.__class__.__mro__ }}{{ title }}"), "")])
def test_a_broken_template_is_refused_with_a_sentence_and_nothing_changes(cast, content, said):
    with pytest.raises(Exception) as wrong:
        templates.put(by=cast.actors["supervisor"], kind="daily", file=Upload("x.docx", content))
    assert said in wrong.value.errors["file"]
    assert not Entry.objects.filter(kind="report_setting").exists()


def test_a_template_that_brings_macros_or_reaches_outside_is_refused(cast):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(default_template())) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info))
        new.writestr("word/vbaProject.bin", b"macro")
    assert refused(lambda: templates.put(by=cast.actors["supervisor"], kind="daily", file=Upload("x.docx", out.getvalue()))) == "file"
