"""A time in a sentence is written as people write it, whatever program sent it."""

from datetime import date, datetime

import pytest

from minsheng.cases.rules.fields import element_words
from minsheng.kit import written_times


def test_a_day_and_a_moment_carry_their_year_and_no_leading_zero():
    assert written_times.day(date(2025, 1, 7)) == "2025年1月7日"
    assert written_times.moment(datetime(2024, 12, 30, 9, 6)) == "2024年12月30日 09:06"
    assert written_times.moment(datetime(2025, 1, 2, 10), gap="") == "2025年1月2日10:00"


@pytest.mark.parametrize("sent, said", [
    ("2024-12-29 19:10", "2024年12月29日 19:10"), ("2024-12-29T19:10", "2024年12月29日 19:10"), ("2024-12-23", "2024年12月23日"),
    ("昨晚十点", "昨晚十点"), ("2024-13-40", "2024-13-40"), ("电表 2024-12-29", "电表 2024-12-29"), (["夜间", "2024-12-23"], "夜间、2024年12月23日"),
    (None, ""), (True, "是"), (False, "否"), (0, "0"), (4680, "4680")])
def test_an_element_that_a_program_sent_as_a_time_is_read_as_one(sent, said):
    assert element_words(sent) == said
