"""What is wrong with the exchange, in plain words with what to do, and how it stands now."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509

from minsheng.kit import clock
from minsheng.kit.host import Problem
from minsheng.telephony import ami
from minsheng.telephony.asterisk import layout, life, programs, prompts
from minsheng.telephony.asterisk.layout import Places

Line = tuple[bool, str]
CLOCK_OFF_S = 5
DAYS_LEFT = 14
FULL_MB = 2000  # below this much free disk a working day of recordings may not fit


def look(places: Places) -> list[Line]:
    found = [_programs(places), _settings(places), _disk(places), *_prompts(places), *_certificate(places), *_line_certificate(places)]
    now = life.running(places)
    if now is None:
        return [*found, (False, "交换机没有在运行。启动：./minsheng pbx start"), *_last_words(places)]
    return [*found, *_running(places, now), *_modules(places)]


def _programs(places: Places) -> Line:
    use = programs.found(places.programs)
    if use is None:
        return False, "没有 Asterisk。请运行：./minsheng pbx fetch"
    lacking = programs.present(programs.wanted_modules(), use.modules)[1]
    return True, f"Asterisk {use.version}（{'本机自带' if use.root is None else '取来的'}）" + (f"，没有模块 {'、'.join(lacking)}" if lacking else "")


def _settings(places: Places) -> Line:
    try:
        settings = layout.settings_of(places)
    except Problem as wrong:
        return False, str(wrong)
    way = "只有本机试呼，没有接运营商线路" if settings.trunk.local else f"中继 {settings.trunk.contact}"
    if settings.trunk.local or settings.live:
        return True, f"{way}；监听 {settings.listen}"
    return True, f"{way}；转 110 等还没有启用（pbx.toml 的 live）"


def _disk(places: Places) -> Line:
    free = shutil.disk_usage(places.home).free >> 20
    if free < FULL_MB:
        return False, f"磁盘只剩 {free} MB，录音每分钟约 1 MB。请清理或换大的磁盘，录音停下之前还能录约 {max(0, free - life.LEAST_MB)} 分钟"
    return True, f"磁盘还有 {free >> 10} GB"


def _prompts(places: Places) -> list[Line]:
    wrong, waiting = prompts.problems(places.sounds), prompts.stand_ins(places.sounds)
    lines = [(False, f"提示音 {line}。请补录后放到 {places.sounds}，或运行 ./minsheng pbx prompts") for line in wrong]
    if waiting:
        lines.append((True, f"提示音齐了，其中 {len(waiting)} 条还是代替的（./minsheng pbx prompts 看是哪些）"))
    return lines or [(True, "提示音齐全")]


def _certificate(places: Places) -> list[Line]:
    """Of the address that browsers use: without a valid one no browser gives a microphone, and no telephone rings."""
    try:
        address = urlsplit(layout.settings_of(places).phone_url)
    except Problem:
        return []
    if address.scheme == "ws" and address.hostname not in ("127.0.0.1", "localhost", "::1"):
        return [(False, "phone_url 是 ws://，浏览器只在 https 页面里给麦克风。请改成 wss://，由反向代理转来（docs/telephony.md）")]
    if address.scheme != "wss":
        return []
    return [told_of(address.hostname or "", address.port or 443)]


def _line_certificate(places: Places) -> list[Line]:
    """Ours towards the carrier: over, and the line is dead."""
    try:
        settings = layout.settings_of(places)
        if not settings.trunk.tls:
            return []
        layout.tls_of(places, settings)
        ends = x509.load_pem_x509_certificate((places / "tls/cert.pem").read_bytes()).not_valid_after_utc
    except (Problem, OSError, ValueError) as wrong:
        return [(False, f"线路的证书读不了：{wrong}")]
    days = (ends - clock.machine_now()).days
    return [(days > DAYS_LEFT, f"线路的证书还有 {days} 天" if days >= 0 else "线路的证书已过期：运营商会断开，来话和外呼都不通")]


def told_of(host: str, port: int, trusted: ssl.SSLContext | None = None) -> Line:
    """Whether a browser would trust the certificate there, and for how long."""
    try:
        with socket.create_connection((host, port), timeout=5) as link, (trusted or ssl.create_default_context()).wrap_socket(link, server_hostname=host) as safe:
            ends = ssl.cert_time_to_seconds(str((safe.getpeercert() or {})["notAfter"]))
    except ssl.SSLCertVerificationError as wrong:
        said = {10: "已过期，浏览器连不上话机", 9: "还没有到生效的日子，请看时钟", 62: f"不是给 {host} 的"}.get(wrong.verify_code, f"浏览器不信任（{wrong.verify_message}）")
        return False, f"话机地址 {host} 的证书{said}。请换新证书，再重新载入反向代理"
    except OSError as wrong:
        return False, f"连不上话机地址 {host}:{port}：{wrong.strerror or wrong}。请看反向代理和 phone_url"
    days = int((ends - clock.machine_now().timestamp()) // 86400)
    return days > DAYS_LEFT, f"话机地址 {host} 的证书还有 {days} 天" + ("" if days > DAYS_LEFT else "，请现在换新的")


def _last_words(places: Places) -> list[Line]:
    console = places.log / "console"
    said = console.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:] if console.exists() else []
    return [(False, f"它最后说：{' '.join(line.split())[:200]}") for line in said]


def _running(places: Places, now: life.Running) -> list[Line]:
    try:
        status = asyncio.run(_asked(places, now))
    except ami.AmiError as wrong:
        return [(False, f"交换机在运行（进程号 {now.pid}），但管理口不应答：{wrong}。请运行 ./minsheng pbx stop 再 start")]
    theirs = datetime.fromtimestamp(float(status["Timestamp"]), UTC)
    off = abs((theirs - clock.machine_now()).total_seconds())
    lines = [(True, f"在运行：进程号 {now.pid}，{status['CoreCurrentCalls']} 个通话")]
    if off > CLOCK_OFF_S:
        lines.append((False, f"交换机的时钟差 {off:.0f} 秒，等待时间会算错。请在两台机器上打开时间同步（systemd-timesyncd 或 chrony）"))
    return lines


async def _asked(places: Places, now: life.Running) -> dict[str, str]:
    async with await ami.Ami.connect("127.0.0.1", now.ports["ami"], life.USER, layout.drawn(places)["ami"], events="off") as link:
        return {**await link.send("Ping"), **await link.send("CoreStatus")}


def counts(places: Places, now: life.Running) -> str:
    try:
        status = asyncio.run(_asked(places, now))
    except ami.AmiError as wrong:
        return f"管理口不应答：{wrong}"
    return f"现在 {status['CoreCurrentCalls']} 个通话，启动于 {status['CoreStartupDate']} {status['CoreStartupTime']}"


def _modules(places: Places) -> list[Line]:
    """Modules that said since the last start that they could not be loaded."""
    messages = places.log / "messages"
    if not messages.exists():
        return []
    text = messages.read_text(encoding="utf-8", errors="replace")[-200_000:]
    failed = sorted(set(re.findall(r"Error loading module '([\w.]+)'|Module '([\w.]+)' could not be loaded|([\w]+\.so) declined to load", text)))
    names = sorted({next(name for name in one if name) for one in failed})
    return [(False, f"模块没有装上：{'、'.join(names)}。请看 {messages}，或运行 ./minsheng pbx fetch --again")] if names else [(True, "模块都已装上")]
