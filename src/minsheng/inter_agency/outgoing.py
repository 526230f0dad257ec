"""The way out to 110: signed posts, as calls are told to another program. Off unless configured.

MINSHENG_110_URL         where 110 takes receipts and results; https, or on this machine
MINSHENG_110_OUT_SECRET  at least 32 characters: each message bears X-Minsheng-Time and X-Minsheng-Signature (`telephony.rules.cti.signature`)
MINSHENG_110_SECRET      what 110 signs with when it pushes to us
"""

from __future__ import annotations

import os

from minsheng.telephony import teller

URL, SECRET, THEIRS = "MINSHENG_110_URL", "MINSHENG_110_OUT_SECRET", "MINSHENG_110_SECRET"


def of_environment() -> teller.Teller | None:
    """As the environment says now; None: it is off, or cannot be."""
    url, secret = os.environ.get(URL, ""), os.environ.get(SECRET, "")
    return teller.Teller(url, secret) if url and not wrong() else None


def wrong() -> str:
    """Why 110 is told nothing although it was wanted; "" when all is well or it is off."""
    url = os.environ.get(URL, "")
    return teller.wrong(url, os.environ.get(SECRET, ""), URL, SECRET) if url else ""


def their_secret() -> str:
    return os.environ.get(THEIRS, "")


def state() -> str:
    """For the page: why nothing leaves, or ""."""
    return wrong() or ("" if os.environ.get(URL) else "没有接入110的接收地址：签收和结果只在本页，请电话告知110；要接入，请系统管理员按运行手册设置")
