"""The API: the screens' rules under another door. Who sees what, refusals word for word, keys that make one case, paging, errors."""

import json
import threading
import time
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, PEOPLE, PHONE, PNG, build
from tests.of_today import of_today

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES
from minsheng.api import views
from minsheng.cases import queries
from minsheng.cases.actions import any_step
from minsheng.cases.models import Case, CaseStep, OutsideKey
from minsheng.cases.rules import State
from minsheng.kit import clock, feed
from minsheng.kit.verdict import Refused
from minsheng.ledger import queries as ledger

BODY = {"kind": "help", "narrative": f"幸福路小区停水两天，我叫王小明，电话{PHONE}，请尽快处理。", "title": "幸福路小区停水", "place": "幸福路1号",
        "category": "tap", "channel": "web", "requester": {"name": "王小明", "phone": PHONE}}


class Program:
    """A program with a token of that person."""

    def __init__(self, cast, who: str, scopes=SCOPES):
        self.secret = accounts.make_token(person=cast.people[who], name="测试", scopes=scopes, by=accounts.COMMAND_LINE, setup=True)[1]
        self.client = Client(raise_request_exception=False)

    def _headers(self, more: dict) -> dict:
        return {"Authorization": f"Bearer {self.secret}", **more}

    def get(self, path: str, **query):
        return self.client.get("/api/v1" + path, query, headers=self._headers({}))

    def post(self, path: str, body=None, **headers):
        return self.client.post("/api/v1" + path, json.dumps(body or {}), content_type="application/json", headers=self._headers(headers))

    def upload(self, path: str, **fields):
        return self.client.post("/api/v1" + path, fields, headers=self._headers({}))


@pytest.fixture
def program(cast):
    made = {}

    def of(who: str) -> Program:
        return made.setdefault(who, Program(cast, who))

    return of


def reason(answer) -> str:
    return answer.json()["error"]["reason"]


# --- creating ------------------------------------------------------------


def test_a_request_is_registered_and_submitted_at_once(program):
    answer = program("agent").post("/cases", BODY)
    made = answer.json()
    assert answer.status_code == 201 and made["state"] == "pending_review" and len(made["query_code"]) == 8 and made["due_at"]
    case = Case.objects.get(id=int(made["id"]))
    assert case.number == made["number"] and list(case.steps.order_by("seq").values_list("step", flat=True)) == ["register", "submit"]


def test_a_case_is_made_in_three_statements_whose_texts_do_not_change(program):
    """Who asks, what must be known, all rows: planned once per connection, because no value stands in their texts."""
    agent = program("agent")
    agent.post("/cases", BODY, **{"Idempotency-Key": "first"})
    texts = []
    for n in range(2):
        other = {"narrative": f"另一件事：{n}号路口积水。", "requester": {"name": "赵先生", "phone": f"1390000000{n}"}}
        with CaptureQueriesContext(connection) as seen:
            agent.post("/cases", BODY | other, **{"Idempotency-Key": f"few-{n}"})
        texts.append([q["sql"] for q in seen.captured_queries])
    assert len(texts[0]) == 3 and texts[0] == texts[1], texts


def test_a_repeat_uses_up_no_number(program):
    numbers = [program("agent").post("/cases", BODY, **{"Idempotency-Key": key}).json()["number"] for key in ("n-1", "n-1", "n-1", "n-2")]
    assert numbers[0] == numbers[1] == numbers[2] and int(numbers[3]) == int(numbers[0]) + 1


def test_the_same_number_and_name_is_the_same_requester(program):
    made = [program("agent").post("/cases", BODY | {"requester": {"name": name, "phone": phone}}).json()["id"]
            for name, phone in (("王小明", PHONE), ("王小明", f"+86 {PHONE}"), ("王大明", PHONE), ("", ""), ("", ""))]
    contacts = [Case.objects.get(id=int(id_)).contact_id for id_ in made]
    assert contacts[0] == contacts[1] != contacts[2] and contacts[3] is contacts[4] is None


def test_a_character_that_the_database_cannot_hold_is_left_out(program):
    odd = {"narrative": "停\x00水", "original": "a\x00b", "elements": {"spot\x00": ["x\x00", {"y": "z\x00"}]}, "place": "路\\u0000口"}
    answer = program("agent").post("/cases", BODY | odd)
    assert answer.status_code == 201, answer.content.decode()
    text = Case.objects.get(id=int(answer.json()["id"])).text
    assert (text.narrative, text.original, text.elements) == ("停水", "ab", {"spot": ["x", {"y": "z"}]}) and text.place == "路\\u0000口"
    assert program("agent").post("/cases", BODY | {"idempotency_key": "a\x00"}).status_code == 422


def test_the_same_key_returns_the_case_made_before_with_another_code(program):
    first = program("agent").post("/cases", BODY, **{"Idempotency-Key": "a-1"})
    second = program("agent").post("/cases", BODY | {"idempotency_key": "a-1"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"] and second.json()["replayed"]
    lost, code = first.json()["query_code"], second.json()["query_code"]
    assert len(code) == 8 and code != lost  # whoever never got the first answer can open the case all the same


def test_the_same_key_with_other_content_is_refused(program):
    program("agent").post("/cases", BODY, **{"Idempotency-Key": "a-1"})
    answer = program("agent").post("/cases", BODY | {"narrative": "另一件事"}, **{"Idempotency-Key": "a-1"})
    assert answer.status_code == 409 and answer.json()["error"]["code"] == "key_reused"


def test_a_refused_request_does_not_use_up_its_key(program):
    assert program("agent").post("/cases", BODY | {"narrative": " "}, **{"Idempotency-Key": "a-2"}).status_code == 422
    assert program("agent").post("/cases", BODY, **{"Idempotency-Key": "a-2"}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_two_senders_of_one_key_at_once_make_one_case():
    with clock.fixed(NOW):
        agent = Program(build(), "agent")
        answers, gate = [], threading.Barrier(4)

        def send():
            gate.wait()
            answers.append(Program.post(agent, "/cases", BODY, **{"Idempotency-Key": "race"}))
            connections.close_all()

        crowd = [threading.Thread(target=send) for _ in range(4)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        assert sorted(a.status_code for a in answers) == [200, 200, 200, 201]
        assert len({a.json()["id"] for a in answers}) == 1 and Case.objects.count() == 1 and OutsideKey.objects.count() == 1
        assert CaseStep.objects.exclude(step="renew_code").count() == 2


def test_a_wrong_body_names_every_field(program):
    answer = program("agent").post("/cases", BODY | {"kind": "no", "category": "nothing"})
    assert answer.status_code == 422 and set(answer.json()["errors"]) == {"kind", "category"}
    answer = program("agent").post("/cases", BODY | {"phonee": "1", "requester": {"tel": "1"}})
    assert answer.status_code == 422 and set(answer.json()["errors"]) == {"phonee", "requester.tel"}
    assert Case.objects.count() == 0


# --- headers and cookies ------------------------------------------------------------


def _answers(cast, program) -> list:
    agent, bare = program("agent"), Client(raise_request_exception=False)
    return [agent.post("/cases", BODY), agent.get("/cases"), agent.get("/cases/123"), agent.get("/nothing"), bare.get("/api/v1/cases"),
            bare.get("/api/v1/openapi.json"), agent.client.delete("/api/v1/cases", headers=agent._headers({})), agent.post("/cases", {}),
            Program(cast, "agent", ["cases.read"]).post("/cases", BODY), bare.post("/api/v1/cases", "{", content_type="application/json")]


def test_every_answer_carries_the_headers_it_needs(cast, program):
    for answer in _answers(cast, program):
        assert answer["Content-Security-Policy"].startswith("default-src 'self'") and answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "no-store, private" and answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin" and answer["Content-Type"].startswith("application/json")
        assert int(answer["Content-Length"]) == len(answer.content) and "Vary" not in answer


def test_no_cookie_is_read_and_none_is_set(cast, program, monkeypatch):
    program("agent")
    monkeypatch.setattr(WSGIRequest, "COOKIES", property(lambda self: pytest.fail("a cookie was read")))
    for answer in _answers(cast, program):
        assert not answer.cookies and answer.status_code != 500


def test_who_is_logged_in_on_the_pages_is_nobody_here(cast):
    browser = cast.client("agent")
    with CaptureQueriesContext(connection) as seen:
        assert browser.get("/api/v1/cases").status_code == 401
        assert browser.post("/api/v1/cases", json.dumps(BODY), content_type="application/json").status_code == 401
    assert seen.captured_queries == []
    assert browser.get("/desk/intake").status_code == 200  # and still is somebody there


def test_a_foreign_host_name_is_refused(program):
    agent = program("agent")
    assert agent.client.get("/api/v1/cases", headers=agent._headers({"Host": "elsewhere.example"})).status_code == 400


# --- errors in one shape ------------------------------------------------------------


def test_every_error_has_the_one_shape(cast, program):
    agent = program("agent")
    bare = Client(raise_request_exception=False)
    answers = [
        (401, bare.get("/api/v1/cases")), (401, bare.get("/api/v1/cases", headers={"Authorization": "Bearer ms_wrong_secret"})),
        (403, Program(cast, "agent", ["cases.read"]).post("/cases", BODY)), (404, agent.get("/nothing")), (404, agent.get("/cases/123")),
        (404, agent.get("/cases/not-a-number")), (422, agent.get("/cases", stat="x")), (422, agent.get("/cases", size=500)),
        (422, agent.get("/cases", after="%%%")), (422, agent.get("/cases", state="nowhere")), (422, agent.get("/cases", size="x")),
        (400, agent.client.post("/api/v1/cases", "{", content_type="application/json", headers=agent._headers({}))),
        (405, agent.client.delete("/api/v1/cases", headers=agent._headers({}))), (404, bare.get("/api/v1/")),
        (422, agent.client.post("/api/v1/cases", "[]", content_type="application/json", headers=agent._headers({}))),
        (400, agent.client.post("/api/v1/cases/0/files", b"x", content_type="multipart/form-data", headers=agent._headers({}))),
    ]
    for status, answer in answers:
        assert answer.status_code == status, (status, answer.content.decode())
        assert set(answer.json()["error"]) == {"code", "reason", "field"} and answer.json()["error"]["reason"]


def test_a_missing_scope_is_named(cast):
    answer = Program(cast, "dispatcher", ["cases.read"]).post("/cases/1/steps", {"step": "dispatch"})
    assert answer.json()["error"] == {"code": "no_scope", "reason": "密钥没有“办理步骤”的范围：steps.take", "field": "steps.take"}


def test_a_session_cookie_opens_nothing_here(cast):
    assert cast.client("agent").get("/api/v1/cases").status_code == 401


def test_a_revoked_token_is_dead_at_once(cast, program):
    agent = program("agent")
    assert agent.get("/cases").status_code == 200
    accounts.revoke_token(token=cast.people["agent"].tokens.get(), by=accounts.COMMAND_LINE, setup=True)
    assert agent.get("/cases").status_code == 401


def test_openapi_lists_every_operation_and_asks_each_for_a_token():
    found = Client().get("/api/v1/openapi.json").json()
    operations = {(method, path): o for path, methods in found["paths"].items() for method, o in methods.items()}
    assert {o["operationId"] for o in operations.values()} == {
        "create_case", "list_cases", "read_case", "read_steps", "take_step", "attach_file", "reveal", "procedure", "measures", "follow_steps",
        "list_units", "list_categories", "cti_event", "police_handover", "police_receipt", "list_commitments", "list_periods", "list_topics",
        *(what.format(of) for what in ("make_{}", "read_{}_steps", "take_{}_step")
          for of in ("schemes", "periods", "commitments", "meetings", "leads", "reports", "slips", "inspections", "points", "instructions", "duties",
                     "topics", "watches")),
        "read_findings_steps", "take_findings_step", "make_points_with_files", "list_phrases", "make_phrases", "read_phrases_steps", "take_phrases_step",
        *(f"take_{of}_step_with_files" for of in ("commitments", "slips", "findings", "points", "watches"))}
    assert all(o.get("security") for o in operations.values()) and all(path.startswith("/api/v1/") for _, path in operations)


# --- the feed ------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_program_follows_the_steps_that_its_person_may_see():
    """No word of anybody; restricted cases by a scope of their own and for named readers only; nothing twice, nothing missed."""
    with clock.fixed(NOW):
        cast = build()
        mine, hidden = cast.at_state(State.IN_PROGRESS), cast.at_state(State.PENDING_REVIEW)
        cast.take(hidden, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["dispatcher"].id], until="2025-02-01T00:00+08:00")
        plain = {who: Program(cast, who, ["steps.follow"]) for who in ("dispatcher", "water", "roads")}
        named, narrow = Program(cast, "dispatcher", ["steps.follow", "steps.follow_restricted"]), Program(cast, "water", ["cases.read"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(written_in) FROM cases_casestep")
            last = cursor.fetchone()[0]
        end = time.monotonic() + 60
        while feed.settled() <= last and time.monotonic() < end:
            time.sleep(0.02)  # other databases of this server have transactions, too
        read = {who: caller.get("/steps").json() for who, caller in plain.items()} | {"named": named.get("/steps").json()}
        of = {who: {int(item["case"]) for item in page["items"]} for who, page in read.items()}
        assert of == {"dispatcher": {mine.id}, "water": {mine.id}, "roads": set(), "named": {mine.id, hidden.id}}
        assert set(read["water"]["items"][0]) == {"id", "case", "seq", "step", "frm", "to", "at", "recorded_at"} and not read["water"]["more"]
        assert [i["step"] for i in read["water"]["items"]] == list(mine.steps.order_by("seq").values_list("step", flat=True))
        assert plain["roads"].get("/steps", size=1).json()["next"] != "" and plain["roads"].get("/steps", size=1).json()["more"]
        at_end = read["roads"]["next"]
        assert plain["water"].get("/steps", since="now").json() == {"items": [], "next": at_end, "more": False}
        assert plain["water"].get("/steps", since=at_end).json() == {"items": [], "next": at_end, "more": False}
        with CaptureQueriesContext(connection) as asked:
            plain["water"].get("/steps")
        assert len(asked) <= 6
    assert narrow.get("/steps").status_code == 403 and "steps.follow" in reason(narrow.get("/steps"))
    for wrong, status in (("seven", 422), (at_end + "9" * 19, 422), (at_end[:-1] + str((int(at_end[-1]) + 1) % 10), 409), ("x" * 300, 422)):
        answer = plain["water"].get("/steps", since=wrong)
        assert answer.status_code == status and answer.json()["error"]["field"] == "since", (wrong, answer.json())
    assert plain["water"].get("/steps", since="x").json()["errors"] == {"since": feed.MALFORMED}


# --- steps ------------------------------------------------------------


def test_a_step_is_taken_by_its_name_and_by_number_of_the_case(cast, program):
    case = cast.at_state(State.PENDING_REVIEW)
    answer = program("dispatcher").post(f"/cases/{case.number}/steps", {"step": "dispatch", "given": {"lead": cast.units["water"].id}})
    assert answer.status_code == 201 and answer.json()["state"] == "pending_sign" and Case.objects.get(id=case.id).lead_id


def test_a_refusal_is_the_sentence_of_the_step_bar(cast, program):
    """What is shut on the bar is refused with the bar's own words, and nothing is written."""
    for state in (State.PENDING_REVIEW, State.PENDING_SIGN, State.IN_PROGRESS, State.PENDING_CHECK, State.CLOSED):
        case = cast.at_state(state)
        for who in ("agent", "dispatcher", "water", "checker", "supervisor"):
            bar = program(who).get(f"/cases/{case.id}/steps").json().get("steps", [])
            for step in (s for s in bar if not s["open"]):
                answer = program(who).post(f"/cases/{case.id}/steps", {"step": step["step"]})
                assert (answer.status_code, reason(answer), answer.json()["error"]["code"]) == (409, step["reason"], step["code"])
        assert Case.objects.get(id=case.id).state == state


def test_wrong_things_given_to_a_step_are_422_and_write_nothing(cast, program):
    case = cast.at_state(State.PENDING_REVIEW)
    answer = program("dispatcher").post(f"/cases/{case.id}/steps", {"step": "dispatch", "given": {"lead": 999, "colour": "red"}})
    assert answer.status_code == 422 and {"colour"} <= set(answer.json()["errors"]) and Case.objects.get(id=case.id).seq == case.seq


def test_split_and_reopen_return_the_cases_they_made(cast, program):
    case = cast.at_state(State.PENDING_REVIEW)
    parts = [{"narrative": "路灯不亮", "title": "路灯"}, {"narrative": "公交太少"}]
    made = program("dispatcher").post(f"/cases/{case.id}/steps", {"step": "split", "given": {"parts": parts, "reason": "两件事"}}).json()["made"]
    assert len(made) == 2 and Case.objects.filter(parent_id=case.id).count() == 2 and all(m["due_at"] for m in made)
    closed = cast.at_state(State.CLOSED)
    given = {"reason": "又停水", "narrative": "今天又停水了", "identity": ["number"]}
    again = program("agent").post(f"/cases/{closed.id}/steps", {"step": "reopen", "given": given}).json()["made"]
    assert Case.objects.get(id=int(again[0]["id"])).previous_id == closed.id


def test_a_photo_comes_with_its_step_in_one_request(cast, program):
    case = cast.at_state(State.IN_PROGRESS)
    given = json.dumps({"visited_at": NOW.isoformat(), "found": "阀门坏了", "done": "换了阀门"})
    answer = program("water").upload(f"/cases/{case.id}/files", file=SimpleUploadedFile("现场.png", PNG, "image/png"), step="field_record",
                                     given=given)
    assert answer.status_code == 201 and answer.json()["taken"]["step"] == "field_record"
    assert program("water").get(f"/cases/{case.id}").json()["files"][0]["name"] == "现场.png"


def test_the_id_of_a_foreign_file_is_no_key_to_it(cast, program):
    """A file that somebody else uploaded cannot be hung on one's own case and read there."""
    case, foreign = cast.at_state(State.IN_PROGRESS), cast.file("roads")
    given = {"visited_at": NOW.isoformat(), "found": "阀门坏了", "done": "换了", "files": [foreign]}
    answer = program("water").post(f"/cases/{case.id}/steps", {"step": "field_record", "given": given})
    assert answer.status_code == 422 and "files" in answer.json()["errors"]
    assert program("agent").post("/cases", BODY | {"files": [foreign]}).status_code == 422


def test_a_photo_without_the_step_is_kept_only_when_the_step_is_taken(cast, program):
    case = cast.at_state(State.PENDING_SIGN)
    answer = program("water").upload(f"/cases/{case.id}/files", file=SimpleUploadedFile("a.png", PNG), step="field_record", given="{}")
    assert answer.status_code == 409 and reason(answer)
    with pytest.raises(Refused):
        any_step.take(case_id=case.id, step="field_record", by=cast.actors["water"], uploads=[("a.png", PNG)])


# --- lists ------------------------------------------------------------


def test_pages_neither_repeat_nor_lose_a_case_while_others_arrive(cast, program):
    made = [cast.create(narrative=f"第{n}件事").id for n in range(23)]
    seen, after = [], ""
    while True:
        page = program("dispatcher").get("/cases", size=5, after=after).json()
        seen += [int(item["id"]) for item in page["items"]]
        after = page["next"]
        if not after:
            break
        cast.create(narrative="后来的")
    assert seen == sorted(made, reverse=True)


def test_a_list_takes_a_fixed_number_of_statements(cast, program):
    def statements(size: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert len(program("dispatcher").get("/cases", size=size).json()["items"]) == size
        return len(seen)

    for n in range(12):
        cast.create(narrative=f"第{n}件事")
    program("dispatcher").get("/cases")
    assert statements(2) == statements(12) <= 12


def test_filters_and_search_narrow_within_what_is_visible(cast, program):
    mine, other = cast.at_state(State.IN_PROGRESS), cast.at_state(State.IN_PROGRESS, lead="roads")
    assert [i["id"] for i in program("water").get("/cases", q="停水").json()["items"]] == [str(mine.id)]
    assert program("water").get("/cases", q=other.number).json()["items"] == []
    assert {i["id"] for i in program("dispatcher").get("/cases", state="open").json()["items"]} == {str(mine.id), str(other.id)}
    assert program("dispatcher").get("/cases", state="closed").json()["items"] == []


# --- who sees what ------------------------------------------------------------


def test_personal_data_is_masked_as_on_the_screen(cast, program):
    case = cast.at_state(State.PENDING_SIGN)
    for who, full in (("dispatcher", True), ("water", True), ("water_head", True), ("analyst", False), ("quality", False)):
        shown = program(who).get(f"/cases/{case.id}").json()
        assert shown["masked"] is not full and (PHONE in shown["narrative"]) is full
        assert PHONE not in json.dumps(shown["requester"]) and "王小明" not in json.dumps(shown["requester"], ensure_ascii=False)
    sealed = cast.at_state(State.PENDING_SIGN, secrecy=True)
    shown = program("water").get(f"/cases/{sealed.id}").json()
    assert shown["masked"] and PHONE not in json.dumps(shown)


def test_a_key_that_may_bring_no_file_is_told_so_before_one_is_read(cast, rf):
    """The edge asks before it reads twenty megabytes; the page itself would say the same after them."""
    case = cast.at_state(State.IN_PROGRESS)
    for who, scopes, status in (("water", {"cases.read", "steps.take"}, 403), ("roads", {"files.write"}, 404), ("water", {"files.write"}, None)):
        request = rf.post(f"/api/v1/cases/{case.id}/files")
        request.actor = replace(cast.actors[who], scopes=frozenset(scopes))
        answer = views.foreign(request, ref=str(case.id))
        assert (answer and answer.status_code) == status, (who, scopes)


def test_a_foreign_unit_finds_no_case_and_no_trace_of_it(cast, program):
    case = cast.at_state(State.IN_PROGRESS)
    roads = program("roads")
    none = roads.get("/cases/123456789")
    for answer in (roads.get(f"/cases/{case.id}"), roads.get(f"/cases/{case.number}"), roads.get(f"/cases/{case.id}/steps"),
                   roads.post(f"/cases/{case.id}/steps", {"step": "contact"}), roads.post(f"/cases/{case.id}/reveal", {"reason": "核对号码"}),
                   roads.upload(f"/cases/{case.id}/files", file=SimpleUploadedFile("a.png", PNG))):
        assert answer.status_code == 404 and answer.json() == none.json()
    assert roads.get("/cases").json()["items"] == []


def test_a_number_is_shown_with_a_reason_and_stands_in_the_ledger(cast, program):
    case = cast.at_state(State.IN_PROGRESS)
    assert program("water").post(f"/cases/{case.id}/reveal", {"reason": ""}).status_code in (409, 422)
    shown = program("water").post(f"/cases/{case.id}/reveal", {"reason": "约定上门时间"})
    assert shown.status_code == 200 and shown.json()["phone"].endswith(PHONE)
    assert [e.why for e in ledger.about(f"case:{case.id}")] == ["约定上门时间"]
    assert program("analyst").post(f"/cases/{case.id}/reveal", {"reason": "做统计用"}).status_code == 409


def test_every_role_gets_from_every_operation_only_what_its_rules_give(cast, program):
    """The walk: all people x cases of every secrecy. Sealed, restricted, complained of and foreign ones included."""
    cases = [cast.at_state(State.IN_PROGRESS), cast.at_state(State.IN_PROGRESS, lead="roads"), cast.at_state(State.PENDING_SIGN, secrecy=True),
             cast.create(complained_unit=cast.units["water"].id), cast.at_state(State.CLOSED)]
    hidden = cast.at_state(State.PENDING_REVIEW)
    until = "2025-02-01T00:00+08:00"
    cast.take(hidden, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["dispatcher"].id], until=until)
    for who in of_today(PEOPLE, one_in=2):
        caller, actor = program(who), cast.actors[who]
        mine = set(queries.visible(actor).values_list("id", flat=True))
        listed = {int(i["id"]) for i in caller.get("/cases", size=200).json()["items"]}
        found = {int(i["id"]) for i in caller.get("/cases", q="停水", size=200).json()["items"]}
        assert listed == mine and found <= mine
        for case in [*cases, hidden]:
            for answer in (caller.get(f"/cases/{case.id}"), caller.get(f"/cases/{case.id}/steps")):
                assert answer.status_code == (200 if case.id in mine else 404), (who, case.id, answer.content.decode())
            full = case.id in mine and bool(caller.get(f"/cases/{case.id}").json()["masked"] is False)
            text = caller.get(f"/cases/{case.id}").content.decode() + caller.get(f"/cases/{case.id}/steps").content.decode()
            assert full or PHONE not in text
        assert caller.get("/procedure").status_code == 200
        assert caller.get("/measures").status_code in (200, 409)
    assert hidden.id not in set(queries.visible(cast.actors["agent"]).values_list("id", flat=True))


@pytest.mark.parametrize(("body", "field", "said"), [
    ([], "body", "应为对象"), ("x", "body", "应为对象"), (None, "body", "应为对象"), (7, "body", "应为对象"),
    (BODY | {"original": "字" * 8001}, "original", "最多 8000 字"), (BODY | {"files": list(range(1, 12))}, "files", "最多 10 项"),
    (BODY | {"kinds": "help"}, "kinds", "没有这一项"), (BODY | {"requester": []}, "requester", "应为对象")])
def test_a_body_that_does_not_fit_is_answered_with_what_would(cast, body, field, said):
    program = Program(cast, "agent")
    answer = program.client.post("/api/v1/cases", json.dumps(body), content_type="application/json", headers={"Authorization": f"Bearer {program.secret}"})
    assert answer.status_code == 422 and answer.json()["error"]["field"] == field and said in reason(answer), answer.content.decode()


@pytest.mark.parametrize(("size", "said"), [("0", "不能小于 1"), ("201", "不能大于 200"), ("-5", "不能小于 1"), ("x", "应为整数"), ("1e999", "应为整数")])
def test_a_size_out_of_bounds_is_answered_with_the_bound(program, size, said):
    answer = program("agent").get("/cases", size=size)
    assert answer.status_code == 422 and said in reason(answer), answer.content.decode()
