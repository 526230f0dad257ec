"""Number and query code as people copy, read out and type them: what is no figure does not count, and counts for no failure."""

import pytest

from minsheng.cases.actions import by_citizen
from minsheng.kit.verdict import Refused


def tibetan(text: str) -> str:
    return "".join(chr(0x0F20 + int(c)) if c.isdigit() else c for c in text)


def wide(text: str) -> str:
    return "".join(chr(0xFF10 + int(c)) if c.isdigit() else c for c in text)


def said(text: str, figures: str = "〇一二三四五六七八九") -> str:
    return "".join(figures[int(c)] if c.isdigit() else c for c in text)


WRITTEN = {
    "as it is": str, "with a mark without width": lambda t: t[:3] + "\u200b" + t[3:] + "\ufeff",
    "in Tibetan figures": tibetan, "in wide figures": wide,
    "in Arabic figures": lambda t: "".join(chr(0x0660 + int(c)) for c in t),
    "in groups": lambda t: f"{t[:4]} {t[4:6]}-{t[6:]}".strip(), "in brackets": lambda t: f"【{t}】",
    "with its name": lambda t: f"查询码：{t}。", "as keys": lambda t: "".join(f"{c}\ufe0f\u20e3" for c in t),
    "as on a sheet": lambda t: f"'{t}", "with turns of direction": lambda t: f"\u202d{t}\u202c",
    "as it is read out": said, "as banks write it": lambda t: said(t, "零壹贰叁肆伍陆柒捌玖"), "said in part": lambda t: said(t[:4]) + t[4:],
    "in words that count": lambda t: f"一共两个：{t}", "in Braille": lambda t: "⠼" + said(t, "⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊"),
    "over several lines": lambda t: "\n".join([t[:3], t[3:]]),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_number_and_a_code_open_their_case_however_they_are_written(cast, how):
    case = cast.create()
    write = WRITTEN[how]
    opened = by_citizen.open_by_code(number=write(case.number), code=write(cast.codes[case.id]), address="10.0.0.1")
    assert opened.case_id == case.id


def test_what_holds_no_figure_at_all_is_no_try(cast):
    case = cast.create()
    for _ in range(30):
        for number, code in ((case.number, "……"), ("编号", cast.codes[case.id]), ("", ""), ("\u200b", "\x00")):
            with pytest.raises(Refused) as wrong:
                by_citizen.open_by_code(number=number, code=code, address="10.0.0.1")
            assert wrong.value.verdict.code == "wrong"
    assert by_citizen.open_by_code(number=case.number, code=cast.codes[case.id], address="10.0.0.1").case_id == case.id


@pytest.mark.parametrize("how", ["as it is", "in Tibetan figures", "in wide figures", "in groups", "with a mark without width"])
def test_the_desk_finds_a_case_by_its_number_however_it_is_written(cast, how):
    from minsheng.cases.queries import lists

    case = cast.create()
    found = lists.search(cast.actors["agent"], WRITTEN[how](case.number))
    assert found.how == "number" and [row.id for row in found.page.rows] == [case.id]
