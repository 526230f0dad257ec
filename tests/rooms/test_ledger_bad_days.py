"""Days on which an exchange's files are not as they should be, and its clock is not ours: calls stay calls, people stand where they stand."""

import gzip
import os
import threading
from datetime import timedelta

import pytest
from tests.cast import NOW
from tests.rooms.test_call_ledger import CEL, LOG, put

from minsheng.accounts.rules import clock_actor
from minsheng.kit import clock
from minsheng.telephony import follow
from minsheng.telephony.actions import ledger, presence, tail
from minsheng.telephony.models import AgentState, Call, LedgerOffset, UnreadLine
from minsheng.telephony.queries import lists
from minsheng.telephony.rules.events import Event, Kind

ENTER = "{}|pbx1-1.{}|q-zh|NONE|ENTERQUEUE||1390000000{}|1\n"


@pytest.fixture(autouse=True)
def _time(db):
    with clock.fixed(NOW):
        yield


def at(seconds: int = 0) -> int:
    return int(clock.machine_now().timestamp()) + seconds


def enter(number: int, seconds: int = 0) -> bytes:
    return ENTER.format(at(seconds), number, number).encode()


def results() -> dict[str, str]:
    return {call.linkedid.removeprefix("pbx1-1."): call.result for call in Call.objects.all()}


def test_a_clock_that_is_set_back_in_the_call_writes_waits_and_talks_below_zero_and_the_call_is_there(tmp_path):
    put(tmp_path, LOG, enter(1) + enter(2) + enter(3) + (
        f"{at(-300)}|pbx1-1.1|q-zh|PJSIP/a5|CONNECT|-290|1.2|3\n{at(-280)}|pbx1-1.1|q-zh|PJSIP/a5|COMPLETECALLER|-290|20|1\n"
        f"{at(-290)}|pbx1-1.2|q-zh|NONE|ABANDON|1|1|-290\n{at(10)}|pbx1-1.3|q-zh|PJSIP/a5|CONNECT|10|1.2|3\n"
        f"{at(-270)}|pbx1-1.3|q-zh|PJSIP/a5|COMPLETEAGENT|10|-280|1\n").encode())
    tail.tail(tmp_path)
    assert results() == {"1": "answered", "2": "abandoned", "3": "answered"} and not UnreadLine.objects.exists()
    assert {c.doubtful for c in Call.objects.filter(linkedid__in=["pbx1-1.1", "pbx1-1.3"])} == {"clock"}
    rows = lists.shown(list(Call.objects.all()), clock_actor("时钟"))
    assert [row.label for row in rows if (row.wait_s or 0) < 0 or (row.talk_s or 0) < 0] == []


@pytest.mark.parametrize("ahead", [300, -300, 3600, -3600])
def test_where_people_stand_goes_by_our_clock_whatever_the_exchanges_says(tmp_path, ahead):
    """It is off by minutes: who was put away by it is away, and who presses afterwards stands where they pressed."""
    put(tmp_path, LOG, f"{at(ahead)}|MANAGER|q-zh|PJSIP/a5|ADDMEMBER|\n".encode())
    tail.tail(tmp_path)
    assert abs(LedgerOffset.objects.get().skew_s - ahead) < 5
    put(tmp_path, LOG, f"{at(ahead)}|NONE|NONE|a5|PAUSEALL|Auto-Pause\n".encode())
    tail.tail(tmp_path)
    now = AgentState.objects.get(person_id=5, until=None)
    assert (now.state, now.reason) == ("paused", "unanswered") and abs((now.since - clock.machine_now()).total_seconds()) < 60
    assert presence.change(person_id=5, state="ready", at=clock.machine_now() + timedelta(seconds=5))
    assert AgentState.objects.get(person_id=5, until=None).state == "ready"


@pytest.mark.parametrize("ahead", [0, 300, -300])
def test_whoever_talks_is_shown_as_talking_also_when_the_clocks_differ(ahead):
    off = timedelta(seconds=ahead)
    when = clock.now() + off
    ledger.keep("pbx1", [Event(Kind.QUEUED, "pbx1", "1.1", "1.1", when, queue="q-zh"), Event(Kind.CONNECTED, "pbx1", "1.1", "1.1", when, agent=5, queue="q-zh")], off)
    assert AgentState.objects.get(person_id=5, until=None).state == "talking"
    assert Call.objects.get().connected_at == when, "a call keeps the times of its exchange"


def test_what_a_power_failure_leaves_in_a_file_is_passed_over_and_the_next_line_is_read(tmp_path):
    put(tmp_path, LOG, enter(1) + b"\0" * 4096 + enter(2) + enter(3))
    tail.tail(tmp_path)
    assert set(results()) == {"1", "2", "3"} and "空字节" in UnreadLine.objects.get().reason


def test_a_mark_that_an_editor_put_at_the_beginning_hides_no_call(tmp_path):
    put(tmp_path, LOG, b"\xef\xbb\xbf" + enter(1).replace(b"\n", b"\r\n") + enter(2))
    tail.tail(tmp_path)
    assert set(results()) == {"1", "2"}


def test_two_lines_that_a_full_disk_glued_together_cost_one_and_no_more(tmp_path):
    put(tmp_path, LOG, enter(1) + enter(2)[:25] + enter(3) + enter(4))
    tail.tail(tmp_path)
    assert {"1", "4"} <= set(results()) and UnreadLine.objects.count() <= 1


def test_a_half_line_at_the_end_of_a_file_that_was_moved_away_is_kept_and_holds_nothing_up(tmp_path):
    put(tmp_path, LOG, enter(1) + enter(2))
    tail.tail(tmp_path)
    put(tmp_path, LOG, enter(3)[:14])
    (tmp_path / LOG).rename(tmp_path / f"{LOG}.1")
    put(tmp_path, LOG, enter(4))
    tail.tail(tmp_path)
    assert set(results()) == {"1", "2", "4"} and UnreadLine.objects.count() == 1
    assert tail.tail(tmp_path) == 0 and UnreadLine.objects.count() == 1, "once"


def test_a_last_line_without_its_end_in_a_file_that_was_moved_away_is_a_line(tmp_path):
    put(tmp_path, LOG, enter(1))
    tail.tail(tmp_path)
    put(tmp_path, LOG, enter(2).rstrip(b"\n"))
    (tmp_path / LOG).rename(tmp_path / f"{LOG}.1")
    put(tmp_path, LOG, enter(3))
    tail.tail(tmp_path)
    assert set(results()) == {"1", "2", "3"}


def test_a_file_that_cannot_be_opened_is_said_and_the_other_is_read_meanwhile(tmp_path):
    (tmp_path / CEL).mkdir(parents=True)
    put(tmp_path, LOG, enter(1))
    with pytest.raises(OSError):
        tail.tail(tmp_path)
    assert set(results()) == {"1"}
    (tmp_path / CEL).rmdir()
    put(tmp_path, CEL, f'"LINKEDID_END","{at(9)}.5","pbx1-1.1","pbx1-1.1","","","","","",""\n'.encode())
    tail.tail(tmp_path)
    assert results() == {"1": "abandoned"}


def test_who_is_put_into_a_queue_twice_and_out_without_having_been_in_it_stands_once(tmp_path):
    put(tmp_path, LOG, "".join(f"{at(n)}|MANAGER|q-zh|PJSIP/a5|{what}|\n" for n, what in enumerate(
        ("REMOVEMEMBER", "ADDMEMBER", "ADDMEMBER", "REMOVEMEMBER", "REMOVEMEMBER", "ADDMEMBER"))).encode())
    tail.tail(tmp_path)
    rows = list(AgentState.objects.filter(person_id=5).order_by("since", "id"))
    assert [row.state for row in rows] == ["out", "ready", "out", "ready"] and sum(row.until is None for row in rows) == 1


@pytest.mark.parametrize("line", [
    "{at}|pbx1-1.9|q-zh; rm -rf /|NONE|ENTERQUEUE||13900000009|1", "{at}|pbx1-1.9'--|q-zh|NONE|ENTERQUEUE||13900000009|1",
    "{at}|pbx1-1.9|q-zh|NONE|ABANDON|1|1|99999999999", "{at}|pbx1-1.9|q-zh|PJSIP/a5|CONNECT|--3|1.2|3", "{at}|pbx1-1.9|藏语队列|NONE|ENTERQUEUE||1|1",
    "-{at}|pbx1-1.9|q-zh|NONE|ENTERQUEUE||1|1", "{at}e3|pbx1-1.9|q-zh|NONE|ENTERQUEUE||1|1"])
def test_a_line_with_more_in_it_than_may_stand_there_is_kept_with_its_reason(tmp_path, line):
    put(tmp_path, LOG, line.format(at=at()).encode() + b"\n" + enter(1))
    tail.tail(tmp_path)
    assert set(results()) == {"1"} and UnreadLine.objects.get().reason


@pytest.mark.parametrize("number", ["sip:13900000001", "${DB(secret)}", "1390000000a", "138|q-zh|a5|CONNECT", "\u202e13900000001", "１３９００００００００１", "-1", "0" * 40])
def test_a_number_that_is_none_is_a_caller_without_one_and_waits_like_all(tmp_path, number):
    put(tmp_path, LOG, f"{at()}|pbx1-1.1|q-zh|NONE|ENTERQUEUE||{number}|1\n".encode() + enter(2))
    tail.tail(tmp_path)
    assert set(results()) == {"1", "2"} and {call.result for call in Call.objects.all()} == {"live"}
    call = Call.objects.get(linkedid="pbx1-1.1")
    assert call.hidden_number == (call.number_hash is None)


STREAM = 'STREAM_BEGIN,{}.000,pbx1-1.1,pbx1-1.1,13900000001,q-zh,to-queue,PJSIP/trunk-00000001,Queue,\n'


def test_a_ledger_that_was_not_read_for_minutes_says_nothing_of_a_clock(tmp_path):
    """The last line that is of interest may be old; the music that begins anew for who waits is of now."""
    put(tmp_path, LOG, enter(1, -300))
    put(tmp_path, CEL, (CHAN.format(at(-300)) + STREAM.format(at(-150)) + STREAM.format(at())).encode())
    os.utime(tmp_path / LOG, (at(-300), at(-300)))
    tail.tail(tmp_path)
    assert {row.skew_s for row in LedgerOffset.objects.all()} == {0}


CHAN = 'CHAN_START,{}.000,pbx1-1.1,pbx1-1.1,13900000001,12345,from-trunk,PJSIP/trunk-00000001,,\n'


@pytest.mark.parametrize("by", [600, -600])
def test_a_clock_that_is_set_while_people_talk_leaves_their_talk_in_doubt_and_no_other(tmp_path, by):
    put(tmp_path, LOG, enter(1, -40) + f"{at(-35)}|pbx1-1.1|q-zh|PJSIP/a5|CONNECT|5|1.2|3\n{at(-20)}|pbx1-1.1|q-zh|PJSIP/a5|COMPLETECALLER|5|15|1\n".encode()
        + enter(2, -10) + f"{at()}|pbx1-1.2|q-zh|PJSIP/a6|CONNECT|10|1.2|3\n".encode())
    tail.tail(tmp_path)
    put(tmp_path, LOG, f"{at(by + 5)}|pbx1-1.2|q-zh|PJSIP/a6|COMPLETECALLER|10|{max(0, by) + 5}|1\n".encode() + enter(3, by + 6))
    tail.tail(tmp_path)
    put(tmp_path, LOG, f"{at(by + 9)}|pbx1-1.3|q-zh|NONE|ABANDON|1|1|3\n".encode())
    tail.tail(tmp_path)
    doubts = {call.linkedid[-1]: call.doubtful for call in Call.objects.all()}
    assert doubts["2"] in ("jump", "clock") and (doubts["1"], doubts["3"]) == ("", ""), doubts


def test_this_machines_own_clock_is_watched_beside_one_that_nobody_sets(monkeypatch):
    watch = follow.Clocks()
    assert not watch.jumped()
    now = clock.machine_now
    monkeypatch.setattr(clock, "machine_now", lambda: now() + timedelta(minutes=5))
    assert watch.jumped() and not watch.jumped()


def packed(place, text: bytes, keep: int | None = None) -> None:
    whole = gzip.compress(text)
    place.write_bytes(whole[:keep])


@pytest.mark.parametrize("kept", [None, -20, 4000, 30])
def test_a_packed_log_that_breaks_off_holds_nothing_up_and_what_it_has_is_read(tmp_path, kept):
    """It is being packed at this moment, or the disk was full: the current log goes on being read, and no half line is taken for a whole one."""
    log = tmp_path / LOG
    put(tmp_path, LOG, enter(1, -900))
    tail.tail(tmp_path)
    old = b"".join(ENTER.format(at(-800), n, n % 10).encode() for n in range(100, 3000))
    packed(log.with_name("queue_log.1.gz"), log.read_bytes() + old, kept)
    log.unlink()
    put(tmp_path, LOG, enter(2) + enter(3))
    for _ in range(2):
        tail.tail(tmp_path)
    found = set(results())
    assert {"1", "2", "3"} <= found and not UnreadLine.objects.exists()
    assert len(found) == 2903 if kept is None else 100 < len(found) < 2903 if kept == 4000 else len(found) >= 3


@pytest.mark.parametrize("content", [b"", b"no packed file at all", b"\x1f\x8b\x08" + bytes(300), gzip.compress(b"x" * 900, mtime=0)[:-8] + bytes(8)])
def test_what_only_looks_like_an_old_log_stops_nothing(tmp_path, content):
    log = tmp_path / LOG
    put(tmp_path, LOG, enter(1, -900))
    tail.tail(tmp_path)
    log.unlink()
    log.with_name("queue_log.9.gz").write_bytes(content)
    log.with_name("queue_log.d").mkdir()
    put(tmp_path, LOG, enter(2))
    tail.tail(tmp_path)
    assert set(results()) == {"1", "2"}


def test_a_log_that_was_gone_and_is_back_and_one_on_the_inode_of_another_are_read_once(tmp_path):
    log = tmp_path / LOG
    put(tmp_path, LOG, enter(1) + enter(2))
    tail.tail(tmp_path)
    aside = log.rename(log.with_name("moved_elsewhere"))
    assert tail.tail(tmp_path) == 0
    aside.rename(log)
    put(tmp_path, LOG, enter(3))
    tail.tail(tmp_path)
    copy = log.read_bytes()
    log.unlink()
    put(tmp_path, LOG, copy + enter(4))  # from a backup, perhaps on the same inode
    tail.tail(tmp_path)
    with open(log, "r+b") as same:  # emptied in place, and longer than before at the next look
        same.truncate(0)
        same.write(b"".join(enter(n % 10, n) for n in range(5, 10)) + copy)
    tail.tail(tmp_path)
    assert set(results()) == set("123456789") and Call.objects.count() == 9
    assert not UnreadLine.objects.exists()


def test_one_thing_that_nobody_thought_of_does_not_end_the_thread_that_follows(tmp_path, settings, monkeypatch, caplog):
    settings.DATA, settings.TELEPHONY = tmp_path, "none"
    looks, ending = [], threading.Event()

    def odd(**given) -> int:
        looks.append(1)
        if len(looks) == 2:
            ending.set()
        raise EOFError("a file that nobody thought of")

    monkeypatch.setattr(tail, "tail", odd)
    monkeypatch.setattr(follow, "EVERY", 0.01)
    monkeypatch.setattr(follow.connections, "close_all", lambda: None)
    monkeypatch.setattr(follow, "close_old_connections", lambda: None)
    follow._follow(ending)
    assert len(looks) == 2 and "EOFError" in caplog.text
