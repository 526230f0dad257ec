"""Recordings: finished after a crash, kept by their hash, heard with a reason by who may, ended in time and with their case."""

from __future__ import annotations

import errno
import hashlib
import os
import struct
from array import array
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import NOW, build

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.models import Case, CaseAsk
from minsheng.cases.rules import State
from minsheng.kit import clock, whole_files
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger.models import Entry
from minsheng.telephony import erasing, keeping
from minsheng.telephony.actions import ledger, recordings, transcripts
from minsheng.telephony.actions.sealed_rows import sealed
from minsheng.telephony.models import Call, Callback, CallbackTry, CallCase, Recording, Transcript
from minsheng.telephony.queries import numbers
from minsheng.telephony.rules import recordings as rules
from minsheng.telephony.rules.events import Event, Kind
from minsheng.telephony.rules.words import CallbackReason, RecordingState

TONE = array("h", [n % 80 * 200 - 8000 for n in range(16_000)]).tobytes()  # two seconds of 8 kHz


def wav(said: int | None = None, pcm: bytes = TONE) -> bytes:
    whole = rules.wav(rules.Sound(8000, 1, pcm))
    return whole if said is None else whole[:40] + struct.pack("<I", said) + whole[44:]


@pytest.mark.parametrize(("said", "repaired"), [(None, False), (0, True), (2**32 - 1, True), (len(TONE) - 100, False), (len(TONE) + 5, True)])
def test_what_a_header_says_of_its_length_is_not_believed(said, repaired):
    sound = rules.read_wav(wav(said))
    assert sound.repaired is repaired and sound.rate == 8000 and (sound.seconds == 2.0 or said == len(TONE) - 100)
    assert rules.read_wav(rules.wav(sound)) == rules.Sound(8000, 1, sound.pcm) and len(rules.peaks(sound)) == 240 and max(rules.peaks(sound)) > 50


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\xff" * 400, wav()[:44], wav()[:30], wav(pcm=b""), wav()[:20] + b"\x07\x00" + wav()[22:]])
def test_what_is_no_sound_says_so(content):
    assert isinstance(rules.read_wav(content), str)


@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_break_the_reader(noise, at):
    whole = wav(pcm=TONE[:400])
    for content in (noise, whole[:at] + noise, whole[:at] + noise + whole[at:]):
        found = rules.read_wav(content)
        assert isinstance(found, str) or 0 < len(rules.peaks(found)) <= 240


def someone(role: Role, id_: int = 999) -> Actor:
    return Actor(id_, "某人", frozenset({role}))


def test_who_may_hear():
    for role in Role:
        assert bool(rules.may_hear(someone(role), 5, True)) is (role in rules.HEARS_ALL)
        assert not rules.may_hear(someone(role, 5), 5, sees_cases=False), "who may not see the case hears nothing of it, not even the own call"
    assert rules.may_hear(someone(Role.AGENT, 5), 5, True) and not rules.may_hear(someone(Role.AGENT, 6), 5, True)


@pytest.fixture
def stage(db, tmp_path, settings):
    settings.DATA = tmp_path
    with clock.fixed(NOW):
        yield build()


def recorded(cast, content: bytes | None = wav(), name: str = "2025/01/02/pbx1-1.2.wav", case=None) -> Recording:
    at = clock.now() - timedelta(hours=1)
    n = Call.objects.count()
    call = Call.objects.create(pbx="pbx1", linkedid=f"pbx1-{n}", arrived_at=at, ended_at=at + timedelta(minutes=3), updated_at=at, agent_id=cast.people["agent"].id)
    if case is not None:
        CallCase.objects.create(call=call, case_id=case.id, at=at)
    if content is not None:
        place = keeping.source(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        os.utime(place, (1, 1))
    return Recording.objects.create(call=call, leg=f"leg{n}", source=f"/proc/self/fd/9/var/spool/monitor/{name}", began_at=at)


def test_a_finished_call_leaves_a_recording_that_is_whole_and_nothing_else(stage):
    row = recorded(stage, wav(0))
    source = keeping.source(row.source)
    told = hashlib.sha256(source.read_bytes()).digest()
    assert recordings.finish() == 1 and recordings.finish() == 0 and not source.exists()
    row.refresh_from_db()
    place = keeping.archive(row.path)
    assert row.state == RecordingState.REPAIRED and row.seconds == 2.0 and len(row.peaks) == 240 and bytes(row.source_sha256) == told
    assert keeping.digest(place) == bytes(row.sha256) and place.stat().st_size == row.bytes < len(TONE) / 3 and place.stat().st_mode & 0o777 == 0o600
    assert row.until == (row.began_at + timedelta(days=365)).date()


def test_a_file_that_is_still_written_waits_and_one_that_never_came_is_said(stage):
    row = recorded(stage)
    os.utime(keeping.source(row.source))
    assert recordings.finish() == 0
    lost = recorded(stage, None, "2025/01/02/lost.wav")
    recordings.finish()
    lost.refresh_from_db()
    assert lost.state == RecordingState.MISSING and "没有留下" in lost.note


@pytest.mark.parametrize("name", ["../../../../etc/passwd", "", "/etc/passwd", "a/../../x.wav"])
def test_a_path_out_of_the_folder_is_no_recording(stage, name):
    assert keeping.source(f"/srv/var/spool/monitor/{name}") is None or keeping.source(name).is_relative_to(keeping.settings.DATA / "pbx")


def test_what_cannot_be_played_is_kept_as_it_is(stage):
    row = recorded(stage, b"no sound at all")
    assert recordings.finish() == 1
    row.refresh_from_db()
    assert row.state == RecordingState.UNREADABLE and keeping.archive(row.path).read_bytes() == b"no sound at all" and "不是" in row.note


def test_a_full_disk_loses_nothing_and_somebody_is_told(stage, monkeypatch):
    row = recorded(stage)

    def full(path, content, levels):
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(whole_files, "write", full)
        assert recordings.finish() == 0
    assert keeping.source(row.source).exists() and Entry.objects.filter(kind="alarm", detail__what="recordings").count() == 1
    assert recordings.finish() == 1


def test_in_a_storm_of_calls_the_machine_is_theirs_and_recordings_wait_half_an_hour_at_most(stage):
    old, fresh = recorded(stage), recorded(stage, name="2025/01/02/pbx1-1.9.wav")
    Call.objects.filter(pk=fresh.call_id).update(ended_at=clock.now() - timedelta(minutes=29))
    at = clock.now() - timedelta(minutes=1)
    going = Call.objects.bulk_create(Call(pbx="pbx1", linkedid=f"storm-{n}", arrived_at=at, updated_at=at) for n in range(rules.A_STORM))
    assert recordings.finish() == 1
    assert [Recording.objects.get(pk=row.pk).state for row in (old, fresh)] == ["kept", "open"]
    Call.objects.filter(pk=going[0].pk).update(ended_at=at + timedelta(seconds=20))
    assert recordings.finish() == 0, "a moment ago it was no calmer: a storm comes in waves"
    Call.objects.filter(pk=going[0].pk).update(ended_at=at)
    assert recordings.finish() == 1, "it is calmer for a minute"


def test_it_is_heard_with_a_reason_that_the_ledger_keeps_and_by_nobody_else(stage):
    case = stage.at_state(State.IN_PROGRESS)
    row = recorded(stage, case=case)
    recordings.finish()
    page, leader = f"/desk/case/{case.id}/calls", stage.client("shift_leader")
    assert "收听理由" in leader.get(page).content.decode()
    short = leader.post(page, {"recording": row.id, "reason": "x"})
    assert short.status_code == 422 and "至少 4 个字" in short.content.decode() and not Entry.objects.filter(kind="heard").exists()
    opened = leader.post(page, {"recording": row.id, "reason": "诉求人说话务员态度差"})
    entry = Entry.objects.get(kind="heard")
    assert entry.about == f"case:{case.id}" and entry.detail["recording"] == row.id and entry.why == "诉求人说话务员态度差"
    shown = opened.context["sound"]
    url = f"/desk/recordings/{row.id}/sound?pass={shown}"
    whole = leader.get(url)
    content = b"".join(whole.streaming_content)
    assert whole.status_code == 200 and whole["Accept-Ranges"] == "bytes" and hashlib.sha256(content).digest() == bytes(Recording.objects.get().sha256)
    for asked, first, last in (("bytes=0-9", 0, 9), ("bytes=5-", 5, len(content) - 1), ("bytes=-7", len(content) - 7, len(content) - 1),
                               ("bytes=3-999999999", 3, len(content) - 1), (f"bytes=3-{10**25}", 3, len(content) - 1),
                               (f"bytes=-{10**25}", 0, len(content) - 1), ("bytes=0-0", 0, 0)):
        part = leader.get(url, headers={"Range": asked})
        assert part.status_code == 206 and b"".join(part.streaming_content) == content[first:last + 1], asked
        assert part["Content-Range"] == f"bytes {first}-{last}/{len(content)}"
    for asked in ("bytes=9-3", f"bytes={len(content)}-", "bytes=-0", "bytes=-", "bytes=٣-٤"):
        assert leader.get(url, headers={"Range": asked}).status_code == 416, asked
    for more in ({"Range": "lines=0-1"}, {"Range": "seconds=2-"}, {"Range": "bytes"}, {"Range": "bytes=0-1,3-4"}, {"Range": "bytes=0-9", "If-Range": '"v1"'}):
        given = leader.get(url, headers=more)
        assert given.status_code == 200 and b"".join(given.streaming_content) == content and "Content-Range" not in given, more
    assert leader.get(url, headers={"Range": "Bytes=0-9"}).status_code == 206 and leader.head(url, headers={"Range": "bytes=0-9"}).status_code == 200
    for who in ("agent", "supervisor", "quality", "dispatcher", "water", "callback_clerk"):
        answer = stage.client(who).get(url)
        assert answer.status_code in (403, 404), f"{who} has a pass of another"
        assert stage.client(who).post(page, {"recording": row.id, "reason": "想听一听这段"}).status_code in (
            {200} if who in ("agent", "supervisor", "quality") else {403, 404}), who
    assert leader.get(f"/desk/recordings/{row.id}/sound?pass=x").status_code == 409


def test_of_a_case_with_readers_only_they_hear(stage):
    case = stage.at_state(State.IN_PROGRESS)
    row = recorded(stage, case=case)
    recordings.finish()
    recordings.hear(recording_id=row.id, by=stage.actors["quality"], reason="核对态度投诉")
    stage.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[stage.people["supervisor"].id], until=(clock.now() + timedelta(days=9)).isoformat())
    with pytest.raises(Refused):
        recordings.hear(recording_id=row.id, by=stage.actors["quality"], reason="核对态度投诉")
    assert recordings.hear(recording_id=row.id, by=stage.actors["supervisor"], reason="核对态度投诉")
    with pytest.raises(Invalid):
        recordings.hear(recording_id=row.id, by=stage.actors["supervisor"], reason="   x ")
    with pytest.raises(Refused):
        recordings.hear(recording_id=10**15, by=stage.actors["supervisor"], reason="核对态度投诉")


def test_what_is_over_goes_with_its_words(stage, django_capture_on_commit_callbacks, monkeypatch):
    row = recorded(stage)
    recordings.finish()
    row.refresh_from_db()
    Transcript.objects.create(recording=row, next_at=clock.now())
    place = keeping.archive(row.path)
    with clock.fixed(NOW + timedelta(days=364)), django_capture_on_commit_callbacks(execute=True):
        assert recordings.end_due() == 0
    with clock.fixed(NOW + timedelta(days=367)), django_capture_on_commit_callbacks(execute=True):
        assert recordings.end_due() == 1 and recordings.end_due() == 0
    row.refresh_from_db()
    assert not place.exists() and row.state == RecordingState.DELETED and not row.path and not Transcript.objects.exists()
    for said, days in (("30", 30), ("0", 365), ("-1", 365), ("٣", 365), ("x", 365), ("", 365)):
        monkeypatch.setenv("MINSHENG_RECORDING_DAYS", said)
        assert recordings.days() == days


def test_of_a_case_that_is_not_over_it_is_kept_beyond_its_time(stage, django_capture_on_commit_callbacks):
    """Evidence: while a unit works on it, while a request waits for its ruling, also of what was merged into such a case."""
    works, closed, merged, asks = (stage.at_state(state) for state in (State.IN_PROGRESS, State.CLOSED, State.CLOSED, State.IN_PROGRESS))
    rows = [recorded(stage, name=f"2025/01/02/{n}.wav", case=case) for n, case in enumerate((works, closed, merged, asks))]
    nobodys = recorded(stage, name="2025/01/02/9.wav")
    Case.objects.filter(id=merged.id).update(state=State.MERGED.value, master_id=works.id)
    CaseAsk.objects.create(case_id=asks.id, ask="exclusion", asked_at=NOW, asked_by=1, step_id=1)
    Case.objects.filter(id=asks.id).update(state=State.CLOSED.value)
    recordings.finish()
    with clock.fixed(NOW + timedelta(days=367)), django_capture_on_commit_callbacks(execute=True):
        assert recordings.end_due() == 2 and recordings.end_due() == 0
        gone = set(Recording.objects.filter(state="deleted").values_list("id", flat=True))
        assert gone == {rows[1].id, nobodys.id}
        Case.objects.filter(id=works.id).update(state=State.CLOSED.value)
        CaseAsk.objects.update(ruled_at=NOW)
        assert recordings.end_due() == 3


def test_what_an_objection_waits_for_is_kept_until_it_is_ruled(stage):
    from minsheng.month_end.models import Assessment, Objection

    case = stage.at_state(State.CLOSED)
    recorded(stage, case=case)
    recordings.finish()
    period = Assessment.objects.create(id=1, updated_at=NOW, **{field.name: NOW.date() for field in Assessment._meta.concrete_fields if field.get_internal_type() == "DateField"})
    objection = Objection.objects.create(id=1, updated_at=NOW, assessment=period, case_id=case.id, unit_id=1, measure="on_time", want="exclude", state="raised")
    with clock.fixed(NOW + timedelta(days=367)):
        assert recordings.end_due() == 0
        Objection.objects.filter(pk=objection.pk).update(state="refused")
        assert recordings.end_due() == 1


@pytest.mark.parametrize("spoil", ["byte", "cut", "gone"])
def test_what_is_not_as_it_was_kept_is_played_to_nobody_and_leaves_no_entry_that_it_was(stage, spoil):
    case = stage.at_state(State.IN_PROGRESS)
    row = recorded(stage, case=case)
    recordings.finish()
    row.refresh_from_db()
    place = keeping.archive(row.path)
    whole = place.read_bytes()
    if spoil == "gone":
        place.unlink()
    else:
        place.write_bytes(whole[:-1] if spoil == "cut" else whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    answer = stage.client("shift_leader").post(f"/desk/case/{case.id}/calls", {"recording": row.id, "reason": "核对态度投诉"})
    said = answer.content.decode()
    assert answer.status_code == 409 and ("文件缺失" if spoil == "gone" else "和归档时不一样") in said
    assert not Entry.objects.filter(kind="heard").exists()
    place.write_bytes(whole)
    assert recordings.hear(recording_id=row.id, by=stage.actors["shift_leader"], reason="核对态度投诉")


def test_an_erased_case_takes_the_voice_with_it(stage, django_capture_on_commit_callbacks):
    case = stage.at_state(State.CLOSED)
    row = recorded(stage, case=case)
    recordings.finish()
    row.refresh_from_db()
    place = keeping.archive(row.path)
    other = stage.at_state(State.CLOSED)
    CallCase.objects.create(call=row.call, case_id=other.id, at=NOW)
    Call.objects.update(**sealed("13800000000"), hidden_number=False)
    owed = Callback.objects.create(call=row.call, number_sealed=b"x", reason=CallbackReason.choices()[0][0], made_at=NOW, due_at=NOW)
    CallbackTry.objects.create(callback=owed, attempt=1, by_id=1, by_name="甲", at=NOW, note="王小明说明天再打")
    with django_capture_on_commit_callbacks(execute=True):
        erasing.take_away(case)
    call = Call.objects.get()
    assert not place.exists() and Recording.objects.get(pk=row.pk).state == RecordingState.DELETED
    assert numbers.whole(call) == "13800000000", "another case still rests on it"
    Case.objects.filter(id=case.id).update(erased=True)
    assert CallbackTry.objects.get().note, "another case still rests on it"
    erasing.take_away(other)
    assert CallbackTry.objects.get().note == "", "what was noted when it was rung back"
    ledger.keep("pbx1", [Event(Kind.ARRIVED, "pbx1", call.linkedid, "u", call.arrived_at, number="13800000000")])
    call.refresh_from_db()
    assert numbers.whole(call) == "" and call.hidden_number and numbers.masked(call) == "未显示号码"


def test_a_voice_that_is_erased_while_it_is_being_filed_lies_in_no_archive(stage, monkeypatch, django_capture_on_commit_callbacks):
    case = stage.at_state(State.CLOSED)
    row = recorded(stage, case=case)
    packs = recordings.packed_of

    def meanwhile(sound):
        erasing.take_away(case)
        return packs(sound)

    monkeypatch.setattr(recordings, "packed_of", meanwhile)
    with django_capture_on_commit_callbacks(execute=True):
        recordings.finish()
    assert Recording.objects.get(pk=row.pk).state == RecordingState.DELETED and not keeping.source(row.source).exists()
    assert not [file for file in keeping.archive("2025").parent.rglob("*") if file.is_file()]


def test_words_are_made_once_sealed_and_shown_to_who_hears(stage, monkeypatch):
    from minsheng.telephony import recogniser

    class Heard:
        model, said = "m", []

        def hear(self, *, sound, media, language):
            self.said.append((len(sound), media, language))
            if len(self.said) == 1:
                raise recogniser.NotHeard("转写服务返回 503")
            return (recogniser.Segment(0.0, 1.5, "我家停水了"),)

    case = stage.at_state(State.IN_PROGRESS)
    row = recorded(stage, case=case)
    recordings.finish()
    assert transcripts.hear_some() == 0 and not Transcript.objects.exists(), "off unless configured"
    monkeypatch.setattr(recogniser, "of_environment", Heard)
    with clock.fixed(NOW):
        assert transcripts.hear_some() == 1 and transcripts.hear_some() == 0
    assert "503" in Transcript.objects.get().note
    Transcript.objects.update(next_at=clock.machine_now() - timedelta(minutes=1))
    assert transcripts.hear_some() == 1 and transcripts.hear_some() == 0
    made = Transcript.objects.get()
    assert made.state == "made" and "停水".encode() not in bytes(made.words_sealed) and transcripts.words(made)[0].text == "我家停水了"
    leader = stage.client("shift_leader")
    page = f"/desk/case/{case.id}/calls"
    assert "我家停水了" not in leader.get(page).content.decode()
    opened = leader.post(page, {"recording": row.id, "reason": "核对态度投诉"}).content.decode()
    assert "我家停水了" in opened and "机器转写，可能有误" in opened


def test_doctor_finds_what_is_late_lost_or_changed(stage):
    from minsheng.telephony.queries import recordings as known

    late, lost, changed = recorded(stage), recorded(stage, None, "lost.wav"), recorded(stage, name="b.wav")
    Recording.objects.exclude(pk=late.pk).update(state=RecordingState.OPEN.value)
    Call.objects.filter(pk=late.call_id).update(ended_at=None)
    recordings.finish()
    changed.refresh_from_db()
    keeping.archive(changed.path).write_bytes(b"other")
    Call.objects.update(ended_at=clock.now() - timedelta(hours=2))
    Recording.objects.filter(pk=lost.pk).update(began_at=clock.now())
    said = [text for well, text in known.told(whole=True) if not well]
    assert len(said) == 3 and "未归档" in said[0] and "没有留下" in said[1] and str(changed.pk) in said[2]
    assert len(known.told(whole=False)) == 2


def test_a_recording_is_late_by_the_clock_that_its_call_was_written_down_by(stage):
    """In a city whose clock stands at another day (the demo) every recording was an hour late at once, and lost where its file came second."""
    from minsheng.telephony.queries import recordings as known

    row = recorded(stage, None)
    Call.objects.filter(pk=row.call_id).update(ended_at=clock.now() - timedelta(minutes=1))
    recordings.finish()
    row.refresh_from_db()
    assert row.state == RecordingState.OPEN and known.told(whole=False) == []
    Call.objects.filter(pk=row.call_id).update(ended_at=clock.now() - timedelta(minutes=61))
    assert [text for _, text in known.told(whole=False)] == ["1 段录音在通话结束一小时后仍未归档：请看磁盘空间，和话务平台录音目录的权限"]
    recordings.finish()
    row.refresh_from_db()
    assert row.state == RecordingState.MISSING
