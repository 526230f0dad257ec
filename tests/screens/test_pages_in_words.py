"""Words, never raw codes: the text of every page, as each role, is read for enum values, ids, lists and None as a program writes them."""

from __future__ import annotations

import html
import inspect
import re
from enum import StrEnum

import pytest
from django.test import Client
from tests.cast import ANSWER, NOW, PEOPLE, later
from tests.of_today import of_today
from tests.screens.test_walk import STAFF, filled

from minsheng.accounts import rules as accounts_rules
from minsheng.calendar import actions as calendar
from minsheng.calendar import rules as calendar_rules
from minsheng.cases.rules import State, fields, states
from minsheng.knowledge import rules as knowledge_rules
from minsheng.ledger import rules as ledger_rules
from minsheng.messages import rules as message_rules
from minsheng.org import rules as org_rules

_MODULES = (states, accounts_rules, calendar_rules, knowledge_rules, ledger_rules, org_rules)
_CODES = {str(member) for module in _MODULES for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, StrEnum) for member in kind}
_CHOICES = {str(value) for field in fields.FIELDS.values() for value, _ in field.choices}
# Names of accounts in the tests' cast, and figures that are the words themselves (110, 12345).
_NOT = {*PEOPLE, *(code for code in _CHOICES if code.isdigit()), "h", "d", "min", "wh", "wd", "app"}
_WORDS = sorted(map(re.escape, {*_CODES, *_CHOICES, *message_rules.TEMPLATES} - _NOT), key=len, reverse=True)
RAW = re.compile(rf"(?<![\w.\-/@])(?:{'|'.join(_WORDS)})(?![\w.\-/@])")
WRITTEN = re.compile("|".join((
    r"\[['\"\d{]", r"\{['\"]", r"\[\]", r"\{\}", r"\bNone\b", r"\bTrue\b", r"\bFalse\b", r"\bkinds\b", r"(?<!\d)\d{18,19}(?!\d)",
    r"\b(?:person|unit|case|rule|limit|contact|flag|category|message)[: ]\d", r"(?<![A-Za-z0-9_.-])\d{4}-\d\d-\d\d(?![A-Za-z0-9_-])|\d{4}-\d\d-\d\dT\d\d",
    r"(?<![\w.])\d+(?:wd|wh)\b")))


def seen(content: bytes) -> str:
    """What a person reads: no markup, no script, not the watermark; what may be typed into a field stays out."""
    text = re.sub(r"<(script|style|svg|textarea|code)\b.*?</\1>|<!--.*?-->", " ", content.decode(), flags=re.S)
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


def wrong(content: bytes) -> list[str]:
    text = re.sub(r"如 ?[\w、]*\d+(?:wd|wh)[\w、，]*", " ", seen(content))
    return [text[max(0, m.start() - 20) : m.end() + 20].strip() for pattern in (RAW, WRITTEN) for m in pattern.finditer(text)][:5]


def lived(cast) -> list:
    """Cases in every state, with everything that can be given on the way; and entries of every kind that these people make."""
    cases = [cast.at_state(state) for state in State if state not in (State.START, State.RETURN_REVIEW)]
    rich = cast.at_state(State.IN_PROGRESS)
    cast.take(rich, "waive_contact", "water", no_contact="not_needed", reason="当面说过", call=77)
    cast.take(rich, "assign_task", "water", task_unit=cast.units["pipes"].id, duty="查管网", task_due=later(days=2).isoformat())
    cast.take(rich, "ask_extension", "water", reason="管材后天到货", interim="已关阀", limit="3wd")
    returned = cast.at_state(State.RETURN_REVIEW, category="noise", elements={"time": "夜间"})
    cast.take(cast.take(returned, "uphold_return", "return_reviewer", ruling="同意", restart=True), "revise", "dispatcher", kind="complaint",
              category="tap", district=cast.units["county"].id)
    redone = cast.at_state(State.PENDING_CHECK)
    cast.take(redone, "reject_reply", "checker", defect="off_topic", reason="没有回答")
    hidden = cast.take(cast.at_state(State.IN_PROGRESS), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id],
                       until="2025-06-01T00:00+08:00")
    split = cast.create()
    cast.take(split, "split", "dispatcher", reason="三件事", parts=[{"narrative": "停水两天", "category": "tap"}, {"narrative": "夜里施工太吵", "category": "noise"}])
    calendar.announce_holiday(calendar="lhasa", day=later(days=40).date(), kind="holiday", why="放假通知", by=cast.actors["system_admin"])
    calendar.set_limit(code="sign", value="6wh", valid_from=later(days=30).date(), by=cast.actors["system_admin"], basis="新规定")
    client = cast.client("agent")
    client.post(f"/desk/case/{rich.id}/number", {"reason": "诉求人要求回电"})
    return [*cases, rich, returned, redone, hidden, split]


def test_no_page_shows_a_code_where_a_word_belongs(cast):
    found, cases = [], lived(cast)
    for who in PEOPLE:
        client = cast.client(who)
        plain = [route for route, _ in STAFF if "<" not in route] + ["/board/"]
        pages = of_today(plain + [f"/desk/{page}/{case.id}" for case in cases for page in ("case", "unit")], one_in=3)
        for page in pages:
            answer = client.get(page)
            if answer.status_code < 400 and "text/html" in answer.headers.get("Content-Type", ""):
                found += [f"{who} {page}: {one}" for one in wrong(answer.content)]
    assert found == []


def test_forms_of_every_step_ask_in_words(cast):
    cases, found = lived(cast), []
    for case in cases:
        for who in ("agent", "dispatcher", "shift_leader", "water", "water_head", "supervisor", "coordinator", "checker"):
            client = cast.client(who)
            page = client.get(f"/desk/case/{case.id}")
            for step in of_today(re.findall(r"\?step=(\w+)", page.content.decode()), one_in=3):
                found += [f"{who} {step}: {one}" for one in wrong(client.get(f"/desk/case/{case.id}?step={step}").content)]
    assert found == []


def test_a_citizens_pages_show_none_either(cast):
    found = []
    for case in (cast.at_state(State.CLOSED), cast.at_state(State.IN_PROGRESS), cast.at_state(State.TRANSFERRED), cast.at_state(State.DECLINED)):
        client = Client()
        client.post("/track", {"number": case.number, "code": cast.codes[case.id]})
        found += [f"{case.state} {page}: {one}" for page in ("/", "/send", "/track", "/privacy", "/case") for one in wrong(client.get(page).content)]
    assert found == []


@pytest.mark.parametrize("text", ["当前状态 in_progress", "理由：['a', 'b']", "依据 {'a': 1}", "内容 kinds ['holiday']", "工单 1654859287756800025",
                                  "contact 37", "person:12", "核对到 2025-01-07，", "称 2024-12-30 09:36 联系", "时限 5wd", "值 None"])
def test_the_reading_itself_finds_what_it_is_for(text):
    assert wrong(f"<p>{text}</p>".encode())


def test_given_words_name_what_they_are_about(cast):
    from minsheng.kit.search import to_vector
    from minsheng.knowledge.models import Article, Version

    article = Article.objects.create(code="GY.GAS.SAFE", owner=cast.units["water"], category="tap")
    version = Version.objects.create(article=article, n=2, title="燃气安全须知", body="关阀开窗", valid_from=NOW.date(), state="published", drafted_by=1, drafted_name="知识甲",
                                     drafted_at=NOW, approved_by=2, published_at=NOW, words=to_vector(["燃气"]))
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "draft_reply", "water", **ANSWER, article=version.id)
    text = seen(cast.client("water").get(f"/desk/case/{case.id}").content)
    assert "《燃气安全须知》第 2 版" in text and filled("/x/<int:id>", case)
