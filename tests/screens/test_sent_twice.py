"""A form sent twice, or sent again after its answer was lost, is one deed also where no step is taken; and a text is published as it was read."""

from __future__ import annotations

import html
import re
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cast import NOW, PNG, later

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import actor_of
from minsheng.accounts.rules import SCOPES, Role
from minsheng.bulletins.models import ScheduleRow
from minsheng.cases.models import CaseStep
from minsheng.cases.rules import State
from minsheng.kit.templatetags.show import typed_time
from minsheng.knowledge import actions as knowledge
from minsheng.knowledge.models import Article, Gap, Version
from minsheng.ledger.models import Entry
from minsheng.org.models import Duty

TEXT = {"title": "停水通知怎么查", "body": "停水通知在水务局网站公布，也可来电查询。", "category": "tap", "lang": "zh", "valid_from": "2025-01-01"}


def test_an_article_a_gap_a_row_of_duty_and_a_rule_are_made_once(cast):
    water = cast.units["water"].id
    duty = {"step": "save", "name": "甲", "phone": "13800000001", "starts": typed_time(NOW), "ends": typed_time(later(days=1)), "order": "1"}
    rule = {"kind": "daily", "since": "2025-01-10", "at": "08:30", "told": []}
    twice = (("knowledge_editor", "/desk/knowledge/new", {**TEXT, "owner": water}, Article), ("agent", "/desk/knowledge/gaps/report", {"text": "公厕几点关门"}, Gap),
             ("system_admin", f"/desk/units/{water}/duty", duty, Duty), ("supervisor", "/desk/bulletins/settings/rule", rule, ScheduleRow))
    for who, url, given, made in twice:
        client, before, told = cast.client(who), made.objects.count(), Entry.objects.count()
        answers = [client.post(url, given).status_code for _ in range(2)]
        assert answers[0] == answers[1] and answers[0] < 400, (url, answers)
        assert made.objects.count() == before + 1, url
        assert Entry.objects.count() <= told + 1, url
    assert cast.client("knowledge_editor").post("/desk/knowledge/new", {**TEXT, "owner": water, "title": "停水了怎样查询"}).status_code == 302
    assert Article.objects.count() == 2, "another text is another article"


def third(cast):
    """Another editor still: neither who wrote nor who has the page open."""
    person = accounts.create_person(username="editor_3", name="同事丙", unit=cast.units["centre"], by=accounts.COMMAND_LINE, setup=True,
                                    must_change_password=False)
    accounts.grant_role(person=person, role=Role.KNOWLEDGE_EDITOR, by=accounts.COMMAND_LINE, setup=True)
    return actor_of(person, frozenset({Role.KNOWLEDGE_EDITOR}))


def test_an_article_is_published_as_it_was_read(cast):
    editor = cast.actors["knowledge_editor"]
    draft = knowledge.draft(title=TEXT["title"], body=TEXT["body"], category="tap", owner=cast.units["water"].id, valid_from=date(2025, 1, 1), by=editor)
    knowledge.submit(version_id=draft.id, by=editor)
    judge = cast.client(cast.another(Role.KNOWLEDGE_EDITOR))
    read = html.unescape(re.search(r'name="seen" value="([^"]+)"', judge.get(f"/desk/knowledge/{draft.article_id}").content.decode())[1])
    knowledge.send_back(version_id=draft.id, reason="请写清电话", by=third(cast))
    knowledge.revise(article_id=draft.article_id, title=TEXT["title"], body="停水不再公布，请勿来电。", valid_from=date(2025, 1, 1), by=editor)
    knowledge.submit(version_id=draft.id, by=editor)
    answer = judge.post(f"/desk/knowledge/version/{draft.id}", {"step": "approve", "seen": read})
    assert answer.status_code == 409 and "停水不再公布" in answer.content.decode() and Version.objects.get(id=draft.id).state == "pending"
    again = html.unescape(re.search(r'name="seen" value="([^"]+)"', answer.content.decode())[1])
    assert judge.post(f"/desk/knowledge/version/{draft.id}", {"step": "approve", "seen": again}).status_code == 302


def test_a_step_with_a_file_is_taken_once_with_its_key(cast):
    case = cast.at_state(State.IN_PROGRESS)
    token = accounts.make_token(person=cast.people["water"], name="测试", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)[1]

    def send(found: str, key: str = "once"):
        given = f'{{"visited_at": "{NOW.isoformat()}", "found": "{found}", "done": "已关阀抢修"}}'
        return Client().post(f"/api/v1/cases/{case.id}/files", {"file": SimpleUploadedFile("现场.png", PNG), "step": "field_record", "given": given},
                             headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key})

    first, again, other = send("管道破裂"), send("管道破裂"), send("阀门损坏")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409), (first.content, again.content, other.content)
    assert first.json()["id"] == again.json()["id"]
    assert CaseStep.objects.filter(case_id=case.id, step="field_record").count() == 1
    assert send("阀门损坏", "x" * 121).status_code == 422
