"""An exchange's files are read by offset, in the transaction that keeps their rows: nothing is lost, nothing doubled, whatever happens to file or reader."""

import gzip
import os
import random
from datetime import UTC, datetime, timedelta

import pytest
from tests.cast import NOW
from tests.rules.test_call_rules import TOWN, day, outcome

from minsheng.accounts.rules import clock_actor
from minsheng.contacts.queries import phone_hash
from minsheng.kit import clock, sealing
from minsheng.telephony import simulator
from minsheng.telephony.actions import callbacks, ledger, sealed_rows, tail
from minsheng.telephony.models import AgentState, Call, Callback, CallEvent, LedgerOffset, Recording, UnreadLine
from minsheng.telephony.queries import numbers
from minsheng.telephony.rules.events import OF_THE_EXCHANGE, Kind

T0 = datetime(2025, 1, 2, 2, 0, tzinfo=UTC)
LOG, CEL = simulator.QUEUE_LOG, simulator.CEL


@pytest.fixture(autouse=True)
def _time(db):
    with clock.fixed(NOW):
        yield


def text(seed: int, minutes: int = 6) -> dict[str, bytes]:
    """What a whole day writes: file -> bytes."""
    made = {LOG: b"", CEL: b""}
    for line in simulator.Day(TOWN, seed, T0).until((T0 + timedelta(minutes=minutes)).timestamp()):
        if line.sound is None:
            made[line.file] += line.text.encode() + b"\n"
    return made


def put(place, file: str, more: bytes, how: str = "ab") -> None:
    (place / file).parent.mkdir(parents=True, exist_ok=True)
    with open(place / file, how) as out:
        out.write(more)


def kept(pbx: str = "pbx1") -> dict[str, dict]:
    return {call.linkedid: ledger.facts_of(call) for call in Call.objects.filter(pbx=pbx)}


def expected(seed: int) -> dict[str, dict]:
    return {linkedid: {name: getattr(facts, name) for name in facts.__dataclass_fields__} for linkedid, facts in outcome(day(seed, 6)).items()}


def test_any_cut_of_the_files_and_any_new_beginning_gives_the_same_calls(tmp_path):
    for seed in (1, 2, 3):
        place, dice, pbx = tmp_path / str(seed), random.Random(seed), f"pbx{seed}"
        for file, whole in text(seed).items():
            at = 0
            while at < len(whole):
                size = dice.choice((37, 900, 5000, 20000))
                put(place, file, whole[at : at + size])
                at += size
                tail.tail(place, pbx, piece=dice.choice((700, 4096, tail.PIECE)))
                if dice.random() < 0.1:  # the reader's place is lost: all is read again
                    LedgerOffset.objects.all().delete()
        assert tail.tail(place, pbx) == 0
        assert kept(pbx) == expected(seed)
        assert CallEvent.objects.filter(pbx=pbx).count() == len(set(day(seed, 6)))
        assert Recording.objects.filter(call__pbx=pbx).count() == sum(e.kind == Kind.RECORDED for e in day(seed, 6))
    assert not UnreadLine.objects.exists()
    person = AgentState.objects.filter(person_id=11).order_by("since")
    assert person.filter(until=None).count() == 1 and {row.state for row in person} >= {"ready", "wrap_up"}
    assert [row.until for row in person][:-1] == [row.since for row in person][1:]
    call = Call.objects.exclude(number_hash=None).first()
    assert bytes(call.number_hash) == phone_hash(numbers.whole(call)) and "*" in numbers.masked(call)
    assert b"+86" not in bytes(call.number_sealed) and sealing.sealing_key() == bytes(call.number_sealed)[0]
    assert not CallEvent.objects.filter(data__icontains=numbers.whole(call)[-8:]).exists(), "a number lies nowhere but sealed"
    Call.objects.filter(pk=call.pk).update(number_hash=b"x")
    assert sealed_rows.reseal(by=clock_actor("密钥")) == 1 and sealed_rows.reseal(by=clock_actor("密钥")) == 0


def test_a_rotated_a_truncated_and_a_replaced_file_are_read_to_their_ends(tmp_path):
    whole = text(5)[LOG]
    lines = whole.splitlines(keepends=True)
    first, second, third, half = lines[:20], lines[20:30], lines[30:], lines[30][:9]
    put(tmp_path, LOG, b"".join(first) + half)
    assert tail.tail(tmp_path) == 20
    put(tmp_path, LOG, third[0][9:] + b"".join(second))
    os.rename(tmp_path / LOG, tmp_path / (LOG + ".1"))
    assert tail.tail(tmp_path) == 11, "what was written before the rotation, though the new file is not there yet"
    put(tmp_path, LOG, b"".join(third[1:21]))
    assert tail.tail(tmp_path) == 20 and LedgerOffset.objects.filter(closed=True).count() == 1
    put(tmp_path, LOG, b"".join(third[21:26]), "wb")  # copied away and cut short
    assert tail.tail(tmp_path) == 5
    put(tmp_path, LOG, b"".join(third[26:]))
    assert tail.tail(tmp_path) == len(third) - 26
    put(tmp_path, CEL, text(5)[CEL])
    tail.tail(tmp_path)
    assert kept() == expected(5)


def test_logs_that_were_rotated_packed_and_copied_away_while_nobody_looked_are_read_from_where_they_lie(tmp_path):
    lines = text(6)[LOG].splitlines(keepends=True)
    log = tmp_path / LOG
    put(tmp_path, LOG, b"".join(lines[:10]))
    assert tail.tail(tmp_path) == 10
    put(tmp_path, LOG, b"".join(lines[10:20]))  # and nobody looks for three days
    with gzip.open(f"{log}.3.gz", "wb") as packed:
        packed.write(log.read_bytes())
    put(tmp_path, LOG + ".2", b"".join(lines[20:30]))
    put(tmp_path, LOG + ".old", b"0|x|x|x|QUEUESTART\n")
    os.utime(f"{log}.old", (1, 1))  # of before we came
    (tmp_path / (LOG + ".1.gz")).write_bytes(gzip.compress(b"".join(lines[30:40])))
    put(tmp_path, LOG, b"".join(lines[40:50]), "wb")
    assert tail.tail(tmp_path) == 40 and tail.tail(tmp_path) == tail.tail(tmp_path) == 0
    put(tmp_path, LOG, b"".join(lines[50:60]))
    (tmp_path / (LOG + ".0")).write_bytes(log.read_bytes())  # copied away with lines that nobody has read, then cut short
    put(tmp_path, LOG, b"".join(lines[60:]), "wb")
    assert tail.tail(tmp_path) == len(lines) - 50 and tail.tail(tmp_path) == 0
    put(tmp_path, CEL, text(6)[CEL])
    tail.tail(tmp_path)
    assert kept() == expected(6) and not UnreadLine.objects.exists()
    assert LedgerOffset.objects.filter(file=LOG, closed=False).count() == 1


def test_a_rush_of_two_thousand_rings_in_a_minute_is_all_there_and_everybody_is_owed_a_call(tmp_path):
    first = int(NOW.timestamp()) - 120
    rows = [(first + n * 60 // 2000, f"pbx1-{first}.{n}", f"139{n:08}") for n in range(2000)]
    put(tmp_path, LOG, b"".join(f"{at}|{call}|q-zh|NONE|ENTERQUEUE||{number}|1\n{at + 9}|{call}|q-zh|NONE|ABANDON|1|1|9\n".encode() for at, call, number in rows))
    assert tail.tail(tmp_path, piece=64 * 1024) == 4000
    assert Call.objects.filter(result="abandoned").count() == 2000 and CallEvent.objects.count() == 4000
    while callbacks.settle():
        pass
    assert Callback.objects.count() == 2000, "each caller, whatever the size of a settling"


def test_what_cannot_be_read_is_kept_with_its_reason_and_the_rest_goes_on(tmp_path):
    good = b"1735783200|pbx1-1.1|q-zh|NONE|ENTERQUEUE||13900000001|1\n"
    long_ = b"x" * 3000 + b"\n"
    put(tmp_path, LOG, good + b"\xff\xfe|\n\n" + b"17357a3200|pbx1-1.2|q-zh|NONE|ABANDON|1|1|3\n" + long_ + good.replace(b"1.1", b"1.3"))
    assert tail.tail(tmp_path, piece=1000) >= 6
    assert Call.objects.count() == 2
    assert {row.reason for row in UnreadLine.objects.all()} >= {"有损坏的字符", "时间不是数字"}
    assert Call.objects.get(linkedid="pbx1-1.3").result == "live"


def test_two_exchanges_of_one_name_are_seen_whichever_is_read_first(tmp_path):
    line = "1735783200|pbx1-1.1|q-zh|NONE|ENTERQUEUE||{}|1\n"
    for place, number in (("one", "13900000001"), ("two", "13900000002"), ("three", "13900000001")):
        put(tmp_path / place, LOG, line.format(number).encode())
        tail.tail(tmp_path / place, "pbx1")
    assert Call.objects.get().doubtful == "twice"


def test_a_restart_closes_what_was_open_and_a_clock_that_is_off_is_seen(tmp_path):
    now = int(clock.machine_now().timestamp())
    put(tmp_path, LOG, f"{now}|pbx1-1.1|q-zh|NONE|ENTERQUEUE||13900000001|1\n{now}|pbx1-1.2|q-zh|NONE|ENTERQUEUE||13900000002|1\n".encode())
    tail.tail(tmp_path)
    assert LedgerOffset.objects.get().skew_s == 0
    put(tmp_path, LOG, f"{now + 300}|NONE|NONE|NONE|QUEUESTART\n".encode())
    tail.tail(tmp_path)
    assert {c.result for c in Call.objects.all()} == {"pbx_restart"} and 295 < LedgerOffset.objects.get().skew_s < 305
    assert not CallEvent.objects.filter(call=None).exclude(kind__in=[k.value for k in OF_THE_EXCHANGE]).exists()


def test_a_number_that_the_network_withholds_is_taken_out_whenever_the_ledger_says_so(tmp_path):
    """Its first line bears it, the exchange's own note follows: read at once, one by one, or the wrong way round."""
    def cel(kind: str, at: float, number: str) -> bytes:
        return f'"{kind}","{T0.timestamp() + at:.3f}","{linkedid}","{linkedid}","{number}","12345","from-trunk","PJSIP/trunk-1","",""\n'.encode()

    for n, order in enumerate(((0, 1, 2), (1, 0, 2), (2, 1, 0))):
        linkedid, place = f"w-{n}", tmp_path / str(n)
        lines = [cel("CHAN_START", 0, "13800000091"), cel("WITHHELD", 0.01, "13800000091"), cel("LINKEDID_END", 3, "")]
        for line in order:
            put(place, CEL, lines[line])
            tail.tail(place, f"p{n}")
        call = Call.objects.get(pbx=f"p{n}")
        assert (call.number_hash, call.number_sealed, call.hidden_number, call.result) == (None, None, True, "greeting"), order
        put(place, CEL, cel("LINKEDID_END", 4, "13800000091"))
        tail.tail(place, f"p{n}")
        assert Call.objects.get(pk=call.pk).number_hash is None
