"""What goes over a wire goes enciphered, to whom it was meant for, or not at all: messages, mail, sessions."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socketserver
import ssl
import subprocess
import sys
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from minsheng.cli import Stop, serve
from minsheng.kit import checks
from minsheng.messages import adapters
from minsheng.messages.adapters import NotSent, SmsGateway, Smtp

HERE = "0.0.0.0"  # this machine by an address that is not known as its own: what is said to it counts as said over a wire


def certificate(folder, address: str = HERE) -> str:
    """Key and certificate of a server of that address, signed by itself, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    path = folder / f"{address}.pem"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
                     + made.public_bytes(serialization.Encoding.PEM))
    return str(path)


class Mailbox(socketserver.StreamRequestHandler):
    """The receiving side of SMTP with STARTTLS, where the server has a certificate."""

    def handle(self) -> None:
        def say(line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        say("220 mail ESMTP")
        try:
            while line := self.rfile.readline().decode().strip():
                verb = line.split(" ")[0].upper()
                self.server.seen.append(verb)
                if verb == "EHLO":
                    say("250-mail")
                    say("250 STARTTLS" if self.server.certificate else "250 8BITMIME")
                elif verb == "STARTTLS":
                    say("220 go on")
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(self.server.certificate)
                    self.connection = context.wrap_socket(self.connection, server_side=True)
                    self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
                elif verb == "DATA":
                    say("354 go on")
                    while self.rfile.readline() != b".\r\n":
                        pass
                    say("250 kept")
                else:
                    say("221 bye" if verb == "QUIT" else "250 ok")
        except (ssl.SSLError, ConnectionError):
            self.server.seen.append("hung up")
        finally:
            self.connection.close()  # after STARTTLS it is another socket than the server's own


@pytest.fixture
def mail():
    """A function that starts a mailbox with that certificate ("" for none) and returns it."""
    started = []

    def start(path: str):
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
        server.daemon_threads, server.certificate, server.seen = True, path, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def send(server, host: str = HERE) -> None:
    Smtp(host, server.server_address[1], "12345@city.example").send(to="a@example.org", text="您的诉求已办结", key="1")


def test_mail_is_sent_to_a_server_whose_certificate_is_its_own(mail, tmp_path, monkeypatch):
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", path)
    server = mail(path)
    send(server)
    assert server.seen.index("STARTTLS") < server.seen.index("MAIL") < server.seen.index("DATA")


def test_mail_is_not_given_to_a_server_that_nobody_vouches_for(mail, tmp_path):
    server = mail(certificate(tmp_path))
    with pytest.raises(NotSent) as refused:
        send(server)
    assert "证书" in str(refused.value) and "MAIL" not in server.seen


def test_mail_is_not_given_to_a_server_with_the_certificate_of_another(mail, tmp_path, monkeypatch):
    path = certificate(tmp_path, "203.0.113.5")
    monkeypatch.setenv("SSL_CERT_FILE", path)
    server = mail(path)
    with pytest.raises(NotSent) as refused:
        send(server)
    assert "证书" in str(refused.value) and "MAIL" not in server.seen


def test_mail_is_not_said_in_clear_over_a_wire_and_is_to_a_relay_on_this_machine(mail):
    server = mail("")
    with pytest.raises(NotSent) as refused:
        send(server)
    assert "STARTTLS" in str(refused.value) and "MAIL" not in server.seen
    send(server, "127.0.0.1")
    assert "DATA" in server.seen


@pytest.mark.parametrize("url", ["http://sms.example.org/send", "http://10.0.0.8/", "HTTP://sms.example.org", "ftp://sms.example.org", "sms.example.org", "http:///x"])
def test_an_address_that_is_not_https_is_not_spoken_to(url, monkeypatch):
    with pytest.raises(NotSent) as refused:
        SmsGateway(url, "key").send(to="13800000000", text="x", key="1")
    assert "MINSHENG_SMS_URL" in str(refused.value)
    monkeypatch.setenv("MINSHENG_SMS_URL", url)
    shown = adapters.channels()
    assert [c.on for c in shown] == [False, False, False] and all("MINSHENG_SMS_URL" in c.how for c in shown[:2]), "no page says that it is connected"


@pytest.mark.parametrize("url", ["https://sms.example.org/send", "http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"])
def test_an_https_address_and_a_tunnel_on_this_machine_are_taken(url):
    assert adapters.wrong_sms_url(url) == ""


def test_serve_does_not_listen_to_the_world_without_https(monkeypatch, capsys):
    monkeypatch.delenv("MINSHENG_HTTPS", raising=False)
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        with pytest.raises(Stop) as stopped:
            serve.require_https(host)
        assert "MINSHENG_HTTPS=1" in str(stopped.value)
    serve.require_https("127.0.0.1")
    assert "MINSHENG_HTTPS" in capsys.readouterr().err and checks.https()[0] is None
    monkeypatch.setenv("MINSHENG_HTTPS", "0")
    serve.require_https("127.0.0.1")
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("MINSHENG_HTTPS", "1")
    serve.require_https("0.0.0.0")
    assert checks.https()[0]


def test_behind_https_a_session_is_taken_from_this_very_host_alone():
    """Settings are read once a process: another one is asked."""
    ask = "from minsheng import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"

    def said(https: str) -> list[str]:
        done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, env={**os.environ, "MINSHENG_HTTPS": https})
        return done.stdout.split()

    assert said("1") == ["__Host-session", "__Host-csrf", "True", "True"] and said("0") == ["sessionid", "csrftoken", "False", "False"]
