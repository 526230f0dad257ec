"""Two exchanges of one machine that start at the same moment choose the same free ports; one opens them."""

import json
import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from minsheng.telephony.asterisk import layout, life
from tests.telephony.phones import Exchange, free_port

pytestmark = pytest.mark.pbx


def test_who_finds_a_port_taken_after_it_was_chosen_starts_on_others(programs, monkeypatch):
    monkeypatch.setenv("MINSHENG_PBX_PROGRAMS", str(programs))
    folder, other = Path(tempfile.mkdtemp(prefix="minsheng-pbx-")), socket.socket()
    made = Exchange(folder, outside=free_port())

    def meanwhile(said: str) -> None:
        if "正在启动" in said and other.getsockname()[1] == 0:
            other.bind(("127.0.0.1", json.loads((made.places / "running.json").read_text())["ports"]["ami"]))
            other.listen()

    try:
        made.now = life.start(made.places, meanwhile)
        assert other.getsockname()[1] and made.now.alive
        assert made.now.ports["ami"] != other.getsockname()[1]
        assert made.now.ports == layout.known_ports(made.places), "and so it is found again"
        assert os.path.exists(f"/proc/{made.now.pid}")
    finally:
        made.close()
        other.close()
        shutil.rmtree(folder, ignore_errors=True)
