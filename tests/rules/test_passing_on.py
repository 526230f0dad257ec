"""Whom one is put through to is passed on once the exchange has put the two together, and not a moment before."""

import asyncio
from pathlib import Path

import pytest

from minsheng.telephony.asterisk import gateway
from minsheng.telephony.asterisk.gateway import Asterisk
from minsheng.telephony.gateway import Refused

MINE = {"Channel": "PJSIP/a28-0000001c", "ChannelStateDesc": "Up", "Duration": "00:00:00", "BridgeId": ""}
THEIRS = {"Channel": "PJSIP/trunk-0000001d", "ChannelStateDesc": "Up", "Duration": "00:00:01", "BridgeId": ""}


class Exchange:
    """Shows one list of channels after another, the last for ever, and keeps what it was told to do."""

    def __init__(self, *lists):
        self.lists, self.told = list(lists), []

    async def rows(self, action: str):
        return self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]

    async def send(self, action: str, **fields):
        self.told.append((action, fields["Channel"], len(self.lists)))


def passed_on(monkeypatch, exchange: Exchange):
    monkeypatch.setattr(Asterisk, "ask", lambda self, deed: asyncio.run(deed(exchange)))
    Asterisk(Path("nowhere")).transfer(28, "110")
    return exchange.told


def bridged(row, bridge: str = "b-1"):
    return {**row, "BridgeId": bridge}


def test_one_who_has_just_answered_is_waited_for(monkeypatch):
    exchange = Exchange([MINE, THEIRS], [bridged(MINE), THEIRS], [bridged(MINE), bridged(THEIRS, "b-2")], [bridged(MINE), bridged(THEIRS)])
    assert passed_on(monkeypatch, exchange) == [("BlindTransfer", MINE["Channel"], 1)], "at the first list in which both are in one bridge"


def test_who_never_comes_together_is_left_to_the_exchange_and_who_is_gone_is_said(monkeypatch):
    monkeypatch.setattr(gateway, "JOINS", 0.2)
    assert passed_on(monkeypatch, Exchange([MINE, THEIRS])) == [("BlindTransfer", MINE["Channel"], 1)]
    with pytest.raises(Refused, match="没有通话"):
        passed_on(monkeypatch, Exchange([MINE, THEIRS], [THEIRS]))
    with pytest.raises(Refused, match="没有通话"):
        passed_on(monkeypatch, Exchange([{**MINE, "ChannelStateDesc": "Ringing"}]))
