"""Which passwords are guessed first: Django's list of common ones, our own of Chinese ones, and what only varies them. Pure but for reading the lists.

COMMON (data/common_passwords.txt) holds what Chinese leaks are full of and an English list lacks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache
from pathlib import Path

from minsheng.accounts.rules import MIN_PASSWORD
from minsheng.kit.verdict import YES, Verdict, no

LONGEST = 128
COMMON = Path(__file__).parent / "data" / "common_passwords.txt"
_CORES = frozenset("password passwd admin administrator root user test guest welcome letmein qwerty login iloveyou woaini aini abc minsheng "
                   "hotline rexian shimin zhengwu zhengfu dianhua mima".split())
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p")
_LOOKS_LIKE = str.maketrans("0134578@$!", "oieastbasi")


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """Small letters; read once."""
    from django.contrib.auth.password_validation import CommonPasswordValidator

    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(CommonPasswordValidator().passwords) | {line.strip() for line in lines if line and not line.startswith("#")}


def password_fits(password: str, username: str) -> Verdict:
    """Length and what is guessed first; the throttle does the rest."""
    small = unicodedata.normalize("NFKC", password).casefold()
    if len(password) < MIN_PASSWORD:
        return no("short", f"密码至少 {MIN_PASSWORD} 位", "password")
    if len(password) > LONGEST:
        return no("long", f"密码不超过 {LONGEST} 位", "password")
    if username and username.lower() in small:
        return no("like_name", "密码不能包含用户名", "password")
    if len(set(small)) < 4 or small.isdigit():
        return no("plain", "密码不能只有数字，也不能只是几个字符的重复", "password")
    if _is_guessed_first(small, common()):
        return no("common", "这个密码太常见，很容易被猜中。请用几个不相干的词连起来，例如一句话的拼音加标点", "password")
    return YES


def _is_guessed_first(small: str, common: Container[str]) -> bool:
    """On a list, one with a tail or in look-alike signs, a well-known word with figures, or steps along the alphabet or the keyboard."""
    plain = small.strip(" .,!?@#$%^&*-_+=~")
    core = re.sub(r"[^a-z]", "", small)
    return small in common or plain in common or plain.translate(_LOOKS_LIKE) in common or core in _CORES or _in_runs(small) >= len(small) - 2


def _in_runs(text: str) -> int:
    """How many characters of `text` lie in steps of three and more along the alphabet, the figures or a keyboard's rows, either way."""
    ways, at, found = [way for run in _RUNS for way in (run, run[::-1])], 0, 0
    while at < len(text):
        size = max((n for n in range(3, min(len(text) - at, 40) + 1) if any(text[at : at + n] in way for way in ways)), default=0)
        found, at = found + size, at + (size or 1)
    return found
