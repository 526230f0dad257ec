"""Figures of a sheet as its pages show them: each number with the address of exactly the list that it counts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from minsheng.measures.rules import BANDS, BY_CODE
from minsheng.month_end.rules import paper
from minsheng.month_end.rules.sheet import Figure


def cell(assessment_id: int, one: Figure | None, band: str = "") -> dict[str, Any]:
    """`n`, `of` with their doors, the figure in words, its interval, its grade in words."""
    if one is None:
        return {"said": "—", "n": "", "of": "", "n_url": "", "of_url": "", "between": "", "band": ""}
    kind = BY_CODE[one.measure].kind if one.measure in BY_CODE else "rate"
    opens = kind in {"rate", "volume"}
    return {"said": paper.said(one), "n": "" if one.numerator is None else f"{one.numerator:,}", "of": "" if one.denominator is None else f"{one.denominator:,}",
            "n_url": door(assessment_id, one, "numerator") if opens and one.numerator else "", "between": paper.between(one),
            "of_url": door(assessment_id, one, "denominator") if opens and one.denominator else "", "band": BANDS.get(band, ""), "volume": kind == "volume"}


def door(assessment_id: int, one: Figure, part: str) -> str:
    return f"{reverse('assessment-list', args=[assessment_id])}?{urlencode({'unit': one.unit, 'measure': one.measure, 'part': part})}"
