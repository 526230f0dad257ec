"""A sentence with values is a plain text to everybody who does not ask for more."""

import copy
import json
import pickle

from minsheng.accounts.rules import in_words
from minsheng.kit.translatable import Said
from minsheng.kit.verdict import Refused, no


def test_it_reads_as_its_chinese_text_and_remembers_how_it_was_made():
    said = Said("请等 {wait}后再试", wait=Said("{n} 秒", n=30))
    assert said == "请等 30 秒后再试" and str(Refused(no("wait", said))) == said
    assert said.template == "请等 {wait}后再试" and said.values["wait"].values == {"n": 30}


def test_braces_in_a_value_are_only_text():
    assert Said("“{name}”超过 20 MB", name="{0.__class__}") == "“{0.__class__}”超过 20 MB"


def test_it_travels_as_text_and_copies_whole():
    said = Said("{n} 分钟", n=2)
    assert json.loads(json.dumps({"said": said})) == {"said": "2 分钟"}
    for again in (copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert (again, again.template, again.values) == (said, said.template, said.values)


def test_a_wait_is_rounded_up_and_can_be_said_in_any_language():
    from datetime import timedelta

    assert in_words(timedelta(seconds=29.2)).values == {"n": 30} and in_words(timedelta(seconds=61)) == "2 分钟"
