"""One name and one number in every text of every case: each role walks every page, list, search, export, answer of the API, message,
log line, ledger page and readable table, and finds neither where it may not see them, and both where it may."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from tests.cast import ANSWER, NOW, PNG, later
from tests.planting import ASKER, NAME, NUMBER, OTHER_ASKER, Planter, cast_of, found_in, log_lines, readable
from tests.screens.test_api import Program
from tests.screens.test_walk import STAFF, filled

from minsheng.accounts.rules import Role
from minsheng.cases import queries
from minsheng.cases.actions import by_citizen
from minsheng.cases.models import Case
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import State, fields
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.exchange import queries as exchange
from minsheng.kit import clock

# Steps that take words, lists or files of somebody, by what their fields are.
SAYING = {step.name for step in PROCEDURE if step.who is not Role.CLOCK
          and any(fields.FIELDS[n].is_words or fields.FIELDS[n].kind == "files" for n in step.fields)}
# Who reads masked words whatever the case.
MASKED = ("analyst", "quality", "outside_group", "leader", "media", "system_admin", "security_admin", "audit_admin", "knowledge_editor")
ALONE = sorted({(route, view) for route, view in STAFF if "<" not in route}, key=lambda p: p[0])
OF_A_CASE = sorted({(route, view) for route, view in STAFF if "<int:case_id>" in route}, key=lambda p: p[0])
LISTS = ("/desk/cases", "/desk/search", "/desk/dispatch", "/desk/unit", "/desk/judge", "/desk/rulings")
# What is kept as it was said, by design: words of the requester and of steps until they are erased, names of files, drafts.
KEPT_AS_SAID = {"cases_casetext", "cases_steptext", "files_storedfile", "cases_draft", "cases_casetask", "cases_callnote", "django_session"}


@pytest.fixture(scope="module")
def planted(django_db_setup, django_db_blocker):
    """The city, with the person in every text. Made once, for all tests of this file; undone at the end."""
    with log_lines() as lines, django_db_blocker.unblock(), clock.fixed(NOW), transaction.atomic():
        planter = Planter(cast_of(ASKER))
        left = planter.plant(SAYING)
        for hours in (13, 24):  # at night, and when the night's orders are looked at
            with clock.fixed(later(hours=hours)):
                left = left and planter.plant(left)
        planter.log, planter.left = lines, left
        yield planter
        transaction.set_rollback(True)


def cases_of(planter: Planter) -> list[Case]:
    """One case of each state, and each on which a step with words was taken, at most a few of a kind."""
    wanted = {*planter.taken.values()} | {Case.objects.filter(id__in=planter.cases, state=s).values_list("id", flat=True).first() or 0 for s in State}
    return list(Case.objects.filter(id__in=wanted - {0}).order_by("id"))


def content(answer) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return parts(body) + str(answer.headers)


def parts(body: bytes) -> str:
    """What somebody reads who opens the file: of a document, a spreadsheet or a packed file every part, its properties too."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", errors="ignore")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return "\n".join(name + parts(archive.read(name)) for name in archive.namelist())


def shows(planter: Planter, client: Client, path: str, asked: dict | None = None, typed: str = "") -> list[str]:
    """What of the person stands on the page; what the reader typed into it does not count."""
    answer = client.get(path, asked or {}, follow=True)
    assert answer.status_code < 500, path
    page = content(answer)
    return found_in(page.replace(typed, "") if typed else page)


def test_every_step_that_takes_words_is_planted(planted):
    assert planted.left == set()


@pytest.mark.parametrize("way", ASKER.ways() + OTHER_ASKER.ways())
def test_whoever_reads_one_of_the_ways_can_make_out_the_person(way):
    assert found_in(way, ASKER) or found_in(way, OTHER_ASKER)


@pytest.mark.parametrize("who", MASKED)
def test_who_may_not_see_a_person_finds_neither_name_nor_number_on_any_page(planted, who):
    client = planted.cast.client(who)
    for route, _ in ALONE:
        assert shows(planted, client, route) == [], (who, route)
    for case in cases_of(planted):
        for route, view in OF_A_CASE:
            if not view.needs or planted.cast.actors[who].roles & set(view.needs):
                assert shows(planted, client, filled(route, case)) == [], (who, route, case.state)


@pytest.mark.parametrize("who", MASKED)
def test_searched_for_a_person_is_not_found_and_not_echoed_by_others_words(planted, who):
    client = planted.cast.client(who)
    for typed in (NAME, NUMBER, NUMBER[-8:], "停水", "反映"):
        for path in LISTS:
            assert shows(planted, client, path, {"q": typed}, typed) == [], (who, path, typed)


@pytest.mark.parametrize("who", ("analyst", "quality"))
def test_an_export_is_masked_unless_it_is_asked_for_in_full(planted, who):
    rows = list(exchange.exported(Filters(), planted.cast.actors[who], False))
    assert rows and found_in("\n".join(",".join(row) for row in rows)) == []


def test_an_export_in_full_has_them(planted):
    rows = list(exchange.exported(Filters(), planted.cast.actors["supervisor"], True))
    assert set(found_in("\n".join(",".join(row) for row in rows))) >= {NUMBER}


@pytest.mark.parametrize("who", ("analyst", "quality"))
def test_the_api_answers_a_program_of_theirs_in_masked_words(planted, who):
    program = Program(planted.cast, who)
    asked = ["/cases", "/procedure", *(f"/cases/{case.id}{more}" for case in cases_of(planted) for more in ("", "/steps"))]
    for path in asked:
        answer = program.get(path)
        assert answer.status_code < 500 and found_in(answer.content.decode()) == [], (who, path)


def test_a_sealed_case_hides_the_person_from_the_unit_that_handles_it(planted):
    cast = planted.cast
    with clock.fixed(later(hours=25)):
        sealed = [cast.at_state(state, secrecy=True) for state in (State.PENDING_SIGN, State.IN_PROGRESS, State.IN_PROGRESS)]
        cast.take(sealed[2], "desk_contact", "agent", contact_at=clock.now().isoformat(), contact_how="phone", contact_note=cast.text(), call=7)
        for step, who in (("draft_reply", "water"), ("reply", "water_head")):
            sealed[2] = cast.take(sealed[2], step, who, **(ANSWER if step == "draft_reply" else {}))
        for who in ("water", "water_head"):
            client = cast.client(who)
            for case in sealed:
                assert queries.visible(cast.actors[who]).filter(id=case.id).exists()
                for route, view in OF_A_CASE:
                    if not view.needs or cast.actors[who].roles & set(view.needs):
                        assert shows(planted, client, filled(route, case)) == [], (who, route, case.state)


def test_who_handles_the_case_reads_what_was_said(planted):
    case = Case.objects.filter(id__in=planted.cases, state=State.IN_PROGRESS, lead=planted.cast.units["water"].id).first()
    for who in ("dispatcher", "supervisor", "water"):
        path = f"/desk/case/{case.id}"
        assert shows(planted, planted.cast.client(who), path), who


def test_a_requester_never_reads_the_name_of_another_whose_case_was_merged_with_theirs(planted):
    cast, other = planted.cast, cast_of(OTHER_ASKER, beside=planted.cast)
    with clock.fixed(later(hours=26)):
        master, mine = cast.create(), other.create()
        cast.take(mine, "merge", "dispatcher", master=master.id, reason="同一处停水")
    for case, about in ((master, OTHER_ASKER), (mine, ASKER)):
        client = Client()
        answer = client.post("/track", {"number": case.number, "code": cast.codes[case.id]}, follow=True)
        assert case.number in content(answer) and found_in(content(answer), about) == [], case.number


def test_the_net_is_a_way_in_like_the_others(planted):
    """Typed by a citizen, with a photo that bears the name."""
    with clock.fixed(later(hours=27)):
        sent = by_citizen.send(key="n" * 32, address="203.0.113.9", narrative=planted.cast.text(), kind="help", name=NAME, phone=NUMBER, place=planted.cast.text()[:150],
                               uploads=[(SimpleUploadedFile(f"{NAME}{NUMBER}.png", PNG).name, PNG)])
    for who in ("analyst", "quality"):
        client = planted.cast.client(who)
        for route, view in OF_A_CASE:
            if not view.needs or planted.cast.actors[who].roles & set(view.needs):
                assert shows(planted, client, filled(route, Case.objects.get(id=sent.case_id))) == [], (who, route)


def test_no_message_no_ledger_row_no_log_line_and_no_table_but_the_words_themselves_holds_them(planted):
    """A backup is a copy of the tables: what can be erased stands in a few of them, and nowhere else."""
    assert found_in("\n".join(planted.log)) == []
    wrong = {column: who for column, text in readable() if column.split(".")[0] not in KEPT_AS_SAID and (who := found_in(text))}
    assert wrong == {}
