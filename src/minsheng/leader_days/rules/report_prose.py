"""综述: the figures of a report in plain sentences, by rule. Each number knows the list that it opens; no cause is invented. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from minsheng.kit.papers.sentences import Part, Sentence
from minsheng.kit.percents import percent
from minsheng.leader_days.rules.report_figures import BY_KEY, IN_PERSON, Hotline, Scope

HOTLINE = -1  # `of` of the hotline's own figures: others are 0 this one, 1 the one before


def _said(scope: Scope, words: str, of: int = 0) -> Sentence:
    """`{done}` is the figure with its unit, `{done/to_complete}` the share of one in the other, everything else as it stands."""
    found: Sentence = []
    for piece in words.replace("}", "{").split("{"):
        key, slash, whole = piece.partition("/")
        if slash and key in BY_KEY:
            found.append(Part(percent(scope[key], scope[whole]), key, of))
        elif piece in BY_KEY:
            found.append(Part(f"{scope[piece]:,}{BY_KEY[piece].unit}", piece, of))
        elif piece:
            found.append(Part(piece))
    return found


def sentences(now: Scope, before: Sequence[Scope], hotline: Hotline) -> list[Sentence]:
    """From the figures alone. `before`: earlier ones of the same kind, the newest first."""
    several = "共举办接听日{periods}，" if now["periods"] > 1 else ""
    found = [_said(now, f"{now.label}{several}{{units}}单位的负责同志到热线接听。"),
             _said(now, "受理群众诉求{received}，其中当场答复{answered}；转交承办单位办理{ordered}。"), _completion(now, hotline), _asked(now), _promised(now)]
    found += _in_person(now)
    found += [_said(one, _earlier(one), n) for n, one in enumerate(before, 1)]
    return [*found, *([_said(now, "各渠道通告共浏览{views}，只作登记，不计入评分。")] if now["views"] else [])]


def _completion(now: Scope, hotline: Hotline) -> Sentence:
    if not now["to_complete"]:
        return _said(now, "没有应办结的诉求。")
    mine = _said(now, "应办结的{to_complete}中，到统计截止办结{done}，办结率{done/to_complete}。")
    if not hotline.to_complete:
        return mine
    beside = Scope("", {"done": hotline.done, "to_complete": hotline.to_complete})
    return mine + _said(beside, f"{hotline.days}，全热线应办结{{to_complete}}，办结{{done}}，办结率{{done/to_complete}}。"
                                "两者基数不同，只并列，不作比较。", HOTLINE)


def _asked(now: Scope) -> Sentence:
    if not now["asked_solved"] and not now["asked_satisfied"]:
        return _said(now, "还没有诉求人在回访中回答是否解决、是否满意。")
    return _said(now, "回访中，{asked_solved}回答了是否解决，其中{solved}认为已解决，占{solved/asked_solved}；"
                      "{asked_satisfied}回答了是否满意，其中{satisfied}满意或基本满意，占{satisfied/asked_satisfied}。")


def _promised(now: Scope) -> Sentence:
    if not now["made"]:
        return _said(now, "没有登记承诺事项。")
    past = "，其中已过兑现日期{overdue}" if now["overdue"] else ""
    share = "；应兑现{owed}，兑现率{kept/owed}" if now["owed"] else ""
    return _said(now, f"登记承诺事项{{made}}：经核验已兑现{{kept}}，未按期兑现{{late}}，撤回{{withdrawn}}，未了结{{open}}{past}{share}。")


def _in_person(now: Scope) -> list[Sentence]:
    """What leaders did themselves; nothing where they did nothing or nobody counted it."""
    done = "，".join(f"{label}{{{step}}}" for step, label in IN_PERSON if now[step])
    return [_said(now, f"负责同志{done}。")] if done else []


def _earlier(one: Scope) -> str:
    rate = "，办结率{done/to_complete}" if one["to_complete"] else ""
    return f"此前{one.label}受理{{received}}，办结{{done}}{rate}；承诺{{made}}，已兑现{{kept}}。"
