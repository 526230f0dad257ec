"""A report in sentences: every number is a figure with a list, nothing divides by nothing, no base is compared with another."""

import re

from hypothesis import given
from hypothesis import strategies as st

from minsheng.kit.papers.sentences import text
from minsheng.kit.percents import percent
from minsheng.leader_days.rules.report_figures import BY_KEY, FIGURES, IN_PERSON, LINES, Hotline, Scope, counted, together
from minsheng.leader_days.rules.report_frozen import Frozen, paper
from minsheng.leader_days.rules.report_prose import HOTLINE, sentences

NOW = Scope("历年", {"periods": 9, "units": 13, "received": 314, "answered": 40, "ordered": 270, "to_complete": 314, "done": 304, "asked_solved": 100,
                    "solved": 90, "asked_satisfied": 90, "satisfied": 80, "made": 5, "kept": 3, "late": 1, "withdrawn": 0, "open": 1, "views": 500_000})
counts = st.integers(0, 10**6)
scopes = st.builds(Scope, st.sampled_from(["2024年", "2024年第9期"]), st.fixed_dictionaries({}, optional={one.key: counts for one in FIGURES}))


def test_the_published_figures_are_said_beside_the_hotlines_own_rate_as_another_base():
    said = [text(one) for one in sentences(NOW, [], Hotline("2023-05-01", "2024-12-31", 970, 1000))]
    whole = "\n".join(said)
    assert "历年共举办接听日9期，13个单位的负责同志到热线接听。" in whole and "受理群众诉求314件" in whole
    assert "办结304件，办结率96.8%" in whole and "全热线应办结1,000件，办结970件，办结率97.0%。两者基数不同，只并列，不作比较" in whole
    assert "浏览500,000次，只作登记，不计入评分" in whole


def test_what_was_not_asked_or_promised_is_said_so_and_no_share_of_nothing():
    said = "\n".join(text(one) for one in sentences(Scope("2024年第1期", {"received": 1}), [], Hotline("", "")))
    assert "还没有诉求人在回访中回答" in said and "没有登记承诺事项" in said and "没有应办结的诉求" in said and "%" not in said
    assert percent(0, 0) == "暂无数据" and percent(304, 314) == "96.8%"


@given(scopes, st.lists(scopes, max_size=3), st.builds(Hotline, st.just("2024-01-01"), st.just("2024-12-31"), counts, counts))
def test_every_number_in_a_sentence_is_a_figure_that_opens_its_list(now, before, hotline):
    for sentence in sentences(now, before, hotline):
        for part in sentence:
            if part.key:
                assert part.key in BY_KEY and (part.of == HOTLINE or 0 <= part.of <= len(before))
            else:  # a name or a date may have figures: no count is among them
                plain = re.sub(r"\d{4}年(\d+月\d+日)?|至\d+月\d+日|第\d+期", "", part.text)
                assert not re.search(r"\d", plain), part.text


@given(st.lists(st.dictionaries(st.sampled_from([one.key for one in FIGURES]), counts), max_size=5))
def test_a_whole_is_the_sum_of_its_parts(parts):
    whole = together(parts)
    assert all(whole.get(one.key, 0) == sum(part.get(one.key, 0) for part in parts) for one in FIGURES)


def test_every_line_shows_figures_that_there_are():
    assert {line.key for line in LINES} | {line.of for line in LINES if line.of} == set(BY_KEY)


def test_a_report_signed_before_the_deeds_in_person_were_counted_says_nothing_of_them():
    def cells(scope):
        table = next(one for one in paper(Frozen([scope], Hotline("", ""), "今天"), title="报告", issuer="中心", remarks="", day=None).blocks if hasattr(one, "rows"))
        return {row[0]: row[1] for row in table.rows}

    then, now = Scope("第1期", {"received": 1, "owed": 0}), Scope("第1期", {"received": 1, "owed": 0, **{step: 0 for step, _ in IN_PERSON}, "urge_in_person": 2})
    assert not {label for _, label in IN_PERSON} & set(cells(then)) and cells(now)["亲自督办"] == "2件"
    assert len(counted([then])) + len(IN_PERSON) == len(counted([now, then])) == len(LINES)
    assert "亲自督办2件。" in "".join(text(one) for one in sentences(now, [], Hotline("", ""))) and "亲自" not in "".join(
        text(one) for one in sentences(then, [], Hotline("", "")))


def test_days_stand_in_prose_as_a_paper_writes_them():
    said = ["".join(text(one) for one in sentences(NOW, [], Hotline(since, until, 1, 2)))
            for since, until in (("2025-01-03", "2025-01-03"), ("2024-01-01", "2024-12-31"), ("2023-05-26", "2025-01-02"))]
    assert ["。2025年1月3日，全热线" in said[0], "。2024年1月1日至12月31日，全热线" in said[1], "。2023年5月26日至2025年1月2日，全热线" in said[2]] == [True] * 3


def test_what_was_withdrawn_or_is_not_due_is_no_part_of_the_share_that_was_kept():
    """Eleven promises: five kept, two late, one withdrawn, three open of which one is past its date: 5 of 8, not 5 of 11 (rulings, 47)."""
    numbers = {"made": 11, "kept": 5, "late": 2, "withdrawn": 1, "open": 3, "overdue": 1, "owed": 8}
    lines = {line.label: line.of for line in counted([Scope("2024年", numbers)])}
    assert lines["兑现率"] == "owed" and not any(lines[name] for name in ("已兑现", "未按期兑现", "撤回", "未了结"))
    assert "应兑现8项，兑现率62.5%" in "".join(text(one) for one in sentences(Scope("2024年", numbers), [], Hotline("2024-01-01", "2024-12-31")))


def test_a_report_that_was_signed_before_is_drawn_as_it_was():
    numbers = {"made": 11, "kept": 5, "late": 2, "withdrawn": 1, "open": 3, "overdue": 1}
    lines = {line.label: line.of for line in counted([Scope("2024年", numbers)])}
    assert lines["已兑现"] == "made" and "兑现率" not in lines
    assert "兑现率" not in "".join(text(one) for one in sentences(Scope("2024年", numbers), [], Hotline("2024-01-01", "2024-12-31")))
