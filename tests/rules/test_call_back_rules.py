"""The call-back of one requester, read off what was said in order: tries, numbers, answers; and what follows for the whole case."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from minsheng.cases.rules import CALLBACK_TRIES, Outcome, Party, Standing
from minsheng.cases.rules.callback import NUMBER, STEPS, Word, follows, half_day_of, lacking
from minsheng.followup.rules import CHECKED, drawn, offers

DAY = datetime.fromisoformat("2025-01-02T10:00+08:00")
CALL = "record_callback"


def missed(*at: datetime) -> Party:
    return Party(1, True, tuple(Word(CALL, "not_reached", half_day_of(moment)) for moment in at))


def test_three_tries_within_a_minute_are_one_try():
    party = missed(DAY, DAY + timedelta(seconds=20), DAY + timedelta(seconds=50))
    assert party.tries == 1 and party.standing == Standing.CALL


def test_three_different_half_days_end_the_tries():
    party = missed(DAY, DAY + timedelta(hours=5), DAY + timedelta(days=1))
    assert party.tries == 3 and party.standing == Standing.UNREACHED and follows([party]) == "close_unreached"


def test_a_relative_counts_as_a_try_and_an_appointment_does_not():
    words = [Word(CALL, o, f"2025-01-0{n} morning") for n, o in enumerate(("relative", "appointment", "not_reached"), 2)]
    assert Party(1, True, tuple(words)).tries == 2


def test_a_wrong_number_waits_for_the_desk_and_tries_begin_anew_with_the_number_it_finds():
    party = missed(DAY, DAY + timedelta(days=1)).heard(Word(CALL, "wrong_number"))
    assert party.standing == Standing.NUMBER and follows([party]) == "" and "等话务员" in lacking([party])
    party = party.heard(Word(NUMBER))
    assert party.standing == Standing.CALL and party.tries == 0
    assert party.heard(Word(CALL, "not_reached", "2025-01-06 morning")).tries == 1


def test_no_other_number_leaves_the_page_or_a_ruling():
    party = Party(1, True, (Word(CALL, "wrong_number"), Word("no_number")))
    assert party.standing == Standing.NO_NUMBER == Party(1, has_number=False).standing
    assert party.heard(Word("grant_no_callback")).standing == Standing.EXCUSED
    assert party.heard(Word("answer_callback", "answered", solved=True)).standing == Standing.ANSWERED


def test_a_case_waits_for_every_requester_and_one_unhappy_one_goes_to_a_review():
    happy = Party(1, True, (Word(CALL, "answered", solved=True, satisfaction="very"),))
    unhappy = Party(2, True, (Word(CALL, "answered", solved=False),))
    assert follows([happy, Party(3)]) == "" and follows([happy]) == "close" and follows([]) == ""
    assert follows([happy, unhappy]) == "ask_redo"
    assert follows([Party(4, True, (Word(CALL, "refused"),)), missed(*(DAY + timedelta(days=n) for n in range(3)))]) == "close"


words = st.builds(Word, st.sampled_from(STEPS), st.sampled_from(["", *Outcome]), st.sampled_from(["2025-01-02 morning", "2025-01-02 evening", "2025-01-03 morning"]),
                  st.sampled_from([None, True, False]), st.sampled_from(["", "very", "unsatisfied"]))


@given(st.booleans(), st.lists(words, max_size=8))
def test_whatever_was_said_nobody_is_done_unreached_before_three_half_days(has_number, said):
    party = Party(1, has_number, tuple(said))
    if party.standing == Standing.UNREACHED:
        assert len({w.half_day for w in said if w.outcome in {"not_reached", "relative"}}) >= CALLBACK_TRIES
    assert bool(lacking([party])) == (not party.standing.is_done)
    assert (follows([party]) == "") == (not party.standing.is_done)
    if party.standing == Standing.NUMBER:
        assert any(w.outcome == "wrong_number" for w in said)


def test_however_a_call_ended_it_may_be_checked_by_a_second_one():
    assert {Outcome.ANSWERED, Outcome.REFUSED, Outcome.WRONG_NUMBER, Outcome.NOT_REACHED} <= CHECKED
    for outcome in CHECKED:
        assert drawn(outcome, 0.029, False) and not drawn(outcome, 0.031, False)
        assert drawn(outcome, 0.99, True), "another number that the desk put in may be anybody's"
    assert not drawn(Outcome.APPOINTMENT, 0.0, True)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2025, 12, 31)))
def test_an_appointment_is_offered_an_hour_ahead_at_the_earliest(at):
    assert len(offers(at)) == 4 and all(one >= at + timedelta(hours=1) for one in offers(at))
