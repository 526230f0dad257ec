"""A centre's own scheme of the composite: two persons, from a day on, beside what is imposed from above; figures say which scheme made them."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from tests.cast import NOW

from minsheng.accounts.rules import Role, clock_actor
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures import board, queries, scheme_actions, schemes
from minsheng.measures.models import Scoring
from minsheng.measures.queries import Asked

BY = clock_actor("测试")
CURVES = "satisfaction 25 full=95 slope=0.5 floor=12.5\non_time_completion 25 full=100 slope=1 floor=0\nresponse_confirmed 25\nsolve 25"
GIVEN = {"name": "本市方案", "slot": "own", "since": "2025-02-01", "parts": CURVES, "basis": "考核办法第五条"}


def propose(cast, by: str = "analyst", **more) -> int:
    return scheme_actions.propose(by=cast.actors[by], given=GIVEN | more).subject_id


def confirm(cast, one: int, by: str = "supervisor") -> None:
    scheme_actions.take(scoring_id=one, step="confirm_scoring", by=cast.actors[by])
    schemes.forget()


def score(day: date, **more):
    return queries.rows(Asked(date(2025, 1, 1), day, cutoff=NOW + timedelta(days=90), **more), BY, ["composite"])[0]


def closed(cast) -> None:
    case = cast.at_state(State.PENDING_CALLBACK)
    for one, solved in ((case, False), (cast.at_state(State.PENDING_CALLBACK), True)):
        cast.take(one, "record_callback", "callback_clerk", party=one.id, outcome="answered", contacted=True, solved=solved,
                  satisfaction="satisfied", **({} if solved else {"verbatim": "没修好"}))


def test_the_programs_scheme_holds_until_the_day_of_the_centres_own_and_stands_beside_it_then(cast):
    closed(cast)
    assert score(date(2025, 3, 1)).version == "3@2025-01-01+30-35-35" and queries.beside(Asked(date(2025, 1, 1), date(2025, 3, 1)), BY) == []
    one = propose(cast)
    schemes.forget()
    assert score(date(2025, 3, 1)).version.endswith("+30-35-35"), "proposed is not confirmed"
    confirm(cast, one)
    assert score(date(2025, 1, 31)).version.endswith("+30-35-35") and score(date(2025, 2, 1)).version.endswith("+own@2025-02-01")
    asked = Asked(date(2025, 1, 1), date(2025, 2, 1), cutoff=NOW + timedelta(days=90))
    beside, = queries.beside(asked, BY)
    assert beside.label == "综合得分（响应 30、解决 35、满意 35）" and beside.value == score(date(2025, 1, 31)).value
    rates = {row.measure: row.value for row in queries.rows(asked, BY, ["satisfaction", "on_time_completion", "response_confirmed", "solve"])}
    expected = max(12.5, min(25, 25 - 0.5 * (95 - 100 * rates["satisfaction"]))) + max(0, 25 - (100 - 100 * rates["on_time_completion"]))
    assert score(date(2025, 2, 1)).value * 100 == pytest.approx(expected + 25 * rates["response_confirmed"] + 25 * rates["solve"], abs=1e-3)


def test_what_is_imposed_from_above_is_shown_beside_and_replaces_nothing(cast):
    closed(cast)
    confirm(cast, propose(cast, slot="upper", name="省里方案"))
    asked = Asked(date(2025, 1, 1), date(2025, 2, 1), by="unit", cutoff=NOW + timedelta(days=90))
    assert score(date(2025, 2, 1)).version.endswith("+30-35-35")
    assert {(row.group, row.label, row.version.partition("+")[2]) for row in queries.beside(asked, BY)} == {("市水务局", "综合得分（省里方案）", "upper@2025-02-01")}
    seen = board.overview(asked, cast.actors["supervisor"])
    assert [scheme.name for scheme, _ in seen.scores] == ["响应 30、解决 35、满意 35", "省里方案"]
    page = cast.client("supervisor").get("/board/?from=2025-01-01&to=2025-02-01").content.decode()
    assert "省里方案" in page and "计分方案" in page


@pytest.mark.parametrize(("more", "name", "said"), [
    ({"parts": "solve 30\nsatisfaction 35"}, "parts", "合计应为 100"), ({"parts": "happiness 100"}, "parts", "没有可计分的指标"),
    ({"parts": "solve 100 full=95 slope=-1 floor=0"}, "parts", "扣的分应大于 0"), ({"since": "2025-01-01"}, "since", "已过"), ({"slot": "third"}, "slot", ""),
    ({"name": ""}, "name", ""), ({"since": "x"}, "since", ""),
])
def test_a_scheme_that_makes_no_sense_is_refused_and_nothing_is_written(cast, more, name, said):
    with pytest.raises(Invalid) as wrong:
        propose(cast, **more)
    assert said in wrong.value.errors[name] and not Scoring.objects.exists()


def test_two_schemes_of_one_place_do_not_begin_on_one_day(cast):
    one = propose(cast)
    with pytest.raises(Invalid, match="已有一个方案"):
        propose(cast)
    propose(cast, slot="upper")
    propose(cast, since="2025-02-02")
    scheme_actions.take(scoring_id=one, step="drop_scoring", by=cast.actors["supervisor"], given={"reason": "改用另一个"})
    propose(cast)


def test_nobody_confirms_what_they_proposed_and_what_waited_past_its_day_is_not_confirmed(cast):
    one = propose(cast, since="2025-01-02")
    for who in ("analyst", "inspector", "water", "agent"):
        with pytest.raises(Refused):
            confirm(cast, one, who)
    with clock.fixed(NOW + timedelta(days=1)), pytest.raises(Invalid, match="已过"):
        confirm(cast, one)
    with pytest.raises(Refused):
        propose(cast, by="supervisor", since="2025-01-03")
    confirm(cast, one, cast.another(Role.SUPERVISOR))
    with pytest.raises(Refused):
        scheme_actions.take(scoring_id=one, step="drop_scoring", by=cast.actors["supervisor"], given={"reason": "晚了"})


def test_a_confirmed_scheme_changed_by_hand_is_named_and_scores_nothing_that_makes_no_sense(cast):
    one = propose(cast, since="2025-01-02")
    confirm(cast, one)
    assert list(scheme_actions.verify_history()) == []
    Scoring.objects.filter(id=one).update(parts="solve 100")
    assert any("“各项分值”与历史不符" in said for said in scheme_actions.verify_history())
    Scoring.objects.filter(id=one).update(parts="nonsense")
    schemes.forget()
    assert schemes.on(date(2025, 1, 2)).code == "30-35-35"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE measures_scoringstep SET at = at")


def test_pages_of_schemes(cast):
    analyst, supervisor = cast.client("analyst"), cast.client("supervisor")
    assert "响应率 30 分，按比例" in analyst.get("/desk/scorings").content.decode()
    assert "不是国家方案" in analyst.get("/desk/scorings").content.decode() and "不是全国规定" in analyst.get("/desk/scorings").content.decode()
    form = analyst.get("/desk/scorings/new?from=curves-95").content.decode()
    assert "满意率（回访） 25 分，每低于 95% 一个百分点扣 0.5 分，最低 12.5 分" in form and "full=" not in form and "response_confirmed" not in form
    assert analyst.post("/desk/scorings/new", GIVEN | {"parts": "solve 99"}).status_code == 422
    typed = "满意率 25 分，每低于 95% 一个百分点扣 0.5 分，最低 12.5 分\n按时办结率 25 分，每低于 100% 一个百分点扣 1 分，最低 0 分\n响应率 25 分\n解决率 25 分"
    where = analyst.post("/desk/scorings/new", GIVEN | {"parts": typed}).headers["Location"]
    assert Scoring.objects.get().parts == CURVES, "kept in one form however it is typed"
    assert "每低于 95% 一个百分点扣 0.5 分，最低 12.5 分" in supervisor.get(where).content.decode()
    assert supervisor.post(f"{where}/step", {"step": "confirm_scoring"}).status_code == 302
    assert "已确认" in analyst.get("/desk/scorings").content.decode()
    for who in ("water", "agent"):
        assert cast.client(who).get("/desk/scorings").status_code == 403
    assert supervisor.get("/desk/scorings/new").status_code == 403
