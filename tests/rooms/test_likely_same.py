"""What may be the same event: however many cases are open, only the newest are compared, and an older one of the matter is still found."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from minsheng.cases.models import Case, Category
from minsheng.dispatch import queries as dispatch

SAID = "人民东路十二号院门口的自来水管爆了，水漫到马路上，请尽快来修"


def found(cast, **where) -> list[int]:
    with CaptureQueriesContext(connection) as seen:
        same = dispatch.likely_same(cast.actors["dispatcher"], SAID, **where)
    assert len(seen) <= 1
    return [case.id for case in same]


def test_an_older_case_of_the_matter_is_found_behind_many_newer_ones(cast, monkeypatch):
    water = Category.objects.get(id=cast.create().category_id)
    other = next(c for c in Category.objects.order_by("code") if c.id != water.id and not Category.objects.filter(parent=c.id).exists())
    old = cast.create(title="水管爆裂", narrative="人民东路十二号院门口自来水管爆了，水漫到马路上", category=water.code)
    for n in range(3):
        cast.create(title=f"路灯不亮之{n}", narrative="学校后门的路灯不亮，孩子晚上放学看不见", category=other.code)
    monkeypatch.setattr(dispatch, "NEWEST", 2)
    assert old.id not in found(cast), "two newer ones are compared"
    assert old.id in found(cast, guessed=[other.code, water.code][1:]), "of the matter that the words are about too"
    assert old.id in found(cast, category=water.code)
    assert old.id not in found(cast, category=other.code)
    assert old.id not in found(cast, category=water.code, leave_out=old.id)


def test_nothing_is_compared_with_three_words_or_where_the_matter_is_unknown(cast):
    assert dispatch.likely_same(cast.actors["dispatcher"], "停水") == []
    case = cast.create(title="水管爆裂", narrative="人民东路十二号院门口自来水管爆了，水漫到马路上")
    assert case.id in found(cast, guessed=["no.such"])


def test_parts_of_one_request_are_not_offered_to_be_merged_again(cast):
    whole = cast.create(title="水管爆裂", narrative="人民东路十二号院门口自来水管爆了，水漫到马路上；路灯也不亮")
    cast.take(whole, "split", "dispatcher", parts=[{"narrative": SAID}, {"narrative": f"{SAID}，路灯也不亮"}], reason="两件事")
    parts = list(Case.objects.filter(parent_id=whole.id).order_by("id").values_list("id", flat=True))
    assert set(parts) <= set(found(cast)), "another's request may be the same as either"
    assert found(cast, leave_out=parts[0], split_from=whole.id) == []
    again = cast.create(title="水管爆裂", narrative=SAID)
    assert found(cast, leave_out=parts[0], split_from=whole.id) == [again.id]
