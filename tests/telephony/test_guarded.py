"""What the exchange refuses: who is no phone of ours, numbers that nobody may be sent to, line breaks, programs; what it listens on."""

from __future__ import annotations

import asyncio
import socket
import stat

import psutil
import pytest

from minsheng.telephony import ami
from minsheng.telephony.asterisk import doctor, layout, life
from minsheng.telephony.gateway import Refused
from minsheng.telephony.rules.ledger_lines import read_queue_log
from minsheng.telephony.simulated import Simulated
from tests.telephony.phones import Phone, bye, dialled, invite_refused, register_refused, until, wait

pytestmark = pytest.mark.pbx


def test_a_scanner_learns_nothing_and_gets_nowhere(exchange):
    exchange.gateway.line(30, desk_phone=True)
    tries = [([register_refused("a30")], "guess"), ([register_refused("a99")], "guess"), ([register_refused("100")], "100"),
             ([invite_refused("12345", "13800000001", "no-trunk", 401)], ""), ([invite_refused("00441234567", "a30", "no-trunk", 401)], ""),
             ([invite_refused("13800138000", "13800000001", exchange.trunk, 404)], ""), ([invite_refused("110", "1", exchange.trunk, 404)], "")]
    phones = [Phone(exchange, steps, "a30" if password else "x", password=password) for steps, password in tries]
    assert [phone.wait() for phone in phones] == [0] * len(phones), [phone.messages[-600:] for phone in phones if phone.wait()]


FORBIDDEN = ("13912345678", "0044123456", "114", "12306", "a1%26PJSIP%2F13912345678%40trunk", "q-zh%2C%2C%2C%2C", "callback", "s")


def test_a_phone_of_ours_reaches_the_list_a_colleague_a_queue_and_nothing_else(exchange):
    phones = [exchange.dials(31, number, 404) for number in FORBIDDEN if "%26" not in number]
    assert [phone.wait() for phone in phones] == [0] * len(phones), [phone.messages[-600:] for phone in phones if phone.wait()]
    exchange.dials(31, FORBIDDEN[4], 404).wait()  # cut to its digits it is a colleague whom nobody knows
    police = exchange.outside_answers()
    exchange.dials(31, "110", 200, wait(300), bye()).wait()
    assert police.wait() == 0
    assert "13912345678" not in police.messages and exchange.said("TRANSFER_OUT") == ["110"]
    dialled = {row[9] for row in exchange.events() if "13912345678" in row[9] and row[0] == "CHAN_START"}
    assert not dialled


def test_a_demos_citizen_reaches_the_hotline_and_nothing_else(exchange):
    line = exchange.gateway.visitor()
    assert line.url.startswith("ws://127.0.0.1:")
    phones = [Phone(exchange, [dialled(line.user, number, 404)], line.user, password=line.password) for number in ("110", "13912345678", "a31", "q-zh", "600")]
    phones.append(Phone(exchange, [dialled(line.user, "12345", 200), wait(100), bye()], line.user, password=line.password))
    assert [phone.wait() for phone in phones] == [0] * len(phones), [phone.messages[-600:] for phone in phones if phone.wait()]


@pytest.fixture(params=["asterisk", "simulator"])
def vendor(request, exchange, tmp_path):
    """One contract for every exchange: the gateway, and what it has written."""
    simulated = Simulated(tmp_path)
    log = exchange.places.queue_log if request.param == "asterisk" else layout.of(tmp_path).queue_log
    return exchange.gateway if request.param == "asterisk" else simulated, log


def test_what_is_asked_of_a_gateway_is_looked_at_before(vendor):
    gateway = vendor[0]
    for wrong in (lambda: gateway.dial("cb-1-1", 31, "13912345678\r\nAction: Originate"), lambda: gateway.dial("cb-1-1\r\nX: y", 31, "13912345678"),
                  lambda: gateway.dial("cb-1-1", 31, "110"), lambda: gateway.dial("cb-1-1", 31, "008613912345678900"),
                  lambda: gateway.dial("cb-1-1", 31, "+441234567890"), lambda: gateway.agent_login(31, ("q-zh\r\nAction: Logoff",)),
                  lambda: gateway.agent_pause(31, "meal\r\nAction: QueueRemove"), lambda: gateway.flag("138\n", True), lambda: gateway.line(-1),
                  lambda: gateway.relay("rl-1-1", "110", "13912345678"), lambda: gateway.relay("rl-1-1", "13912345678", "+441234567890"),
                  lambda: gateway.relay("rl-1-1", "13912345678\r\nAction: Originate", "13912345679"),
                  lambda: gateway.transfer(31, "110\n"), lambda: gateway.transfer(31, "13912345678"), lambda: gateway.transfer(31, "110"),
                  lambda: gateway.hangup(31), lambda: gateway.listen(32, 31), lambda: gateway.take_over(32, 31),
                  lambda: gateway.pause_recording(31, True), lambda: gateway.stop_recording(31)):
        with pytest.raises(Refused) as refused:
            wrong()
        assert str(refused.value)
    with pytest.raises(ami.AmiError):
        ami.encode("Ping", {"Name": "张\u2028三"})


def test_who_sits_where_is_written_alike_by_every_exchange(vendor):
    gateway, log = vendor
    gateway.agent_login(33, ("q-bo", "q-zh"))
    gateway.agent_pause(33, "meal")
    gateway.agent_unpause(33)
    gateway.agent_logout(33)

    def states() -> list[str]:
        told = [read_queue_log(line, "pbx") for line in log.read_text(encoding="utf-8").splitlines()]
        of_person = [event.target for event in told if event and event.agent == 33]
        return [state for state, before in zip(of_person, ["", *of_person], strict=False) if state != before]

    assert until(lambda: states() == ["ready", "paused:meal", "ready", "out"])
    first, second = gateway.line(33), gateway.line(33)
    assert first.user == second.user == "a33" and first.password != second.password and first.uri.startswith("sip:a33@")
    gateway.no_line(33)


def test_the_manager_interface_opens_to_the_word_and_starts_no_program(exchange):
    port, secret = exchange.now.ports["ami"], layout.drawn(exchange.places)["ami"]

    async def tried():
        with pytest.raises(ami.AmiError):
            await ami.Ami.connect("127.0.0.1", port, life.USER, "guess")
        async with await ami.Ami.connect("127.0.0.1", port, life.USER, secret) as link:
            for action, fields in (("Command", {"Command": "core show version"}), ("ModuleLoad", {"LoadType": "load", "Module": "app_system.so"}),
                                   ("UpdateConfig", {"SrcFilename": "extensions.conf", "DstFilename": "extensions.conf"}),
                                   ("ModuleCheck", {"Module": "app_system"}), ("ModuleCheck", {"Module": "func_shell"})):
                with pytest.raises(ami.AmiError):
                    await link.send(action, **fields)
            many = await asyncio.gather(*(link.send("Ping") for _ in range(50)), link.rows("QueueStatus"), link.rows("CoreShowChannels"))
            assert [one["Ping"] for one in many[:50]] == ["Pong"] * 50
            await link.send("Logoff")
            async for _ in link.events():
                pass
            assert link.closed.is_set()
            with pytest.raises(ami.AmiClosed):
                await link.send("Ping")

    asyncio.run(tried())


def silent_to_strangers(ip: str, port: int) -> None:
    """Whatever is sent there, nobody answers: no SIP, no echo, no word of what it is."""
    family, to = (socket.AF_INET6, "::1") if ":" in ip else (socket.AF_INET, "127.0.0.1")
    with socket.socket(family, socket.SOCK_DGRAM) as stranger:
        stranger.settimeout(0.3)
        for said in (b"OPTIONS sip:x@x SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\n\r\n",
                     b"\x12\x34\x81\x80\0\1\0\1\0\0\0\0\7example\7invalid\0\0\1\0\1", b"\0" * 1400):
            stranger.sendto(said, (to, port))
        with pytest.raises(TimeoutError):
            stranger.recvfrom(2000)


def test_it_listens_on_this_machine_alone_unprivileged_with_its_words_shut_away(exchange):
    process = psutil.Process(exchange.now.pid)
    listening = {(link.laddr.ip, link.laddr.port) for link in process.net_connections() if link.status in ("LISTEN", "NONE")}
    listening = {one for one in listening if not 20000 <= one[1] <= 23999}  # speech of calls that still end
    ours = set(exchange.now.ports.values())
    assert {port for _, port in listening} >= ours
    # Two sockets besides take the answers of name servers; pjproject opens them on every address, and no setting of Asterisk shuts them.
    assert [ip for ip, port in listening if ip != "127.0.0.1" and port in ours] == [] and len(listening) <= len(ours) + 2
    for ip, port in {one for one in listening if one[1] not in ours}:
        silent_to_strangers(ip, port)
    assert process.uids().effective != 0
    for name in ("secrets.json", "etc/manager.conf", "etc/pjsip.conf"):
        assert stat.S_IMODE((exchange.places / name).stat().st_mode) == 0o600, name
    assert all(well for well, text in doctor.look(exchange.places) if "磁盘" not in text)
