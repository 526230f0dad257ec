"""Calls that do not end as they should, at the agent's telephone in a real browser on a real exchange."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.pbx


def test_119_is_not_cut_off_when_the_caller_leaves_and_one_key_answers_from_everywhere_but_what_is_written_into(journey):
    told = journey("hard_calls")
    assert told["leaves_first"] == {"left": 0, "said": "来电人已挂断，您和 119 还在通话", "state": "talking", "still": True, "brigade": 0, "presence": "wrap_up"}
    assert told["list"] == {"list": 0, "hung_up": 0}, "the list of keys lay over the page"
    assert told["fields"] == {"kept": ["text", "search", "tel", "number", "date", "textarea", "select", "div"], "hung_up": 0}
    assert told["anew"] == {"typed": "楼下化粪池满了，味道很大。", "same": True, "after": "楼下化粪池满了，味道很大。", "bar": True, "hung_up": 0}
    lists = told["sizes"].pop("folds")
    assert len(lists) > 150 and not any(lists), [one for one in lists if one]
    assert told["sizes"] == {"1280": True, "1920": True, "640": True, "talks": [True] * 4, "open": [1, 0], "hung_up": 0}
    assert told["sent"] == {"stays": True, "link": 1, "hung_up": 0}
    assert told["not_held"] == {"held": [False, True, False], "state": "talking", "hung_up": 0}
    assert told["unreached"] == {"bar": True, "hung_up": 0}
