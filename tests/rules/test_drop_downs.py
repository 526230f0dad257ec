"""Drop-downs are drawn once for the same choices: whoever is offered others gets others, whatever was drawn before."""

from html import escape

import pytest
from django.template import engines

CASES = (
    ([(1, "水务局"), (2, "城管局")], 2),
    ([(1, "水务局")], 2),  # a shorter list after a longer one: nothing of that is left in it
    ([(1, "水务局"), (2, "城管局")], 0),
    ([("a", "甲<b>"), ('"', "引号")], '"'),
    ([("1", "甲"), ("11", "乙")], "1"),
    ([("a", "甲")], "<script>"),
    ([("a", "甲")], None),
    ([], "a"),
)


@pytest.mark.parametrize(("choices", "chosen"), CASES)
def test_a_drop_down_is_what_a_loop_over_its_choices_would_draw(choices, chosen):
    made = engines["django"].from_string("{% options choices chosen %}").render({"choices": choices, "chosen": chosen})
    assert made == "".join(
        f'<option value="{escape(str(value))}"{" selected" if value == chosen else ""}>{escape(label)}</option>' for value, label in choices)
