"""Why a browser finds no exchange, told in a sentence: nobody there, a certificate that has run out, one that nobody trusts."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from minsheng.telephony.actions import exchange


def certificate(folder, days: int):
    """Of this machine, from a month before until `days` from now."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - timedelta(days=30)).not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256()))
    file = folder / "exchange.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return file


@pytest.fixture
def door():
    """(certificate) -> the address of a door of TLS that shows it."""
    open_ones = []

    def serve(file) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        plain = socket.create_server(("127.0.0.1", 0))
        open_ones.append(plain)

        def answer():
            try:
                while True:
                    link, _ = plain.accept()
                    try:
                        context.wrap_socket(link, server_side=True).close()
                    except (ssl.SSLError, OSError):
                        link.close()
            except OSError:
                return

        threading.Thread(target=answer, daemon=True).start()
        return f"wss://127.0.0.1:{plain.getsockname()[1]}"

    yield serve
    for one in open_ones:
        one.close()


@pytest.mark.parametrize(("days", "trusted", "says"), [(-1, True, "证书过期了"), (30, False, "不信任话务平台的证书"), (30, True, "")])
def test_a_certificate_that_a_browser_refuses_is_told_in_words(door, tmp_path, monkeypatch, days, trusted, says):
    file = certificate(tmp_path, days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    told = exchange.trouble(door(file))
    assert (says in told) if says else told == ""


def test_nobody_there_is_told_and_nothing_to_reach_is_no_trouble():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "没有开" in exchange.trouble(f"ws://127.0.0.1:{port}")
    assert exchange.trouble("") == ""
