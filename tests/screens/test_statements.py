"""Every page takes a fixed number of SQL statements: as many for a few cases as for many, and never more than twelve.

Units, matters, calendar and limits are kept for five seconds a process and read together: a request that finds nothing kept takes one
more, and one for the words of danger.
"""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, PHONE, build
from tests.of_today import ALL, of_today
from tests.screens.test_walk import STAFF, filled

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES
from minsheng.calendar import queries as calendar
from minsheng.cases import queries as cases
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.followup import actions as followup
from minsheng.kit import clock, kept
from minsheng.measures import following
from minsheng.org import queries as org

MOST, KEPT = 12, 4  # two, and two more at the first sight of some pages
COLD: dict[str, int] = {}  # path -> statements of a request that found nothing kept
CHECKS = {"/desk/system"}  # asks the server about itself, as `doctor` does: no page of cases
SHAPES = (State.PENDING_REVIEW, State.DIRECT_ANSWERED, State.PENDING_SIGN, State.RETURN_REVIEW, State.IN_PROGRESS, State.PARKED,
          State.PENDING_CHECK, State.PENDING_CALLBACK, State.CLOSED, State.DECLINED)
READERS = ("agent", "dispatcher", "supervisor", "checker", "return_reviewer", "coordinator", "callback_clerk", "quality", "analyst", "water",
           "water_head", "county", "inspector", "leader", "security_admin", "audit_admin", "knowledge_editor", "shift_leader")
WITH_QUERIES = {
    "dispatcher": ("/desk/cases?overdue=1&order=due", "/desk/cases?state=open", "/desk/cases?category=tap", "/desk/cases?unit={water}",
                   "/desk/cases?since=2025-01-01&until=2025-01-31", "/desk/search?q=停水", f"/desk/search?q={PHONE}", "/desk/search?q=没有的词",
                   "/desk/dispatch?pile=returned", "/desk/dispatch?pile=declined", "/desk/dispatch?pile=night"),
    "supervisor": ("/desk/rulings?tab=callbacks", "/board/?by=category&from=2024-06-01&to=2025-01-31", "/board/?by=channel", "/board/?by=district",
                   "/board/list?measure=received&part=numerator", "/board/list?measure=satisfaction&part=denominator&by=unit&key={water}",
                   "/board/list?measure=dispatched&part=numerator", "/board/late?where=to_handle&unit={water}", "/board/table.csv?by=category"),
    "water": tuple(f"/desk/unit?tab={tab}" for tab in ("sign", "doing", "tasks", "soon")) + ("/desk/search?q=停水", "/desk/cases?state=closed"),
    "water_head": ("/desk/unit?tab=approve", "/board/?by=category", "/board/list?measure=on_time_completion&part=denominator"),
    "analyst": ("/desk/search?q=停水", f"/desk/search?q={PHONE}"),
}
API = ("/api/v1/cases", "/api/v1/cases?q=停水", "/api/v1/cases?state=open&order=due", "/api/v1/cases/{number}", "/api/v1/cases/{number}/steps",
       "/api/v1/measures?by=unit")


@pytest.fixture
def cast(db, monkeypatch):
    monkeypatch.setattr(kept, "KEEP_S", 3600)  # `count` forgets by itself; a slow machine shall not within a request
    with clock.fixed(NOW):
        yield build()


def more(cast, rounds: int) -> None:
    """One case of every shape a round, with a request for a ruling and a task among them."""
    for _ in range(rounds):
        made = {state: cast.at_state(state) for state in SHAPES}
        asked = cast.at_state(State.IN_PROGRESS)
        cast.take(asked, "ask_extension", "water", reason="配件要从外地调运", interim="正在采购")
        cast.take(asked, "assign_task", "water", task_unit=cast.units["pipes"].id, duty="现场关阀")
        cast.take(made[State.IN_PROGRESS], "add_co", "coordinator", co_unit=cast.units["roads"].id, duty="恢复路面")


def count(client, path: str, **more) -> tuple[int, int, list[str]]:
    """(status, statements, their text) of a request with nothing kept from before; what only fills the kept things is left out."""
    for room in (calendar, cases, org):
        room.forget()
    following.bring_up_to_date()  # as the worker does every few seconds
    with CaptureQueriesContext(connection) as cold:
        client.get(path, **more)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path, **more)
    assert len(cold) <= len(seen) + KEPT, (path, len(cold), len(seen))
    COLD[path] = len(cold)
    return answer.status_code, len(seen), [q["sql"][:300] for q in seen.captured_queries]


def walked(cast) -> dict[tuple[str, str], tuple[int, list[str]]]:
    """(who, path) -> statements, of every page that opens for that reader."""
    one, found = Case.objects.filter(state=State.IN_PROGRESS).latest("id"), {}
    call = followup.take_next(by=cast.actors["callback_clerk"])
    named = {"water": cast.units["water"].id, "number": one.number}
    for who in READERS:
        client, roles = cast.client(who), cast.actors[who].roles
        routes = [route for route, view in STAFF if not view.needs or roles & set(view.needs)]
        plain = [route.replace("<int:row_id>", str(call.id)) for route in routes if "row_id" not in route or who == "callback_clerk"]
        for path in of_today([*plain, *(p.format(**named) for p in WITH_QUERIES.get(who, ()))], one_in=2):
            status, n, said = count(client, filled(path, one))
            if status == 200:
                found[who, path.replace(str(call.id), "N")] = n, said
    return found | _outside(cast, named)


def _outside(cast, named: dict) -> dict:
    person, found = cast.people["dispatcher"], {}
    token = accounts.make_token(person=person, name="数语句", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)[1]
    for path in API:
        status, n, said = count(Client(), path.format(**named), headers={"Authorization": f"Bearer {token}"})
        assert status == 200, path
        found["api", path] = n, said
    client, case = Client(), cast.create()
    code = "246810"
    from minsheng.cases.actions import code_hash

    Case.objects.filter(id=case.id).update(code_hash=code_hash(case.number, code))
    assert client.post("/track", {"number": case.number, "code": code}).status_code == 302
    for path in ("/track", "/case"):
        found["citizen", path] = count(client, path)[1:]
    return found


def test_a_page_takes_as_many_statements_for_many_cases_as_for_few_and_at_most_twelve(cast):
    more(cast, 1)
    few = walked(cast)
    more(cast, 3)
    assert Case.objects.count() >= 40
    many = walked(cast)
    assert len(few) > (100 if ALL else 40) and few.keys() <= many.keys()
    grown = {page: (few[page][0], many[page][0]) for page in few if many[page][0] > few[page][0]}
    assert grown == {}, "\n".join(f"{p}: {a} -> {b}\n  " + "\n  ".join(many[p][1]) for p, (a, b) in grown.items())
    assert {path: n for path, n in COLD.items() if n > MOST and path not in CHECKS} == {}
    over = {page: n for page, (n, _) in many.items() if n > MOST and page[1] not in CHECKS}
    assert over == {}, "\n".join(f"{p}: {n}\n  " + "\n  ".join(many[p][1]) for p, n in over.items())


def test_the_count_of_statements_sees_a_page_that_asks_row_by_row(cast):
    """The test above can fail: a reader that asks once more for each case is caught."""
    more(cast, 1)

    class Asking:
        def get(self, path):
            answer = Client().get(path)
            for case in Case.objects.all():
                str(case.lead)
            return answer

    before = count(Asking(), "/track")[1]
    more(cast, 1)
    assert count(Asking(), "/track")[1] > before
