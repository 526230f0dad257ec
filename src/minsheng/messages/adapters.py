"""How messages leave the house: a signed JSON POST to an SMS gateway, SMTP for mail. Off unless configured.

Beside the usual files: the edge to other parties is neither a rule nor an action.

MINSHENG_SMS_URL, MINSHENG_SMS_KEY    POST {"to", "text", "key", "time"}; header X-Signature: hex HMAC-SHA256 of the body under the key;
                                      2xx is accepted; `key` makes a repeated POST harmless
MINSHENG_SMS_ONCE=1                   the platform does not look at `key`: what may have been taken is not sent again (docs/operating)
MINSHENG_SMTP_HOST, _PORT, _FROM      SMTP with STARTTLS, its certificate verified; mail has no such key
Numbers and words travel enciphered or not at all: only this machine itself (a relay, a tunnel) is spoken to in clear.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import smtplib
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from minsheng.kit import clock, outward
from minsheng.language.rules import mask_phone

TIMEOUT_S = 8


class NotSent(Exception):
    """The other side did not take it; `str` says why."""


class Unsure(NotSent):
    """The line broke after all was said: the other side may have taken it or not."""


def wrong_sms_url(url: str) -> str:
    """Why no message is sent to this address; "" when it may be."""
    wrong = outward.fits(url)
    if wrong == "no address":
        return "MINSHENG_SMS_URL 不是网址，请写成 https://…"
    if not wrong:
        return ""
    return "MINSHENG_SMS_URL 不是 https：号码和短信内容会明文经过网络，所以没有发。平台只有 http 的，请在本机装转发隧道（stunnel 等），地址写本机"


class Adapter(Protocol):
    @property
    def repeatable(self) -> bool: ...  # does sending the same `key` again do no harm?

    def send(self, *, to: str, text: str, key: str) -> None: ...


@dataclass(frozen=True)
class SmsGateway:
    url: str
    secret: str
    repeatable: bool = True

    def send(self, *, to: str, text: str, key: str) -> None:
        if not self.secret:
            raise NotSent("没有设置 MINSHENG_SMS_KEY，无法签名")
        if wrong_url := wrong_sms_url(self.url):
            raise NotSent(wrong_url)
        body = json.dumps({"to": to, "text": text, "key": key, "time": clock.machine_now().isoformat()}, ensure_ascii=False).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json", "X-Signature": signature})
        try:
            with outward.opened(request, TIMEOUT_S) as answer:
                if not 200 <= answer.status < 300:
                    raise NotSent(f"短信平台返回 {answer.status}")
        except urllib.error.HTTPError as wrong:
            raise (Unsure if wrong.code >= 500 else NotSent)(f"短信平台返回 {wrong.code}") from wrong
        except urllib.error.URLError as wrong:  # before the whole request had left
            raise NotSent(f"短信平台连接失败：{type(wrong.reason).__name__}") from wrong
        except (http.client.HTTPException, OSError) as wrong:
            raise Unsure(f"短信平台没有应答：{type(wrong).__name__}") from wrong


@dataclass(frozen=True)
class Smtp:
    host: str
    port: int
    sender: str
    repeatable: bool = False

    def send(self, *, to: str, text: str, key: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = self.sender, to, "12345 政务服务便民热线", f"<{key}@{self.host}>"
        mail.set_content(text)
        server = _Letterbox(self.host)
        try:
            server.connect(self.host, self.port)
            server.ehlo_or_helo_if_needed()
            if not outward.is_here(self.host) and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
            elif not outward.is_here(self.host):
                raise NotSent("邮件服务器不支持加密（STARTTLS），没有发：请换支持加密的服务器，或在本机装转发")
            server.send_message(mail)
        except ssl.SSLError as wrong:
            raise NotSent(f"邮件服务器的证书核对不过，没有发：{getattr(wrong, 'verify_message', '') or type(wrong).__name__}") from wrong
        except smtplib.SMTPServerDisconnected as wrong:
            raise (Unsure if server.put_in else NotSent)("邮件发送失败：连接中断") from wrong
        except smtplib.SMTPException as wrong:
            raise NotSent(f"邮件发送失败：{type(wrong).__name__}") from wrong
        except OSError as wrong:
            raise (Unsure if server.put_in else NotSent)(f"邮件发送失败：{type(wrong).__name__}") from wrong
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()  # a farewell that fails undoes nothing
            server.close()


class _Letterbox(smtplib.SMTP):
    """Knows whether the letter itself was begun: before that nothing can have been taken."""

    put_in = False

    def __init__(self, host: str):
        super().__init__(timeout=TIMEOUT_S)
        self._host = host  # whose certificate it must be; the library knows it only when it connects at once

    def data(self, msg):
        self.put_in = True
        return super().data(msg)


@dataclass(frozen=True)
class Channel:
    """Whether a channel leaves the house, and by which setting: for the administrator. No secret, no address with one in it."""

    code: str
    label: str
    on: bool
    where: str
    how: str


@dataclass(frozen=True)
class Way:
    """A way out of the house. A new one is a row of `WAYS` and its adapter.

    code   as messages name it, at most eight letters
    label  as people call it; `of` says for what, to the administrator
    opens  its adapter as the environment says now; None: it is off
    looks  is it on, whereto does it lead, what turns it on
    hint   what of a receiver the outbox shows
    """

    code: str
    label: str
    opens: Callable[[], Adapter | None]
    looks: Callable[[], tuple[bool, str, str]]
    hint: Callable[[str], str] = mask_phone
    of: str = ""


def _sms() -> Adapter | None:
    url, once = os.environ.get("MINSHENG_SMS_URL"), os.environ.get("MINSHENG_SMS_ONCE") == "1"
    return SmsGateway(url, os.environ.get("MINSHENG_SMS_KEY", ""), repeatable=not once) if url else None


def _sms_looks() -> tuple[bool, str, str]:
    url = os.environ.get("MINSHENG_SMS_URL", "")
    wrong = wrong_sms_url(url) if url else ""
    return bool(url) and not wrong, "" if wrong else urllib.parse.urlsplit(url).hostname or "", wrong or "设置 MINSHENG_SMS_URL 和 MINSHENG_SMS_KEY 后重启"


def _work_looks() -> tuple[bool, str, str]:
    on, where, how = _sms_looks()
    return on, where, f"随短信平台发出：{how}"


def _mail() -> Adapter | None:
    host = os.environ.get("MINSHENG_SMTP_HOST")
    return Smtp(host, int(os.environ.get("MINSHENG_SMTP_PORT", "25")), os.environ.get("MINSHENG_SMTP_FROM", "12345@localhost")) if host else None


def _mail_looks() -> tuple[bool, str, str]:
    host = os.environ.get("MINSHENG_SMTP_HOST", "")
    return bool(host), host, "设置 MINSHENG_SMTP_HOST 后重启"


WAYS = {way.code: way for way in (
    Way("sms", "短信", _sms, _sms_looks),
    Way("work", "工作消息", _sms, _work_looks, of="值班呼叫"),  # they go the way of SMS
    Way("mail", "邮件", _mail, _mail_looks, hint=lambda to: "邮箱"),
)}


def of(channel: str) -> Adapter | None:
    """The adapter of a channel, None when it is off."""
    return WAYS[channel].opens() if channel in WAYS else None


def label_of(channel: str) -> str:
    return WAYS[channel].label if channel in WAYS else channel


def channels() -> list[Channel]:
    """All channels in their order."""
    return [Channel(way.code, f"{way.label}（{way.of}）" if way.of else way.label, *way.looks()) for way in WAYS.values()]
