"""The bell of bulletins: who may hear of one."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.bulletins.queries import bulletins
from minsheng.kit.notices import Kind


def _bulletins(by: Actor, ids: list[int]) -> set[int]:
    return set(bulletins.visible(by).filter(id__in=ids).values_list("id", flat=True))


KINDS = (Kind("bulletin", _bulletins),)
