"""Caller ids as trunks send them -> one number as the house keeps it, "" for a caller who shows none. Pure."""

from __future__ import annotations

import re

from minsheng.language.telephones import BadNumber, read_phone

# What stands in a From header where the caller shows no number (RFC 3323, RFC 3325, and what switches write).
_NOBODY = frozenset({"", "anonymous", "restricted", "private", "unknown", "unavailable", "withheld", "asterisk", "s", "<unknown>", "none", "p", "o", "0", "00000000"})
_URI = re.compile(r"(?:sips?|tel):([^@;>\s]*)", re.I)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_CARRIER = re.compile(r"(?:12593|1790[019]|1791[17]|1795[01]|1799[017])(1[3-9]\d{9}|0\d{9,11})", re.ASCII)  # a way that was dialled first, shown with the number
_PLAIN = re.compile(r"[+0-9()./\s-]{3,32}", re.ASCII)


def caller(raw: str, city_code: str = "0891") -> str:
    """E.164 of what a trunk sent: with and without 0 or +86, area code, "sip:…@…", a name before it. "" when it is no number to ring."""
    text = raw.strip()[:200]
    if found := _URI.search(text):
        text = _ESCAPED.sub(lambda one: chr(int(one[1], 16)), found[1]).strip()  # RFC 3261, 19.1.2: a + may be written as %2B
    elif "<" in text:
        text = text.rpartition("<")[2].partition(">")[0]
    text = text.partition(";")[0].strip().strip('"')
    if text.lower() in _NOBODY or not _PLAIN.fullmatch(text):
        return ""
    for tried in _shapes(re.sub(r"[^0-9+]", "", text)):
        try:
            if known := read_phone(tried, city_code):
                return known.number
        except BadNumber:
            continue
    return ""


def _shapes(digits: str) -> list[str]:
    """As it stands; then as a trunk writes it that adds 00 for abroad, drops the + of 86, or drops the 0 of an area code."""
    shapes = [digits]
    if digits.startswith("0086"):
        shapes.append("+86" + digits[4:].lstrip("0"))
    if digits.startswith(("+860", "860")):
        shapes.append("+86" + digits.removeprefix("+")[2:].lstrip("0"))
    if re.fullmatch(r"[2-9]\d{8,10}", digits):
        shapes.append("0" + digits)
    if re.fullmatch(r"01[3-9]\d{9}", digits):
        shapes.append(digits[1:])
    if found := _CARRIER.fullmatch(digits):
        shapes.append(found[1])
    return shapes
