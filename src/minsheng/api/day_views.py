"""Periods, commitments, lists of stock phrases and topics, to be read. With the scope public.read a program gets what the public page shows and nothing else."""

from __future__ import annotations

from typing import Any

from ninja import Query, Router

from minsheng.api import day_schemas, door, schemas
from minsheng.api.door import Bearer, known
from minsheng.cases import queries as cases
from minsheng.leader_days.queries import ledger, pages
from minsheng.org import queries as org
from minsheng.oversight.queries import stock_phrases
from minsheng.topics.queries import declared

router = Router()
_INSIDE, _PUBLIC = "days.read", "public.read"


def _inside(request: door.Request) -> bool:
    return _INSIDE in request.actor.scopes


def _paged(page: Any, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"items": items, "next": page.next}


def _code(unit_id: int | None) -> str:
    unit = org.tree().by_id.get(unit_id or 0)
    return unit.code if unit else ""


@router.get("/periods", auth=Bearer(_INSIDE, _PUBLIC), response={200: day_schemas.PeriodPage, **schemas.WRONG}, operation_id="list_periods",
            summary="接听日：各期、接听席和时间")
def list_periods(request: door.Request, filters: Query[day_schemas.Page]):
    """The newest first. With public.read those that were announced, without who sits at a desk."""
    known(request, set(day_schemas.Page.model_fields))
    page = pages.periods(request.actor, filters.after, filters.size) if _inside(request) else pages.public_periods(filters.after, filters.size)
    return _paged(page, [_period(one, _inside(request)) for one in page.rows])


def _period(one: Any, inside: bool) -> dict[str, Any]:
    desks = [{"unit": _code(desk.unit_id), "unit_name": desk.unit.name, "theme": desk.theme, "starts": desk.starts, "ends": desk.ends,
              "leader": desk.leader_name if inside else None} for desk in one.seats]
    return {"id": str(one.id), "year": one.scheme.year, "number": one.number, "theme": one.theme, "state": one.state,
            "state_label": one.get_state_display(), "starts": one.starts, "desks": desks}


@router.get("/commitments", auth=Bearer(_INSIDE, _PUBLIC), response={200: day_schemas.CommitmentPage, **schemas.WRONG}, operation_id="list_commitments",
            summary="承诺事项：公开的部分，或台账")
def list_commitments(request: door.Request, filters: Query[day_schemas.LedgerFilters]):
    """The newest first. With public.read those that were signed to be public, and of them the public part alone."""
    inside = _inside(request)
    known(request, set(day_schemas.LedgerFilters.model_fields) if inside else {"period", "after", "size"})
    read = ledger.read_filters(request.GET)
    page = ledger.listed(request.actor, read, filters.after, filters.size) if inside else ledger.public(read.periods, filters.after, filters.size)
    return _paged(page, [_commitment(one, inside) for one in page.rows])


def _commitment(one: Any, inside: bool) -> dict[str, Any]:
    public = {"matter": one.public_matter, "progress": one.public_progress, "due": one.published_due, "published_at": one.published_at,
              "corrected_at": one.corrected_at} if one.published_at else None
    return {"id": str(one.id), "period": str(one.period_id), "unit": _code(one.owner_unit_id), "unit_name": one.owner_unit.name if one.owner_unit else "",
            "public": public, "ledger": _line(one) if inside else None}


def _line(one: Any) -> dict[str, Any]:
    copied = ("state", "what", "owner", "source", "made_on", "first_due", "due", "extensions", "overdue", "done_on", "cause", "finding")
    return {name: getattr(one, name) for name in copied} | {"state_label": one.get_state_display(), "case": one.case_number}


@router.get("/phrases", auth=Bearer(_INSIDE), response={200: day_schemas.PhrasesPage, **schemas.WRONG}, operation_id="list_phrases",
            summary="常用语清单：今天用的，和各份")
def list_phrases(request: door.Request, filters: Query[day_schemas.Page]):
    """The newest first; nothing at all for who does not read them on the page."""
    known(request, set(day_schemas.Page.model_fields))
    page = stock_phrases.listed(request.actor, filters.after, filters.size)
    held = stock_phrases.held(stock_phrases.today()) if request.actor.roles & stock_phrases.READERS else ()
    return _paged(page, [_phrases(one) for one in page.rows]) | {"held": list(held)}


def _phrases(one: Any) -> dict[str, Any]:
    copied = ("state", "since", "phrases", "reason", "signed_at", "signed_by")
    return {name: getattr(one, name) for name in copied} | {"id": str(one.id), "state_label": one.get_state_display()}


@router.get("/topics", auth=Bearer(_INSIDE), response={200: day_schemas.TopicPage, **schemas.WRONG}, operation_id="list_topics", summary="重点议题")
def list_topics(request: door.Request, filters: Query[day_schemas.Page]):
    """The newest first. Topics are not public; for who reads them on the page."""
    known(request, set(day_schemas.Page.model_fields))
    page, matters = declared.listed(request.actor, filters.after, filters.size), cases.categories()
    return _paged(page, [_topic(one, matters) for one in page.rows])


def _topic(one: Any, matters: Any) -> dict[str, Any]:
    copied = ("name", "state", "measures", "since", "until", "ended_on", "finding")
    matter = matters.get(one.category_id)
    return {name: getattr(one, name) for name in copied} | {"id": str(one.id), "state_label": one.get_state_display(), "lead": _code(one.lead_id),
                                                            "category": matter.code if matter else "", "district": _code(one.district_id)}
