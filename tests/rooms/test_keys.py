"""A step sent twice is one step; the same key for something else is refused; a refused step leaves nothing."""

from __future__ import annotations

import pytest
from tests.cast import ANSWER, NOW, PHONE, PNG

from minsheng.cases import actions
from minsheng.cases.actions import any_step
from minsheng.cases.models import Case, CaseStep, StepText
from minsheng.cases.rules import State
from minsheng.files import keeping
from minsheng.files.models import StoredFile
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Invalid, Refused


def steps(case) -> int:
    return CaseStep.objects.filter(case_id=case.id).count()


def test_a_draft_of_a_reply_sent_again_with_its_key_is_one_draft(cast):
    case, before = cast.at_state(State.IN_PROGRESS), 0
    first = actions.take_step(case_id=case.id, step="draft_reply", by=cast.actors["water"], given=ANSWER, key="abc")
    before = steps(case)
    again = actions.take_step(case_id=case.id, step="draft_reply", by=cast.actors["water"], given=ANSWER, key="abc")
    assert again.id == first.id and again.replayed and steps(case) == before


def test_a_key_used_for_other_words_or_by_another_person_is_refused(cast):
    case = cast.at_state(State.IN_PROGRESS)
    actions.take_step(case_id=case.id, step="interim_reply", by=cast.actors["water"], given={"interim": "已开挖"}, key="abc")
    with pytest.raises(Refused, match="内容不同"):
        actions.take_step(case_id=case.id, step="interim_reply", by=cast.actors["water"], given={"interim": "已回填"}, key="abc")
    with pytest.raises(Refused):
        actions.take_step(case_id=case.id, step="add_facts", by=cast.actors["agent"], given={"addition": "x"}, key="abc")


@pytest.mark.parametrize("step", ["split", "reopen"])
def test_cases_are_made_from_a_case_once_however_often_it_is_sent(cast, step):
    case = cast.create() if step == "split" else cast.at_state(State.CLOSED)
    given = {"parts": [{"narrative": "路灯不亮"}, {"narrative": "井盖松动"}], "reason": "两件事"} if step == "split" else {
        "reason": "又出现", "narrative": "昨夜又停水", "identity": ["when", "matter"]}
    who = "dispatcher" if step == "split" else "agent"
    first = actions.take_step(case_id=case.id, step=step, by=cast.actors[who], given=given, key="abc")
    again = actions.take_step(case_id=case.id, step=step, by=cast.actors[who], given=given, key="abc")
    assert [m.case.id for m in again.made] == [m.case.id for m in first.made] and len(first.made) == (2 if step == "split" else 1)
    assert all(m.code for m in first.made)  # each part can be looked up by its requester


def test_what_goes_into_a_new_case_is_not_kept_in_the_history_of_the_old_one(cast):
    case = cast.at_state(State.CLOSED)
    row = actions.take_step(case_id=case.id, step="reopen", by=cast.actors["agent"], given={"identity": ["when", "matter"], "reason": "又出现", "narrative": "电话13912345678"})
    assert "13912345678" not in str(row.given) + str(StepText.objects.get(step_id=row.id).words)
    assert row.given["made"] == [row.made[0].case.id]


def test_reopening_from_the_case_page_makes_the_case_that_the_citizen_is_told_of(cast):
    case = cast.at_state(State.CLOSED)
    answer = cast.client("agent").post(f"/desk/case/{case.id}/step", {"step": "reopen", "reason": "又出现", "narrative": "昨夜又停水", "identity": ["when", "matter"]})
    assert answer.status_code == 302
    made = Case.objects.get(previous_id=case.id)
    assert made.state == State.PENDING_REVIEW and made.contact_id == case.contact_id


def test_the_form_of_a_step_brings_a_key_and_pressing_twice_takes_one_step(cast):
    case = cast.at_state(State.IN_PROGRESS)
    page = cast.client("water").get(f"/desk/case/{case.id}?step=interim_reply").content.decode()
    assert 'name="key"' in page
    typed = {"step": "interim_reply", "interim": "已开挖，预计今晚修复", "key": "a1b2c3d4"}
    for _ in range(2):
        assert cast.client("water").post(f"/desk/case/{case.id}/step", typed).status_code == 302
    assert CaseStep.objects.filter(case_id=case.id, step="interim_reply").count() == 1


def test_a_refused_step_leaves_no_file_neither_row_nor_bytes(cast):
    case, photo = cast.at_state(State.IN_PROGRESS), PNG + b"once"
    rows = StoredFile.objects.count()
    for who, given, error in (("roads", {"found": "无", "done": "无"}, Refused), ("water", {"found": "井盖缺失"}, Invalid)):
        with pytest.raises(error):
            actions.take_step(case_id=case.id, step="field_record", by=cast.actors[who],
                              given={"visited_at": NOW.isoformat(), "files": [Upload("现场.png", photo)], **given})
    assert StoredFile.objects.count() == rows
    row = actions.take_step(case_id=case.id, step="field_record", by=cast.actors["water"], given={
        "visited_at": NOW.isoformat(), "files": [Upload("现场.png", photo)], "found": "井盖缺失", "done": "已补"})
    kept = StoredFile.objects.get(id=row.given["files"][0])
    assert keeping.path_of(kept.sha256).exists()


def test_an_effect_that_fails_takes_its_bytes_away_again(cast, monkeypatch):
    from minsheng.cases.actions import take

    case = cast.at_state(State.IN_PROGRESS)
    written = []
    keep = keeping.keep

    def noted(sha256, content):
        written.append(sha256)
        keep(sha256, content)

    monkeypatch.setattr(keeping, "keep", noted)
    monkeypatch.setattr(take.notifications, "after", lambda deed: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.take_step(case_id=case.id, step="field_record", by=cast.actors["water"], given={
            "visited_at": NOW.isoformat(), "files": [Upload("独有.png", PNG)], "found": "井盖缺失", "done": "已补"})
    assert written and not StoredFile.objects.filter(sha256__in=written).exists()
    assert not any(keeping.path_of(sha256).exists() for sha256 in written)


def test_a_request_that_comes_again_with_something_more_is_not_taken_for_the_first(cast):
    asked = {"by": cast.actors["agent"], "kind": "help", "narrative": "路灯不亮", "key": ("api:1", "k"), "requester": actions.Requester("王芳", PHONE)}
    first = actions.create_case(**asked)
    assert actions.create_case(**asked).replayed
    for more in ({"secrecy": True}, {"urgent": True}, {"elements": {"a": "b"}}, {"requester": actions.Requester("王芳", "13900000001")},
                 {"language": "bo"}, {"then": None}):
        with pytest.raises(Refused, match=first.case.number):
            actions.create_case(**{**asked, **more})


def test_any_step_says_which_files_it_kept_in_the_order_they_came(cast):
    case = cast.at_state(State.IN_PROGRESS)
    done = any_step.take(case_id=case.id, step="field_record", by=cast.actors["water"], uploads=[("一.png", PNG), ("二.png", PNG)],
                         given={"visited_at": NOW.isoformat(), "found": "井盖缺失", "done": "已补"})
    assert [f.name for f in done.files] == ["一.png", "二.png"]
