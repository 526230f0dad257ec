"""Recordings as words: against a real HTTP server that speaks the transcription API."""

from __future__ import annotations

import json
import threading
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from minsheng.telephony import recogniser
from minsheng.telephony.recogniser import NotHeard, OpenAiSpeech, Segment

SAID = {"text": "您好，我家停水了。", "segments": [{"start": 0.0, "end": 1.2, "text": " 您好，"}, {"start": 1.2, "end": 3.5, "text": "我家停水了。"}]}
KEY = "a-key-of-the-test"


@pytest.fixture
def server():
    """Reads the form as such a server does; `.answers` is what it returns next, `.seen` the forms."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            form = message_from_bytes(f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode() + body, policy=policy.HTTP)
            parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
            server.seen.append((self.path, self.headers["Authorization"], {n: p.get_payload(decode=True) for n, p in parts.items()},
                                parts["file"].get_content_type()))
            status, answer = server.answers.pop(0) if server.answers else (200, SAID)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.seen = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_recording_goes_out_as_a_form_and_its_words_come_back(server):
    sound = b"RIFF\x00\r\n--\r\nWAVE" + bytes(range(256))
    heard = OpenAiSpeech(server.url, KEY, "zh-small").hear(sound=sound, media="audio/wav", language="zh")
    assert heard == (Segment(0.0, 1.2, "您好，"), Segment(1.2, 3.5, "我家停水了。"))
    path, key, form, kind = server.seen[0]
    assert path == "/v1/audio/transcriptions" and key == f"Bearer {KEY}" and kind == "audio/wav"
    assert form == {"model": b"zh-small", "response_format": b"verbose_json", "language": b"zh", "file": sound}


@pytest.mark.parametrize(("answer", "again", "said"), [
    ((503, b""), True, "503"), ((429, b""), True, "429"), ((401, b""), False, "401"), ((302, b""), False, "302"), ((200, b"<html>"), False, "读不懂"),
    ((200, b"[" * 100_000), False, "读不懂"), ((200, {"text": 5}), False, "读不懂"), ((200, {"segments": [{"start": -1, "end": 2, "text": "x"}]}), False, "读不懂"),
    ((200, b'{"text": "", "segments": [{"start": 1e999, "end": 1e999, "text": "x"}]}'), False, "读不懂"),
    ((200, {"segments": [{"start": 3, "end": 2, "text": "x"}]}), False, "读不懂"), ((200, [1]), False, "读不懂"),
])
def test_what_is_no_answer_is_a_sentence(server, answer, again, said):
    server.answers = [answer]
    with pytest.raises(NotHeard, match=said) as wrong:
        OpenAiSpeech(server.url).hear(sound=b"x", media="audio/ogg", language="bo")
    assert wrong.value.again is again


def test_a_server_without_segments_gives_its_text_and_nothing_that_no_column_holds():
    assert recogniser.segments('{"text": " 停\\u0000水\\ud800 了 "}'.encode()) == (Segment(0.0, 0.0, "停水 了"),)
    assert recogniser.segments(b'{"text": "  "}') == ()


@pytest.mark.parametrize("url", ["http://speech.example/v1", "ftp://127.0.0.1/", "speech", "https://", "http://127.0.0.1.example/v1", "http://[::1", "http://127.0.0.1:99999/v1"])
def test_no_voice_leaves_this_machine_in_clear(url):
    with pytest.raises(NotHeard, match="MINSHENG_SPEECH_URL"):
        OpenAiSpeech(url).hear(sound=b"x", media="audio/wav", language="zh")


def test_it_is_off_unless_configured(monkeypatch):
    monkeypatch.delenv("MINSHENG_SPEECH_URL", raising=False)
    assert recogniser.of_environment() is None
    with pytest.raises(NotHeard, match="连接失败"):
        OpenAiSpeech("http://127.0.0.1:9/v1").hear(sound=b"x", media="audio/wav", language="zh")
    with pytest.raises(NotHeard, match="MB") as wrong:
        OpenAiSpeech("https://speech.example/v1").hear(sound=bytes(recogniser.LARGEST + 1), media="audio/wav", language="zh")
    assert not wrong.value.again
