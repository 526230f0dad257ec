"""What those read who may not see personal data: every text of a case, by all who ask in it, kept masked and kept up to date."""

from __future__ import annotations

import csv
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import PNG

from minsheng.cases import actions, queries
from minsheng.cases.actions import Requester, remask, reveal_contact
from minsheng.cases.actions.by_citizen import citizen
from minsheng.cases.effects import case_text
from minsheng.cases.models import Case, CaseAsk, CaseFile, CaseText, Remasked, StepText
from minsheng.cases.queries import case_page, citizen_view, intake_desk, lists, verify_chain, words
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import State, masking
from minsheng.exchange import actions as exchange
from minsheng.files import actions as files
from minsheng.kit import clock, each_alone
from minsheng.ledger.models import Entry

NAME, NUMBER = "买买提·艾力", "13912345678"
OTHER, OTHERS_NUMBER = "𠅤小明", "13787654321"


def texts(value) -> str:
    """Everything that one reader is shown of a case, as one text."""
    return json.dumps(value, ensure_ascii=False, default=lambda o: {s: getattr(o, s) for s in getattr(o, "__slots__", ())} or str(o))


def page(case: Case, by) -> str:
    shown = case_page.open_case(case.id, by)
    lines = [(line.given, line.public) for line in shown.timeline]
    return texts([shown.title, shown.narrative, shown.place, shown.original, shown.elements, shown.typed, lines, [f.name for f in shown.files]])


def told(cast, name: str = NAME, number: str = NUMBER, **more) -> Case:
    said = f"我是{name}，买买提 艾力家没有水，电话{number}"
    return cast.create(**{"requester": Requester(name, number), "narrative": said, "title": f"{name}家停水", "place": f"{name}家门口",
                          "original": f"My name is {name} {number}", "elements": {"who": name, f"{name}的电话": int(number)}, **more})


def tells(shown: str) -> list[str]:
    plain = shown.replace("·", "").replace(" ", "").replace("\\u200b", "")
    return [word for word in ("买买提", "艾力", NUMBER, NUMBER[-8:], "𠅤", OTHERS_NUMBER) if word in plain]


def test_every_text_of_a_case_is_masked_with_the_name_in_the_field_whatever_its_letters(cast):
    case = told(cast)
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id, basis=f"{NAME}所在小区")
    cast.take(case, "sign", "water")
    cast.take(case, "contact", "water", contact_at=clock.now().isoformat(), contact_how="phone", contact_note=f"{NAME}家没人，{NUMBER}不通")
    cast.take(case, "interim_reply", "water", interim=f"已告知{NAME}")
    kept = files.store(content=PNG, name=f"{NAME}家现场{NUMBER}.png", by=cast.actors["water"]).id
    cast.take(case, "draft_reply", "water", handling=f"到{NAME}家看过", public_reply=f"艾力先生：已修好，{NUMBER}", claimed_solved=True, files=[kept])
    assert tells(page(case, cast.actors["analyst"])) == []
    full = page(case, cast.actors["dispatcher"])
    assert {"买买提", "艾力", NUMBER} <= set(tells(full)) and f"{NAME}家现场{NUMBER}.png" in full
    assert Case.objects.get(id=case.id).title == "［姓名已遮盖］家停水"


def test_the_words_that_are_searched_hold_no_name_and_a_search_by_it_finds_nothing(cast):
    case = told(cast)
    for question in (NAME, "买买提", "艾力", NUMBER, "买买提艾力"):
        assert not lists.search(cast.actors["analyst"], question).page.rows, question
    assert [c.id for c in lists.search(cast.actors["analyst"], "没有水").page.rows] == [case.id]


def test_a_title_is_cut_from_masked_words_so_that_half_a_number_shows_in_no_list(cast):
    case = cast.create(title="", narrative="小区的水停了两天物业不管请尽快联系我电话13912345678谢谢", requester=Requester())
    assert "1391" in CaseText.objects.get(case=case).title and "13" not in case.title, case.title


def test_sealed_hides_the_name_from_the_handling_unit_everywhere(cast):
    case = told(cast, secrecy=True)
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    cast.take(case, "phone_add", "agent", addition=f"{NAME}补充：{NUMBER}")
    assert tells(page(case, cast.actors["water"])) == []
    assert tells(page(case, cast.actors["agent"]))


def merged(cast) -> tuple[Case, Case]:
    """(master, merged): the master's words name the other already."""
    master = told(cast)
    cast.take(master, "dispatch", "dispatcher", lead=cast.units["water"].id)
    cast.take(master, "sign", "water")
    cast.take(master, "interim_reply", "water", interim=f"已告知{OTHER}和{NAME}")
    case = told(cast, OTHER, OTHERS_NUMBER)
    return master, cast.take(case, "merge", "dispatcher", master=master.id, reason=f"{OTHER}与{NAME}为同一事项")


def test_merged_cases_are_masked_with_the_names_of_all_who_ask_before_and_after(cast):
    master, case = merged(cast)
    cast.take(master, "interim_reply", "water", interim=f"{OTHER}说{NAME}的电话是{NUMBER}")
    for one in (master, case):
        assert tells(page(one, cast.actors["analyst"])) == []
    assert tells(page(master, cast.actors["dispatcher"]))
    cast.take(case, "unmerge", "dispatcher", reason=f"与{NAME}无关")
    cast.take(master, "interim_reply", "water", interim=f"{OTHER}的事另办")
    for one in (master, case):
        assert tells(page(one, cast.actors["analyst"])) == [], "merged once, known for ever: what was written stays in both"


def test_a_merged_requester_never_reads_the_others_name(cast):
    master, case = merged(cast)
    cast.reply(master, "water", public_reply=f"{NAME}、{OTHER}：已修好，可打{NUMBER}、{OTHERS_NUMBER}互相转告")
    cast.take(master, "accept_reply", "checker")
    for one, others in ((master, ("𠅤", "小明", OTHERS_NUMBER)), (case, ("买买提", "艾力", NUMBER))):
        story = texts([vars(e) for e in citizen_view.story(citizen(one.id)).events])
        assert "已修好" in story and not any(word in story for word in others), story
    assert NAME in texts([vars(e) for e in citizen_view.story(citizen(master.id)).events]), "one's own name is not hidden from oneself"


def test_what_an_export_and_the_ledger_keep_names_nobody(cast, tmp_path):
    case = told(cast)
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    cast.take(case, "sign", "water")
    cast.reply(case, "water", public_reply=f"{NAME}：已修好")
    exchange.export_file(path=tmp_path / "out.csv", filters=Filters(), by=cast.actors["analyst"], full=False, reason=f"给{NUMBER}")
    rows = list(csv.reader((tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert tells(texts(rows)) == [] and "已修好" in texts(rows)
    reveal_contact.reveal(case_id=case.id, by=cast.actors["dispatcher"], reason=f"要给{NAME}（{NUMBER}）回电")
    intake_desk.note_call(by=cast.actors["agent"], kind="chat", note=f"{NAME}来电致谢，{NUMBER}", case_id=case.id)
    assert tells(texts(list(Entry.objects.values("reason", "detail")))) == []
    assert tells(texts(list(CaseAsk.objects.values("given")))) == []


def test_the_words_of_a_request_for_a_ruling_lie_in_the_erasable_row_alone(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "ask_extension", "water", reason=f"{NAME}不在家", interim="正在办理", limit="3wd")
    assert CaseAsk.objects.get(case=case).given == {"limit": "3wd"}


def test_a_part_of_a_case_and_a_case_opened_anew_mask_the_requester_of_the_first(cast):
    case = told(cast)
    part = {"narrative": f"{NAME}说路灯不亮", "kind": "help"}
    row = actions.take_step(case_id=case.id, step="split", by=cast.actors["dispatcher"], given={"parts": [part, {**part, "title": f"{NAME}的树"}], "reason": "两件事"})
    for made in row.made:
        assert tells(page(made.case, cast.actors["analyst"])) == []
    assert tells(page(case, cast.actors["analyst"])) == []
    closed = told(cast, then="answer", given={"answer": f"已告知{NAME}"})
    again = actions.take_step(case_id=closed.id, step="reopen", by=cast.actors["agent"], given={
        "identity": ["when", "matter"], "reason": "又停了", "narrative": f"{NAME}家又停水"}).made[0].case
    assert Case.objects.get(id=again.id).contact_id == closed.contact_id and tells(page(again, cast.actors["analyst"])) == []


# --- older rules ------------------------------------------------------------


def aged(case: Case) -> None:
    """As an older version left it: masked by its rules, or not at all."""
    CaseText.objects.filter(case=case).update(masked=f"我是{NAME}", masked_original="", masked_elements={}, mask_rules=1)
    StepText.objects.filter(case_id=case.id).update(masked={}, mask_rules=0)
    CaseFile.objects.filter(case=case).update(masked_name="", mask_rules=0)
    Case.objects.filter(id=case.id).update(title=f"{NAME}家停水")


def test_words_that_older_rules_masked_are_masked_when_they_are_read_and_anew_by_the_job(cast):
    case = told(cast, files=(files.store(content=PNG, name=f"{NAME}.png", by=cast.actors["agent"]).id,))
    cast.take(case, "mark_urgent", "dispatcher", reason=f"{NAME}家有老人")
    aged(case)
    assert tells(page(case, cast.actors["analyst"])) == []
    assert remask.remask() == 1 and remask.remask() == 0
    fresh = Case.objects.select_related("text").get(id=case.id)
    assert fresh.title == "［姓名已遮盖］家停水" and fresh.text.mask_rules == masking.RULES and tells(fresh.text.masked) == []
    assert tells(texts(list(CaseFile.objects.values("masked_name")))) == []
    assert tells(page(case, cast.actors["analyst"])) == [] and not lists.search(cast.actors["analyst"], "买买提").page.rows


def test_the_oldest_case_alone_masked_anew_leaves_the_others_to_the_job(cast):
    first, second, third = (told(cast, f"赵{c}", f"1391234560{n}") for n, c in enumerate("甲乙丙"))
    for one in (first, second, third):
        aged(one)
    case_text.again(first.id)
    assert remask.remask() == 2 and remask.remask() == 0
    assert set(CaseText.objects.values_list("mask_rules", flat=True)) == {masking.RULES}
    CaseText.objects.filter(case=second).update(mask_rules=masking.RULES + 1)  # by a version that was taken back
    Remasked.objects.update(rules=masking.RULES + 1)
    assert remask.remask() == 1 and CaseText.objects.get(case=second).mask_rules == masking.RULES


def test_a_case_that_cannot_be_masked_anew_keeps_no_other_from_its_turn(cast, monkeypatch):
    rows, again = [told(cast, f"赵{c}", f"1391234560{n}") for n, c in enumerate("甲乙丙")], case_text.again

    def breaks(case_id: int) -> None:
        if case_id == rows[1].id:
            raise ValueError
        again(case_id)

    for one in rows:
        aged(one)
    monkeypatch.setattr(case_text, "again", breaks)
    with pytest.raises(each_alone.Broken):
        remask.remask()
    assert [CaseText.objects.get(case=one).mask_rules == masking.RULES for one in rows] == [True, False, True]
    monkeypatch.setattr(case_text, "again", again)
    assert remask.remask() == 1 and remask.remask() == 0, "and has its own the next time"


def test_words_with_nothing_to_mask_are_only_marked_and_many_of_them_in_a_few_statements(cast):
    rows = [cast.create(narrative="路灯不亮") for _ in range(6)]
    for one in rows:
        cast.take(one, "mark_urgent", "dispatcher", reason="家有老人")
    StepText.objects.update(mask_rules=1)
    CaseText.objects.update(mask_rules=1)
    before = list(Case.objects.order_by("id").values("title", "text__masked", "text__words"))
    with CaptureQueriesContext(connection) as asked:
        assert remask.remask() == len(rows)
    assert list(Case.objects.order_by("id").values("title", "text__masked", "text__words")) == before and len(asked) < 25
    assert set(StepText.objects.values_list("mask_rules", flat=True)) == {masking.RULES}
    with CaptureQueriesContext(connection) as asked:
        assert remask.remask() == 0
    assert len(asked) == 1, "one look where nothing is to do"


def test_a_correction_masks_anew_what_older_rules_had_left(cast):
    case = told(cast, then=None)
    actions.take_step(case_id=case.id, step="submit", by=cast.actors["agent"], given={"reason": f"{NAME}着急"})
    aged(case)
    cast.take(case, "revise", "dispatcher", place=f"{NAME}家东侧")
    assert StepText.objects.filter(case_id=case.id, mask_rules=masking.RULES).count() == StepText.objects.filter(case_id=case.id).count()


def test_masked_words_cost_no_statement_and_many_old_ones_cost_a_few(cast):
    rows = [told(cast, f"赵{c}", f"1391234560{n}") for n, c in enumerate("甲乙丙")]
    case = queries.get(rows[0].id, cast.actors["analyst"])
    with CaptureQueriesContext(connection) as asked:
        words.of_case(case, words.MASKED)
    assert len(asked) == 0
    for one in rows:
        aged(one)
    chunk = list(Case.objects.select_related("text", "contact").filter(id__in=[c.id for c in rows]))
    with CaptureQueriesContext(connection) as asked:
        words.know_stale(chunk)
        masked = [words.of_case(one, words.MASKED) for one in chunk]
    assert len(asked) <= 1 and not any(c in texts(masked) for c in "甲乙丙")


def test_masks_are_kept_beside_the_words_and_the_history_still_verifies(cast):
    merged(cast)
    remask.remask()
    assert list(verify_chain.broken_rows()) == []
