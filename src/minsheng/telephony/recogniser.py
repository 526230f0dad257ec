"""Speech to text by another party: a recording goes out, its words with their times come back. Off unless configured.

Beside the usual files: the edge to other parties is neither a rule nor an action.

MINSHENG_SPEECH_URL     up to /v1 of a server that speaks OpenAI's transcription API: POST …/audio/transcriptions (file, model, language,
                        response_format=verbose_json) answers {"text", "segments": [{"start", "end", "text"}]}; local ones (faster-whisper,
                        whisper.cpp, FunASR, vLLM) speak it too
MINSHENG_SPEECH_KEY     sent as a bearer; a server on this machine needs none
MINSHENG_SPEECH_MODEL   its name of the model, "whisper-1" when not set
A caller's voice travels enciphered or not at all: only this machine itself is spoken to in clear.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from minsheng.kit import outward

TIMEOUT_S = 120
LARGEST = 25 * 1024 * 1024  # bytes of a recording: what such servers take at once
LONGEST_ANSWER = 8 * 1024 * 1024
LANGUAGES = {"zh": "zh", "bo": "bo", "en": "en"}  # ours -> ISO 639-1, which these servers ask for


class Segment(NamedTuple):
    """What was said between two moments of the recording, in seconds from its beginning."""

    start: float
    end: float
    text: str


class NotHeard(Exception):
    """No words came back; `str` says why. `again`: it may go better later."""

    def __init__(self, said: str, again: bool = True):
        super().__init__(said)
        self.again = again


class Recogniser(Protocol):
    @property
    def model(self) -> str: ...

    def hear(self, *, sound: bytes, media: str, language: str) -> tuple[Segment, ...]: ...


@dataclass(frozen=True)
class OpenAiSpeech:
    url: str
    key: str = ""
    model: str = "whisper-1"

    def hear(self, *, sound: bytes, media: str, language: str) -> tuple[Segment, ...]:
        """Its words in the order of time. NotHeard with the reason."""
        if said := wrong_url(self.url):
            raise NotHeard(said)
        if len(sound) > LARGEST:
            raise NotHeard(f"录音超过 {LARGEST // 1024 // 1024} MB，没有转写", again=False)
        fields = {"model": self.model, "response_format": "verbose_json", **({"language": LANGUAGES[language]} if language in LANGUAGES else {})}
        body, kind = multipart(fields, sound, media)
        head = {"Content-Type": kind, **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        return segments(_answer(urllib.request.Request(f"{self.url.rstrip('/')}/audio/transcriptions", body, head)))


def _answer(request: urllib.request.Request) -> bytes:
    try:
        with outward.opened(request, TIMEOUT_S) as answer:
            found: bytes = answer.read(LONGEST_ANSWER + 1)
    except urllib.error.HTTPError as wrong:
        wrong.close()
        later = wrong.code in {408, 425, 429} or wrong.code >= 500
        raise NotHeard(f"转写服务返回 {wrong.code}", again=later) from wrong
    except urllib.error.URLError as wrong:
        raise NotHeard(f"转写服务连接失败：{type(wrong.reason).__name__}") from wrong
    except (http.client.HTTPException, OSError) as wrong:
        raise NotHeard(f"转写服务没有应答：{type(wrong).__name__}") from wrong
    if len(found) > LONGEST_ANSWER:
        raise NotHeard("转写服务的答复过长", again=False)
    return found


def multipart(fields: dict[str, str], sound: bytes, media: str) -> tuple[bytes, str]:
    """(body, its type) of a form with one file (RFC 7578)."""
    mark = secrets.token_hex(16)
    ending = {"audio/wav": "wav", "audio/ogg": "ogg", "audio/flac": "flac", "audio/mpeg": "mp3"}.get(media, "wav")
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    parts += [f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="call.{ending}"\r\nContent-Type: {media}\r\n\r\n'.encode(), sound,
              f"\r\n--{mark}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={mark}"


def segments(answer: bytes) -> tuple[Segment, ...]:
    """What the answer says, by its segments; a server without them gives its text alone. NotHeard for what is neither."""
    try:
        said = json.loads(answer)
        found = [_segment(each) for each in said.get("segments") or []]
        whole = said.get("text", "")
        if not isinstance(whole, str):
            raise TypeError
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError) as wrong:
        raise NotHeard("转写服务的答复读不懂", again=False) from wrong
    found = [each for each in found if each.text]
    return tuple(found or ([Segment(0.0, 0.0, clean(whole))] if clean(whole) else []))


def _segment(each: dict[str, Any]) -> Segment:
    start, end, text = float(each["start"]), float(each["end"]), each["text"]
    if not (isinstance(text, str) and math.isfinite(start) and math.isfinite(end) and 0 <= start <= end):
        raise ValueError
    return Segment(start, end, clean(text))


def clean(text: str) -> str:
    """Without what no text column holds and no page shows."""
    return "".join(c for c in text if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF or c == "\n").strip()


def wrong_url(url: str) -> str:
    """Why no voice goes to this address; "" when it may."""
    wrong = outward.fits(url)
    if wrong == "no address":
        return "MINSHENG_SPEECH_URL 不是网址，请写成 https://…/v1"
    if not wrong:
        return ""
    return "MINSHENG_SPEECH_URL 不是 https：录音会明文经过网络，所以没有发。只有 http 的，请在本机装转发隧道，地址写本机"


def of_environment() -> Recogniser | None:
    """As the environment says now; None: it is off."""
    url = os.environ.get("MINSHENG_SPEECH_URL", "")
    return OpenAiSpeech(url, os.environ.get("MINSHENG_SPEECH_KEY", ""), os.environ.get("MINSHENG_SPEECH_MODEL", "") or "whisper-1") if url else None
