"""A carrier's line over TLS with encrypted speech: what comes unencrypted is refused, whose certificate does not fit is not spoken with."""

from __future__ import annotations

import base64
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from minsheng.kit.host import Problem
from minsheng.telephony.asterisk import doctor, layout
from tests.telephony.phones import Exchange, free_port, until

pytestmark = pytest.mark.pbx
CARRIER, OURS = "127.0.0.3", "127.0.0.1"


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)


def authority(folder: Path, name: str) -> None:
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.pem")


def signed(folder: Path, name: str, by: str, address: str) -> None:
    (folder / f"{name}.ext").write_text(f"subjectAltName=IP:{address}\n")
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={address}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial", "-days", "20", "-extfile", f"{name}.ext",
            "-out", f"{name}.pem")


class Far(threading.Thread):
    """The carrier's end: it takes our connection and keeps what we say first; who hangs up without a word does not trust it."""

    def __init__(self, port: int, folder: Path, name: str):
        super().__init__(daemon=True)
        self.said: list[str] = []
        self.refused: list[str] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        self.door = socket.create_server((CARRIER, port))

    def run(self) -> None:
        while True:
            try:
                near, _ = self.door.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(near, server_side=True) as safe:
                    safe.settimeout(10)
                    said = safe.recv(65536).decode()
                    (self.said if said else self.refused).append(said)
            except (ssl.SSLError, OSError) as wrong:
                self.refused.append(str(wrong))


class Secure(Exchange):
    def __init__(self, folder: Path, srtp: str):
        super().__init__(folder, outside=free_port())
        text = (self.places / "pbx.toml").read_text(encoding="utf-8")
        for before, now in ((f"127.0.0.1:{self.outside}", f"{CARRIER}:{self.outside}"), ("peers = []                   # 运营商", f'peers = ["{CARRIER}"]  # 运营商'),
                            ("tls = false", "tls = true"), ('srtp = "no"', f'srtp = "{srtp}"')):
            assert before in text, before
            text = text.replace(before, now, 1)
        (self.places / "pbx.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def papers():
    with tempfile.TemporaryDirectory(prefix="minsheng-tls-") as name:
        folder = Path(name)
        for ca in ("ca", "stranger"):
            authority(folder, ca)
        signed(folder, "ours", "ca", OURS)
        signed(folder, "carrier", "ca", CARRIER)
        signed(folder, "false", "stranger", CARRIER)
        yield folder


def line(programs, papers: Path, srtp: str):
    folder = Path(tempfile.mkdtemp(prefix="minsheng-pbx-"))
    made = Secure(folder, srtp)
    with pytest.raises(Problem, match=r"cert\.pem"):
        made.start()
    (made.places / "tls").mkdir()
    for name, of in (("cert.pem", "ours.pem"), ("key.pem", "ours.key"), ("ca.pem", "ca.pem")):
        shutil.copy(papers / of, made.places / "tls" / name)
    return made


SRTP = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + base64.b64encode(os.urandom(30)).decode() + "\r\n"


def asked(exchange: Exchange, papers: Path, number: str, encrypted: bool) -> str:
    """What the exchange answers to a call of the carrier's over TLS: its last word, hung up afterwards."""
    body = (f"v=0\r\no=c 1 1 IN IP4 {CARRIER}\r\ns=-\r\nc=IN IP4 {CARRIER}\r\nt=0 0\r\nm=audio {free_port()} {'RTP/SAVP' if encrypted else 'RTP/AVP'} 8\r\n"
            f"a=rtpmap:8 PCMA/8000\r\n{SRTP if encrypted else ''}")
    context = ssl.create_default_context(cafile=str(papers / "ca.pem"))
    raw = socket.create_connection((OURS, exchange.now.ports["tls"]), 10, source_address=(CARRIER, 0))
    with context.wrap_socket(raw, server_hostname=OURS) as safe:
        port = safe.getsockname()[1]

        def say(method: str, sequence: int, to: str = "", content: str = "") -> None:
            kind = "Content-Type: application/sdp\r\n" if content else ""
            safe.sendall((f"{method} sip:12345@{OURS};transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS {CARRIER}:{port};branch=z9hG4bK{number}{method}{sequence}\r\n"
                          f"From: <sip:{number}@{CARRIER}>;tag=c\r\nTo: <sip:12345@{OURS}>{to}\r\nCall-ID: {number}@{CARRIER}\r\nCSeq: {sequence} {method}\r\n"
                          f"Contact: <sip:{number}@{CARRIER}:{port};transport=tls>\r\nMax-Forwards: 70\r\n{kind}Content-Length: {len(content)}\r\n\r\n{content}").encode())

        say("INVITE", 1, content=body)
        heard = ""
        while not (final := re.search(r"SIP/2\.0 ([2-6]\d\d)[\s\S]*?\r\n\r\n", heard)):
            piece = safe.recv(65536).decode()
            assert piece, heard
            heard += piece
        whole = heard[final.start():]
        tag = re.search(r"^To: .*?(;tag=\S+)", whole, re.M)
        say("ACK", 1, tag[1] if tag else "")
        if final[1] == "200":
            say("BYE", 2, tag[1])
            safe.recv(65536)
        return whole


def test_without_encryption_there_is_no_call_and_a_false_carrier_is_not_spoken_with(programs, papers, monkeypatch):
    monkeypatch.setenv("MINSHENG_PBX_PROGRAMS", str(programs))
    exchange = line(programs, papers, "must")
    far = Far(exchange.outside, papers, "false")
    try:
        far.start()
        exchange.start()
        answer = asked(exchange, papers, "13800000061", encrypted=True)
        assert answer.startswith("SIP/2.0 200") and "RTP/SAVP" in answer and "a=crypto:1 AES_CM_128_HMAC_SHA1_80" in answer
        assert until(lambda: exchange.linkedids("13800000061")), "and it is a call like any other"
        assert asked(exchange, papers, "13800000062", encrypted=False).startswith("SIP/2.0 488"), "no speech in the clear"
        exchange.gateway.relay("rl-1-1", "13900000001", "13900000002")
        assert until(lambda: far.refused, 20, "the carrier was not rung at all") and not far.said, "nothing is said to whom we do not know"
        far.context.load_cert_chain(papers / "carrier.pem", papers / "carrier.key")
        exchange.gateway.relay("rl-2-1", "13900000001", "13900000002")
        said = until(lambda: [one for one in far.said if one.startswith("INVITE ")], 20, "with the right certificate it is rung")[0]
        assert "RTP/SAVP" in said and "a=crypto:" in said and "RTP/AVP " not in said
        (told,) = [said for said in doctor.look(exchange.places) if "线路的证书" in said[1]]
        assert told[0] and re.search(r"还有 (19|20) 天", told[1])
        mode = (exchange.places / "tls/key.pem").stat().st_mode & 0o777
        assert mode & 0o007 == 0, "the key is nobody else's to read"
    finally:
        exchange.close()
        far.door.close()
        shutil.rmtree(exchange.folder, ignore_errors=True)


def test_what_is_optional_is_taken_both_ways():
    given = {"trunk": {"contact": "sip:10.20.0.5:5061", "peers": ["10.20.0.5"], "tls": True, "srtp": "optional"}}
    assert layout.checked(given, "pbx.toml").trunk.way == "sip:10.20.0.5:5061;transport=tls"
