"""What is published for everybody, and the proof that a requester gets with number and query code."""

import io
import json
import zipfile
from datetime import date, timedelta

import pytest
from django.test import Client
from tests.cast import NOW

from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.proofs.actions import trees
from minsheng.proofs.models import DayTree, Opening
from minsheng.proofs.rules import proof


def make(days: int = 1) -> None:
    trees.run(at=NOW + timedelta(days=days - 1, hours=14.5))


def opened(cast, case: Case) -> Client:
    client = Client()
    assert client.post("/track", {"number": case.number, "code": cast.codes[case.id]}).headers["Location"] == "/case"
    return client


def words(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_days_are_published_with_their_files_in_three_languages(cast, client, django_assert_num_queries):
    assert "还没有公布" in words(client, "/transparency")
    cast.at_state(State.DECLINED)
    make(3)
    page = words(client, "/transparency")
    assert "1 件" in page and bytes(DayTree.objects.first().root).hex() in page
    for code, said in (("en", "Published outcomes"), ("bo", "ཁྱབ་བསྒྲགས")):
        client.cookies["django_language"] = code
        assert said in words(client, "/transparency")
    with django_assert_num_queries(1):
        client.get("/transparency")
    answer = client.get("/transparency/days/2025-01-02.json")
    assert answer.content.decode() == DayTree.objects.get(day=date(2025, 1, 2)).text and "public" in answer.headers["Cache-Control"]
    packed = zipfile.ZipFile(io.BytesIO(client.get("/transparency/months/2025-01.zip").content))
    assert packed.namelist() == ["2025-01-02.json", "2025-01-03.json", "2025-01-04.json"]
    assert list(proof.broken([proof.read_day(packed.read(n), n) for n in packed.namelist()], {})) == []


@pytest.mark.parametrize("address", ["days/2025-01-09.json", "days/x.json", "days/2025-02-31.json", "days/９.json", "months/2025-13.zip", "months/2024-01.zip",
                                     "months/9999-12.zip", "days/../../etc.json"])
def test_files_that_are_not_there_are_not_found(cast, client, address):
    make()
    assert client.get(f"/transparency/{address}").status_code == 404


def test_a_broken_mark_of_a_page_goes_to_the_first(cast, client):
    assert client.get("/transparency?after=x").headers["Location"] == "/transparency"


def test_a_requester_reads_how_the_own_case_is_counted_and_takes_the_proof(cast):
    case = cast.at_state(State.CLOSED)
    mine = opened(cast, case)
    assert "2025年1月3日 零点以后可以在这里看到" in words(mine, "/case/proof")
    make()
    page = words(mine, "/case/proof")
    assert "这件计在 2025年1月2日 的结果里" in page and "已办结" in page and "下载证明" in page and "可以在这里看到" not in page
    leaf = Opening.objects.get(case_id=case.id).leaf_id
    answer = mine.get(f"/case/proof/{leaf}.json")
    assert "attachment" in answer.headers["Content-Disposition"] and "no-store" in answer.headers["Cache-Control"]
    one = proof.read(answer.content)
    day = proof.read_day(mine.get("/transparency/days/2025-01-02.json").content, "x")
    assert proof.check(one, [day]) is None and (one.number, one.outcome["solved"]) == (case.number, "yes")
    mine.cookies["django_language"] = "en"
    assert "Counted in the outcomes of" in words(mine, "/case/proof")


def test_what_has_no_outcome_yet_says_when_it_will_be_looked_for(cast):
    assert "还没有结果" in words(opened(cast, cast.at_state(State.IN_PROGRESS)), "/case/proof")


def test_nobody_gets_a_proof_without_the_code_or_with_anothers(cast, client):
    case, other = cast.at_state(State.DECLINED), cast.at_state(State.TRANSFERRED)
    make()
    leaf = Opening.objects.get(case_id=case.id).leaf_id
    for address in ("/case/proof", f"/case/proof/{leaf}.json"):
        assert client.get(address).headers["Location"] == "/track?ended=1"
    theirs = opened(cast, other)
    assert theirs.get(f"/case/proof/{leaf}.json").status_code == 404
    assert theirs.get(f"/case/proof/{2**64}.json").status_code == 404
    assert case.number not in words(theirs, "/case/proof")
    agent = cast.client("agent")
    assert agent.get(f"/case/proof/{leaf}.json").status_code == 302, "an account opens no case here"


def test_a_merged_requester_and_a_part_each_see_their_own(cast):
    merged = cast.at_state(State.MERGED)
    make()
    page = words(opened(cast, merged), "/case/proof")
    assert "已与同一事项合并办理" in page and Case.objects.get(id=merged.master_id).number not in page


def test_an_erased_case_reads_that_no_proof_can_be_given(cast):
    case = cast.at_state(State.DECLINED)
    make()
    mine = opened(cast, case)
    cast.take(case, "ask_erasure", "supervisor", reason="本人依法要求")
    cast.take(case, "erase", "security_admin", ground="request")
    page = words(mine, "/case/proof")
    assert "不能再给出证明" in page and "下载证明" not in page
    assert json.loads(mine.get("/transparency/days/2025-01-02.json").content)["leaves"] == 1
