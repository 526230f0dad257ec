"""Sealing of short values at rest, and keyed hashes to find them by.

AES-256-GCM under a key derived (HKDF-SHA256) from MINSHENG_SEAL_KEY, else from the program's secret. The first byte of a
sealed value names the key, so that a new key can be added while old values stay readable; the purpose is authenticated, so
that a value copied into another column does not open. Keys are derived once per process.

MINSHENG_SEAL_KEY  "HEX" or "1:HEX,2:HEX" (32 bytes each): the highest number seals, all open; number 0 is the program's secret, in hex,
                   for a city that began without a key of its own
MINSHENG_HASH_KEY  hex; when absent it is derived from the lowest-numbered key, which therefore stays in the list

A key is changed by `./minsheng reseal`, see docs/operating/keys.md.
"""

from __future__ import annotations

import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from minsheng.kit.read_values import BadValue

NONCE = 12


class Unreadable(Exception):
    """The value was not sealed by a key of ours, for this purpose, or was changed."""


def _derive(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"minsheng", info=info).derive(secret)


def read_keys(given: str) -> dict[int, bytes]:
    """Number -> key. BadValue without repeating any of it."""
    found: dict[int, bytes] = {}
    for place, part in enumerate(given.split(","), start=1):
        name, _, value = part.strip().rpartition(":")
        try:
            number, key = int(name or place), bytes.fromhex(value)
        except ValueError:
            raise BadValue("应为十六进制密钥，或“1:密钥,2:密钥”") from None
        if number in found:
            raise BadValue(f"里第 {number} 号密钥写了两次")
        found[number] = key
    if any(len(key) < 32 for key in found.values()) or not all(0 <= n < 256 for n in found):
        raise BadValue("每个密钥至少 32 字节（64 个十六进制字符），编号 0 至 255")
    return found


@lru_cache(maxsize=1)
def _secrets() -> dict[int, bytes]:
    given = os.environ.get("MINSHENG_SEAL_KEY", "").strip()
    if not given:
        return {0: settings.SECRET_KEY.encode()}
    try:
        return read_keys(given)
    except BadValue as wrong:
        raise ImproperlyConfigured(f"MINSHENG_SEAL_KEY {wrong}") from wrong


@lru_cache(maxsize=1)
def _boxes() -> dict[int, AESGCM]:
    return {number: AESGCM(_derive(secret, b"seal")) for number, secret in _secrets().items()}


@lru_cache(maxsize=1)
def _hash_key() -> bytes:
    given = os.environ.get("MINSHENG_HASH_KEY", "").strip()
    return _derive(bytes.fromhex(given) if given else _secrets()[min(_secrets())], b"hash")


def sealing_key() -> int:
    """The number of the key that seals now."""
    return max(_boxes())


def known_keys() -> frozenset[int]:
    return frozenset(_boxes())


def reseal(sealed: bytes | memoryview, purpose: str) -> bytes:
    """The same text under the key that seals now."""
    return seal(unseal(sealed, purpose), purpose)


def seal(text: str, purpose: str) -> bytes:
    """`text` sealed: key number (1 byte), nonce (12), cipher text with tag."""
    number = sealing_key()
    nonce = os.urandom(NONCE)
    return bytes([number]) + nonce + _boxes()[number].encrypt(nonce, text.encode(), purpose.encode())


def unseal(sealed: bytes | memoryview | None, purpose: str) -> str:
    """The text; "" for None and for what was erased (b""). Unreadable when the key is missing or the value was changed."""
    sealed = bytes(sealed or b"")
    if not sealed:
        return ""
    box = _boxes().get(sealed[0])
    if box is None:
        raise Unreadable(f"密封数据用的是第 {sealed[0]} 号密钥，它不在 MINSHENG_SEAL_KEY 中")
    try:
        return box.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], purpose.encode()).decode()
    except InvalidTag as wrong:
        raise Unreadable("密封数据无法打开：密钥不符或内容被改动") from wrong


def keyed_hash(text: str, purpose: str) -> bytes:
    """32 bytes by which an equal value is found again; without the key nobody can try numbers against it."""
    return hmac.digest(_hash_key(), purpose.encode() + b"\0" + text.encode(), "sha256")


def forget_keys() -> None:
    """Derive the keys anew at the next use (after the environment changed)."""
    for kept in (_secrets, _boxes, _hash_key):
        kept.cache_clear()
