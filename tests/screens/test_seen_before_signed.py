"""Nobody signs, rules on or replaces words that came after the page was opened: the form says what its page showed, and is sent back once."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.test import Client
from tests import leader_day
from tests.cast import ANSWER, NOW
from tests.subjects import of_papers, of_supervision

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES, Role
from minsheng.cases.models import Case, CaseAsk
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.kit.stepped import SteppedKind
from minsheng.leader_days import actions as days
from minsheng.leader_days.models import Scheme
from minsheng.month_end.actions import assessments
from minsheng.month_end.models import Assessment
from minsheng.oversight.actions import stock_phrases
from minsheng.oversight.models import StockPhrases
from minsheng.topics.actions import declared
from minsheng.topics.models import Topic


class Opened:
    """A form as a browser holds it: what its page showed when it was opened, and nothing newer."""

    def __init__(self, client, page: str, holding: str):
        self.client = client
        text = client.get(page).content.decode()
        form = next(f for f in re.findall(r"<form\b.*?</form>", text, re.S) if holding in f)
        self.action = html.unescape(re.search(r'action="([^"]*)"', form)[1])
        self.hidden = {name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}
        assert self.hidden["as_of"].isdigit()

    def send(self, **given):
        return self.client.post(self.action, {**self.hidden, **given})


def told(answer) -> str:
    assert answer.status_code == 409, answer.status_code
    return answer.content.decode()


def test_a_checker_passes_the_reply_that_stood_on_the_page_and_no_later_one(cast):
    case = cast.at_state(State.PENDING_CHECK)
    old = Opened(cast.client("checker"), f"/desk/check?case={case.id}", 'value="accept_reply"')
    other = cast.another(Role.CHECKER)
    cast.take(case, "reject_reply", other, defect="unsolved", reason="没有写清何时恢复")
    cast.reply(case, "water", public_reply="已恢复供水，水费另议。")
    page = told(old.send(step="accept_reply"))
    assert "签发答复" in page and "已恢复供水，水费另议。" in page, "the page shows the reply that is now to be judged"
    assert Case.objects.get(id=case.id).state == State.PENDING_CHECK
    assert Opened(old.client, f"/desk/check?case={case.id}", 'value="accept_reply"').send(step="accept_reply").status_code == 302


def test_an_extension_is_granted_for_the_reasons_that_were_read(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "ask_extension", "water", reason="管材后天到货", interim="已关阀")
    old = Opened(cast.client("supervisor"), f"/desk/rulings?case={case.id}", 'value="grant_extension"')
    cast.take(case, "refuse_extension", cast.another(Role.SUPERVISOR), ruling="请先抢修")
    cast.take(case, "ask_extension", "water", reason="人手不够，年后再修", interim="没有进展")
    page = told(old.send(step="grant_extension", ruling="同意，管材到货即修"))
    assert "同意，管材到货即修" in page and "人手不够，年后再修" in page
    assert CaseAsk.objects.filter(case_id=case.id, ruled_at=None).count() == 1


def test_a_head_signs_the_draft_that_was_read_and_two_handlers_do_not_write_over_each_other(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "contact", "water", contact_at=clock.now().isoformat(), contact_how="phone")
    cast.take(case, "draft_reply", "water", **ANSWER)
    old = Opened(cast.client("water_head"), f"/desk/unit/{case.id}", 'value="reply"')
    second = Opened(cast.client("water_head"), f"/desk/unit/{case.id}?step=draft_reply", 'value="draft_reply"') \
        if Role.UNIT_HANDLER in cast.actors["water_head"].roles else None
    cast.take(case, "draft_reply", "water", **{**ANSWER, "public_reply": "水费自理，不再答复。"})
    assert "水费自理，不再答复。" in told(old.send(step="reply"))
    assert Case.objects.get(id=case.id).state == State.IN_PROGRESS
    if second:
        page = told(second.send(**{**ANSWER, "public_reply": "另一稿"}))
        assert "另一稿" in page


def test_a_dispatcher_sends_for_the_matter_that_stood_there(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    old = Opened(cast.client("dispatcher"), f"/desk/dispatch?case={case.id}", "dispatch")
    cast.take(case, "revise", cast.another(Role.DISPATCHER), category="noise")
    page = told(old.send(lead=str(cast.units["water"].id), basis="三定方案"))
    assert "修正登记" in page and "三定方案" in page and Case.objects.get(id=case.id).state == State.PENDING_REVIEW


def test_what_a_program_read_holds_as_well(cast):
    case = cast.at_state(State.PENDING_CHECK)
    token = accounts.make_token(person=cast.people["checker"], name="测试", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)[1]
    seq = Case.objects.get(id=case.id).seq
    cast.take(case, "reject_reply", cast.another(Role.CHECKER), defect="unsolved", reason="没有写清")
    cast.reply(case, "water", public_reply="另一份答复：已经恢复供水")

    def send(as_of: int):
        body = json.dumps({"step": "accept_reply", "given": {}, "as_of": as_of})
        return Client().post(f"/api/v1/cases/{case.id}/steps", body, content_type="application/json", headers={"Authorization": f"Bearer {token}"})

    assert (send(seq).status_code, send(-1).status_code) == (409, 422)
    assert send(Case.objects.get(id=case.id).seq).status_code == 201


def test_a_plan_of_month_end_is_amended_by_two(cast):
    with clock.fixed(NOW):
        one = assessments.plan(by=cast.actors["analyst"], given={"title": "一月", "since": "2025-01-01", "until": "2025-01-31"}).subject_id
        form = Opened(cast.client("analyst"), f"/desk/month-end/{one}?step=amend_assessment", 'value="amend_assessment"')
        assessments.take(assessment_id=one, step="amend_assessment", by=cast.actors[cast.another(Role.ANALYST)],
                         given={"title": "一月", "since": "2025-01-01", "until": "2025-01-28"})
        page = told(form.send(title="一月（试行）", since="2025-01-01", until="2025-01-31"))
    assert "修改考核期" in page and "一月（试行）" in page
    assert Assessment.objects.get(id=one).until.day == 28, "the other's day is not put back"
    again = re.search(r'name="as_of" value="(\d+)"[^>]*>\s*<input type="hidden" name="step" value="amend_assessment"', page)[1]
    with clock.fixed(NOW):
        assert form.send(title="一月（试行）", since="2025-01-01", until="2025-01-28", as_of=again).status_code == 302


def test_a_scheme_is_issued_as_it_was_read(cast):
    office = cast.actors["coordinator"]
    given = {"name": "2025年方案", "year": 2025, "aim": "听民声", "topics": "供水", "units": [cast.units["water"].id], "since": "2025-01-01", "until": "2025-12-31"}
    one = days.draft_scheme(by=office, given=given).subject_id
    form = Opened(cast.client("supervisor"), f"/desk/schemes/{one}", 'value="issue_scheme"')
    days.take_scheme_step(scheme_id=one, step="amend_scheme", by=office, given={**given, "topics": "道路"})
    assert "修改方案" in told(form.send(step="issue_scheme")) and Scheme.objects.get(id=one).state == "draft"
    fresh = Opened(form.client, f"/desk/schemes/{one}", 'value="issue_scheme"')
    assert fresh.send(step="issue_scheme").status_code == 302 and Scheme.objects.get(id=one).state == "issued"


def test_a_topic_and_a_list_of_phrases_are_signed_as_they_were_read(cast):
    topic, phrases = of_supervision(cast)["topic_id"][0], of_papers(cast)["phrases_id"][0]
    second = cast.client("supervisor_2") if "supervisor_2" in cast.people else cast.client(cast.another(Role.SUPERVISOR))
    declare = Opened(second, f"/desk/topics/{topic}", 'value="declare_topic"')
    sign = Opened(second, f"/desk/phrases/{phrases}", 'value="sign_phrases"')
    row = Topic.objects.get(id=topic)
    declared.take(topic_id=topic, step="amend_topic", by=cast.actors["coordinator"],
                  given={"name": row.name, "lead": row.lead_id, "measures": "不再检修", "since": "2025-01-02", "until": "2025-02-28"})
    stock_phrases.take(phrases_id=phrases, step="amend_phrases", by=cast.actors["supervisor"], given={"phrases": "停水", "since": "2025-01-06", "reason": "试行"})
    assert "修改议题" in told(declare.send(step="declare_topic")) and "不再检修" in told(declare.send(step="declare_topic"))
    assert "修改" in told(sign.send(step="sign_phrases"))
    assert (Topic.objects.get(id=topic).state, StockPhrases.objects.get(id=phrases).state) == ("proposed", "draft")


def test_a_period_is_announced_with_the_desks_that_were_read(cast):
    period = leader_day.draft(cast, leader_day.scheme(cast))
    form = Opened(cast.client("supervisor"), f"/desk/periods/{period.id}", 'value="announce"')
    leader_day.step(cast, period.id, "amend_period", theme="道路")
    assert "修改主题" in told(form.send(step="announce"))


def test_what_somebody_adds_beside_holds_nobody_up(cast):
    case = cast.at_state(State.PENDING_CHECK)
    form = Opened(cast.client("checker"), f"/desk/check?case={case.id}", 'value="accept_reply"')
    cast.take(case, "phone_secrecy", "agent", identity=["when", "matter"])
    assert form.send(step="accept_reply").status_code == 302


@pytest.mark.parametrize("broken", ["x", "-1", "9" * 40, "１", "1e3", "\ud800"])
def test_a_mark_that_is_none_says_nothing(cast, broken):
    case = cast.at_state(State.PENDING_CHECK)
    form = Opened(cast.client("checker"), f"/desk/check?case={case.id}", 'value="accept_reply"')
    assert form.send(step="accept_reply", as_of=broken.encode("utf-8", "replace").decode()).status_code == 302


def kinds(of=SteppedKind):
    for kind in of.__subclasses__():
        yield from kinds(kind)
        if hasattr(kind, "procedure"):
            yield kind


def test_whoever_edits_or_rules_rests_on_what_was_written_or_asked(db):
    procedures = [PROCEDURE, *(kind.procedure for kind in kinds())]
    assert len(procedures) > 15
    for procedure in procedures:
        names = {step.name for step in procedure}
        for step in procedure:
            assert set(step.rests_on) <= names, step.name
            deed, _, what = step.name.partition("_")
            if deed == "amend" and procedure is not PROCEDURE:
                assert step.name in step.rests_on, f"{step.name}: two who edit write over each other"
            if deed in ("grant", "refuse") and f"ask_{what}" in names:
                assert f"ask_{what}" in step.rests_on, f"{step.name}: what was asked anew is ruled on unread"
            if deed == "sign" and (edits := {n for n in names if n == f"amend_{what}"}):
                assert edits <= set(step.rests_on), f"{step.name}: what was amended is signed unread"
