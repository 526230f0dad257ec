"""Who asks for secrecy once their case has ended: the unit that had it reads it on, and reads no name and number from then on (rulings, 11)."""

from __future__ import annotations

import pytest
from tests.cast import PHONE, PNG

from minsheng.cases import actions
from minsheng.cases.actions import anchors, by_citizen
from minsheng.cases.models import Case, CaseFile, CaseStep
from minsheng.cases.queries import files
from minsheng.cases.rules import State
from minsheng.kit.verdict import Refused

OTHER = actions.Requester("李小红", "13900000002")
WORDS = {"narrative": f"我叫王小明，电话{PHONE}，停水。", "title": "停水"}


def asks(cast, case: Case, way: str) -> None:
    if way == "page":
        by_citizen.act(by=by_citizen.citizen(case.id), step="ask_secrecy", given={})
    else:
        cast.take(case, "phone_secrecy", "agent")


def read_by(cast, who: str, case: Case) -> str:
    return cast.client(who).get(f"/desk/unit/{case.id}").content.decode()


@pytest.mark.parametrize("way", ["page", "telephone"])
@pytest.mark.parametrize("state", [State.CLOSED, State.TERMINATED, State.FINAL_REPLIED])
def test_the_unit_reads_neither_name_nor_number_nor_photo_from_then_on(cast, state, way):
    case = cast.create(**WORDS)
    by_citizen.act(by=by_citizen.citizen(case.id), step="add_facts", given={"addition": f"王小明又说，{PHONE}"}, uploads=[("王小明家.png", PNG)])
    case = ended(cast, case, state)
    photo = CaseFile.objects.filter(case_id=case.id, slot="requester").get().file_id
    before = read_by(cast, "water", case)
    assert "王小明" in before and PHONE in before
    files.open_file(case_id=case.id, file_id=photo, by=cast.actors["water"])[1].close()
    asks(cast, case, way)
    after = read_by(cast, "water", case)
    assert "停水" in after and "王小明" not in after and PHONE not in after
    with pytest.raises(Refused):
        files.open_file(case_id=case.id, file_id=photo, by=cast.actors["water"])
    now = Case.objects.get(id=case.id)
    assert now.sealed and now.state == state and now.closed_at == case.closed_at and not list(anchors.verify_history())


def ended(cast, case: Case, state: State) -> Case:
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    case = cast._with_unit(case, state, "water")
    return cast._after(case, state) if case.state != state else case


def test_one_whose_case_was_merged_into_what_has_ended_asks_too_and_the_order_is_left_as_it_is(cast):
    order, case = cast.at_state(State.IN_PROGRESS), cast.create(requester=OTHER, narrative="我叫李小红，三楼停水。", title="停水")
    cast.take(case, "merge", "dispatcher", master=order.id, reason="同一处停水")
    by_citizen.act(by=by_citizen.citizen(case.id), step="add_facts", given={"addition": "拍了照"}, uploads=[("李小红家.png", PNG)])
    cast.take(cast.take(order, "ask_termination", "water_head", reason="房屋已征收", told="已当面说明"), "grant_termination", "supervisor", ruling="同意终止")
    photo = CaseFile.objects.filter(case_id=case.id).get().file_id
    steps = CaseStep.objects.filter(case_id=order.id).count()
    asks(cast, case, "page")
    assert CaseStep.objects.filter(case_id=order.id).count() == steps and Case.objects.get(id=case.id).sealed
    with pytest.raises(Refused):
        files.open_file(case_id=order.id, file_id=photo, by=cast.actors["water"])


@pytest.mark.parametrize("way", ["page", "telephone"])
def test_who_has_withdrawn_from_an_order_that_goes_on_for_others_asks_too(cast, way):
    order, other = cast.create(**WORDS), cast.create(requester=OTHER, narrative="我叫李小红，三楼停水。", title="停水")
    order = cast.take(cast.take(order, "dispatch", "dispatcher", lead=cast.units["water"].id), "sign", "water")
    cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处停水")
    by_citizen.act(by=by_citizen.citizen(order.id), step="withdraw", given={})
    assert "王小明" in read_by(cast, "water", order)
    asks(cast, order, way)
    after = read_by(cast, "water", order)
    assert "停水" in after and "王小明" not in after and PHONE not in after and Case.objects.get(id=order.id).state == State.IN_PROGRESS
    with pytest.raises(Refused):
        by_citizen.act(by=by_citizen.citizen(order.id), step="add_facts", given={"addition": "又想起一件"})


@pytest.mark.parametrize("twice", ["asked already", "erased"])
def test_it_is_asked_once_and_not_of_what_was_erased(cast, twice):
    case = cast.at_state(State.WITHDRAWN)
    if twice == "erased":
        cast.take(cast.take(case, "ask_erasure", "supervisor", reason="本人书面申请"), "erase", "security_admin", ground="request")
    else:
        asks(cast, case, "page")
    with pytest.raises(Refused):
        asks(cast, case, "telephone")
