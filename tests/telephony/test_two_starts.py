"""Two exchanges of one machine that start at the same moment choose the same free ports; one opens them."""

import contextlib
import json
import os
import shutil
import socket
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from minsheng.telephony.asterisk import layout, life, sockets
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


def test_several_that_start_in_the_same_instant_all_come_up_each_on_ports_of_its_own(programs, monkeypatch):
    monkeypatch.setenv("MINSHENG_PBX_PROGRAMS", str(programs))
    made = [Exchange(Path(tempfile.mkdtemp(prefix="minsheng-pbx-")), outside=free_port()) for _ in range(4)]
    same = layout.ports_of(made[0].places, layout.settings_of(made[0].places))
    together, again, hand_over, begun = threading.Barrier(len(made)), threading.Barrier(len(made) - 1), life.Launch.hand_over, []
    for one in made:
        layout.private(one.places / "ports.json", json.dumps(same))

    def all_at_once(launch: life.Launch) -> None:
        """The worst instant: all have chosen, none has opened; and those who lost choose anew together."""
        begun.append(layout.known_ports(launch.places))
        with contextlib.suppress(threading.BrokenBarrierError):
            (together if len(begun) <= len(made) else again).wait(20)
        hand_over(launch)

    monkeypatch.setattr(life.Launch, "hand_over", all_at_once)
    try:
        with ThreadPoolExecutor(len(made)) as pool:
            for one, now in zip(made, pool.map(lambda one: life.start(one.places, lambda said: None), made), strict=True):
                one.now = now
        assert begun[: len(made)] == [same] * len(made), "all had chosen the same"
        ports = [port for one in made for port in one.now.ports.values()]
        assert len(set(ports)) == len(ports)
        for one in made:
            assert one.now.alive and sockets.not_open(one.now.pid, layout.sockets(layout.settings_of(one.places), one.now.ports)) == []
            assert one.gateway.snapshot().calls == 0, "and it hears us"
    finally:
        for one in made:
            one.close()
            shutil.rmtree(one.folder, ignore_errors=True)
