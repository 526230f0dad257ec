"""Steps of leader days and supervision by the API: the page's doors, the person's rights, each key once."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.urls import resolve
from tests import subjects
from tests.cast import PNG
from tests.leader_day import BEGINS, HELD, announced, call, desk, promise
from tests.screens.test_api import Program

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Role
from minsheng.api.day_steps import SUBJECTS
from minsheng.cases.models import Category
from minsheng.field_work.models import WatchStep
from minsheng.files.models import StoredFile
from minsheng.kit import clock
from minsheng.leader_days.models import Commitment, Desk, Period, PeriodStep, Published, Scheme
from minsheng.oversight.actions.verify import verify_history as supervision
from minsheng.oversight.models import Inspection, PointStep


@pytest.fixture
def of(cast):
    made = {}
    return lambda who: made.setdefault(who, Program(cast, who, ["days.read", "days.write", "files.write"]))


def said(answer) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error", {}).get("code", "")


def take(program, name, id_, step, **given):
    return program.post(f"/{name}/{id_}/steps", {"step": step, "given": given})


def upload(program, path, step, given, key: str = ""):
    """Two photos and the step, as a form brings them."""
    files = [SimpleUploadedFile(name, PNG, "image/png") for name in ("前.png", "后.png")]
    headers = {"Authorization": f"Bearer {program.secret}", **({"Idempotency-Key": key} if key else {})}
    return program.client.post("/api/v1" + path, {"file": files, "step": step, "given": json.dumps(given)}, headers=headers)


def test_a_period_goes_its_way_by_the_api_as_on_the_page(cast, of):
    office, boss = of("coordinator"), of("supervisor")
    plan = {"name": "2025年方案", "year": 2025, "aim": "听民声、解民忧", "topics": "供水", "units": [cast.units["water"].id], "since": "2025-01-01",
            "until": "2025-12-31"}
    made = office.post("/schemes/steps", {"step": "draft_scheme", "given": plan})
    assert made.status_code == 201 and made.json()["state_label"] == "起草中"
    scheme = made.json()["subject"]
    assert said(take(office, "schemes", scheme, "issue_scheme")) == (409, "role")
    assert take(boss, "schemes", scheme, "issue_scheme").status_code == 201
    period = office.post("/periods/steps", {"step": "draft_period", "given": {"scheme": scheme, "number": 1, "theme": "冬季供水"}}).json()["subject"]
    bar = {one["step"]: one for one in boss.get(f"/periods/{period}/steps").json()["steps"]}
    assert not bar["announce"]["open"] and bar["announce"]["code"] == "no_desk" and "接听席" in bar["announce"]["reason"]
    assert said(take(boss, "periods", period, "announce")) == (409, "no_desk")
    assert take(office, "periods", period, "add_desk", **desk(cast)).status_code == 201
    over = take(office, "periods", period, "add_desk", **desk(cast, BEGINS, seat="2号席"))
    assert over.status_code == 422 and "时间重叠" in over.json()["errors"]["starts"], "one leader at two desks at once"
    assert take(boss, "periods", period, "announce").status_code == 201
    notice = take(office, "periods", period, "note_notice", medium="web", outlet="市政府网", text="接听公告", published_on="2025-01-02", views=5)
    assert notice.status_code == 201
    assert take(office, "periods", period, "count_views", notice=Published.objects.get().id, views=900).status_code == 201
    told = office.get(f"/periods/{period}/steps").json()
    assert told["state"] == "announced" and told["timeline"][0]["label"] == "更新浏览量" and Period.objects.get(id=period).state == "announced"
    assert [row.by_name for row in PeriodStep.objects.filter(subject_id=period, step="announce")] == [cast.people["supervisor"].name]


def test_a_key_takes_a_step_once_and_makes_one_subject(cast, of):
    office, plan = of("coordinator"), {"name": "方案", "year": 2025, "aim": "听", "topics": "水", "units": [cast.units["water"].id],
                                       "since": "2025-01-01", "until": "2025-12-31"}
    body = {"step": "draft_scheme", "given": plan, "idempotency_key": "s-1"}
    first, again = office.post("/schemes/steps", body), office.post("/schemes/steps", body)
    assert (first.status_code, again.status_code) == (201, 200) and first.json()["id"] == again.json()["id"] and Scheme.objects.count() == 1
    other = office.post("/schemes/steps", body | {"given": plan | {"name": "另一个"}})
    assert other.status_code == 409 and Scheme.objects.count() == 1, "another content under the same key"
    period = announced(cast)
    sent = {"step": "recall", "given": {"reason": "场地有变"}}
    one = office.post(f"/periods/{period.id}/steps", sent, **{"Idempotency-Key": "r-1"})
    assert one.status_code == 201
    assert office.post(f"/periods/{period.id}/steps", {**sent, "idempotency_key": "r-2"}, **{"Idempotency-Key": "r-1"}).status_code == 422


def test_a_promise_is_kept_to_the_same_rules_by_the_api(cast, of):
    """A rest day, a day before the call, the drafter's own signature, no word from outside the unit: as on the page."""
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        given = {"period": str(period.id), "case": str(case.id), "what": "三天内修好水泵", "owner_unit": cast.units["water"].id, "owner": "管网科科长",
                 "source": "desk", "desk": str(Desk.objects.get().id)}
        office = of("coordinator")
        for due in ("2025-01-04", "2025-01-01"):  # a Saturday; before the call
            wrong = office.post("/commitments/steps", {"step": "record_commitment", "given": given | {"due": due}})
            assert wrong.status_code == 422 and "due" in wrong.json()["errors"], due
        made = office.post("/commitments/steps", {"step": "record_commitment", "given": given | {"due": "2025-01-08"}})
        assert made.status_code == 201, made.json()
        assert Commitment.objects.get().state == "open"
        id_ = made.json()["subject"]
        assert said(take(of("roads"), "commitments", id_, "prove", proof="修好了", done_on="2025-01-03"))[0] == 404, "another unit's"
        wrong = take(of("water"), "commitments", id_, "prove", proof="修好了", done_on="2025-01-03", files=["x"])
        assert wrong.status_code == 422 and "files" in wrong.json()["errors"], "a file is no word"
        assert take(of("water"), "commitments", id_, "prove", proof="修好了", done_on="2025-01-03").status_code == 201
        assert take(office, "commitments", id_, "draft_public", public_matter="水泵", public_progress="已修好").status_code == 201
        assert said(take(office, "commitments", id_, "sign_public"))[0] == 409
        assert take(of("supervisor"), "commitments", id_, "sign_public").status_code == 201
        assert said(office.post("/commitments/steps", {"step": "prove", "given": {}})) == (409, "no_step"), "what is not there cannot be proved"


def test_who_may_not_see_a_subject_finds_none_and_a_scope_opens_no_more_than_its_own(cast, of):
    period = announced(cast)
    with clock.fixed(HELD):
        one = promise(cast, period, call(cast, period))
    reader = Program(cast, "coordinator", ["days.read"])
    assert reader.get(f"/periods/{period.id}/steps").status_code == 200
    assert said(take(reader, "periods", period.id, "recall", reason="场地有变")) == (403, "no_scope")
    assert Program(cast, "coordinator", ["public.read"]).get(f"/periods/{period.id}/steps").status_code == 403
    for id_ in (0, 5, "9" * 30, "abc", "%00"):
        for name in SUBJECTS:
            assert of("coordinator").get(f"/{name}/{id_}/steps").status_code == 404, (name, id_)
            assert take(of("coordinator"), name, id_, "draft_scheme").status_code in (404, 409), (name, id_)
    assert of("roads").get(f"/commitments/{one.id}/steps").status_code == 404
    assert take(of("roads"), "commitments", one.id, "ask_withdrawal", reason="办不了").status_code == 404


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_role_is_refused_in_words_or_taken_and_nothing_breaks(cast, of, name):
    """Each step of each subject that makes one, by every role, with nothing given."""
    for role in Role:
        who = next((who for who, actor in cast.actors.items() if role in actor.roles and who in cast.people), None)
        for step in SUBJECTS[name].make if who else ():
            answer = of(who).post(f"/{name}/steps", {"step": step, "given": {}})
            assert answer.status_code in (409, 422) and answer.json()["error"]["reason"], (role, step)
            assert answer.status_code == 409 or role in {SUBJECTS[name].kind.procedure[step].who, *SUBJECTS[name].kind.procedure[step].also} or answer.json()["errors"]


def test_what_supervision_finds_goes_its_way_by_the_api_with_its_photos(cast, of):
    """Inspection, point, finding, topic, watch: drafted, signed by another, worked on by the unit, judged from outside."""
    made = subjects.of_supervision(cast, "幸福路供水")
    one, second = made["inspection_id"][0], "supervisor_2"
    scope = {"title": "冬季供水", "basis": "年度计划", "since": "2025-01-01", "until": "2025-01-02", "size": 1, "members": [cast.people["outside_group"].id]}
    drafted = of("supervisor").post("/inspections/steps", {"step": "draft_inspection", "given": scope})
    assert drafted.status_code == 201, drafted.json()
    two = drafted.json()["subject"]
    assert said(take(of("supervisor"), "inspections", two, "approve_inspection")) == (409, "own"), "a signature by who drafted"
    assert take(of(second), "inspections", two, "approve_inspection").json()["state_label"] == "已批准"
    assert said(of("water").get(f"/inspections/{two}/steps"))[0] == 404
    sample = str(Inspection.objects.get(id=one).sample[0])
    noted = upload(of("outside_group"), "/points/files", "note_point", {"inspection": str(one), "case": sample, "point": "水管没有换"})
    assert noted.status_code == 201, noted.json()
    point = noted.json()["subject"]
    assert take(of("supervisor"), "points", point, "send_point", due="2025-01-10").status_code == 201
    mended = upload(of("water_head"), f"/points/{point}/files", "correct_point", {"correction": "已换"})
    assert mended.status_code == 201 and take(of("outside_group"), "points", point, "accept_point").json()["state"] == "ended"
    assert [len(row.given["files"]) for row in PointStep.objects.filter(subject_id=point, given__has_key="files").order_by("seq")] == [2, 2]
    finding = made["finding_id"][0]
    assert said(of("supervisor").post("/findings/steps", {"step": "note_finding", "given": {}}))[0] in (404, 405), "the clock alone finds"
    assert take(of("supervisor"), "findings", finding, "finding_holds", reason="与记录不符").status_code == 201
    about = {"category": Category.objects.get(code="noise").id, "lead": cast.units["water"].id, "name": "噪声", "measures": "巡查", "since": "2025-01-02", "until": "2025-02-28"}
    topic = of("coordinator").post("/topics/steps", {"step": "propose_topic", "given": about}).json()["subject"]
    assert said(take(of("coordinator"), "topics", topic, "declare_topic")) == (409, "role") and take(of("supervisor"), "topics", topic, "declare_topic").status_code == 201
    assert list(supervision()) == []


def test_a_visit_of_a_watch_comes_with_its_photos_once_and_a_visit_to_come_is_refused(cast, of):
    unit = of("water")
    given = {"place": "幸福路市场", "matter": "停水", "since": "2025-01-02", "until": "2025-01-10"}
    watch = unit.post("/watches/steps", {"step": "open_watch", "given": given}).json()["subject"]
    visit = {"visited_on": "2025-01-02", "who": "扎西", "found": "水管漏水"}
    first = upload(unit, f"/watches/{watch}/files", "note_visit", visit, key="v-1")
    assert first.status_code == 201 and upload(unit, f"/watches/{watch}/files", "note_visit", visit, key="v-1").json()["id"] == first.json()["id"]
    assert StoredFile.objects.count() == 2 and WatchStep.objects.filter(subject_id=watch, step="note_visit").count() == 1
    late = upload(unit, f"/watches/{watch}/files", "note_visit", visit | {"visited_on": "2025-01-03"})
    assert late.status_code == 422 and "visited_on" in late.json()["errors"] and StoredFile.objects.count() == 2, "nothing of it is kept"
    for step, body, code in (("extend_watch", {"until": "2025-01-20", "reason": "未完"}, 409), ("note_visit", visit | {"files": [1]}, 422), ("no_step", {}, 409)):
        answer = upload(unit, f"/watches/{watch}/files", step, body)
        assert answer.status_code == code and answer.json()["error"]["reason"], (step, answer.json())
    assert said(unit.upload(f"/watches/{watch}/files", file=SimpleUploadedFile("a.png", PNG), step="note_visit", given="[")) == (422, "invalid")
    for path, opened in ((f"/watches/{watch}/files", True), ("/points/files", True), ("/points/5/files", True), (f"/watches/{watch}/steps", False)):
        assert hasattr(resolve(f"/api/v1{path}").func, "takes_files") == opened, "long bodies are let in where files are asked for, and nowhere else"
    for program, status in ((of("roads"), 404), (Program(cast, "water", ["days.write"]), 403), (unit, None)):
        request = WSGIRequest({"REQUEST_METHOD": "POST", "PATH_INFO": f"/api/v1/watches/{watch}/files", "wsgi.input": io.BytesIO()})
        request.actor = people.by_token(program.secret)[1]
        answer = resolve(request.path_info).func.takes_files(request, subject_id=watch)
        assert (answer and answer.status_code) == status, "asked before a byte is read"
    assert upload(of("roads"), f"/watches/{watch}/files", "note_visit", visit).status_code == 404 and StoredFile.objects.count() == 2
    narrow = Program(cast, "water", ["days.write"])
    assert said(upload(narrow, f"/watches/{watch}/files", "note_visit", visit)) == (403, "no_scope"), "files ask for a scope of their own"


def test_a_list_of_stock_phrases_is_drafted_amended_signed_and_read_by_the_api_as_on_the_page(cast, of):
    second, given = cast.another(Role.SUPERVISOR), {"phrases": "感谢您的支持\n感谢您的支持\n祝您生活愉快", "since": "2025-01-06", "reason": "去掉客套"}
    office = of("supervisor")
    for more, wrong in (({"phrases": "一"}, "phrases"), ({"since": "2025-01-01"}, "since"), ({"phrases": ""}, "phrases"),
                        ({"phrases": "\n".join(f"第{n}句" for n in range(301))}, "phrases")):
        answer = office.post("/phrases/steps", {"step": "draft_phrases", "given": given | more})
        assert answer.status_code == 422 and wrong in answer.json()["errors"], more
    assert said(of("coordinator").post("/phrases/steps", {"step": "draft_phrases", "given": given})) == (409, "role")
    first = office.post("/phrases/steps", {"step": "draft_phrases", "given": given, "idempotency_key": "p-1"})
    again = office.post("/phrases/steps", {"step": "draft_phrases", "given": given, "idempotency_key": "p-1"})
    assert (first.status_code, again.status_code) == (201, 200) and first.json()["id"] == again.json()["id"]
    id_ = first.json()["subject"]
    assert said(of("water").get(f"/phrases/{id_}/steps"))[0] == 404 and of("water").get("/phrases").json() == {"held": [], "items": [], "next": ""}
    assert said(take(office, "phrases", id_, "sign_phrases")) == (409, "own")
    bar = {one["step"]: one for one in office.get(f"/phrases/{id_}/steps").json()["steps"]}
    assert bar["sign_phrases"]["reason"].startswith("您参与了拟稿") and bar["amend_phrases"]["open"]
    assert take(office, "phrases", id_, "amend_phrases", **given | {"reason": "再改"}).status_code == 201
    assert take(of(second), "phrases", id_, "sign_phrases").json()["state"] == "signed"
    dropped = office.post("/phrases/steps", {"step": "draft_phrases", "given": given}).json()["subject"]
    assert take(office, "phrases", dropped, "drop_phrases", reason="不用").json()["state"] == "dropped"
    page = of("inspector").get("/phrases").json()
    assert [(row["state"], row["phrases"]) for row in page["items"]][1] == ("signed", ["感谢您的支持", "祝您生活愉快"])
    assert page["held"] != ["感谢您的支持", "祝您生活愉快"], "not before its day"
    with clock.fixed(HELD.replace(day=6)):
        assert of("inspector").get("/phrases").json()["held"] == ["感谢您的支持", "祝您生活愉快"]
    assert list(supervision()) == []
