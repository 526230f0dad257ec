"""What a lawful erasure of a case takes away here: the recordings of its calls."""

from __future__ import annotations

from minsheng.cases.effects.erasing import ERASES
from minsheng.telephony.actions.recordings import end_of_case

ERASES.append(end_of_case)
