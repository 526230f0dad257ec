"""Flags on numbers that abuse the line: reached from a case, by two persons, with an end and an appeal; no word bars an emergency."""

from datetime import timedelta

import pytest
from tests.cast import NOW, PHONE, later

from minsheng.cases.actions import Requester
from minsheng.contacts import queries
from minsheng.contacts.models import CallerFlag
from minsheng.kit import clock
from minsheng.ledger.models import Entry

GROUND = "一小时内拨打四十次并辱骂坐席，录音在案"


def proposed(cast, who: str = "agent", **more) -> CallerFlag:
    case = cast.create()
    answer = cast.client(who).post(f"/desk/case/{case.id}/flag/propose", {"grade": "warn", "ground": GROUND, **more})
    assert answer.status_code == 302, answer.content.decode()
    return CallerFlag.objects.latest("id")


def do(cast, who: str, flag: CallerFlag, deed: str, words: str = "录音核对属实"):
    return cast.client(who).post(f"/desk/callers/{flag.id}", {"deed": deed, "words": words})


def counts(flag: CallerFlag) -> bool:
    return queries.flag_for(bytes(flag.phone_hash), clock.now()) is not None


def test_an_agent_proposes_on_the_case_and_a_shift_leader_approves_on_the_list(cast):
    case = cast.create()
    assert f"/desk/case/{case.id}/flag" in cast.client("agent").get(f"/desk/case/{case.id}").content.decode()
    assert "劝诫" in cast.client("agent").get(f"/desk/case/{case.id}/flag").content.decode()
    flag = proposed(cast)
    assert not counts(flag), "one person alone marks nobody"
    page = cast.client("shift_leader").get("/desk/callers").content.decode()
    assert GROUND in page and "批准" in page and PHONE not in page and "王小明" not in page
    assert do(cast, "shift_leader", flag, "approve").status_code == 302 and counts(flag)
    assert Entry.objects.filter(kind="flag").count() == 2
    with clock.fixed(later(days=91)):
        assert not counts(flag) and GROUND not in cast.client("shift_leader").get("/desk/callers").content.decode()


@pytest.mark.parametrize(("deed", "who", "status"), [
    ("approve", "agent", 409), ("keep", "agent", 409), ("lift", "agent", 409), ("appeal", "supervisor", 409), ("approve", "supervisor", 302),
    ("lift", "supervisor", 302), ("nothing", "supervisor", 422), ("", "shift_leader", 422),
])
def test_each_deed_belongs_to_its_roles(cast, deed, who, status):
    assert do(cast, who, proposed(cast), deed).status_code == status


def test_who_proposed_does_not_approve(cast):
    flag = proposed(cast, "shift_leader")
    answer = do(cast, "shift_leader", flag, "approve")
    assert answer.status_code == 409 and "另一人" in answer.content.decode() and not counts(flag)


def test_an_appeal_suspends_it_and_a_third_person_rules_on_it(cast):
    flag = proposed(cast)
    do(cast, "shift_leader", flag, "approve")
    assert do(cast, "agent", flag, "appeal", "那几通电话不是我打的").status_code == 302 and not counts(flag)
    assert do(cast, "shift_leader", flag, "keep").status_code == 409, "who approved does not rule"
    assert do(cast, "supervisor", flag, "keep", "").status_code == 422, "a reason is asked"
    assert do(cast, "supervisor", flag, "keep").status_code == 302 and counts(flag)
    assert do(cast, "supervisor", flag, "lift", "期间无再犯").status_code == 302 and not counts(flag)


@pytest.mark.parametrize("wrong", [{"grade": "worst"}, {"grade": ""}, {"ground": "骂人"}, {"ground": ""}])
def test_what_is_wrong_is_said_at_its_field_and_keeps_what_was_typed(cast, wrong):
    case = cast.create()
    answer = cast.client("agent").post(f"/desk/case/{case.id}/flag/propose", {"grade": "warn", "ground": GROUND, **wrong})
    page = answer.content.decode()
    assert answer.status_code == 422 and 'role="alert"' in page and (GROUND in page or "ground" in wrong) and not CallerFlag.objects.exists()


def test_a_caller_without_a_number_and_a_second_flag_on_one_that_waits_are_refused(cast):
    proposed(cast)
    client, again = cast.client("agent"), cast.create()
    assert client.post(f"/desk/case/{again.id}/flag/propose", {"grade": "warn", "ground": GROUND}).status_code == 409
    nobody = cast.create(requester=Requester("", ""))
    assert client.post(f"/desk/case/{nobody.id}/flag/propose", {"grade": "warn", "ground": GROUND}).status_code == 409


def test_what_is_not_ones_own_does_not_exist(cast):
    hidden = cast.take(cast.create(), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id],
                       until=(NOW + timedelta(days=30)).isoformat())
    client = cast.client("agent")
    assert client.get(f"/desk/case/{hidden.id}/flag").status_code == 404
    assert client.post(f"/desk/case/{hidden.id}/flag/propose", {"grade": "warn", "ground": GROUND}).status_code == 404
    assert client.post("/desk/callers/999999", {"deed": "lift", "words": "x"}).status_code == 404
    for who in ("checker", "water", "analyst", "system_admin"):
        assert cast.client(who).get("/desk/callers").status_code == 403, who


def test_the_list_takes_as_many_statements_for_many_as_for_few(cast, django_assert_max_num_queries):
    for n in range(6):
        case = cast.create(requester=Requester("某人", f"1390000000{n}"))
        cast.client("agent").post(f"/desk/case/{case.id}/flag/propose", {"grade": "note", "ground": GROUND})
    client = cast.client("supervisor")
    client.get("/desk/callers")
    with django_assert_max_num_queries(4):
        assert client.get("/desk/callers").content.decode().count("data-flag") == 6
