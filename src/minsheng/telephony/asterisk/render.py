"""DATA/pbx/etc from the templates: whole, each time the exchange is started, so that no hand's change there stays unseen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from minsheng.kit.host import Problem
from minsheng.telephony.asterisk import layout, programs
from minsheng.telephony.asterisk.layout import Places
from minsheng.telephony.gateway import ALLOWED

TEMPLATES = Path(__file__).parent / "templates"
FOLDERS = ("etc", "people", "sounds", "var/lib", "var/agi", "var/spool/monitor", "var/run", "var/log/asterisk/cel-custom")
SILENT = 44  # the cause of a hang-up where no voice came for `rtp_timeout`: of a leg whose telephone died
EMPTY = ("acl.conf", "ccss.conf", "cdr_custom.conf", "pjproject.conf", "queuerules.conf", "udptl.conf", "websocket_client.conf", "cdr_manager.conf")
NEEDED = ("res_pjsip", "chan_pjsip", "res_rtp_asterisk", "app_queue", "app_mixmonitor", "app_read", "cel_custom", "pbx_config", "codec_alaw")


class Names(Protocol):
    """How the exchange itself names its folders: DATA/pbx, of its database, parts of its programs."""

    at: str
    db: str

    def named(self, part: Path) -> str: ...


def texts(names: Names, use: programs.Programs, settings: layout.Settings, secret: Mapping[str, str], ports: Mapping[str, int]) -> dict[str, str]:
    """Name -> text of every file."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    load, lacking = programs.present(programs.wanted_modules(), use.modules)
    if gone := sorted(set(lacking) & set(NEEDED)):
        raise Problem(f"这份 Asterisk {use.version} 缺少模块 {'、'.join(gone)}。请装齐 asterisk-modules，或运行 ./minsheng pbx fetch --again")
    made = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True)
    values = {
        "at": names.at, "db": names.db, "modules": names.named(use.modules), "data": names.named(use.data), "load": load, "s": settings, "secret": secret, "ports": ports,
        "languages": layout.LANGUAGES, "allowed": ALLOWED, "live": settings.live, "silent": SILENT,
        "zone": os.environ.get("MINSHENG_ZONE", "Asia/Shanghai"),
        "gosub": ",," if use.major < 21 else ",",  # until 20 a macro stood before it
    }
    files = {name: "" for name in EMPTY}
    return files | {file.name: made.get_template(file.name).render(values) for file in sorted(TEMPLATES.glob("*.conf"))}


def write(places: Places, files: Mapping[str, str]) -> None:
    """All of them, for this user alone; what lies there besides is removed."""
    for name in FOLDERS:
        (places / name).mkdir(mode=0o750, parents=True, exist_ok=True)
    for old in (places / "etc").iterdir():
        if old.is_file() and old.name not in files:
            old.unlink()
    for name, text in files.items():
        layout.private(places / "etc" / name, text)
