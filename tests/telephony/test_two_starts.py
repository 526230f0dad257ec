"""Two exchanges of one machine that start at the same moment choose the same free ports; one opens them."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from minsheng.telephony.asterisk import layout, life
from tests.telephony.phones import Exchange, free_port

pytestmark = pytest.mark.pbx


@pytest.mark.parametrize("name", ["ami", "sip", "web"])
def test_who_finds_a_port_taken_after_it_was_chosen_starts_on_others(programs, monkeypatch, name):
    monkeypatch.setenv("MINSHENG_PBX_PROGRAMS", str(programs))
    kind = layout.USUAL[name][1]
    folder, other, taken = Path(tempfile.mkdtemp(prefix="minsheng-pbx-")), socket.socket(type=kind), []
    made = Exchange(folder, outside=free_port())

    hand_over = life.Launch.hand_over

    def opened_by_another(launch: life.Launch) -> None:
        """After the ports were chosen and before the process runs: only then is it sure who comes first."""
        if not taken:
            taken.append(layout.known_ports(made.places)[name])
            if kind == socket.SOCK_STREAM:  # as an exchange does: closed connections linger on the port
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", taken[0]))
            if kind == socket.SOCK_STREAM:
                other.listen()
        hand_over(launch)

    monkeypatch.setattr(life.Launch, "hand_over", opened_by_another)
    try:
        made.now = life.start(made.places, lambda said: None)
        assert taken and made.now.alive
        assert made.now.ports[name] != taken[0]
        assert made.now.ports == layout.known_ports(made.places), "and so it is found again"
        assert os.path.exists(f"/proc/{made.now.pid}")
        assert made.gateway.snapshot().calls == 0, "and it hears us"
    finally:
        made.close()
        other.close()
        shutil.rmtree(folder, ignore_errors=True)
