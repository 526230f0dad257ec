"""A day's report from its draft to the three papers that leave."""


def test_a_report_is_drafted_worded_signed_and_taken_away_in_three_forms(journey):
    told = journey("bulletins")
    assert told == {"pdf": "%PDF-", "words": True, "received": 3, "formula": '=IF(N(C4)=0,"",B4/C4)', "opened": 3}
