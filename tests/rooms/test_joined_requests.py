"""What requesters brought before their case was merged is read by whoever works the order: masked, until the merge is undone or they are erased."""

from __future__ import annotations

import contextlib

import pytest
from tests.cast import PNG

from minsheng.accounts import actions as accounts
from minsheng.cases import actions
from minsheng.cases.actions import anchors, by_citizen
from minsheng.cases.models import Case, CaseFile, CaseText
from minsheng.cases.queries import files
from minsheng.cases.rules import State
from minsheng.files import actions as kept_files
from minsheng.files.models import StoredFile
from minsheng.kit.verdict import Invalid, Refused

OTHER = actions.Requester("李小红", "13900000002")


@pytest.fixture
def joined(cast):
    """An order with the unit; another's case with a photo, merged into it; and the photo."""
    order = cast.at_state(State.IN_PROGRESS)
    other = came(cast)
    cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处停水")
    return order, other, CaseFile.objects.get(case_id=other.id).file_id


def came(cast, **more) -> Case:
    photo = kept_files.store(content=PNG, name="李小红家厨房.png", by=cast.actors["agent"]).id
    return cast.create(requester=OTHER, narrative="我叫李小红，电话13900000002，三楼厨房漏水。", title="漏水", place="幸福路3号", files=(photo,), **more)


def page_of(cast, who: str, order: Case) -> str:
    route = f"/desk/unit/{order.id}" if who.startswith("water") else f"/desk/case/{order.id}"
    return cast.client(who).get(route).content.decode()


def opens(cast, who: str, order: Case, photo: int) -> str:
    try:
        files.open_file(case_id=order.id, file_id=photo, by=cast.actors[who])[1].close()
        return "opens"
    except Refused as refused:
        return refused.verdict.code


@pytest.mark.parametrize("who", ["water", "water_head", "dispatcher", "checker"])
def test_whoever_works_the_order_reads_the_words_masked_and_opens_the_photo(cast, joined, who):
    order, other, photo = joined
    page = page_of(cast, who, order)
    assert "三楼厨房漏水" in page and other.number in page and "幸福路" in page and "13900000002" not in page
    assert f"/desk/case/{order.id}/file/{photo}" in page and "家厨房.png" in page and "李小红家" not in page
    assert opens(cast, who, order, photo) == "opens"


def test_each_of_several_that_were_merged_is_there(cast, joined):
    order, _, photo = joined
    second = came(cast)
    cast.take(second, "merge", "dispatcher", master=order.id, reason="同一处停水")
    page = page_of(cast, "water", order)
    own = CaseFile.objects.get(case_id=second.id).file_id
    assert page.count("三楼厨房漏水") == 2 and f"file/{photo}" in page and f"file/{own}" in page
    assert opens(cast, "water", order, own) == "opens"


def test_a_unit_that_does_not_work_the_order_opens_nothing_and_an_analyst_no_photo(cast, joined):
    order, _, photo = joined
    assert opens(cast, "roads", order, photo) == "hidden" and opens(cast, "analyst", order, photo) == "masked"
    assert opens(cast, "water", Case.objects.get(id=cast.create().id), photo) == "hidden", "nor through another case"


def test_it_goes_when_the_merge_is_undone(cast, joined):
    order, other, photo = joined
    cast.take(other, "unmerge", "dispatcher", reason="不是同一处")
    assert "三楼厨房漏水" not in page_of(cast, "water", order) and opens(cast, "water", order, photo) == "hidden"


def test_what_was_added_while_merged_goes_back_with_the_case_and_comes_again_with_it(cast, joined):
    order, other, _ = joined
    third = came(cast)
    cast.take(third, "merge", "dispatcher", master=other.id, reason="同一处停水")
    for case, said in ((other, "楼上的水管也裂了"), (third, "地下室进水了"), (order, "我家还没有水")):
        by_citizen.act(by=by_citizen.citizen(case.id), step="add_facts", given={"addition": said}, uploads=[(f"{said}.png", PNG)])
    cast.take(other, "unmerge", "dispatcher", reason="不是同一处")
    page, words = page_of(cast, "water", order), CaseText.objects.get(case_id=order.id)
    assert "我家还没有水" in page and "楼上的水管" not in page
    assert "楼上的水管" not in words.narrative + words.masked + str(words.words) and "楼上的水管" in CaseText.objects.get(case_id=other.id).narrative
    assert len(CaseFile.objects.filter(case_id=order.id)) == 2 and not list(anchors.verify_history())
    cast.take(other, "merge", "dispatcher", master=order.id, reason="还是同一处")
    by_citizen.act(by=by_citizen.citizen(other.id), step="add_facts", given={"addition": "又裂了一根"}, uploads=[("又裂.png", PNG)])
    page = page_of(cast, "water", order)
    assert "又裂了一根" in page and "楼上的水管" in page and not list(anchors.verify_history())
    CaseText.objects.filter(case_id=order.id).update(narrative="改过")
    assert list(anchors.verify_history())


def test_it_goes_with_the_erasure_of_who_brought_it(cast, joined):
    order, other, photo = joined
    erase(cast, other)
    assert "三楼" not in page_of(cast, "water", order) and opens(cast, "water", order, photo) == "hidden"


def test_no_unit_opens_what_was_brought_by_who_asked_for_secrecy_also_later_on_the_order(cast, joined):
    order, other, first = joined
    by_citizen.act(by=by_citizen.citizen(other.id), step="add_facts", given={"addition": "又拍了一张"}, uploads=[("又一张.png", PNG)])
    later = CaseFile.objects.filter(case_id=other.id).exclude(file_id=first).get().file_id
    assert {opens(cast, "water", order, photo) for photo in (first, later)} == {"opens"}
    by_citizen.act(by=by_citizen.citizen(other.id), step="ask_secrecy", given={})
    assert {opens(cast, "water", order, photo) for photo in (first, later)} == {"sealed"}
    assert {opens(cast, "dispatcher", order, photo) for photo in (first, later)} == {"opens"}
    assert "三楼厨房漏水" in page_of(cast, "water", order), "the matter is handled all the same"
    cast.take(other, "unmerge", "dispatcher", reason="不是同一处")
    assert {opens(cast, who, order, photo) for photo in (first, later) for who in ("water", "dispatcher")} == {"hidden"}


def test_a_unit_complained_of_in_one_that_was_merged_reads_it_nowhere(cast):
    order, other = cast.at_state(State.IN_PROGRESS), came(cast)
    cast.take(order, "add_co", "coordinator", co_unit=cast.units["roads"].id, duty="配合到场")
    cast.take(other, "name_complained", "dispatcher", complained_unit=cast.units["roads"].id, reason="反映该单位")
    with contextlib.suppress(Refused, Invalid):
        cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处停水")
    photo = CaseFile.objects.get(case_id=other.id).file_id
    answer = cast.client("roads").get(f"/desk/unit/{order.id}")
    assert "三楼" not in answer.content.decode() and opens(cast, "roads", order, photo) == "hidden"


def test_the_programs_that_read_an_order_get_it_too(cast, joined, client):
    order, other, photo = joined
    _, secret = accounts.make_token(person=cast.people["water"], name="读单", scopes=["cases.read"], by=cast.actors["water"])
    told = client.get(f"/api/v1/cases/{order.number}", HTTP_AUTHORIZATION=f"Bearer {secret}").json()
    (one,) = told["joined"]
    assert one["number"] == other.number and "三楼厨房漏水" in one["narrative"] and "13900000002" not in str(told) and "李小红" not in str(told)
    assert [kept["id"] for kept in one["files"]] == [photo]


def test_erasing_the_orders_own_requester_leaves_the_other_what_they_brought(cast, joined):
    order, other, photo = joined
    by_citizen.act(by=by_citizen.citizen(other.id), step="add_facts", given={"addition": "又拍了一张"}, uploads=[("又一张.png", PNG)])
    by_citizen.act(by=by_citizen.citizen(order.id), step="add_facts", given={"addition": "我家的"}, uploads=[("我家.png", PNG)])
    cast.take(cast.take(order, "ask_termination", "water_head", reason="房屋已征收", told="已当面说明"), "grant_termination", "supervisor", ruling="同意终止")
    erase(cast, order)
    left = set(CaseFile.objects.filter(case_id=other.id).values_list("file_id", flat=True))
    assert len(left) == 2 and not StoredFile.objects.filter(id__in=left).exclude(erased_at=None).exists()
    assert not StoredFile.objects.filter(name="我家.png", erased_at=None).exists()
    erase(cast, other)
    assert not StoredFile.objects.filter(id__in=left, erased_at=None).exists() and not list(anchors.verify_history())


def erase(cast, case: Case) -> None:
    cast.take(case, "ask_erasure", "supervisor", reason="本人书面申请")
    cast.take(case, "erase", "security_admin", ground="request")


def test_who_judges_the_reply_reads_what_each_of_them_asked(cast, joined):
    order, other, photo = joined
    order = cast.reply(order, "water")
    page = cast.client("checker").get("/desk/check").content.decode()
    assert "三楼厨房漏水" in page and other.number in page and f"/desk/case/{order.id}/file/{photo}" in page and "13900000002" not in page
