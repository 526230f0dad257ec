"""A tree of hashes as RFC 6962 draws it: leaves and nodes are hashed apart, an odd node is not doubled. Pure; docs/transparency.md says it to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()  # the root of no leaves


def leaf_hash(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Of hashes of leaves, in their order."""
    return _levels(leaves)[-1][0] if leaves else EMPTY


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """What stands beside the way from a leaf to the root, the lowest first."""
    path = []
    for level in _levels(leaves)[:-1]:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        index //= 2
    return path


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Leaves first, the root last. A node without a neighbour goes up as it is."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)]
        levels.append([*pairs, *below[len(pairs) * 2:]])
    return levels


def root_by_path(leaf: bytes, index: int, leaves: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf at `index` of so many leads to; None when the path is too long, too short, or the index is none of the tree's."""
    if not 0 <= index < leaves:
        return None
    at, last, found, rest = index, leaves - 1, leaf, list(path)
    while last:
        if at % 2 or at < last:  # it has a neighbour
            if not rest:
                return None
            beside = rest.pop(0)
            found = node_hash(beside, found) if at % 2 else node_hash(found, beside)
        at, last = at // 2, last // 2
    return None if rest else found
