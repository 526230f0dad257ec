"""One name and one number in the words about calls: what was noted when somebody was rung back, why a recording was listened to, what a call without
a case was about, what a machine heard. Who may not see a person reads none of it, and no table holds it in clear."""

from __future__ import annotations

import json

import pytest
from tests.cast import NOW
from tests.planting import ASKER, cast_of, found_in, readable
from tests.rooms.test_call_backs_owed import lost
from tests.rooms.test_recordings import recorded
from tests.screens.test_planted import ALONE, KEPT_AS_SAID, MASKED, OF_A_CASE, shows
from tests.screens.test_walk import filled

from minsheng.cases.models import CallNote
from minsheng.cases.queries import intake_desk
from minsheng.cases.rules import State
from minsheng.kit import clock, sealing
from minsheng.ledger.models import Entry, Said
from minsheng.telephony.actions import callbacks, recordings
from minsheng.telephony.models import Callback, CallbackTry, CallCase, Transcript

WORDS = f"{ASKER.name}说停水，电话{ASKER.number}"


@pytest.fixture
def planted(db, tmp_path, settings):
    settings.DATA = tmp_path
    with clock.fixed(NOW):
        cast = cast_of(ASKER)
        cast.case = cast.at_state(State.IN_PROGRESS)
        for number, case in ((f"+86{ASKER.number}", cast.case), ("+8613900000009", None)):
            lost(number)
            callbacks.settle()
            row = callbacks.take(by=cast.actors["callback_clerk"])
            if case is not None:
                CallCase.objects.create(call_id=row.call_id, case_id=case.id, at=clock.now())
            callbacks.reveal(callback_id=row.pk, by=cast.actors["callback_clerk"])
            callbacks.record(callback_id=row.pk, by=cast.actors["callback_clerk"], result="no_answer", note=WORDS)
        cast.heard = [recorded(cast, name=f"2025/01/02/pbx1-{n}.2.wav", case=case) for n, case in enumerate((cast.case, None))]
        recordings.finish()
        for row in cast.heard:
            recordings.hear(recording_id=row.id, by=cast.actors["supervisor"], reason=f"核对：{WORDS}")
        intake_desk.note_call(by=cast.actors["agent"], kind="harassing", note=WORDS)
        intake_desk.note_call(by=cast.actors["agent"], kind="harassing", note=WORDS, case_id=cast.case.id)
        yield cast


def test_what_was_noted_of_calls_is_there_and_names_nobody(planted):
    notes = [*CallbackTry.objects.values_list("note", flat=True), *CallNote.objects.values_list("note", flat=True)]
    reasons = [*Entry.objects.filter(kind="heard").values_list("reason", flat=True), *Said.objects.values_list("reason", flat=True)]
    assert len([note for note in notes if "停水" in note]) == 4 and len([reason for reason in reasons if "核对" in reason]) == 2
    bare = [text for text in notes + reasons if ASKER.number in found_in(text)]
    known = [text for text in [*CallbackTry.objects.filter(callback__call__cases__case_id=planted.case.id).values_list("note", flat=True),
                               *CallNote.objects.filter(case_id=planted.case.id).values_list("note", flat=True), *Said.objects.values_list("reason", flat=True)]
             if found_in(text)]
    assert bare == [] and known == [], "of no case: whose name it is, nobody knows; the number goes all the same"


@pytest.mark.parametrize("who", MASKED)
def test_who_may_not_see_a_person_reads_no_number_of_theirs_on_pages_about_calls(planted, who):
    client = planted.client(who)
    routes = [route for route, _ in ALONE if any(word in route for word in ("call", "ledger", "shift", "recording", "reveal", "wall", "numbers"))]
    assert len(routes) > 5
    for route in routes:
        assert ASKER.number not in shows(planted, client, route), route
    for route, view in OF_A_CASE:
        if not view.needs or planted.actors[who].roles & set(view.needs):
            assert shows(planted, client, filled(route, planted.case)) == [], route


def test_no_table_about_calls_holds_the_number_and_a_transcript_lies_sealed(planted):
    Transcript.objects.create(recording=planted.heard[0], next_at=clock.now(), words_sealed=sealing.seal(json.dumps([[0, 1, WORDS]]), "transcript"))
    wrong = {column for column, text in readable() if column.split(".")[0] not in KEPT_AS_SAID and ASKER.number in found_in(text)}
    assert wrong == set() and Callback.objects.count() == 2
