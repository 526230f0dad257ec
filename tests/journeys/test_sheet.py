"""A month-end from its figures to its first correction, as expected by hand."""

from tests.journeys.sheet import NUMBER


def test_a_month_end_goes_from_its_figures_to_a_late_call_back_that_is_a_correction(journey):
    told = journey("sheet")
    assert told["before"] == {"received": "3", "solve": "2 / 2", "response_confirmed": "3 / 3"}
    assert all("工单上有剔除申请待裁定" in said and "证据.png" in said for said in told["objections"])
    assert "冻结由您办理，须由另一人签发" in told["shut"] and "不予采纳：证据看不出日期" in told["refused"] and told["pdf"] == "%PDF-"
    late = told["late"]
    assert late["after"] == {"received": "3", "solve": "1 / 1", "response_confirmed": "2 / 2"}, "frozen with one excluded; the late call-back moves nothing"
    assert late["added"][0] > 0 == late["added"][1], "never twice the same"
    row = next(row for row in late["rows"] if row[2:4] == ["市水务局", "响应率"])
    assert (row[4], row[5]) == ("2 / 2", "1 / 2") and late["number"] in row[6] and row[6].startswith("少")
    composite = next(row for row in late["rows"] if row[2:4] == ["总体", "综合得分"])
    assert composite[4:6] == ["100.00", "85.00"], "0.30 × 1/2 + 0.35 × 1/1 + 0.35 × 1/1"
    assert "草稿" not in late["head"] and NUMBER in late["head"] and "签发 同事乙" in late["head"] and "冻结以后的更正" in late["head"]
