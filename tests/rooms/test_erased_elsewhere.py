"""Who was erased is named in no case that theirs was ever merged with, whoever wrote it there; what is said of the others stays."""

from __future__ import annotations

import pytest
from tests.cast import ANSWER, PHONE

from minsheng.cases import actions
from minsheng.cases.actions import anchors
from minsheng.cases.models import Case, CaseText, StepText
from minsheng.cases.rules import State
from minsheng.kit import clock

OTHER = actions.Requester("李芳", "13900000002")
NAME, THEIRS = "王小明", "李芳"


def erase(cast, case) -> None:
    cast.take(case, "ask_erasure", "supervisor", reason="本人依法要求")
    cast.take(case, "erase", "security_admin", ground="request")


def everything() -> str:
    texts = CaseText.objects.values_list("title", "narrative", "masked", "place", "original", "elements")
    return str([*texts, *StepText.objects.values_list("words", "masked"), *Case.objects.values_list("title", flat=True)])


@pytest.mark.parametrize("undone", [False, True])
def test_what_offices_wrote_on_the_order_names_the_erased_requester_no_more(cast, undone):
    order = cast.create(requester=OTHER, narrative=f"我叫{THEIRS}，幸福路停水，邻居{NAME}家也停。", title="停水")
    gone = cast.create()
    cast.take(gone, "merge", "dispatcher", master=order.id, reason="同一处停水")
    cast.take(order, "dispatch", "dispatcher", lead=cast.units["water"].id)
    cast.take(order, "sign", "water")
    cast.take(order, "contact", "water", contact_at=clock.now().isoformat(), contact_how="phone", contact_note=f"{NAME}（{PHONE}）与{THEIRS}都说还没有水")
    cast.take(order, "draft_reply", "water", **ANSWER | {"handling": f"已到{NAME}、{THEIRS}家查看，{PHONE}已回电。"})
    if undone:
        cast.take(cast.take(gone, "unmerge", "dispatcher", reason="不是同一处"), "phone_withdraw", "agent", reason="已恢复")
    assert NAME in everything() and PHONE in everything()
    erase(cast, Case.objects.get(id=gone.id))
    assert NAME not in everything() and PHONE not in everything()
    handling = StepText.objects.get(case_id=order.id, step__step="draft_reply").words
    assert handling["public_reply"] == ANSWER["public_reply"] and THEIRS in handling["handling"] and THEIRS in CaseText.objects.get(case_id=order.id).narrative
    assert list(anchors.verify_history()) == []
    StepText.objects.filter(case_id=order.id, step__step="draft_reply").update(words=handling | {"handling": "什么都没有做"})
    assert [wrong.case_id for wrong in anchors.verify_history()] == [order.id], "a word put there by hand is still found"


def test_of_two_cases_of_one_person_the_one_that_is_not_erased_keeps_its_words(cast):
    kept, gone = cast.create(), cast.create()
    cast.take(gone, "merge", "dispatcher", master=kept.id, reason="同一人同一件事")
    erase(cast, Case.objects.get(id=gone.id))
    assert NAME in CaseText.objects.get(case_id=kept.id).narrative and Case.objects.get(id=kept.id).state == State.PENDING_REVIEW
    assert list(anchors.verify_history()) == []
