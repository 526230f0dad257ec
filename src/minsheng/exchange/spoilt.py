"""Words that were spoilt before the file was written: read in a wrong encoding by another program, or by marks for what it could not write. Pure."""

from __future__ import annotations

import re

_LOST = re.compile("\ufffd|锟斤拷|锘縗|烫烫烫烫|屯屯屯屯")
_ASKED = re.compile(r"[?？\s]{3,}")  # each letter by a question mark
# Two bytes of a Chinese character as Latin letters and signs; the third may have been one that nobody sees.
_LATIN = re.compile("[ä-é][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_HAN = re.compile("[\u4e00-\u9fff]")
_FEWEST, _MOST = 3, 2000  # Chinese characters that come of another reading; how much of a text is looked at
_SHARE = 20  # one lost letter in a long text is how the source itself has it


def why(text: str) -> str:
    """What is wrong with the words, to follow the name of their column; "" when nothing is."""
    if _ASKED.fullmatch(text):
        return "只剩问号"
    if text.isascii():
        return ""
    if _SHARE * len("".join(_LOST.findall(text))) > len(text):
        return "里有乱码"
    text = text[:_MOST]
    latin = len(_LATIN.findall(text))
    return "是乱码（编码被读错过）" if latin >= _FEWEST and 6 * latin > len(text) or _reads_as_words(text) else ""


def _reads_as_words(text: str) -> bool:
    """Are its bytes in GB18030 Chinese words in UTF-8? Of words that were typed, they are none."""
    written = text.encode("gb18030", errors="ignore")
    read = written.decode("utf-8", errors="ignore")
    return len(_HAN.findall(read)) >= _FEWEST and len(read.encode()) > len(written) - 4
