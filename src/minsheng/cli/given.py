"""What the environment sets, read once before any command: a value that cannot be taken is a sentence, not a trace and never quietly something else.

Blank is not set. Each setting has its row in docs/operating/README.md. A name that no setting has is told by `doctor` and `serve`: whoever
mistypes the name of a key goes on with another one.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, MutableMapping
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from minsheng.kit import read_values
from minsheng.kit.read_values import BadValue

Reader = Callable[[str], object]
OURS = ("MINSHENG_", "DATABASE_")


def _number(least: int, most: int) -> Reader:
    return lambda raw: read_values.number(raw, least, most)


def _seconds(raw: str) -> float:
    if not re.fullmatch(r"\d{1,5}(\.\d+)?", raw):
        raise BadValue("应为秒数，如 10")
    return float(raw)


def _one_of(*words: str) -> Reader:
    def read(raw: str) -> str:
        if raw not in words:
            raise BadValue(f"应为 {'、'.join(words)} 之一")
        return raw

    return read


def _zone(raw: str) -> ZoneInfo:
    try:
        return ZoneInfo(raw)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a folder of zones is an OSError
        raise BadValue("没有这个时区，写法如 Asia/Shanghai") from None


def _database(raw: str) -> str:
    if not raw.startswith(("postgresql://", "postgres://")):
        raise BadValue("应为 postgresql://用户:口令@主机/库")
    return raw


def _databases(raw: str) -> list[str]:
    return [_database(one) for one in raw.split()]


def _hosts(raw: str) -> list[str]:
    names = [one.strip() for one in raw.split(",")]
    if wrong := next((one for one in names if not re.fullmatch(r"\*|\.?[\w.-]+|\[[0-9a-fA-F:]+\]", one)), None):
        raise BadValue(f"应为域名，几个用逗号分开，不带 https:// 和端口；写的是“{wrong}”")
    if "" in names:
        raise BadValue("里多了一个逗号")
    return names


def _web(raw: str) -> str:
    try:
        parts = urlsplit(raw)
        well = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
    if not well:
        raise BadValue("应为 http:// 或 https:// 开头的地址")
    return raw


def _origins(raw: str) -> list[str]:
    found = [_web(one.strip()) for one in raw.split(",")]
    if any(urlsplit(one).path or "*" in urlsplit(one).netloc[1:] for one in found):
        raise BadValue("只写到域名（和端口），如 https://12345.example.org，后面没有斜线")
    return found


def _keys(raw: str) -> dict[int, bytes]:
    from minsheng.kit.sealing import read_keys

    return read_keys(raw)


def _hex(raw: str) -> bytes:
    if not re.fullmatch(r"([0-9a-fA-F]{2}){16,}", raw):
        raise BadValue("应为十六进制，32 字节（64 个字符）")
    return bytes.fromhex(raw)


def _memory(raw: str) -> str:
    if not re.fullmatch(r"[1-9]\d*[kmgtKMGT]", raw):
        raise BadValue("应为内存大小，如 1g、512m")
    return raw


def _any(raw: str) -> str:
    return raw


SWITCH = _one_of("0", "1")
READERS: dict[str, Reader] = {
    **dict.fromkeys(("DATABASE_URL", "MINSHENG_OWNER_URL", "MINSHENG_DIRECT_URL"), _database),
    "DATABASE_READ_URL": _databases, "DATABASE_READ_LAG": _seconds, "MINSHENG_DRAIN_S": _seconds,
    **dict.fromkeys(("MINSHENG_HTTPS", "MINSHENG_POOLER", "MINSHENG_SMS_ONCE", "MINSHENG_DEMO", "MINSHENG_STRICT", "MINSHENG_PREPARE"), SWITCH),
    "MINSHENG_PORT": _number(0, 65535), "MINSHENG_SMTP_PORT": _number(1, 65535), "MINSHENG_LOG_MB": _number(1, 1_000_000),
    "MINSHENG_SLOW_MS": _number(1, 600_000), "MINSHENG_RECORDING_DAYS": _number(1, 36_499),
    "MINSHENG_SECOND_FACTOR": _one_of("required", "advised", "off"), "MINSHENG_SECOND_FACTOR_GRACE_DAYS": _number(0, 3650),
    "MINSHENG_CALENDAR": _one_of("lhasa", "national"), "MINSHENG_TELEPHONY": _one_of("asterisk", "simulator", "none"),
    "MINSHENG_ZONE": _zone, "MINSHENG_HOSTS": _hosts, "MINSHENG_ORIGINS": _origins, "MINSHENG_SPARK_MEMORY": _memory,
    "MINSHENG_SEAL_KEY": _keys, "MINSHENG_HASH_KEY": _hex,
    **dict.fromkeys(("MINSHENG_SMS_URL", "MINSHENG_SPEECH_URL", "MINSHENG_CTI_URL", "MINSHENG_110_URL"), _web),
    **dict.fromkeys(("MINSHENG_DATA", "MINSHENG_ARCHIVE", "MINSHENG_ANCHORS_FOLDER", "MINSHENG_ANCHORS_COMMAND", "MINSHENG_PBX_PROGRAMS",
                     "MINSHENG_SPARK_PROGRAMS", "MINSHENG_CITIES", "MINSHENG_CITY", "MINSHENG_SITE", "MINSHENG_PYTHON", "MINSHENG_APP_ROLE",
                     "MINSHENG_SECRET", "MINSHENG_PROXY_KEY", "MINSHENG_METRICS_TOKEN", "MINSHENG_SMS_KEY", "MINSHENG_SPEECH_KEY",
                     "MINSHENG_SPEECH_MODEL", "MINSHENG_SMTP_HOST", "MINSHENG_SMTP_FROM", "MINSHENG_CTI_SECRET", "MINSHENG_CTI_OUT_SECRET",
                     "MINSHENG_110_SECRET", "MINSHENG_110_OUT_SECRET"), _any),
    # Of deploy/rolling and the tests, and what one process of ours tells another.
    **dict.fromkeys(("MINSHENG_NODES", "MINSHENG_HEAVY", "MINSHENG_PART", "MINSHENG_WALK_STEPS", "MINSHENG_WALK_SEED", "MINSHENG_TEST_DB",
                     "MINSHENG_NOW", "MINSHENG_READY_FD", "MINSHENG_CLOCK_OFFSET_S", "MINSHENG_HANDED_OVER"), _any),
}


def tidy(environ: MutableMapping[str, str] = os.environ) -> None:
    """Blank is not set."""
    for name in [name for name in environ if name.startswith(OURS) and not environ[name].strip()]:
        del environ[name]


def wrong(environ: MutableMapping[str, str] = os.environ) -> list[str]:
    """A sentence for each value that cannot be taken; the value of a key is not repeated."""
    found = []
    for name, reader in READERS.items():
        if name in environ:
            try:
                reader(environ[name])
            except BadValue as why:
                found.append(f"{name} {why}")
    return found


def unknown(environ: MutableMapping[str, str] = os.environ) -> list[str]:
    """A sentence for each name of ours that no setting has."""
    found = []
    for name in sorted(name for name in environ if name.startswith("MINSHENG_") and name not in READERS):
        near = difflib.get_close_matches(name, READERS, 1, 0.8)
        found.append(f"没有 {name} 这个设置，写了不起作用" + (f"。是不是 {near[0]}？" if near else "（docs/operating/README.md“环境变量”）"))
    return found
