"""What a technician reads of the commands in a terminal of eighty columns."""

import unicodedata

from minsheng.cli.__main__ import commands, usage


def wide(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def test_the_list_of_commands_is_folded_under_its_column_and_says_the_same():
    whole, folded = usage(commands()), usage(commands(), 80)
    assert max(wide(line) for line in whole.split("\n")) > 80
    for line in folded.split("\n")[2:]:
        assert wide(line) <= 82 and (line[:20].strip() == "" or line[:2] == "  " and line[2] != " "), line
    assert "".join(folded.split()) == "".join(whole.split())
