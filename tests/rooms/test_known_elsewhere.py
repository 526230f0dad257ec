"""What goes wrong in other systems of this kind, by their public reports, asked of this one: merging, sending on, opening anew, files, tables."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest
from tests.cast import NOW, PNG, later

from minsheng.accounts import actions as accounts
from minsheng.cases import actions, queries
from minsheng.cases.actions import by_citizen
from minsheng.cases.models import Case, CaseFile, CaseStep
from minsheng.cases.queries import citizen_view, files, lists
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import State
from minsheng.exchange import actions as exchange
from minsheng.files.models import StoredFile
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.messages.models import Message

OTHER = actions.Requester("李小红", "13900000002")


def overdue(cast, who: str = "supervisor") -> set[int]:
    return {row.id for row in lists.listed(cast.actors[who], Filters(overdue=True)).rows}


def bearer(cast, who: str, *scopes: str) -> dict:
    _, secret = accounts.make_token(person=cast.people[who], name="对接", scopes=list(scopes), by=cast.actors[who])
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


def test_what_was_merged_is_late_with_nothing_however_long_it_lies(cast):
    late = cast.create(requester=OTHER)
    order = cast.at_state(State.IN_PROGRESS)
    with clock.fixed(later(days=2)):
        assert late.id in overdue(cast)
        cast.take(late, "merge", "dispatcher", master=order.id, reason="同一处停水")
        assert late.id not in overdue(cast)
    with clock.fixed(later(days=60)):
        assert late.id not in overdue(cast) and order.id in overdue(cast)
        with pytest.raises(Refused):
            cast.take(late, "remind", "supervisor", reason="请尽快办理")


def test_what_a_merged_requester_adds_opens_nothing_anew_and_it_stays_merged(cast):
    order, other = cast.at_state(State.IN_PROGRESS), cast.create(requester=OTHER)
    cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处停水")
    for step, given in (("add_facts", {"addition": "三楼也没有水"}), ("urge", {}), ("correct", {"addition": "是四楼"})):
        by_citizen.act(by=by_citizen.citizen(other.id), step=step, given=given)
        now = Case.objects.get(id=other.id)
        assert (now.state, now.master_id, now.due_at) == ("merged", order.id, None)
    assert Case.objects.get(id=order.id).state == "in_progress"


def test_a_longer_limit_takes_an_order_off_the_list_of_late_ones_at_once_and_gives_it_back_when_it_is_past(cast):
    order = cast.at_state(State.IN_PROGRESS)
    cast.take(order, "contact", "water", contact_at=NOW.isoformat(), contact_how="phone")
    due = Case.objects.get(id=order.id).handle_due_at
    with clock.fixed(due - timedelta(hours=1)):
        cast.take(order, "ask_extension", "water", reason="配件未到", interim="正在采购")
    with clock.fixed(due + timedelta(hours=1)):
        assert order.id in overdue(cast)
        cast.take(order, "grant_extension", "supervisor", ruling="同意")
        assert order.id not in overdue(cast)
    with clock.fixed(Case.objects.get(id=order.id).handle_due_at + timedelta(hours=1)):
        assert order.id in overdue(cast)


def test_what_is_done_anew_shows_no_answer_of_before_as_its_answer(cast):
    order = cast.take(cast.reply(cast.at_state(State.IN_PROGRESS), "water"), "accept_reply", "checker")
    assert citizen_view.story(by_citizen.citizen(order.id)).reply
    actions.hand_to_clerk(case_id=order.id, clerk=cast.actors["callback_clerk"])
    cast.take(order, "record_callback", "callback_clerk", party=order.id, outcome="answered", call=7, solved=False, satisfaction="unsatisfied",
              dissatisfaction="result", contacted=True)
    cast.take(order, "ask_redo", "callback_clerk", reason="仍然停水")
    order = cast.take(order, "order_redo", "checker", ruling="同意重办")
    story = citizen_view.story(by_citizen.citizen(order.id))
    assert order.state == "in_progress" and order.replied_at is None and order.solved is None and story.due_at == order.handle_due_at


def test_a_program_of_one_unit_takes_no_step_on_anothers_order_and_learns_nothing_of_it(cast, client):
    order = cast.at_state(State.IN_PROGRESS)
    before = CaseStep.objects.filter(case_id=order.id).count()
    head = bearer(cast, "roads", "cases.read", "steps.take", "files.write")
    for step, given in (("contact", {"contact_at": NOW.isoformat(), "contact_how": "phone"}), ("interim_reply", {"interim": "正在办"}),
                        ("ask_extension", {"reason": "x", "interim": "y"})):
        answer = client.post(f"/api/v1/cases/{order.number}/steps", json.dumps({"step": step, "given": given}), content_type="application/json", **head)
        assert answer.status_code == 404, (step, answer.status_code, answer.content)
        assert "停水" not in answer.content.decode()
    assert client.get(f"/api/v1/cases/{order.number}", **head).status_code == 404
    assert client.get(f"/api/v1/cases/{order.number}/steps", **head).status_code == 404
    assert CaseStep.objects.filter(case_id=order.id).count() == before


def test_a_file_is_opened_through_its_own_case_alone(cast):
    mine, other = cast.at_state(State.IN_PROGRESS), cast.at_state(State.IN_PROGRESS, lead="roads")
    by_citizen.act(by=by_citizen.citizen(other.id), step="add_facts", given={"addition": "拍了照"}, uploads=[("井盖.png", PNG)])
    file = CaseFile.objects.get(case_id=other.id).file_id
    client = cast.client("water")
    assert client.get(f"/desk/case/{other.id}/file/{file}").status_code == 404
    assert client.get(f"/desk/case/{mine.id}/file/{file}").status_code == 404
    with pytest.raises((Refused, Invalid)):
        cast.take(mine, "field_record", "water", position="", files=[file], reason="x")
    assert client.get(f"/desk/case/{mine.id}/file/{file}").status_code == 404, "nor hung on one's own order by its number"


def test_who_had_an_order_is_told_nothing_more_of_it_and_what_they_still_have_open_is_refused_with_their_words(cast):
    order = cast.at_state(State.IN_PROGRESS)
    client = cast.client("water")
    assert client.get(f"/desk/unit/{order.id}?step=interim_reply").status_code == 200
    cast.take(order, "take_back", "coordinator", reason="实属城管局")
    cast.take(order, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    told = Message.objects.count()
    by_citizen.act(by=by_citizen.citizen(order.id), step="urge", given={})
    water = {person.id for name, person in cast.people.items() if name.startswith("water")}
    assert not [m for m in Message.objects.order_by("id")[told:] if getattr(m, "person_id", None) in water]
    answer = client.post(f"/desk/unit/{order.id}/step", {"step": "interim_reply", "interim": "我们写了很久的话"})
    assert answer.status_code in (403, 404, 409, 302)
    assert not CaseStep.objects.filter(case_id=order.id, step="interim_reply").exists()
    assert order.id not in {row.id for row in lists.listed(cast.actors["water"], Filters()).rows}


def test_what_is_brought_in_closed_is_never_late(cast, tmp_path):
    rows = [["external_no", "source", "received_at", "channel", "type", "title", "narrative", "unit", "state", "closed_at", "due_at"],
            ["A1", "旧系统", "2024-11-01 09:00", "电话", "求助", "停水", "小区停水两天", cast.units["water"].code, "已办结", "2024-12-30 09:00", "2024-11-05 18:00"]]
    path = tmp_path / "old.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    done = exchange.import_file(path=path, by=cast.actors["system_admin"])
    case = Case.objects.exclude(imported=False).first()
    assert case is not None, done
    assert case.id not in overdue(cast) and case.due_at is None


def test_a_table_that_leaves_holds_the_answer_to_the_requester_and_no_note_of_the_house(cast, tmp_path):
    order = cast.take(cast.reply(cast.at_state(State.IN_PROGRESS), "water"), "accept_reply", "checker")
    actions.hand_to_clerk(case_id=order.id, clerk=cast.actors["callback_clerk"])
    cast.take(order, "record_callback", "callback_clerk", party=order.id, outcome="answered", call=7, solved=False, satisfaction="unsatisfied",
              dissatisfaction="result", contacted=True, verbatim="内部：语气很差")
    cast.take(order, "ask_redo", "callback_clerk", reason="内部：怀疑没有到场")
    path = tmp_path / "out.csv"
    exchange.export_file(path=path, filters=Filters(), by=cast.actors["supervisor"], full=False, reason="")
    text = path.read_text(encoding="utf-8-sig")
    assert order.number in text and "内部" not in text


def test_the_days_and_the_state_that_a_table_was_asked_for_bound_it(cast, tmp_path):
    first = cast.create()
    with clock.fixed(later(days=3)):
        second = cast.at_state(State.IN_PROGRESS)
        filters = lists.read_filters({"since": "2025-01-02", "until": "2025-01-02"})
        path = tmp_path / "one_day.csv"
        assert exchange.export_file(path=path, filters=filters, by=cast.actors["supervisor"], full=False, reason="") == 1
        text = path.read_text(encoding="utf-8-sig")
        assert first.number in text and second.number not in text
        assert exchange.export_file(path=tmp_path / "of_unit.csv", filters=lists.read_filters({"state": "open"}), by=cast.actors["roads"], full=False, reason="") == 0


def test_erased_bytes_are_gone_from_every_case_they_hang_on(cast):
    order, other = cast.at_state(State.IN_PROGRESS), cast.create(requester=OTHER)
    cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处停水")
    by_citizen.act(by=by_citizen.citizen(other.id), step="add_facts", given={"addition": "拍了照"}, uploads=[("李小红家.png", PNG)])
    file = CaseFile.objects.get(case_id=other.id).file_id
    cast.take(other, "ask_erasure", "supervisor", reason="本人书面申请")
    cast.take(other, "erase", "security_admin", ground="request")
    assert StoredFile.objects.get(id=file).erased_at is not None
    for case in (order, other):
        with pytest.raises(Refused):
            files.open_file(case_id=case.id, file_id=file, by=cast.actors["supervisor"])
    assert queries.get(order.id, cast.actors["supervisor"]).id == order.id
