"""Writing, publishing and taking away; reporting what is missing. Publications go to the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.calendar import queries as calendar
from minsheng.calendar import rules as time_rules
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.search import to_vector
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.knowledge import queries, rules
from minsheng.knowledge.models import Article, Gap, PhoneEntry, Version
from minsheng.knowledge.rules import State
from minsheng.language.rules import cut, mask, tokens
from minsheng.ledger import actions as ledger
from minsheng.org import queries as org

_KEYWORDS_AT_MOST = 30


def _ask(verdict: Verdict) -> None:
    if not verdict:
        raise Refused(verdict)


def _content(title: str, body: str, keywords: Iterable, valid_from: date | None, valid_to: date | None, source: str) -> dict:
    """Columns of a version; Invalid names each field that does not fit."""
    errors = rules.content_errors(title=title, body=body, valid_from=valid_from, valid_to=valid_to)
    if errors:
        raise Invalid(errors)
    words = list(dict.fromkeys(str(k).strip() for k in keywords if str(k).strip()))[:_KEYWORDS_AT_MOST]
    return {"title": title.strip(), "body": body.strip(), "keywords": words, "valid_from": valid_from, "valid_to": valid_to,
            "source": source.strip()[:200], "words": to_vector(tokens(f"{title}\n{' '.join(words)}\n{body}"))}


def _signed(by: Actor) -> dict:
    return {"drafted_by": by.id, "drafted_name": by.name, "drafted_at": clock.now()}

SAME = timedelta(days=1)  # for as long the same line of one person, not yet answered, is one line sent again


@transaction.atomic
def draft(*, title: str, body: str, owner: int, category: str, valid_from: date, by: Actor, valid_to: date | None = None,
          keywords: Iterable = (), source: str = "", code: str = "", lang: str = "zh") -> Version:
    """A new article with its first version in draft. owner: a unit's id; category: a matter's code; no code: the next one.

    The same text sent twice by one writer is one article: the answer to the first was lost, or the button pressed again.
    """
    _ask(rules.may_write(by))
    columns = _content(title, body, keywords, valid_from, valid_to, source)
    if owner not in org.tree().by_id:
        raise Invalid({"owner": "请选择负责单位"})
    if not category:
        raise Invalid({"category": "请选择事项"})
    in_turn("knowledge.numbers")
    again = Version.objects.filter(n=1, state=State.DRAFT, drafted_by=by.id, article__owner_id=owner, article__category=category, article__lang=lang,
                                   **{name: value for name, value in columns.items() if name != "words"})
    if not code.strip() and (same := again.first()):
        return same
    year = clock.now().astimezone(time_rules.CHINA).year
    code = code.strip() or rules.next_code(year, Article.objects.filter(code__startswith=f"K-{year}-").values_list("code", flat=True))
    if Article.objects.filter(code=code).exists():
        raise Invalid({"code": f"编号 {code} 已在使用，请换一个或留空自动编号"})
    article = Article.objects.create(code=code, owner_id=owner, category=category, lang=lang)
    return Version.objects.create(article=article, n=1, state=State.DRAFT, authors=[by.id], **_signed(by), **columns)


@transaction.atomic
def revise(*, article_id: int, title: str, body: str, valid_from: date, by: Actor, valid_to: date | None = None,
           keywords: Iterable = (), source: str = "") -> Version:
    """The next version in draft; while one is in draft already, that one is rewritten and its writer becomes one of its authors."""
    _ask(rules.may_write(by))
    columns = _content(title, body, keywords, valid_from, valid_to, source)
    article = Article.objects.select_for_update().get(id=article_id)
    version = article.versions.filter(state__in=[State.DRAFT, State.PENDING]).first()
    if version is None:
        n = article.versions.order_by("-n").values_list("n", flat=True).first() or 0
        return Version.objects.create(article=article, n=n + 1, state=State.DRAFT, authors=[by.id], **_signed(by), **columns)
    _ask(rules.may_edit(version.facts(), by))
    columns |= {"authors": sorted({*version.authors, by.id}), **_signed(by)}
    for name, value in columns.items():
        setattr(version, name, value)
    version.save(update_fields=list(columns))
    return version


def _locked(version_id: int) -> Version:
    return Version.objects.select_for_update(of=("self",)).select_related("article").get(id=version_id)


def _as_read(version: Version, read: str) -> None:
    """Nobody hands on, publishes or sends back words that came after the page was opened (rulings, 109)."""
    if read and read != queries.text_of(version):
        raise Refused(no("changed", f"您打开这一页之后，{version.drafted_name}改过这一版。请看过现在的文字，再提交一次"))


@transaction.atomic
def submit(*, version_id: int, by: Actor, read: str = "") -> Version:
    """Hand a draft to another person. Whoever submits stands behind it and is one of its authors. `read`: `text_of` it as the page showed it."""
    version = _locked(version_id)
    _as_read(version, read)
    _ask(rules.may_submit(version.facts(), by))
    version.state, version.note, version.authors = State.PENDING, "", sorted({*version.authors, by.id})
    version.save(update_fields=["state", "note", "authors"])
    return version


@transaction.atomic
def approve(*, version_id: int, by: Actor, read: str = "") -> Version:
    """Publish: by somebody who did not write it. Earlier versions stay as they are; the newest that has begun is the one shown."""
    version = _locked(version_id)
    _as_read(version, read)
    _ask(rules.may_judge(version.facts(), by))
    version.state, version.approved_by, version.approved_name, version.published_at = State.PUBLISHED, by.id, by.name, clock.now()
    version.save(update_fields=["state", "approved_by", "approved_name", "published_at"])
    _record(version, "publish", by)
    return version


@transaction.atomic
def send_back(*, version_id: int, reason: str, by: Actor, read: str = "") -> Version:
    """Back to its author, with what to change."""
    version = _locked(version_id)
    _as_read(version, read)
    _ask(rules.may_judge(version.facts(), by))
    version.state, version.note = State.DRAFT, _reason(reason)
    version.save(update_fields=["state", "note"])
    return version


@transaction.atomic
def withdraw(*, version_id: int, reason: str, by: Actor) -> Version:
    """Take a published text away at once, with the reason; what was answered with it still names it."""
    version = _locked(version_id)
    _ask(rules.may_withdraw(version.facts(), by))
    version.state, version.note = State.WITHDRAWN, _reason(reason)
    version.save(update_fields=["state", "note"])
    _record(version, "withdraw", by, version.note)
    return version


def _reason(reason: str) -> str:
    if len(reason.strip()) < 4:
        raise Invalid({"reason": "请写明理由（至少 4 个字），起草人要据此修改"})
    return reason.strip()[:300]


def _record(version: Version, deed: str, by: Actor, reason: str = "") -> None:
    ledger.write(kind="knowledge", by_id=by.id, by_name=by.name, about=f"article:{version.article_id}", reason=reason,
                 detail={"deed": deed, "code": version.article.code, "n": version.n})


@transaction.atomic
def report_gap(*, text: str, by: Actor, category: str = "", article_id: int | None = None, names: Iterable[str] = ()) -> Gap:
    """没找到/有错: one line is enough. Due by the limit `knowledge_gap` of the city's calendar.

    The line is mostly a requester's own, and belongs to no case with which it could be erased: nobody's name or number is kept of it.

    names  who is on the line
    """
    _ask(rules.may_report(by))
    text = cut(mask(text.strip()[:1000], names), 500)
    if not text:
        raise Invalid({"text": "请写一句来电人问的是什么，或哪里有错"})
    at = clock.now()
    same = Gap.objects.filter(text=text, category=category, by_id=by.id, answered_at=None, at__gt=at - SAME)
    if again := (same.filter(article_id=article_id) if article_id else same.filter(article=None)).first():
        return again
    limit = calendar.limit("knowledge_gap", at=at).limit
    due = time_rules.due(at, limit, calendar.current(settings.CALENDAR)).due
    return Gap.objects.create(text=text, category=category, article_id=article_id, by_id=by.id, by_name=by.name, at=at, due_at=due)


@transaction.atomic
def answer_gap(*, gap_id: int, answer: str, by: Actor, article_id: int | None = None) -> Gap:
    """Say what was done: the article that answers it, or why there is none."""
    gap = Gap.objects.select_for_update().get(id=gap_id)
    _ask(rules.may_answer(by, gap.answered_at is None))
    if len(answer.strip()) < 4:
        raise Invalid({"answer": "请写明处理结果（至少 4 个字）"})
    if article_id and not Article.objects.filter(id=article_id).exists():
        raise Invalid({"article": "没有这篇文章，请核对编号或留空"})
    gap.answered_at, gap.answered_by, gap.answered_name = clock.now(), by.id, by.name
    gap.answer, gap.answer_article_id = cut(mask(answer.strip()), 1000), article_id
    gap.save(update_fields=["answered_at", "answered_by", "answered_name", "answer", "answer_article"])
    return gap


@transaction.atomic
def add_phone(*, name: str, phone: str, by: Actor, unit: int | None = None, hours: str = "", note: str = "") -> PhoneEntry:
    """Put a public number into the directory; the same name and number again changes its hours and note."""
    _ask(rules.may_write(by))
    name, phone = name.strip()[:60], phone.strip()[:40]
    errors = {} if name else {"name": "请写这个电话办什么事"}
    if sum(c.isdigit() for c in phone) < 3:
        errors["phone"] = "请填写电话号码"
    if errors:
        raise Invalid(errors)
    given = {"unit_id": unit, "hours": hours.strip()[:60], "note": note.strip()[:120], "active": True}
    return PhoneEntry.objects.update_or_create(name=name, phone=phone, defaults=given)[0]


@transaction.atomic
def drop_phone(*, entry_id: int, by: Actor) -> None:
    """A number that no longer answers leaves the directory."""
    _ask(rules.may_write(by))
    PhoneEntry.objects.filter(id=entry_id).update(active=False)
