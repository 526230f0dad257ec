"""Charts and the wall, looked at: not blank, not cut off, nothing that the browser or axe complains of."""


def test_what_the_board_says_is_drawn_at_every_width_and_the_wall_says_when_it_is_old(journey):
    told = journey("board")
    assert told["pages"]["charts"] == {"/board/": 1, "/board/flow": 3, "/board/spread": 2, "/board/trend": 3}
    assert told["pages"]["door"] and told["pages"]["folded"] and 1 <= told["pages"]["paper"] <= 4
    assert told["bare"] == {"tables": 3, "canvases": 0}
    wall = told["wall"]
    assert wall["address"] == "/board/screen" and wall["1920"] == wall["3840"] >= 1 and wall["fresh"]
    assert "连不上服务器" in wall["gone"] and "分钟前的数字，不是现在的" in wall["gone"]
