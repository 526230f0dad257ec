"""Reads of knowledge. Everybody who works here may read what is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.kit import form_seen
from minsheng.kit.database import planned_once
from minsheng.kit.search import between_words, rank, to_query
from minsheng.knowledge import rules
from minsheng.knowledge.models import Article, Gap, PhoneEntry, Version
from minsheng.knowledge.rules import State, Validity
from minsheng.language.rules import query_tokens, tokens

_LOOKED_AT = 60  # candidates that the database ranks roughly before the rules rank them well
_EXCERPT = 80


@dataclass(frozen=True, slots=True)
class Found:
    """One article as it stands on a date. `mark` says its validity in words, "" when it counts without an end."""

    article_id: int
    version_id: int
    code: str
    title: str
    n: int
    validity: Validity
    valid_from: date
    valid_to: date | None
    excerpt: str
    owner: str
    category: str
    state: State = State.PUBLISHED
    body: str = ""

    @property
    def mark(self) -> str:
        return rules.mark(self.validity, self.valid_from, self.valid_to)

    @property
    def is_current(self) -> bool:
        return self.validity == Validity.CURRENT


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article with the version that counts on the date (None: nothing published), and all versions that the reader may see."""

    article: Article
    shown: Version | None
    validity: Validity | None
    versions: list[Version]
    in_hand: Version | None

    @property
    def expired_since(self) -> date | None:
        """The first day on which the shown text no longer counts."""
        last = self.shown.valid_to if self.shown is not None and self.validity == Validity.EXPIRED else None
        return last + timedelta(days=1) if last is not None else None


def _shown(on: date) -> QuerySet[Version]:
    """Of each article the published version that counts on `on`: the newest that has begun, else the newest to come."""
    begun = ExpressionWrapper(Q(valid_from__lte=on), output_field=BooleanField())
    return (Version.objects.filter(state=State.PUBLISHED).annotate(begun=begun)
            .order_by("article_id", "-begun", "-n").distinct("article_id"))


def _found(version: Version, on: date, said: str = "") -> Found:
    article = version.article
    return Found(article.id, version.id, article.code, version.title, version.n, rules.validity(version.valid_from, version.valid_to, on),
                 version.valid_from, version.valid_to, _excerpt(version.body, said), str(article.owner), article.category,
                 State(version.state), version.body)


def _excerpt(body: str, said: str) -> str:
    """The part of the text where a word that was asked for stands."""
    body = " ".join(body.split())
    places = [body.find(said[i : i + 2]) for i in range(len(said) - 1)] if len(said) <= 40 else []
    at = between_words(body, max(0, min((p for p in places if p >= 0), default=0) - 12))
    end = between_words(body, at + _EXCERPT)
    return ("…" if at else "") + body[at:end] + ("…" if len(body) > end else "")


def _with_article(versions: QuerySet[Version]) -> QuerySet[Version]:
    return versions.select_related("article__owner")


@planned_once()
def search(text: str, *, on: date, limit: int = 5) -> list[Found]:
    """Published articles that fit a question or all that a caller said: best first. What has expired stands behind
    what fits half as well and counts today, but is found: a caller may well ask for it. One statement."""
    said = text.strip()[:2000]
    if by_code := said.upper() if said.upper().startswith("K-") and len(said) <= 24 else "":
        hits = _with_article(Version.objects.filter(id__in=_shown(on).values("id"), article__code=by_code))
        return [_found(v, on) for v in hits]
    asked = query_tokens(said)[:120]
    question = to_query(asked, any_of=True)
    if question is None:
        return []
    rows = _with_article(Version.objects.filter(id__in=_shown(on).values("id"), words=question))
    plain = [word.rstrip("*") for word in asked]
    scored = [(_score(v, plain, said), v) for v in rows.order_by(rank("words", question).desc(), "-id")[:_LOOKED_AT]]
    found = [(s, _found(v, on, said)) for s, v in scored if s > 0]
    best = sorted(found, key=lambda pair: (-pair[0] * rules.WEIGHT[pair[1].validity], not pair[1].is_current))
    return [one for _, one in best[:limit]]


def _score(version: Version, asked: list[str], said: str) -> float:
    title, body = _words_of(version.title, version.body, tuple(version.keywords))
    fits = {word for word in asked if any(known.startswith(word) for known in body | title)} if len(asked) <= 3 else set()
    return rules.score(asked, said, title_words=title, body_words=body | fits, keywords=version.keywords)


@lru_cache(maxsize=256)  # by the text itself: another text is read anew
def _words_of(title: str, body: str, keywords: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(tokens(title)), frozenset(tokens(body)).union(*map(tokens, keywords))


def for_category(code: str, on: date, limit: int = 12) -> list[Found]:
    """Articles of the matter, then of its siblings below the same parent: current ones first. One statement."""
    parent = code.rpartition(".")[0]
    near = Q(article__category=code) | (Q(article__category__startswith=parent + ".") if parent else Q())
    rows = _with_article(Version.objects.filter(id__in=_shown(on).values("id")).filter(near))
    found = [_found(v, on) for v in rows]
    return sorted(found, key=lambda f: (f.category != code, not f.is_current, f.title))[:limit]


def listed(on: date, *, validity: str = "", category: str = "", words: str = "") -> list[Found]:
    """The list page: everything published, or what fits the words; newest publication first."""
    if words.strip():
        found = search(words, on=on, limit=_LOOKED_AT)
    else:
        rows = _with_article(Version.objects.filter(id__in=_shown(on).values("id"))).order_by("-published_at", "-id")[:500]
        found = [_found(v, on) for v in rows]
    return [f for f in found if (not validity or f.validity == validity) and (not category or f.category.startswith(category))]


def article_page(article_id: int, on: date, by: Actor | None = None) -> ArticlePage | None:
    """None when there is no such article, or nothing of it that the reader may see. Two statements."""
    article = Article.objects.select_related("owner").filter(id=article_id).first()
    if article is None:
        return None
    writes = by is not None and (rules.may_write(by) or rules.may_answer(by, True))
    versions = [v for v in article.versions.order_by("-n") if writes or v.state in {State.PUBLISHED, State.WITHDRAWN}]
    published = [v for v in versions if v.state == State.PUBLISHED]
    shown = next((v for v in published if v.valid_from <= on), published[0] if published else None)
    in_hand = next((v for v in versions if v.state in {State.DRAFT, State.PENDING}), None)
    if not versions:
        return None
    return ArticlePage(article, shown, rules.validity(shown.valid_from, shown.valid_to, on) if shown else None, versions, in_hand)


def version_facts(version_id: int, on: date | None = None) -> Found | None:
    """One version, whatever its state, for who answered with it; None when there is none. `on`: the date to judge it by."""
    version = _with_article(Version.objects.filter(id=version_id)).first()
    return _found(version, on or version.valid_from) if version else None


def titles(version_ids) -> dict[int, str]:
    """Version -> "《标题》第 2 版"; one statement."""
    rows = Version.objects.filter(id__in=list(version_ids)).values_list("id", "title", "n")
    return {id_: f"《{title}》第 {n} 版" for id_, title, n in rows}


def article_by_code(code: str) -> Article | None:
    return Article.objects.filter(code=code.strip().upper()).first()


def version(version_id: int) -> Version | None:
    return Version.objects.select_related("article__owner").filter(id=version_id).first()


def pending() -> list[Version]:
    """Drafts and what waits for a second person, oldest first."""
    rows = Version.objects.filter(state__in=[State.PENDING, State.DRAFT]).select_related("article__owner")
    return sorted(rows, key=lambda v: (v.state != State.PENDING, v.drafted_at))


def gaps(open: bool = True, limit: int = 200) -> list[Gap]:
    """Open ones by their date; answered ones newest first."""
    rows = Gap.objects.select_related("article", "answer_article")
    if open:
        return list(rows.filter(answered_at=None)[:limit])
    return list(rows.exclude(answered_at=None).order_by("-answered_at")[:limit])


def gap(gap_id: int) -> Gap | None:
    return Gap.objects.filter(id=gap_id).first()


def phones(words: str = "", limit: int = 300) -> list[PhoneEntry]:
    """Entries whose name, unit, note or number holds every one of the words. One statement."""
    rows = PhoneEntry.objects.filter(active=True).select_related("unit")
    for word in words.split()[:6]:
        rows = rows.filter(Q(name__icontains=word) | Q(unit__name__icontains=word) | Q(unit__short__icontains=word) | Q(note__icontains=word) | Q(phone__contains=word))
    return list(rows[:limit])


def text_of(version: Version) -> str:
    """A mark of what stands in it, for a form that is about this text and no later one."""
    return form_seen.mark({name: getattr(version, name) for name in ("title", "body", "source", "keywords", "valid_from", "valid_to")})
