"""Pages at every width, and on paper."""


def test_no_page_overflows_and_axe_says_nothing_of_any(journey):
    told = journey("every_page")
    assert {"/desk/knowledge", "/desk/matters", "/board/", "/me", "/desk/cases", "/desk/ledger"} <= set(told["pages"]) and len(told["pages"]) >= 35
    paper = told["printed"]
    assert paper["shown"] and "示例市" in paper["letter"] and "12345" in paper["letter"] and paper["words"]
