"""A call's number: whole for the program's own deeds, masked for everybody's eyes."""

from __future__ import annotations

from minsheng.kit import sealing
from minsheng.language.rules import mask_phone
from minsheng.telephony.models import Call, Callback

NUMBER, LINE, WORDS = "call.number", "ledger.line", "call.words"  # what each is sealed for


def whole(row: Call | Callback) -> str:
    """Never logged, never cached; "" where none was shown."""
    return sealing.unseal(row.number_sealed, NUMBER)


def masked(row: Call | Callback) -> str:
    return mask_phone(whole(row)) or "未显示号码"
