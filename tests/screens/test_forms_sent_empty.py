"""A form that was sent empty says what to do: each sentence above it leads to a field that is there, or stands for itself where there is none."""

from __future__ import annotations

import re

import pytest

from minsheng.cases.models import Case
from minsheng.cases.rules import State

TO = re.compile(r'<li><a href="#([\w.-]+)">')


@pytest.fixture
def waiting(cast) -> Case:
    return cast.at_state(State.PENDING_REVIEW)


def sent(cast, who: str, address: str, form: dict | None = None) -> str:
    answer = cast.client(who).post(address, form or {})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "ms-note-error" in page, "said above the form"
    assert [name for name in TO.findall(page) if f'id="{name}"' not in page] == []
    return page


@pytest.mark.parametrize("form", [{}, {"other": "没有这个单位"}, {"other": "市水务局", "co": "没有这个单位"}, {"other": "市水务局", "limit": "明年"}])
def test_sending_leads_to_unit_co_units_and_limit(cast, waiting, form):
    page = sent(cast, "dispatcher", f"/desk/dispatch/{waiting.id}/send", form)
    assert TO.findall(page)


def test_a_merge_without_its_master_and_a_report_of_nothing_say_it_without_a_link_to_nowhere(cast, waiting):
    assert TO.findall(sent(cast, "dispatcher", f"/desk/dispatch/{waiting.id}/merge")) == []
    assert TO.findall(sent(cast, "agent", "/desk/knowledge/gaps/report")) == []
