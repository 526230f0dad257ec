"""Recordings become words, one after the other, where a recogniser is configured. No lock is held while it listens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from minsheng.kit import clock
from minsheng.kit.sealing import seal, unseal
from minsheng.telephony import keeping, recogniser
from minsheng.telephony.models import Recording, Transcript
from minsheng.telephony.queries.numbers import WORDS
from minsheng.telephony.recogniser import NotHeard, Recogniser, Segment
from minsheng.telephony.rules.words import RecordingState, TranscriptState

LEASE = timedelta(minutes=5)  # longer than one try may take
TRIES = 4
_LATER = timedelta(minutes=10)
_KEPT = (RecordingState.KEPT.value, RecordingState.REPAIRED.value)


def hear_some(*, limit: int = 5, stop: Callable[[], bool] = lambda: False) -> int:
    """How many were listened to. Off: none, and nothing is written."""
    by = recogniser.of_environment()
    if by is None:
        return 0
    done = 0
    while done < limit and not stop() and (row := _claim()) is not None:
        _try(row, by)
        done += 1
    return done


@transaction.atomic
def _claim() -> Transcript | None:
    """The next recording without words, or with a try whose time has come; nobody else takes it during the lease."""
    now = clock.machine_now()
    new = Recording.objects.filter(state__in=_KEPT).filter(~Exists(Transcript.objects.filter(recording=OuterRef("pk"))))
    if first := new.select_for_update(skip_locked=True, of=("self",)).order_by("began_at").first():
        made, _ = Transcript.objects.get_or_create(recording=first, defaults={"next_at": now})
    row = (Transcript.objects.select_for_update(skip_locked=True, of=("self",)).select_related("recording__call")
           .filter(state=TranscriptState.WAITING.value, next_at__lte=now).order_by("next_at", "id").first())
    if row is None:
        return None
    row.attempts, row.next_at = row.attempts + 1, now + LEASE
    row.save(update_fields=["attempts", "next_at"])
    return row


def _try(row: Transcript, by: Recogniser) -> None:
    recording = row.recording
    try:
        try:
            sound = keeping.archive(recording.path).read_bytes()
        except OSError as wrong:
            raise NotHeard("录音文件读不出", again=False) from wrong
        heard = by.hear(sound=sound, media=recording.media, language=recording.call.language)
    except NotHeard as wrong:
        again = wrong.again and row.attempts < TRIES
        _put(row, state=(TranscriptState.WAITING if again else TranscriptState.FAILED).value, note=str(wrong)[:200],
             next_at=clock.machine_now() + _LATER * row.attempts)
        return
    _put(row, state=TranscriptState.MADE.value, words_sealed=seal(json.dumps(heard, ensure_ascii=False), WORDS), model=by.model[:80],
         made_at=clock.machine_now(), note="")


@transaction.atomic
def _put(row: Transcript, **what: object) -> None:
    """Unless its recording ended meanwhile, or a later try has it."""
    Transcript.objects.filter(pk=row.pk, attempts=row.attempts).update(**what)


def words(row: Transcript) -> tuple[Segment, ...]:
    """What was heard, for who may hear the recording."""
    return tuple(Segment(*each) for each in json.loads(unseal(row.words_sealed, WORDS))) if row.words_sealed else ()
