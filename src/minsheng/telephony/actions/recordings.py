"""What becomes of a recording: finished and kept, heard with a reason, ended when its time is over or its case is erased."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from operator import or_
from pathlib import Path

import lameenc
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localdate

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case, CaseAsk
from minsheng.cases.queries import visible
from minsheng.cases.rules.states import OPEN
from minsheng.kit import clock, whole_files
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.ledger import actions as ledger
from minsheng.telephony import keeping
from minsheng.telephony.actions import kept_words
from minsheng.telephony.models import Call, CallCase, Recording, Transcript
from minsheng.telephony.rules import recordings as rules
from minsheng.telephony.rules.words import RecordingState

BITS = 24  # kbit/s of what is kept: speech of a telephone, a fifth of what the exchange writes
_MISSED = timedelta(minutes=10)  # after the call: by then the exchange has written the file, or never will
_STILL = 5.0  # seconds in which nobody wrote on it
_HEARS = timedelta(minutes=30)
_GOES_ON = timedelta(hours=2)  # a call that is open longer was lost by its exchange
_SIGNER = "minsheng.recording"
GONE = no("gone", "录音已到期删除，或文件缺失。请告诉系统管理员运行 ./minsheng doctor 查明")
CHANGED = no("changed", "这段录音的文件和归档时不一样了，不能播放，也不能作凭据。请告诉系统管理员从备份里取回")
log = logging.getLogger(__name__)


def finish(limit: int = 20) -> int:
    """Files of calls that have ended become recordings that are kept. How many. A file is read, written and looked at outside any
    transaction; whoever dies in between leaves a file that the next look takes. Repeatable."""
    over = clock.now() - (rules.WAITS_IN_A_STORM if _storm() else timedelta())
    rows = Recording.objects.filter(state=RecordingState.OPEN.value, call__ended_at__lte=over).select_related("call").order_by("began_at")
    done = 0
    for row in rows[:limit]:
        try:
            done += _finish(row)
        except OSError as wrong:
            log.warning("recording %s cannot be kept: %s", row.pk, type(wrong).__name__)
            ledger.alarm(what="recordings", about="recordings", detail={"error": type(wrong).__name__})
            break  # a full disk is full for the next one, too
    return done


def _storm() -> bool:
    """So many talk that the machine is theirs, or did a moment ago: what is recorded lies safe, and is filed when it has been calmer for a while,
    or its time is up. One statement."""
    now = clock.now()
    looks = [now - n * rules.CALM_FOR / rules.LOOKS for n in range(rules.LOOKS + 1)]
    at_once = {f"n{n}": Count("id", filter=Q(arrived_at__lte=at) & (Q(ended_at=None) | Q(ended_at__gt=at))) for n, at in enumerate(looks)}
    lately = Call.objects.filter(Q(ended_at=None) | Q(ended_at__gt=looks[-1]), arrived_at__gt=now - _GOES_ON)
    return max(lately.aggregate(**at_once).values()) >= rules.A_STORM


def _finish(row: Recording) -> bool:
    place = keeping.source(row.source)
    if place is None or not place.is_file():
        late = row.call.ended_at is not None and clock.now() - row.call.ended_at > _MISSED
        return late and _set(row, state=RecordingState.MISSING.value, note="话务平台没有留下文件")
    if clock.machine_now().timestamp() - place.stat().st_mtime < _STILL:
        return False
    if place.stat().st_size > keeping.LARGEST:
        return _set(row, state=RecordingState.UNREADABLE.value, note="文件过大，没有归档，仍在话务平台的目录里")
    return _keep(row, place, place.read_bytes())


def _keep(row: Recording, place: Path, content: bytes) -> bool:
    sound = rules.read_wav(content)
    packed, ending, media = (content, "wav", "audio/wav") if isinstance(sound, str) else (packed_of(sound), "mp3", "audio/mpeg")
    began = localdate(row.began_at)
    path = f"{began:%Y/%m/%d}/{row.pk}.{ending}"
    whole_files.write(keeping.archive(path), packed, levels=4)
    kept = keeping.digest(keeping.archive(path))
    if kept != hashlib.sha256(packed).digest():
        raise OSError("what was written is not what lies there")
    what = {"state": RecordingState.UNREADABLE.value, "note": sound} if isinstance(sound, str) else {
        "state": (RecordingState.REPAIRED if sound.repaired else RecordingState.KEPT).value, "seconds": round(sound.seconds, 2), "peaks": rules.peaks(sound)}
    done = _set(row, path=path, media=media, sha256=kept, source_sha256=hashlib.sha256(content).digest(), bytes=len(packed), kept_at=clock.machine_now(),
                until=rules.kept_until(began, days()), **what)
    if not done and Recording.objects.filter(pk=row.pk, state=RecordingState.DELETED.value).exists():
        keeping.remove(keeping.archive(path))  # erased while it was being filed
    keeping.remove(place)
    return done


def packed_of(sound: rules.Sound) -> bytes:
    """MP3, which every browser plays and seeks in."""
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(BITS * sound.channels)
    encoder.set_in_sample_rate(sound.rate)
    encoder.set_channels(sound.channels)
    encoder.set_quality(7)  # a third less work than 5; nobody hears it on a telephone
    encoder.silence()
    return bytes(encoder.encode(sound.pcm)) + bytes(encoder.flush())


@transaction.atomic
def _set(row: Recording, **what: object) -> bool:
    """Only while it is still open: two at once keep it once."""
    return bool(Recording.objects.filter(pk=row.pk, state=RecordingState.OPEN.value).update(**what))


def days() -> int:
    """How long a recording is kept; nonsense in the setting keeps it as long as without."""
    said = os.environ.get("MINSHENG_RECORDING_DAYS", "")
    return int(said) if said.isascii() and said.isdigit() and 0 < int(said) < 36500 else rules.KEPT_DAYS


# --- hearing ------------------------------------------------------------------


def hear(*, recording_id: int, by: Actor, reason: str) -> str:
    """A pass for half an hour, for this person and this recording; the ledger keeps who heard what and why. Refused, Invalid."""
    with transaction.atomic():
        row = may_hear(recording_id, by)
        if not (answer := rules.reason_given(reason)):
            raise Invalid({"reason": answer.reason})
        _as_it_was_kept(row)
        case = CallCase.objects.filter(call_id=row.call_id).order_by("id").values_list("case_id", flat=True).first()
        ledger.write(kind="heard", by_id=by.id, by_name=by.name, about=f"case:{case}" if case else f"call:{row.call_id}",
                     reason=kept_words.of_call(reason, row.call_id, 500),
                     detail={"recording": row.pk, "call": row.call_id})
    return TimestampSigner(salt=_SIGNER).sign(f"{row.pk}.{by.id}")


def _as_it_was_kept(row: Recording) -> None:
    """What is no longer what was recorded is played to nobody: they would take it for what was said."""
    try:
        same = bool(row.path) and keeping.digest(keeping.archive(row.path)) == bytes(row.sha256 or b"")
    except OSError as wrong:
        raise Refused(GONE) from wrong
    if not same:
        raise Refused(CHANGED if row.path else GONE)


def may_hear(recording_id: int, by: Actor) -> Recording:
    """The recording. Refused("hidden") for who may not know of it."""
    row = Recording.objects.select_related("call").filter(pk=recording_id).first()
    if row is None:
        raise Refused(no("hidden", "没有这段录音，或您无权收听"))
    about = set(CallCase.objects.filter(call_id=row.call_id).values_list("case_id", flat=True))
    sees = not about or visible(by).filter(id__in=about).count() == len(about)
    if not (answer := rules.may_hear(by, row.call.agent_id, sees)):
        raise Refused(answer)
    return row


def with_pass(*, recording_id: int, by: Actor, shown: str) -> Recording:
    """The recording whose bytes are asked for. The right is looked at again: who lost it meanwhile hears no more."""
    try:
        said = TimestampSigner(salt=_SIGNER).unsign(shown, max_age=_HEARS)
    except BadSignature as wrong:
        raise Refused(no("pass", "收听时间已过，请刷新页面重新填写理由")) from wrong
    if said != f"{recording_id}.{by.id}":
        raise Refused(no("hidden", "没有这段录音，或您无权收听"))
    row = may_hear(recording_id, by)
    if not row.path:
        raise Refused(GONE)
    return row


# --- ending ----------------------------------------------------------------------


# Cases that somebody still works on or rules about: what was said on the telephone is evidence. Rooms above append theirs.
EVIDENCE: list[Callable[[], QuerySet]] = [lambda: Case.objects.filter(state__in=[s.value for s in OPEN]).values("id"),
                                          lambda: CaseAsk.objects.filter(ruled_at=None).values("case_id")]


def _needed() -> Q:
    """Of a recording: its case, or the one which that was merged into, is among them."""
    cases = Case.objects.filter(reduce(or_, (Q(id__in=of()) | Q(master_id__in=of()) for of in EVIDENCE)))
    return Q(call__cases__case_id__in=cases.values("id"))


def end_due(limit: int = 500) -> int:
    """What was kept as long as the rule says goes, with its words; of a case that is not over when that is over. How many."""
    due = Recording.objects.filter(until__lt=localdate(clock.now())).exclude(state=RecordingState.DELETED.value)
    rows = list(due.exclude(_needed()).order_by("until")[:limit])
    for row in rows:
        _end(row, "保存期满")
    return len(rows)


def end_of_case(case: Case) -> None:
    """A lawful erasure: the voice is personal data as the words are."""
    for row in Recording.objects.filter(call__cases__case_id=case.id).exclude(state=RecordingState.DELETED.value):
        _end(row, "依法删除")


@transaction.atomic
def _end(row: Recording, why: str) -> None:
    """The row tells that there was one; file, wave and words go when that is kept."""
    place, source = (keeping.archive(row.path) if row.path else None), keeping.source(row.source)
    Transcript.objects.filter(recording=row).delete()
    row.state, row.path, row.peaks, row.note, row.sha256 = RecordingState.DELETED.value, "", b"", why, None
    row.save(update_fields=["state", "path", "peaks", "note", "sha256"])
    transaction.on_commit(lambda: keeping.remove(place))
    transaction.on_commit(lambda: keeping.remove(source))
