"""The administrators at work: accounts by one and roles by two, the tree, a late holiday, dated limits, the outbox, the ledger."""

import asyncio
import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from tests.cast import NOW, SETUP, build

from minsheng.accounts import actions as accounts
from minsheng.accounts import queries as people
from minsheng.accounts.models import ApiToken, AskedGrant, Grant, Person, Session
from minsheng.accounts.rules import Role
from minsheng.calendar import actions as calendar
from minsheng.calendar import queries as calendars
from minsheng.calendar.models import Holiday, TimeLimit
from minsheng.cases.actions import drafts, timers
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.partitions import HISTORY_TABLES
from minsheng.ledger.models import Entry
from minsheng.messages.models import Message
from minsheng.org import queries as org
from minsheng.org.models import Duty, Unit, UnitChange


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def secret(answer) -> str:
    return re.search(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", answer.content.decode())[0]


def kinds(about: str) -> list[str]:
    return list(Entry.objects.filter(about=about).order_by("id").values_list("kind", flat=True))


def newcomer(cast, roles=("unit_liaison",), **more):
    """An account opened on the screen by the system administrator; (person, first password)."""
    given = {"username": "puchi", "name": "普赤", "unit": cast.units["water"].id, "phone": "0890-5550188", "languages": ["zh", "bo"], "roles": roles}
    answer = cast.client("system_admin").post("/desk/people/new", {**given, **more})
    assert answer.status_code == 200, words(answer)
    return Person.objects.get(username=given["username"]), secret(answer)


# --- people -------------------------------------------------------------------------


def test_an_account_opened_by_one_works_once_another_allows_its_role(cast):
    person, password = newcomer(cast)
    page = cast.client("system_admin").get(f"/desk/people/{person.id}")
    assert password not in page.content.decode() and "联络员 等待同意" in words(page)
    assert people.roles_of(person.id) == frozenset()
    asked = AskedGrant.objects.get(person=person)
    alone = cast.client("system_admin").post(f"/desk/asked/{asked.id}", {"step": "allow"})
    assert alone.status_code == 409 and people.roles_of(person.id) == frozenset()
    assert cast.client("security_admin").post(f"/desk/asked/{asked.id}", {"step": "allow", "back": person.id}).status_code == 302
    assert people.roles_of(person.id) == {Role.UNIT_LIAISON}
    client = Client()
    client.post("/login", {"username": "puchi", "password": password})
    assert client.get("/desk/unit").headers["Location"] == "/me", "the first password must be changed first"
    assert kinds(f"person:{person.id}")[:3] == ["person_created", "role_asked", "role_granted"]
    assert "普赤" in words(cast.client("security_admin").get("/desk/people", {"q": "puchi"}))


def test_whoever_asked_does_not_allow_even_as_security_administrator(cast):
    accounts.create_person(username="second", name="安全乙", unit=cast.units["centre"], by=SETUP)
    client, other = cast.client("security_admin"), Person.objects.get(username="second")
    answer = client.post(f"/desk/people/{other.id}/role", {"step": "ask", "role": "security_admin", "reason": "轮换"})
    assert answer.status_code == 302
    asked = AskedGrant.objects.get(person=other)
    refused = client.post(f"/desk/asked/{asked.id}", {"step": "allow"})
    assert refused.status_code == 409 and "两个人" in words(refused) and not Grant.objects.filter(person=other).exists()
    assert client.post(f"/desk/asked/{asked.id}", {"step": "unask"}).status_code == 302
    assert not AskedGrant.objects.filter(person=other, ruled_at=None).exists()


def test_roles_that_may_not_meet_are_refused_with_the_reason_and_the_input_stays(cast):
    dispatcher = cast.people["dispatcher"]
    url = f"/desk/people/{dispatcher.id}/role"
    answer = cast.client("security_admin").post(url, {"step": "ask", "role": "callback_clerk", "reason": "人手不足"})
    text = answer.content.decode()
    assert answer.status_code == 409 and "回访员不得兼任派单或办结审核" in text and 'value="人手不足"' in text
    bare = cast.client("security_admin").post(url, {"step": "ask", "role": "agent", "reason": " "})
    assert bare.status_code == 422 and "请写明理由" in words(bare)
    clash = cast.client("system_admin").post("/desk/people/new", {"username": "both", "name": "甲乙", "unit": cast.units["water"].id,
                                                                  "roles": ["unit_handler", "agent"]})
    assert clash.status_code == 422 and "不得兼任热线中心岗位" in words(clash) and not Person.objects.filter(username="both").exists()
    assert 'value="甲乙"' in clash.content.decode()
    empty = cast.client("system_admin").post("/desk/people/new", {"username": "Bad Name", "name": ""})
    assert all(said in words(empty) for said in ("用户名用小写字母开头", "请填写姓名", "请从列表中选择单位"))


def test_a_role_taken_back_is_gone_with_the_next_click_and_says_why(cast):
    agent, client = cast.people["agent"], cast.client("agent")
    assert client.get("/desk/intake").status_code == 200
    answer = cast.client("security_admin").post(f"/desk/people/{agent.id}/role", {"step": "revoke", "role": "agent", "reason": "转岗"})
    assert answer.status_code == 302 and client.get("/desk/intake").status_code == 403
    assert Entry.objects.get(kind="role_revoked", about=f"person:{agent.id}").reason == "转岗"
    assert cast.client("system_admin").post(f"/desk/people/{agent.id}/role", {"step": "revoke", "role": "agent", "reason": "x"}).status_code == 409


def test_who_leaves_loses_sessions_keys_and_roles_and_the_shift_gets_the_drafts(cast):
    agent, by = cast.people["agent"], cast.actors["agent"]
    client = cast.client("agent")
    drafts.keep(by=by, key="abcd1234", values={"narrative": "路灯不亮"})
    token, _ = accounts.make_own_token(by=by, name="大屏", scopes=["cases.read"])
    page = cast.client("system_admin")
    assert page.post(f"/desk/people/{agent.id}/deed", {"step": "leave", "reason": ""}).status_code == 422
    assert page.post(f"/desk/people/{agent.id}/deed", {"step": "leave", "reason": "合同到期"}).status_code == 302
    assert not Session.objects.filter(person=agent).exists() and people.roles_of(agent.id) == frozenset()
    assert ApiToken.objects.get(id=token.id).revoked is not None
    assert "/login" in client.get("/desk/intake").headers["Location"]
    [kept] = drafts.listed(cast.actors["shift_leader"])
    assert kept.in_tray and kept.of == "话务员甲" and kept.one("narrative") == "路灯不亮"
    assert "话务员甲" in words(page.get("/desk/people", {"state": "left"}))
    assert page.post(f"/desk/people/{agent.id}/deed", {"step": "return", "reason": "续签"}).status_code == 302
    assert Person.objects.get(id=agent.id).is_active and people.roles_of(agent.id) == frozenset()


def test_a_lock_halts_at_once_and_only_the_security_administrator_lifts_it(cast):
    agent, client = cast.people["agent"], cast.client("agent")
    url = f"/desk/people/{agent.id}/deed"
    assert cast.client("system_admin").post(url, {"step": "lock", "reason": "账号疑似被盗"}).status_code == 302
    assert "/login" in client.get("/desk/intake").headers["Location"]
    assert cast.client("system_admin").post(url, {"step": "unlock", "reason": "核实无误"}).status_code == 409
    assert cast.client("security_admin").post(url, {"step": "unlock", "reason": "核实无误"}).status_code == 302
    assert cast.client("agent").get("/desk/intake").status_code == 200
    assert kinds(f"person:{agent.id}").count("person_locked") == 1


def test_a_reset_password_is_shown_once_by_the_security_administrator_alone(cast):
    agent = cast.people["agent"]
    url = f"/desk/people/{agent.id}/deed"
    assert cast.client("system_admin").post(url, {"step": "reset"}).status_code == 409
    shown = secret(cast.client("security_admin").post(url, {"step": "reset"}))
    assert Person.objects.get(id=agent.id).check_password(shown)
    own = cast.client("security_admin").post(f"/desk/people/{cast.people['security_admin'].id}/deed", {"step": "reset"})
    assert own.status_code == 409


def test_in_another_unit_the_roles_end_and_wait_for_a_second_person(cast):
    water = cast.people["water"]
    answer = cast.client("system_admin").post(f"/desk/people/{water.id}/change", {"name": "次仁", "unit": cast.units["roads"].id, "languages": ["zh"]})
    assert answer.status_code == 302 and people.roles_of(water.id) == frozenset()
    assert {a.role for a in AskedGrant.objects.filter(person=water, ruled_at=None)} == {"unit_handler", "unit_liaison"}
    bad = cast.client("system_admin").post(f"/desk/people/{water.id}/change", {"name": "", "unit": cast.units["roads"].id})
    assert bad.status_code == 422 and "请填写姓名" in words(bad)


def test_the_audit_administrator_reads_people_and_changes_nothing(cast):
    client, agent = cast.client("audit_admin"), cast.people["agent"]
    page = words(client.get(f"/desk/people/{agent.id}"))
    assert "话务员甲" in page and "密码由安全管理员重置" in page
    for where, given in ((f"/desk/people/{agent.id}/deed", {"step": "lock", "reason": "x"}), ("/desk/people/new", {"username": "x"}),
                         (f"/desk/people/{agent.id}/role", {"step": "revoke", "role": "agent", "reason": "x"})):
        assert client.post(where, given).status_code == 403


SHEET = """用户名,姓名,单位,电话,语言,角色,接替
lobsang,洛桑次仁,市水务局,0890-5550111,汉语、藏语,,water
agent,重名,市城管局,,,单位经办人,
nima,尼玛,不存在的局,,,单位经办人,
both,甲乙,市城管局,,,单位经办人、话务员,
tashi,扎西顿珠,roads,,,承办人,
"""


def test_a_sheet_reports_its_bad_rows_and_makes_the_good_ones(cast):
    client = cast.client("system_admin")
    cast.client("water")
    report = client.post("/desk/people/sheet", {"step": "check", "text": SHEET})
    text = words(report)
    assert "1 行可以开立，4 行有问题" in text and not Person.objects.filter(username="lobsang").exists()
    for wrong in ("用户名 agent 已有人使用", "没有叫“不存在的局”的在用单位", "不得兼任热线中心岗位", "没有“承办人”这个角色"):
        assert wrong in text
    made = client.post("/desk/people/sheet", {"step": "make", "text": SHEET, "why": "2 月联络员名单"})
    new, gone = Person.objects.get(username="lobsang"), Person.objects.get(username="water")
    assert new.check_password(secret(made)) and new.must_change_password and new.languages == ["zh", "bo"]
    assert gone.left_on is None and Session.objects.filter(person=gone).exists(), "until somebody takes over, the old liaison works on"
    assert {a.role for a in AskedGrant.objects.filter(person=new)} == {"unit_handler", "unit_liaison"}, "the roles of whom is replaced"
    left = re.search(r"<textarea[^>]*>(.*?)</textarea>", made.content.decode(), re.S)[1]
    assert "nima" in left and "lobsang" not in left
    again = client.post("/desk/people/sheet", {"step": "check", "text": SHEET})
    assert "用户名 lobsang 已有人使用" in words(again)


def test_the_old_liaison_leaves_when_the_new_one_may_work_and_not_before(cast):
    first, second = cast.client("system_admin"), cast.client("security_admin")
    sheet = "用户名,姓名,单位,角色,接替\nlobsang,洛桑次仁,市水务局,单位联络员、单位经办人,water\n"
    assert "在新角色同意后离岗" in words(first.post("/desk/people/sheet", {"step": "check", "text": sheet}))
    first.post("/desk/people/sheet", {"step": "make", "text": sheet})
    waiting = list(AskedGrant.objects.filter(person__username="lobsang").order_by("role"))
    assert f"接替{cast.people['water'].name}" in words(second.get("/desk/asked"))
    assert "water 已有人接替" in words(first.post("/desk/people/sheet", {"step": "check", "text": sheet.replace("lobsang", "nima")}))
    cast.client("water")
    second.post(f"/desk/asked/{waiting[0].id}", {"step": "allow"})
    assert Person.objects.get(username="water").left_on is None, "one of two roles: the unit still has its old liaison"
    said = words(second.post(f"/desk/asked/{waiting[1].id}", {"step": "allow"}, follow=True))
    gone = Person.objects.get(username="water")
    assert gone.left_on and not Session.objects.filter(person=gone).exists() and f"{gone.name}已由其接替" in said


def test_when_every_role_of_the_successor_is_refused_the_old_liaison_stays(cast):
    cast.client("system_admin").post("/desk/people/sheet", {"step": "make", "text": "用户名,姓名,单位,角色,接替\nlobsang,洛桑次仁,市水务局,单位联络员,water\n"})
    asked = AskedGrant.objects.get(person__username="lobsang")
    cast.client("security_admin").post(f"/desk/asked/{asked.id}", {"step": "refuse", "reason": "函件不符"})
    assert Person.objects.get(username="water").left_on is None


def test_whom_a_row_without_any_role_replaces_leaves_at_once(cast):
    sheet = "用户名,姓名,单位,角色,接替\nlobsang,洛桑次仁,市水务局,,nobody\n"
    from minsheng.accounts import actions as accounts

    accounts.create_person(username="nobody", name="无角色", unit=cast.units["water"], by=accounts.COMMAND_LINE, setup=True)
    cast.client("system_admin").post("/desk/people/sheet", {"step": "make", "text": sheet})
    assert Person.objects.get(username="nobody").left_on


@pytest.mark.parametrize(("content", "word"), [
    ("用户名,姓名,单位\npema,白玛,管网科\n".encode()[:-2], "断了"),
    ("用户名,姓名,单位\n".encode() + "pema,白玛,管网科\n".encode("gb18030"), "混在一个文件里"),
    ('用户名,姓名,单位\npema,"白玛,管网科\nnima,尼玛,管网科\n'.encode(), "引号"), (b"\xff" * 40, "坏字节"), (b"x" * 2_000_001, "MB"),
])
def test_a_sheet_that_cannot_be_read_right_is_refused_and_no_name_is_guessed(cast, content, word):
    file = io.BytesIO(content)
    file.name = "名单.csv"
    answer = cast.client("system_admin").post("/desk/people/sheet", {"step": "make", "file": file})
    assert answer.status_code == 422 and word in words(answer) and not Person.objects.filter(username__in=["pema", "nima"]).exists()


def test_a_row_of_a_sheet_with_a_cell_too_many_is_told(cast):
    sheet = "用户名,姓名,单位\n\npema,白玛,管网科,多的\nnima,尼玛,管网科\n"
    said = words(cast.client("system_admin").post("/desk/people/sheet", {"step": "check", "text": sheet}))
    assert "这一行有 4 格" in said and "1 行可以开立，1 行有问题" in said


def test_a_sheet_may_come_as_a_file_of_an_old_spreadsheet(cast):
    file = io.BytesIO("用户名\t姓名\t单位\npema\t白玛\t管网科\n".encode("gb18030"))
    file.name = "名单.csv"
    answer = cast.client("system_admin").post("/desk/people/sheet", {"step": "check", "file": file})
    assert "1 行可以开立" in words(answer) and "白玛" in words(answer)
    assert cast.client("system_admin").post("/desk/people/sheet", {"text": "姓名\n白玛"}).status_code == 422


# --- units ---------------------------------------------------------------------------


def test_a_merged_units_open_cases_are_acted_on_by_the_one_that_receives_it(cast):
    case = cast.at_state(State.PENDING_SIGN, lead="water")
    water, roads = cast.units["water"], cast.units["roads"]
    client = cast.client("system_admin")
    assert "1 件" in words(client.get(f"/desk/units/{water.id}"))
    assert client.post(f"/desk/units/{water.id}/deed", {"step": "merge", "parent": roads.id, "reason": ""}).status_code == 422
    done = client.post(f"/desk/units/{water.id}/deed", {"step": "merge", "parent": roads.id, "reason": "编委〔2025〕3号"})
    assert done.status_code == 302
    page = words(client.get(f"/desk/units/{water.id}"))
    assert "已并入 市城管局" in page and "未办结的 1 件由市城管局办理" in page and "编委〔2025〕3号" in page
    assert org.tree()[cast.units["pipes"].id].path == (cast.units["city"].id, roads.id, water.id, cast.units["pipes"].id)
    signed = cast.take(case, "sign", "roads")
    assert signed.state == State.IN_PROGRESS and signed.lead_id == water.id, "the case keeps its unit, the receiving one acts"
    assert UnitChange.objects.filter(unit=water, what="merged").exists() and "unit_changed" in kinds(f"unit:{water.id}")


def test_a_renamed_unit_keeps_its_names(cast):
    water, client = cast.units["water"], cast.client("system_admin")
    client.post(f"/desk/units/{water.id}/deed", {"step": "correct", "name": "市水利局", "short": "水利局", "phone": "0890-5550199", "reason": "机构改革"})
    page = words(client.get(f"/desk/units/{water.id}"))
    assert "“市水务局”改为“市水利局”" in page and "0890-5550199" in page
    assert "市水利局" in words(client.get("/desk/units", {"q": "水利"}))


def test_the_tree_refuses_what_would_break_it_and_says_why(cast):
    client, ids = cast.client("system_admin"), {code: u.id for code, u in cast.units.items()}
    for unit, step, target, reason in (("water", "move", "pipes", "下级之下"), ("county", "close", "", "1 个在用的单位"),
                                       ("centre", "merge", "water", "热线中心"), ("water", "merge", "centre", "承办单位并入承办单位")):
        answer = client.post(f"/desk/units/{ids[unit]}/deed", {"step": step, "parent": ids.get(target, ""), "reason": "试"})
        assert answer.status_code == 409 and reason in words(answer), (unit, step)
    assert all(u.active for u in Unit.objects.all())
    twice = client.post("/desk/units/new", {"code": "water", "name": "另一个局", "kind": "bureau", "parent": ids["city"]})
    assert twice.status_code == 422 and "已在使用" in words(twice) and "另一个局" in twice.content.decode()


def test_a_closed_unit_can_be_opened_again(cast):
    client, town = cast.client("system_admin"), cast.units["town"].id
    client.post(f"/desk/units/{town}/deed", {"step": "close", "reason": "撤乡"})
    assert not Unit.objects.get(id=town).active and "河口乡" not in words(client.get("/desk/units"))
    assert "河口乡" in words(client.get("/desk/units", {"closed": "1"}))
    assert client.post(f"/desk/units/{town}/deed", {"step": "reopen", "reason": "保留"}).status_code == 302
    assert Unit.objects.get(id=town).active


def test_a_new_unit_and_its_duty_list_in_order(cast):
    client = cast.client("system_admin")
    client.post("/desk/units/new", {"code": "heat", "name": "市供热公司", "kind": "utility", "parent": cast.units["city"].id})
    heat = Unit.objects.get(code="heat")
    given = {"name": "格桑", "phone": "13900000009", "starts": "2025-01-02T09:00", "ends": "2025-01-03T09:00", "order": "2", "step": "save"}
    assert client.post(f"/desk/units/{heat.id}/duty", given).status_code == 302
    client.post(f"/desk/units/{heat.id}/duty", {**given, "name": "德吉", "order": "1"})
    assert [d.name for d in org.on_duty(heat.id, NOW)] == ["德吉", "格桑"]
    row = Duty.objects.get(name="格桑")
    wrong = client.post(f"/desk/units/{heat.id}/duty", {**given, "duty": row.id, "name": "格桑卓玛", "ends": "2025-01-01T09:00"})
    assert wrong.status_code == 422 and "晚于开始" in words(wrong) and 'value="格桑卓玛"' in wrong.content.decode()
    client.post(f"/desk/units/{heat.id}/duty", {**given, "duty": row.id, "order": "1", "phone": "13900000010"})
    assert Duty.objects.get(id=row.id).phone == "13900000010"
    client.post(f"/desk/units/{heat.id}/duty", {"step": "drop", "duty": row.id})
    assert [d.name for d in org.on_duty(heat.id, NOW)] == ["德吉"]
    assert cast.client("security_admin").post(f"/desk/units/{heat.id}/duty", given).status_code == 403


# --- the calendar -----------------------------------------------------------------------


def jobs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'why' FROM procrastinate_jobs WHERE task_name = 'minsheng.cases.jobs.recompute_open' AND status = 'todo'")
        return [row[0] for row in cursor.fetchall()]


LATE = {"day": "2025-01-06", "kind": "holiday", "why": "抗灾临时放假，政办〔2025〕1号"}


def test_a_holiday_announced_late_is_looked_at_then_recomputes_open_cases_and_records_why(cast):
    case, closed = cast.at_state(State.IN_PROGRESS), cast.at_state(State.CLOSED)
    before, client = case.handle_due_at, cast.client("system_admin")
    look = client.post("/desk/holidays", {**LATE, "step": "look"})
    assert "1 件未办结工单的到期时间会变" in words(look) and not Holiday.objects.exists() and jobs() == []
    assert client.post("/desk/holidays", {**LATE, "step": "announce"}).status_code == 302
    assert Holiday.objects.get().why == LATE["why"] and len(jobs()) == 1 and LATE["why"] in jobs()[0]
    assert "正在按新日历重算" in words(client.get("/desk/holidays"))
    assert timers.recompute_open(why=jobs()[0]) == 1
    moved = Case.objects.get(id=case.id)
    assert moved.handle_due_at == before + timedelta(days=1)
    step = CaseStep.objects.get(case_id=case.id, step="recompute")
    assert "handle" in {row["clock"] for row in step.given["changed"]}
    assert not CaseStep.objects.filter(case_id=closed.id, step="recompute").exists()
    page = words(client.get("/desk/holidays"))
    assert "1 件 工单的到期时间有变化" in page and LATE["why"] in page
    assert Entry.objects.filter(kind="calendar", about=f"calendar:{settings.CALENDAR}").exists()


def test_the_look_ahead_counts_exactly_what_the_recomputation_moves(cast):
    for state in (State.IN_PROGRESS, State.PENDING_SIGN, State.PENDING_CALLBACK, State.PENDING_REVIEW, State.PARKED, State.RETURN_REVIEW):
        cast.at_state(state)
    for day, kind in ((date(2025, 1, 3), "holiday"), (date(2025, 1, 4), "makeup"), (date(2025, 1, 11), "makeup"), (date(2025, 6, 3), "holiday")):
        ahead = timers.look_ahead(day=day, kind=kind, why="通知")
        timers.announce(day=day, kind=kind, why="通知", by=SETUP)
        assert timers.recompute_open(why="通知") == ahead.cases, day


def test_a_worker_that_remembers_the_old_calendar_still_recomputes(cast):
    """The worker is another process: its five-second memory does not hear of the notice."""
    cast.at_state(State.IN_PROGRESS)
    calendars.current(settings.CALENDAR)
    kept = calendars._announced
    remembered = kept.value, kept.made_of
    timers.announce(day=date(2025, 1, 6), kind="holiday", why="临时放假", by=SETUP)
    kept.get()
    kept.value, kept.made_of = remembered
    assert timers.recompute_open(why="临时放假") == 1


def test_a_notice_that_says_nothing_new_or_nothing_at_all_changes_nothing(cast):
    client = cast.client("system_admin")
    why = calendars.current(settings.CALENDAR).day(date(2025, 1, 6)).why
    assert "没有变化" in words(client.post("/desk/holidays", {"day": "2025-01-06", "kind": "work", "why": why, "step": "look"}))
    wrong = client.post("/desk/holidays", {"day": "2025-01-06", "kind": "holiday", "why": "", "step": "announce"})
    assert wrong.status_code == 422 and "请写明放假或上班的原因" in words(wrong) and 'value="2025-01-06"' in wrong.content.decode()
    for given in ({"day": "2025-02-30"}, {"until": "2024-12-01"}, {"kind": "party"}):
        assert client.post("/desk/holidays", {**LATE, **given, "step": "announce"}).status_code == 422
    assert not Holiday.objects.exists()


def test_a_year_not_issued_is_provisional_until_its_notice_is_entered(cast):
    client = cast.client("system_admin")
    assert "全年为暂定" in words(client.get("/desk/holidays", {"year": "2031"}))
    given = {"year": "2031", "notice": "2031-01-01 至 2031-01-03 放假 元旦\n2031-01-04 补班 元旦"}
    assert "共 4 天" in words(client.post("/desk/holidays", {**given, "step": "look_year"})) and not Holiday.objects.exists()
    wrong = client.post("/desk/holidays", {**given, "notice": "元旦放三天", "step": "announce_year"})
    assert wrong.status_code == 422 and "第 1 行无法识别" in words(wrong) and "元旦放三天" in wrong.content.decode()
    assert client.post("/desk/holidays", {**given, "step": "announce_year"}).status_code == 302
    cal = calendars.current(settings.CALENDAR)
    assert 2031 in cal.issued and cal.day(date(2031, 1, 3)).kind == "holiday" and cal.day(date(2031, 1, 4)).works
    assert "全年为暂定" not in words(client.get("/desk/holidays", {"year": "2031"})) and len(jobs()) == 1


def test_a_year_without_its_notice_is_said_where_one_looks_each_morning_in_december_of_the_next_as_well(cast):
    def said(day: str) -> str:
        with clock.fixed(datetime.fromisoformat(f"{day}+08:00")):
            return words(cast.client("system_admin").get("/desk/system"))

    assert "2025 年的放假安排已收录" in said("2025-11-30T23:59") and "没有收录" not in said("2025-12-01T00:00")
    assert "2030 年的放假安排没有收录" in said("2030-11-30T23:59") and "2030、2031 年的放假安排没有收录" in said("2030-12-01T00:00")
    calendar.announce_year(calendar="national", year=2030, days=[(date(2030, 1, 1), "holiday", "元旦放假")], by=SETUP)
    calendars.forget()
    assert "2031 年的放假安排没有收录" in said("2030-12-31T23:59") and "2030 年的放假安排已收录" in said("2030-06-01T09:00")


async def work_off() -> None:
    """Procrastinate's own worker until the queue is empty. It has one thread: of several, the one that comes last would close its own connection."""
    from procrastinate.contrib.django import app

    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        async with worker.open_async():
            await worker.run_worker_async(wait=False, concurrency=1, install_signal_handlers=False, listen_notify=False)
            await asyncio.to_thread(connections.close_all)


@pytest.mark.django_db(transaction=True)
def test_the_real_worker_does_what_the_screen_asked_for():
    with clock.fixed(NOW):
        cast = build()
        case = cast.at_state(State.IN_PROGRESS)
        assert cast.client("system_admin").post("/desk/holidays", {**LATE, "step": "announce"}).status_code == 302
        asyncio.run(work_off())
        assert not timers.recompute_waits()
        assert Case.objects.get(id=case.id).handle_due_at == case.handle_due_at + timedelta(days=1)
        assert Entry.objects.get(kind="recomputed").detail == {"cases": 1}


# --- limits ---------------------------------------------------------------------------------


def test_a_limit_gets_a_new_row_from_a_day_on_and_the_old_one_ends_there(cast):
    client, old = cast.client("system_admin"), TimeLimit.objects.get(code="handle_help", matter="")
    given = {"row": "handle_help/", "value": "4wd", "valid_from": "2025-02-01", "basis": "市政办〔2025〕2号"}
    assert client.post("/desk/limits", given).status_code == 302
    assert TimeLimit.objects.get(id=old.id).valid_to == date(2025, 2, 1) and TimeLimit.objects.get(id=old.id).value == old.value
    page = words(client.get("/desk/limits"))
    assert "市政办〔2025〕2号" in page and "还没生效" in page
    assert calendars.limit("handle_help", at=NOW).limit != calendars.limit("handle_help", at=NOW + timedelta(days=60)).limit
    assert Entry.objects.get(kind="limit_set").reason == "市政办〔2025〕2号"
    for wrong, said in (({"valid_from": "2025-01-02"}, "已经起算的时限不改"), ({"value": "五天"}, "应如 5 个工作日"), ({"valid_from": "2025-01-20"}, "已有规定")):
        answer = client.post("/desk/limits", {**given, **wrong})
        assert answer.status_code == 422 and said in words(answer) and "市政办〔2025〕2号" in answer.content.decode()
    for matter in ("no.such", "长" * 9000):
        answer = client.post("/desk/limits", {**given, "valid_from": "2025-03-01", "matter": matter})
        assert answer.status_code == 422 and "没有这类事项" in words(answer) and not TimeLimit.objects.filter(matter=matter).exists()


def test_a_due_date_is_explained_on_the_page_as_by_the_command(cast):
    client = cast.client("system_admin")
    page = words(client.get("/desk/limits", {"limit": "5wd", "from": "2025-01-02T10:00"}))
    assert "1月9日 周四 18:00 到期" in page and "第 5 个工作日" in page
    assert "到期" in words(client.get("/desk/limits", {"of": "handle_help/", "from": "2025-01-02T10:00"}))
    assert "第 5 个工作日" in words(client.get("/desk/limits", {"limit": "5 个工作日", "from": "2025-01-02T10:00"}))
    assert "应如 5 个工作日" in words(client.get("/desk/limits", {"limit": "五天", "from": "2025-01-02T10:00"}))
    assert client.get("/desk/limits", {"limit": "9999wd", "from": "9999-12-01T10:00"}).status_code == 200


# --- outbox, keys, the machine ------------------------------------------------------------------


def test_the_outbox_shows_what_is_held_without_its_words_and_sends_again_once_connected(cast, monkeypatch):
    from minsheng.messages import actions as messages

    monkeypatch.delenv("MINSHENG_SMS_URL", raising=False)
    row = messages.send(channel="sms", to="13800000000", template="accepted", context={"number": "L-1", "code": "998877"})
    messages.drain(by=cast.actors["system_admin"])
    client = cast.client("system_admin")
    page = client.get("/desk/outbox", {"state": "held"})
    assert "未接入" in words(page) and "受理告知" in words(page)
    assert "13800000000" not in page.content.decode() and "998877" not in page.content.decode()
    refused = client.post("/desk/outbox/again", {"message": row.id})
    assert refused.status_code == 409 and "还没有接入" in words(refused) and Message.objects.get(id=row.id).state == "held"
    monkeypatch.setenv("MINSHENG_SMS_URL", "https://user:geheim@sms.example/send")
    assert "geheim" not in client.get("/desk/outbox").content.decode(), "an address with a password is not taken, nor shown"
    monkeypatch.setenv("MINSHENG_SMS_URL", "https://sms.example/send?key=geheim")
    shown = client.get("/desk/outbox").content.decode()
    assert "sms.example" in shown and "geheim" not in shown
    assert client.post("/desk/outbox/again", {"channel": "sms", "state": "held"}).status_code == 302
    assert Message.objects.get(id=row.id).state == "queued"
    assert Entry.objects.get(kind="message_again").detail["count"] == 1


def test_the_security_administrator_ends_anybodys_key_and_says_why(cast):
    for name in ("", "长" * 81, "x" * 200_000):
        assert "最多 80 字" in words(cast.client("agent").post("/me/tokens", {"name": name, "scopes": "cases.read"})), "was a breakdown of the database"
    token, plain = accounts.make_own_token(by=cast.actors["agent"], name="大屏", scopes=["cases.read"])
    client = cast.client("security_admin")
    assert "大屏" in words(client.get("/desk/tokens")) and plain not in client.get("/desk/tokens").content.decode()
    assert client.post(f"/desk/tokens/{token.id}/end", {"reason": ""}).status_code == 422 and people.by_token(plain)
    assert client.post(f"/desk/tokens/{token.id}/end", {"reason": "设备报废"}).status_code == 302 and people.by_token(plain) is None
    assert "大屏" not in words(client.get("/desk/tokens")) and "大屏" in words(client.get("/desk/tokens?all=1"))
    assert cast.client("system_admin").get("/desk/tokens").status_code == 403


def test_the_state_of_the_machine_says_what_is_missing(cast):
    page = words(cast.client("system_admin").get("/desk/system"))
    for said in ("后台任务", "没有在运行", "上次锚定", "张表只增不改", "磁盘可用"):
        assert said in page
    assert not [table for table in HISTORY_TABLES if table in page], "names of tables are for who mends the database"


# --- the ledger ------------------------------------------------------------------------------------


def test_the_ledger_is_found_by_person_and_its_export_stands_in_the_ledger(cast):
    cast.client("agent")
    client = cast.client("audit_admin")
    client.get("/desk/ledger")
    page = client.get("/desk/ledger", {"who": "agent", "kind": "log_in"})
    assert re.findall(r"话务员甲 话务员甲（账号）", words(page)) and words(page).count("登录 话务员甲") == 1 and "系统管理员甲" not in words(page)
    bare = client.post("/desk/ledger/export", {"who": "agent", "reason": ""})
    assert bare.status_code == 422 and "请写明导出的用途" in words(bare) and not Entry.objects.filter(kind="export").exists()
    accounts.revoke_role(person=cast.people["media"], role=Role.MEDIA, by=cast.actors["security_admin"], reason="=HYPERLINK(1)")
    taken = client.post("/desk/ledger/export", {"kind": "role_revoked", "reason": "季度审计"})
    rows = list(csv.reader(io.StringIO(b"".join(taken.streaming_content).decode("utf-8-sig"))))
    assert rows[0][:4] == ["条", "时间", "行为", "人员编号"] and len(rows) == 2 and rows[1][6] == "'=HYPERLINK(1)"
    kept = Entry.objects.get(kind="export")
    assert kept.reason == "季度审计" and kept.detail["rows"] == 1 and kept.by_name == "审计管理员甲"


def test_the_ledger_turns_pages_without_losing_an_entry(cast):
    client, seen, url = cast.client("audit_admin"), [], "/desk/ledger?kind=person_created"
    total = Entry.objects.filter(kind="person_created").count()
    for n in range(60):
        accounts.create_person(username=f"more{n}", name="某人", unit=cast.units["city"], by=SETUP)
    while url:
        html = client.get(url).content.decode()
        seen += re.findall(r'<td class="ms-num">(\d+)</td>', html)
        following = re.search(r'rel="next"[^>]*href="([^"]+)"', html)
        url = "/desk/ledger" + following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == total + 60


def test_lists_take_a_fixed_number_of_statements(cast, django_assert_max_num_queries):
    for n in range(30):
        accounts.create_person(username=f"more{n}", name="某人", unit=cast.units["water"], by=SETUP)
    admin, audit = cast.client("system_admin"), cast.client("audit_admin")
    for client, url, most in ((admin, "/desk/people", 8), (admin, f"/desk/units/{cast.units['water'].id}", 16), (admin, "/desk/units", 6),
                              (audit, "/desk/ledger", 6)):
        with django_assert_max_num_queries(most):
            assert client.get(url).status_code == 200


def test_a_year_is_read_from_the_notice_as_people_copy_it():
    from minsheng.calendar.notices import read_year

    days = read_year("2031年1月1日 至 2031年1月2日 放假 元旦\n\n2031.1.5 班 元旦", 2031)
    assert [(d.day, kind) for d, kind, _ in days] == [(1, "holiday"), (2, "holiday"), (5, "makeup")]


def test_an_issued_years_notice_may_be_undone_day_by_day(cast):
    calendar.announce_holiday(calendar=settings.CALENDAR, day=date(2025, 1, 6), kind="holiday", why="误登", by=SETUP)
    page = cast.client("system_admin").get("/desk/holidays").content.decode()
    assert "day=2025-01-06&amp;kind=work" in page
    cast.client("system_admin").post("/desk/holidays", {"day": "2025-01-06", "kind": "work", "why": "更正误登", "step": "announce"})
    assert calendars.current(settings.CALENDAR).day(date(2025, 1, 6)).works and Holiday.objects.count() == 2
    assert datetime.fromisoformat("2025-01-06T10:00+08:00").weekday() == 0
