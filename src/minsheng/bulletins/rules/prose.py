"""The figures in plain sentences, one function each: no rise that chance gives, no share of nothing, no cause invented. Pure."""

from __future__ import annotations

from collections.abc import Callable

from minsheng.bulletins.rules import compare
from minsheng.bulletins.rules.figures import BAND_BY, UNITS, Frozen, Group, group_door, kept_door, late_door
from minsheng.bulletins.rules.spans import NAMES
from minsheng.kit.papers.sentences import Part, Sentence
from minsheng.kit.percents import NO_DATA, percent
from minsheng.measures.rules import BANDS, BY_CODE, RANK_FROM

MOST_NAMED = 3  # groups that a sentence names


def _number(found: Frozen, code: str, scope: int = 0) -> Part:
    n = found.scopes[scope].n(code)
    return Part(NO_DATA if n is None else f"{n:,}{UNITS[code]}", kept_door(scope, code) if n else "")


def volumes(found: Frozen) -> Sentence:
    """受理、在线办结、转办、办结: four different figures."""
    own = NAMES[found.kind][0]
    if not found.now.n("received"):
        said = [Part(f"{own}没有受理群众诉求")]
    else:
        said = [Part(f"{own}受理群众诉求"), _number(found, "received"), Part("，其中在线办结"), _number(found, "answered_online")]
    return [*said, Part("；转办"), _number(found, "dispatched"), Part("，办结工单"), _number(found, "closed"), Part("。")]


def against(found: Frozen) -> Sentence:
    """受理量 beside the span before and the same a year before; bases always said."""
    said: Sentence = []
    for place, base in enumerate(found.scopes[1:], 1):
        words = compare.counts(found.now, base, "received", found.ended)
        said.append(Part(f"{'；' if said else '受理量与'}{base.label}"))
        said += [Part("（"), _number(found, "received", place), Part("）相比")] if base.known == "whole" else [Part("相比")]
        said.append(Part(words))
    return [*said, Part("。")]


def _share(found: Frozen, code: str, label: str = "") -> list[Part]:
    n, d = found.now.pair(code)
    label = label or BY_CODE[code].label
    if not d:
        return [Part(f"{label}{NO_DATA}")]
    return [Part(f"{label}{percent(n, d)}（"), Part(f"{n:,}", kept_door(0, code) if n else ""), Part("/"), Part(f"{d:,}", kept_door(0, code, "denominator")),
            Part("，基数小）" if d < RANK_FROM else "）")]


def handling(found: Frozen) -> Sentence:
    """Signing, contact and completion in time, with their bases."""
    if not any(found.now.pair(code)[1] for code in ("sign_on_time", "response_confirmed", "on_time_completion")):
        return [Part("没有签收、联系或办理时限到期的工单。")]
    said = [*_share(found, "sign_on_time"), Part("；"), *_share(found, "response_confirmed")]
    if found.now.pair("response_claimed")[1]:
        said += [Part("，"), *_share(found, "response_claimed", "单位自报")]
    return [*said, Part("；"), *_share(found, "on_time_completion"), Part("。")]


def asked(found: Frozen) -> Sentence:
    """Solved and satisfied, always beside how many were reached."""
    if not found.now.pair("reach")[1]:
        return [Part("没有回访诉求人，解决率、满意率暂无数据。")]
    return [Part("回访中，"), *_share(found, "reach"), Part("；"), *_share(found, "solve"), Part("；"), *_share(found, "satisfaction"), Part("。")]


def calls(found: Frozen) -> Sentence:
    """From calls alone (rulings, 22)."""
    if not found.now.pair("connect")[1]:
        return [Part("没有通话记录，接通率、15秒接通率暂无数据。")]
    return [*_share(found, "connect"), Part("；"), *_share(found, "answer_15s"), Part("。")]


def _named(found: Frozen, groups: list[Group], by: str) -> Sentence:
    said: Sentence = []
    for one in groups:
        said += [Part(f"{'、' if said else ''}{one.label}"), Part(f"{one.n('received'):,}件", group_door(by, one.key, "received"))]
    return said


def sources(found: Frozen) -> Sentence:
    """By which channels most came."""
    came = sorted((one for one in found.channels if one.n("received")), key=lambda one: -one.n("received"))[:MOST_NAMED]
    return [Part("按渠道，"), *_named(found, came, "channel"), Part("。")] if came else []


def matters(found: Frozen) -> Sentence:
    """What most of it was about."""
    came = [one for one in found.matters if one.n("received") and one.key][:MOST_NAMED]
    return [Part("反映较多的是"), *_named(found, came, "category"), Part("。")] if came else []


def rising(found: Frozen) -> Sentence:
    """What rose by more than chance; nothing is said of what the record does not allow to be held against anything."""
    base = found.scopes[1]
    if not found.ended or base.known != "whole":
        return []
    if not found.rising:
        return [Part(f"与{base.label}相比，没有明显上升的事项。")]
    said: Sentence = []
    for one in found.rising:
        said += [Part(f"{'、' if said else ''}{one.label}"), Part(f"{one.n('received'):,}件", group_door("category", one.key, "received")),
                 Part(f"（{base.label}"), Part(f"{one.before or 0:,}件", group_door("category", one.key, "received", scope=1)), Part("）")]
    return [Part(f"与{base.label}相比明显上升的事项："), *said, Part("。")]


def bands(found: Frozen) -> Sentence:
    """How many units stand where; no name, no rank."""
    if not found.now.pair(BAND_BY)[1]:
        return []
    held = {band: sum(one.band == band for one in found.units) for band in BANDS}
    said = [f"{BANDS[band]}的单位{n}个" for band, n in held.items() if n and band != "few"]
    few = [f"{held['few']}个单位不足{RANK_FROM}件，不作比较"] if held["few"] else []
    return [Part(f"以按时办结率的95%区间与总体比较，{'，'.join(said + few)}。")] if said or few else []


def late(found: Frozen) -> Sentence:
    """What is past its limit when it was counted."""
    if found.late is None:
        return []
    total = sum(one.total for one in found.late)
    if not total:
        return [Part("取数时没有超期未办结的工单。")]
    return [Part("取数时超期未办结"), Part(f"{total:,}件", late_door(0, "all")),
            Part(f"，其中待签收{sum(one.to_sign for one in found.late):,}件，办理中{sum(one.to_handle for one in found.late):,}件，"
                 f"在热线中心{sum(one.at_centre for one in found.late):,}件。")]


Said = Callable[[Frozen], Sentence]
GENERAL: tuple[Said, ...] = (volumes, against, calls)
DONE: tuple[Said, ...] = (handling, asked, bands)
CAME: tuple[Said, ...] = (sources, matters, rising)
