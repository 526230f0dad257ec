"""Pages at every width, and on paper."""


def test_no_page_overflows_and_axe_says_nothing_of_any(journey):
    told = journey("every_page")
    assert "/me" in told["pages"] and len(told["pages"]) >= 20, "what half of the people get to"
    paper = told["printed"]
    assert paper["shown"] and "示例市" in paper["letter"] and "12345" in paper["letter"] and paper["words"]
