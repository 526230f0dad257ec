"""DATA/pbx: where everything of the exchange lies, what the technician wrote in pbx.toml, what was drawn for this exchange alone."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import secrets
import socket
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from minsheng.kit.host import Problem

LANGUAGES = {"zh": "1", "bo": "2", "en": "3"}  # the language and its key
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_CONTACT = re.compile(r"sip:(?:[0-9A-Za-z_.+-]{1,64}@)?[0-9A-Za-z.:\[\]-]{1,120}(?:;transport=(?:udp|tcp|tls))?")
_WORD = re.compile(r"[0-9A-Za-z_.@+-]{0,100}")


@dataclass(frozen=True)
class Places:
    """Folders below DATA/pbx."""

    home: Path

    def __truediv__(self, name: str) -> Path:
        return self.home / name

    @property
    def programs(self) -> Path:
        """Beside, not below: web and worker may write in DATA/pbx, and what is started must not be theirs to write."""
        return Path(os.environ.get("MINSHENG_PBX_PROGRAMS") or self.home.parent / "pbx-programs")

    @property
    def log(self) -> Path:
        return self.home / "var/log/asterisk"

    @property
    def sounds(self) -> Path:
        return self.home / "sounds"

    @property
    def monitor(self) -> Path:
        return self.home / "var/spool/monitor"

    @property
    def queue_log(self) -> Path:
        return self.log / "queue_log"

    @property
    def cel(self) -> Path:
        return self.log / "cel-custom/calls.csv"


def of(data: Path) -> Places:
    return Places(data.resolve() / "pbx")


@dataclass(frozen=True)
class Trunk:
    """The carrier's line. As it is written first it leads to this machine alone."""

    contact: str = "sip:127.0.0.1:5090"  # where calls out are sent
    peers: tuple[str, ...] = ()  # addresses that the carrier's calls come from; none: this machine, with a word that only it knows
    username: str = ""
    password: str = ""
    registers: bool = False
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    tls: bool = False  # signalling over TLS, by the files of DATA/pbx/tls
    srtp: str = "no"  # speech: no, optional (where the carrier offers it) or must (no call without)

    @property
    def way(self) -> str:
        """Where calls out are sent, with how."""
        return self.contact if not self.tls or ";transport=" in self.contact else f"{self.contact};transport=tls"

    @property
    def local(self) -> bool:
        return not self.peers and bool(re.fullmatch(r"sip:(?:[^@]*@)?(127\.0\.0\.1|\[::1\])(:\d+)?", self.contact))


@dataclass(frozen=True)
class Police:
    """110's own way to us. With `peers` only they may come by it; without, whoever dials the number on the carrier's line may."""

    numbers: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """pbx.toml."""

    name: str = "pbx1"  # of this exchange; two exchanges never have the same
    number: str = "12345"  # shown to who is rung by us
    numbers: tuple[str, ...] = ("12345",)  # as the trunk writes the number that was called
    live: bool = False  # whether 110, 119, 120, 122 and 12315 are really rung through the trunk
    listen: str = "127.0.0.1"  # for SIP and speech
    ports: dict[str, int] = field(default_factory=dict)  # sip, web, ami: chosen when not given
    rtp: tuple[int, int] = (20000, 23999)
    overload: int = 30  # so many wait already: a call back or a message is offered
    patience_s: int = 300
    ring_s: int = 20
    phone_url: str = ""  # where browsers reach it from outside: wss://…/ws behind the reverse proxy; empty: on this machine
    trunk: Trunk = Trunk()
    police: Police = Police()


FIRST = """# 电话交换机的设置。改后运行 ./minsheng pbx stop，再运行 ./minsheng pbx start。说明见 docs/telephony.md
name = "{name}"              # 本机交换机的名字，各台不同
number = "12345"             # 外呼时显示的号码
numbers = ["12345"]          # 线路送来的被叫号码，有几种写法就写几种
live = false                 # 改为 true 之后，转 110、119、120、122、12315 才真正拨出
listen = "127.0.0.1"         # SIP 与语音的监听地址；接线路或话机时改为内网地址
overload = 30                # 排队人数到这里，改为登记回电或留言
patience_s = 300             # 排队最长秒数
ring_s = 20                  # 每次振铃秒数
phone_url = ""               # 网页话机的地址，例如 "wss://12345.example.gov.cn/ws"；空着只有本机的浏览器能用

[trunk]                      # 运营商的 SIP 中继
contact = "sip:127.0.0.1:5090"
peers = []                   # 运营商来话的地址，例如 ["10.20.0.5"]；空着只收本机试呼
username = ""
password = ""
registers = false            # 需要注册的线路写 true
codecs = ["alaw", "ulaw"]
tls = false                  # 信令加密：证书放在 tls/，见 docs/telephony.md
srtp = "no"                  # 语音加密："no" 不用，"optional" 对方有就用，"must" 没有就不接

[police]                     # 110 转群众过来用的专用号码；没有就空着
numbers = []                 # 只告诉 110 的号码，例如 ["08911100110"]
peers = []                   # 110 专线的地址；写了就只收这里来的，空着则谁打这个号码都算 110
"""


def settings_of(places: Places) -> Settings:
    """pbx.toml, written first when there is none; a value that cannot be is named with what may stand there."""
    file = places / "pbx.toml"
    if not file.exists():
        places.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        private(file, FIRST.format(name=f"pbx-{secrets.token_hex(3)}"))
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Problem(f"{file} 写得不对：{wrong}。请改正后重试，或删去它让程序重新写一份") from wrong
    return checked(given, file.name)


def checked(given: dict[str, Any], where: str) -> Settings:
    trunk = Trunk(**_typed(Trunk, dict(given.pop("trunk", {})), f"{where} [trunk]"))
    police = Police(**_typed(Police, dict(given.pop("police", {})), f"{where} [police]"))
    made = Settings(**_typed(Settings, given, where), trunk=trunk, police=police)
    wrong = [f"{name} 写的是 {value!r}，应为{what}" for fits, name, value, what in _rules(made) if not fits]
    if wrong:
        raise Problem(f"{where}：" + "；".join(wrong))
    return made


def _typed(kind: type, given: dict[str, Any], where: str) -> dict[str, Any]:
    """Lists as tuples; each value of the kind that its field has."""
    known = {one.name: one for one in fields(kind) if one.name not in ("trunk", "police")}  # type: ignore[arg-type]
    if strange := sorted(set(given) - set(known)):
        raise Problem(f"{where} 没有 {'、'.join(strange)} 这一项，可写：{'、'.join(known)}")
    made = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    standard = kind()
    for name, value in made.items():
        if type(value) is not type(getattr(standard, name)):
            raise Problem(f"{where} 的 {name} 写的是 {value!r}，例如应写 {getattr(standard, name)!r}")
    return made


def _rules(s: Settings) -> list[tuple[bool, str, object, str]]:
    """(whether it fits, name, value, what it should be). What stands here is written into the exchange's own files."""
    t, p = s.trunk, s.police
    return [
        (bool(_NAME.fullmatch(s.name)), "name", s.name, "小写字母开头的字母、数字和短横线"),
        (bool(_NUMBER.fullmatch(s.number)), "number", s.number, "电话号码"),
        (bool(s.numbers) and all(isinstance(n, str) and _NUMBER.fullmatch(n) for n in s.numbers), "numbers", s.numbers, "电话号码的列表"),
        (_address(s.listen), "listen", s.listen, "本机的 IP 地址"),
        (all(k in (*USUAL, *SECURE) and type(p) is int and 0 < p < 65536 for k, p in s.ports.items()), "ports", s.ports, "sip、web、ami、tls 的端口"),
        (len(s.rtp) == 2 and all(type(p) is int for p in s.rtp) and 1024 <= s.rtp[0] < s.rtp[1] < 65536, "rtp", s.rtp, "两个端口，先小后大"),
        (0 <= s.overload <= 1000, "overload", s.overload, "0 到 1000"),
        (10 <= s.patience_s <= 3600, "patience_s", s.patience_s, "10 到 3600"),
        (5 <= s.ring_s <= 120, "ring_s", s.ring_s, "5 到 120"),
        (bool(re.fullmatch(r"(wss?://[0-9A-Za-z.:\[\]-]+(/[0-9A-Za-z/_-]*)?)?", s.phone_url)), "phone_url", s.phone_url, "wss://地址/ws"),
        (bool(_CONTACT.fullmatch(t.contact)), "trunk.contact", t.contact, "sip:地址:端口"),
        (all(_network(one) for one in t.peers), "trunk.peers", t.peers, "IP 地址或网段的列表"),
        (bool(_WORD.fullmatch(t.username)), "trunk.username", t.username, "字母、数字和 . _ @ + -"),
        (bool(re.fullmatch(r"[!-~]{0,100}", t.password)) and ";" not in t.password, "trunk.password", "（不显示）", "没有空格和分号的字符"),
        (all(c in ("alaw", "ulaw", "g722") for c in t.codecs) and bool(t.codecs), "trunk.codecs", t.codecs, "alaw、ulaw、g722"),
        (t.srtp in ("no", "optional", "must"), "trunk.srtp", t.srtp, "no、optional 或 must"),
        (t.tls or t.srtp == "no", "trunk.srtp", t.srtp, "no，或写 tls = true：语音的密钥写在信令里，信令不加密等于没有加密"),
        (t.contact.endswith(";transport=tls") <= t.tls <= (";transport=" not in t.contact or t.contact.endswith(";transport=tls")), "trunk.contact", t.contact,
         "tls = true 时不写 transport，或写 ;transport=tls"),
        (all(isinstance(n, str) and _NUMBER.fullmatch(n) for n in p.numbers) and not set(p.numbers) & set(s.numbers), "police.numbers", p.numbers,
         "只给110用的号码的列表，不能是群众拨的号码"),
        (all(_network(one) for one in p.peers) and not set(p.peers) & set(t.peers), "police.peers", p.peers, "110专线的地址，不能是运营商的地址"),
        (not p.peers or bool(p.numbers), "police.numbers", p.numbers, "110拨的号码：写了 peers 就要写"),
        (not t.registers or bool(t.username), "trunk.registers", t.registers, "false，或填写 username"),
    ]


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _network(text: object) -> bool:
    try:
        return isinstance(text, str) and ipaddress.ip_network(text, strict=False).num_addresses < 2**20
    except ValueError:
        return False


def private(file: Path, text: str) -> None:
    half = file.with_name(file.name + ".half")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    half.write_text(text, encoding="utf-8")
    half.replace(file)


def drawn(places: Places) -> dict[str, str]:
    """Words that only this exchange and this program know: made once, 0600."""
    file = places / "secrets.json"
    if not file.exists():
        mac = ":".join(f"{byte:02x}" for byte in (secrets.randbits(8) & 0xFE | 0x02, *secrets.token_bytes(5)))
        private(file, json.dumps({"ami": secrets.token_urlsafe(32), "trunk": secrets.token_urlsafe(24), "entity": mac}))
    return json.loads(file.read_text(encoding="utf-8"))


USUAL: dict[str, tuple[int, int]] = {"sip": (5060, socket.SOCK_DGRAM), "web": (8088, socket.SOCK_STREAM), "ami": (5038, socket.SOCK_STREAM)}
SECURE: dict[str, tuple[int, int]] = {"tls": (5061, socket.SOCK_STREAM)}  # only for a carrier's line that is encrypted
TLS_FILES = {"cert.pem": "本机的证书（含中间证书）", "key.pem": "它的私钥", "ca.pem": "签发运营商证书的根证书"}


def wanted(settings: Settings) -> dict[str, tuple[int, int]]:
    """The ports that are opened: (the usual one, kind)."""
    return USUAL | SECURE if settings.trunk.tls else USUAL


def tls_of(places: Places, settings: Settings) -> None:
    """Problem where the line is encrypted and a file for that is missing."""
    lacking = [name for name in TLS_FILES if not (places / "tls" / name).is_file()]
    if settings.trunk.tls and lacking:
        raise Problem(f"线路要用 TLS，{places / 'tls'} 里缺 " + "、".join(f"{name}（{TLS_FILES[name]}）" for name in lacking) + "。放好再启动")


def sockets(settings: Settings, ports: dict[str, int]) -> list[tuple[str, int, int]]:
    """(address, port, kind) of each that the exchange opens."""
    return [(_host(settings, name), ports[name], kind) for name, (_, kind) in wanted(settings).items()]


def _host(settings: Settings, name: str) -> str:
    return settings.listen if name in ("sip", "tls") else "127.0.0.1"


def ports_of(places: Places, settings: Settings, taken: frozenset[int] = frozenset()) -> dict[str, int]:
    """Of SIP, web and AMI: as written in pbx.toml, else as last time, else free ones (the usual first). Where some were `taken` just now by
    another that starts too, any free ones: it tries the usual again as well."""
    file = places / "ports.json"
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    chosen: dict[str, int] = {}
    for name, (port, kind) in wanted(settings).items():
        host = _host(settings, name)
        if name in settings.ports:
            chosen[name] = settings.ports[name]
            if not _free(host, chosen[name], kind):
                raise Problem(f"端口 {chosen[name]}（{name}）已被别的程序占用。请改 {places / 'pbx.toml'} 的 ports，或停下那个程序")
        else:
            tried = () if taken & {before.get(name), port} else (before.get(name, port), port)
            chosen[name] = next((p for p in tried if _free(host, p, kind)), 0) or _any(host, kind)
    private(file, json.dumps(chosen))
    return chosen


def known_ports(places: Places) -> dict[str, int]:
    file = places / "ports.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _free(host: str, port: int, kind: int) -> bool:
    with _socket(host, kind) as tried:
        try:
            tried.bind((host, port))
        except OSError:
            return False
    return True


def _any(host: str, kind: int) -> int:
    with _socket(host, kind) as tried:
        tried.bind((host, 0))
        return tried.getsockname()[1]


def _socket(host: str, kind: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    if kind == socket.SOCK_STREAM:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made
