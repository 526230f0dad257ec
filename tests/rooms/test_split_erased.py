"""What was split is erased with its parts: the words at once, from wherever it was split; by what the person is known, with the last part."""

from __future__ import annotations

from tests.cast import NOW, PHONE

from minsheng.cases.actions import anchors
from minsheng.cases.models import Case, CaseText, StepText
from minsheng.cases.queries import out_of_sight
from minsheng.cases.rules import State
from minsheng.contacts.models import Contact
from minsheng.telephony.actions.sealed_rows import sealed
from minsheng.telephony.models import Call, CallCase
from minsheng.telephony.queries import numbers

WORDS = {"甲": "甲：张三丰家门口漏水。", "乙": "乙：路灯不亮。", "丙": "丙：噪声扰民。"}


def split(cast, case: Case, *named: str) -> list[Case]:
    cast.take(case, "split", "dispatcher", parts=[{"narrative": "".join(WORDS[one] for one in name)} for name in named], reason="几件事")
    return list(Case.objects.filter(parent_id=case.id).order_by("id"))


def erase(cast, case: Case) -> None:
    cast.take(case, "phone_withdraw", "agent", reason="不办了")
    cast.take(cast.take(case, "ask_erasure", "supervisor", reason="本人书面申请"), "erase", "security_admin", ground="request")


def test_words_of_a_part_of_a_part_go_from_all_that_it_was_split_from(cast):
    case = cast.create(narrative="".join(WORDS.values()))
    half, third = split(cast, case, "甲乙", "丙")
    first, second = split(cast, half, "甲", "乙")
    erase(cast, first)
    for above in (half, case):
        assert CaseText.objects.get(case_id=above.id).narrative == "" and not any(StepText.objects.filter(case_id=above.id).values_list("words", flat=True))
    assert WORDS["乙"] in CaseText.objects.get(case_id=second.id).narrative and WORDS["丙"] in CaseText.objects.get(case_id=third.id).narrative
    assert not list(out_of_sight.not_forgotten()) and not list(anchors.verify_history())
    CaseText.objects.filter(case_id=case.id).update(narrative="又回来了")
    assert [line for line in out_of_sight.not_forgotten() if case.number in line]


def test_the_call_and_the_number_go_with_the_last_part(cast):
    case = cast.create(narrative="".join(WORDS.values()))
    call = Call.objects.create(pbx="pbx1", linkedid="1.1", arrived_at=NOW, updated_at=NOW, **sealed(PHONE))
    CallCase.objects.create(call=call, case_id=case.id, at=NOW)
    half, third = split(cast, case, "甲乙", "丙")
    first, second = split(cast, half, "甲", "乙")
    for part in (first, third):
        erase(cast, part)
        call.refresh_from_db()
        assert numbers.whole(call) == PHONE and Contact.objects.filter(erased_at=None).exists(), "a part of it goes on"
    erase(cast, second)
    call.refresh_from_db()
    assert numbers.whole(call) == "" and not Contact.objects.filter(erased_at=None).exists()
    assert Case.objects.get(id=case.id).state == State.SPLIT and Case.objects.get(id=case.id).contact_id is None
