"""Pure: who writes and who publishes, when a text counts, and how well it fits what a caller says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from minsheng.accounts.rules import Actor, Role
from minsheng.kit import written_times
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.verdict import YES, Verdict, no

RELEVANT = 0.34  # the least share of the words asked for that a text must have, unless one of its keywords was said
_KEYWORD, _TITLE, _LONG = 1.5, 2.0, 4


class State(Labelled):
    DRAFT = "draft", "草稿"
    PENDING = "pending", "待审核"
    PUBLISHED = "published", "已发布"
    WITHDRAWN = "withdrawn", "已撤下"


class Validity(Labelled):
    """Whether a published text counts on a date. Current ones stand first."""

    CURRENT = "current", "现行有效"
    FUTURE = "future", "尚未生效"
    EXPIRED = "expired", "已失效"


WEIGHT = {Validity.CURRENT: 1.0, Validity.FUTURE: 0.5, Validity.EXPIRED: 0.5}  # of how well a text fits


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """authors: everybody who wrote on this version; none of them may publish it."""

    id: int
    state: State
    authors: frozenset[int]
    valid_from: date
    valid_to: date | None = None


def validity(valid_from: date, valid_to: date | None, on: date) -> Validity:
    """The last day is included: what ends on 2025-01-10 has expired on 2025-01-11."""
    if on < valid_from:
        return Validity.FUTURE
    return Validity.EXPIRED if valid_to is not None and on > valid_to else Validity.CURRENT


def mark(validity_: Validity, valid_from: date, valid_to: date | None) -> str:
    """What a list says beside the title; "" for a text that counts without an end."""
    if validity_ == Validity.EXPIRED and valid_to is not None:
        return f"已于 {written_times.day(valid_to)} 到期，不再适用"
    if validity_ == Validity.FUTURE:
        return f"{written_times.day(valid_from)} 起生效"
    return f"有效至 {written_times.day(valid_to)}" if valid_to else ""



def may_write(by: Actor) -> Verdict:
    return YES if by.has(Role.KNOWLEDGE_EDITOR) else no("role", "知识由知识编辑起草；发现缺漏或错误，请用“没找到/有错”报告")


def may_edit(version: VersionFacts, by: Actor) -> Verdict:
    verdict = may_write(by)
    if verdict and version.state != State.DRAFT:
        return no("state", f"这一版{version.state.label}，不能再改；请退回或另起新版")
    return verdict


def may_submit(version: VersionFacts, by: Actor) -> Verdict:
    verdict = may_write(by)
    if verdict and version.state != State.DRAFT:
        return no("state", f"这一版{version.state.label}，不用再提交")
    return verdict


def may_judge(version: VersionFacts, by: Actor) -> Verdict:
    """Publish or send back: by another editor or a shift leader, never by who wrote it."""
    if not by.has(Role.KNOWLEDGE_EDITOR, Role.SHIFT_LEADER):
        return no("role", "发布由另一位知识编辑或值班长审核")
    if version.state != State.PENDING:
        return no("state", f"这一版{version.state.label}，不在待审核")
    if by.id in version.authors:
        return no("two_persons", "自己起草的内容须由另一人审核发布")
    return YES


def may_withdraw(version: VersionFacts, by: Actor) -> Verdict:
    """One person is enough to take a wrong text away; it takes two to put one up."""
    if not by.has(Role.KNOWLEDGE_EDITOR, Role.SHIFT_LEADER):
        return no("role", "撤下由知识编辑或值班长办理")
    return YES if version.state == State.PUBLISHED else no("state", f"这一版{version.state.label}，不在发布中")


def may_report(by: Actor) -> Verdict:
    return YES if by.is_centre or by.is_unit else no("role", "缺漏由热线中心和承办单位的人员报告")


def may_answer(by: Actor, is_open: bool) -> Verdict:
    if not by.has(Role.KNOWLEDGE_EDITOR, Role.SHIFT_LEADER):
        return no("role", "缺漏由知识编辑或值班长答复")
    return YES if is_open else no("state", "这一条已经答复")


def content_errors(*, title: str, body: str, valid_from: date | None, valid_to: date | None) -> dict[str, str]:
    """Field -> what to do."""
    errors = {}
    if not 4 <= len(title.strip()) <= 80:
        errors["title"] = "标题用 4 至 80 个字，写来电人会怎么问"
    if not 10 <= len(body.strip()) <= 8000:
        errors["body"] = "正文用 10 至 8000 个字，写可以直接念给来电人的话"
    if valid_from is None:
        errors["valid_from"] = "请填写生效日期"
    elif valid_to is not None and valid_to < valid_from:
        errors["valid_to"] = "失效日期不能早于生效日期；长期有效请留空"
    return errors


def score(asked: Iterable[str], said: str, *, title_words: frozenset[str], body_words: frozenset[str], keywords: Iterable[str]) -> float:
    """How well a text fits `said` (a question, or all that a caller told), 0.0 when it does not.

    A keyword that was said counts most (a longer one says more), then words of the title, then of the body. asked: the words cut from `said`.
    """
    asked = list(asked)
    hits = sum(min(len(word) - 1, _LONG) for word in keywords if word in said)
    known = sum(1 for word in asked if word in title_words or word in body_words)
    if not asked or (not hits and known / len(asked) < RELEVANT):
        return 0.0
    in_title = sum(1 for word in asked if word in title_words)
    return hits * _KEYWORD + _TITLE * in_title / max(len(title_words), 1) + known / len(asked)


def next_code(year: int, known: Iterable[str]) -> str:
    """K-2025-004 after K-2025-003."""
    head = f"K-{year}-"
    numbers = [int(code[len(head):]) for code in known if code.startswith(head) and code[len(head):].isdigit()]
    return f"{head}{max(numbers, default=0) + 1:03d}"
