"""What comes back to the agent, and who is still on the line: one page for both, nothing typed twice, nothing wiped."""

from __future__ import annotations

import html
import re

import pytest
from tests.cast import NOW, PHONE

from minsheng.cases.actions import any_step
from minsheng.cases.models import Case, CaseClock, CaseStep, Category, Draft
from minsheng.cases.queries import intake_desk
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.desk import typeahead
from minsheng.dispatch.rules import Matter, matters_of, read
from minsheng.kit.verdict import Refused
from minsheng.knowledge import actions as knowledge
from minsheng.language.pinyin import initials

KEY = "abc123def456"


@pytest.fixture
def agent(cast):
    return cast.client("agent")


def words(answer) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def value(page: str, name: str) -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>([^<]*)<', page) or re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


def sent_back(cast, **more) -> Case:
    return cast.take(cast.create(**more), "ask_more", "dispatcher", reason="请补问楼栋号")


# --- sent back, or taken back -----------------------------------------------------------------

def test_the_question_stands_on_top_of_the_page_the_call_was_written_on(cast, agent):
    case = sent_back(cast, category="noise", elements={"time": "夜里"})
    page = agent.get(f"/desk/intake/case/{case.id}")
    text = page.content.decode()
    assert words(page).index("请补问楼栋号") < words(page).index("诉求人的话")
    assert "幸福路小区停水两天" in value(text, "narrative") and value(text, "place") == "幸福路1号" and value(text, "el-time") == "夜里"
    assert text.count('name="then"') == 1, "one button sends"


def test_one_press_amends_and_submits_and_both_stand_in_the_history(cast, agent):
    case = sent_back(cast)
    form = {"narrative": "幸福路小区3号楼停水两天", "title": "3号楼停水", "kind": "help", "category": "noise", "el-time": "夜里", "urgent": "1"}
    page = agent.post(f"/desk/intake/case/{case.id}", form, follow=True)
    case.refresh_from_db()
    assert case.state == State.PENDING_REVIEW and case.text.narrative == "幸福路小区3号楼停水两天" and case.category.code == "noise" and case.urgent
    assert list(CaseStep.objects.filter(case_id=case.id).order_by("seq").values_list("step", flat=True))[-2:] == ["amend", "submit"]
    assert case.number in words(page) and "派单员审核" in words(page)
    assert CaseClock.objects.filter(case_id=case.id, code="review", paused_at=None, met_at=None, void=False).count() == 1, "the desk's time runs"


def test_what_cannot_be_submitted_is_not_amended_either(cast, agent):
    case = sent_back(cast)
    page = agent.post(f"/desk/intake/case/{case.id}", {"narrative": "x" * 9001, "category": "tap"})
    assert page.status_code == 422 and Case.objects.get(id=case.id).text.narrative == case.text.narrative
    assert not CaseStep.objects.filter(case_id=case.id, step="amend").exists()
    with pytest.raises(Refused):
        any_step.amend_and_submit(case_id=case.id, by=cast.actors["dispatcher"], given={"title": "别人的"})
    assert not CaseStep.objects.filter(case_id=case.id, step="amend").exists()


def test_a_repeated_press_sends_once(cast, agent):
    case = sent_back(cast)
    for _ in range(2):
        any_step.amend_and_submit(case_id=case.id, by=cast.actors["agent"], given={"title": "3号楼停水"}, key="again-1")
    assert CaseStep.objects.filter(case_id=case.id, step="submit").count() == 2, "the first submit and this one"


def test_another_matter_keeps_no_answer_to_what_the_old_one_asked(cast, agent):
    case = sent_back(cast, category="noise", elements={"time": "夜里"})
    agent.post(f"/desk/intake/case/{case.id}", {"narrative": "停水两天，请尽快来修", "kind": "help", "category": "tap"})
    assert Case.objects.get(id=case.id).text.elements == {}


def test_the_revision_of_a_matter_drops_them_too(cast):
    case = cast.create(category="noise", elements={"time": "夜里"})
    assert cast.take(case, "revise", "dispatcher", category="tap").text.elements == {}
    other = cast.create(category="noise", elements={"time": "夜里"})
    assert cast.take(other, "revise", "dispatcher", category="noise", title="夜里吵").text.elements == {"time": "夜里"}


def test_taken_back_by_the_agent_it_says_so_and_asks_nothing(cast, agent):
    case = cast.take(cast.create(), "unsubmit", "agent")
    text = words(agent.get(f"/desk/intake/case/{case.id}"))
    assert "已撤回，还没有提交" in text and "派单员退回" not in text
    again = sent_back(cast)
    cast.take(again, "submit", "agent")
    cast.take(again, "unsubmit", "agent")
    assert "请补问楼栋号" not in words(agent.get(f"/desk/intake/case/{again.id}")), "an old question that was answered"


@pytest.mark.parametrize(("who", "status"), [("shift_leader", 409), ("dispatcher", 403), ("water", 403)])
def test_it_is_the_agents_own(cast, who, status):
    case = sent_back(cast)
    assert cast.client(who).get(f"/desk/intake/case/{case.id}").status_code in {status, 404}


# --- the caller is still on the line ------------------------------------------------------------

def finish(client, **typed):
    return client.post(f"/desk/intake/{KEY}/finish", {"kind": "help", "phone": PHONE, "name": "王小明", **typed}, follow=True)


def test_urging_keeps_the_caller_and_what_was_written(cast, agent):
    case = cast.at_state(State.IN_PROGRESS)
    page = finish(agent, narrative="还有一件事，路灯也坏了", step=f"phone_urge:{case.id}")
    text = page.content.decode()
    assert value(text, "phone") == PHONE and value(text, "name") == "王小明" and "路灯也坏了" in value(text, "narrative")
    assert "可以接着登记" in text and case.number in text
    urge = CaseStep.objects.get(step="phone_urge")
    assert "addition" not in urge.given and not hasattr(urge, "text"), "words of another matter do not go with an urge"


def test_what_was_added_to_a_case_leaves_the_middle_and_the_caller_stays(cast, agent):
    case = cast.at_state(State.IN_PROGRESS)
    text = finish(agent, narrative="二单元也停水了", step=f"phone_add:{case.id}").content.decode()
    assert value(text, "phone") == PHONE and value(text, "narrative") == ""
    assert Draft.objects.count() == 1


def test_every_second_contact_has_a_key_of_its_own(cast, agent):
    cast.at_state(State.IN_PROGRESS)
    text = agent.get("/desk/intake/caller", {"phone": PHONE}).content.decode()
    keys = re.findall(r'data-key="(Alt\+\w)"', text)
    assert {"Alt+c", "Alt+b", "Alt+g", "Alt+x", "Alt+m", "Alt+j"} <= set(keys) and len(keys) == len(set(keys))
    whole = agent.get("/desk/intake").content.decode()
    assert not set(keys) & set(re.findall(r'data-key="(Alt\+\w)"', whole)), "no key twice on the page"
    assert len({PROCEDURE[name].desk.key for name in intake_desk.SECOND}) == len(intake_desk.SECOND)


# --- what it is about -----------------------------------------------------------------------------

MATTERS = (Matter("fraud", "虚假宣传", ("老人", "保健品", "宣传")), Matter("care", "养老服务", ("养老院", "老人", "护理")), Matter("tap", "停水", ("停水", "没水")),
           Matter("lift", "电梯故障", ("电梯", "困人")))


def test_a_common_word_alone_chooses_no_matter():
    found = matters_of("楼里老人很多，晚上太黑", MATTERS)
    assert found and not any(g.sure for g in found)
    assert matters_of("老人在小区被电梯困住", MATTERS)[0].code == "lift" and matters_of("老人在小区被电梯困住", MATTERS)[0].sure
    assert matters_of("停水了，老人没有水喝", MATTERS)[0].code == "tap"
    assert matters_of("养老院的老人", MATTERS)[0].code == "care"


def test_a_word_that_many_matters_share_counts_for_less():
    many = (*(Matter(f"m{i}", f"事{i}", ("投诉处理",)) for i in range(9)), Matter("own", "路灯", ("路灯",)))
    assert matters_of("路灯坏了，要求投诉处理", many)[0].code == "own"
    assert read("没有", many).matters == ()


def test_what_is_only_shown_is_not_chosen(cast, agent):
    Category.objects.create(code="fraud", name="虚假宣传", path=["fraud"], keywords=["老人"])
    from minsheng.cases import queries

    queries.forget()
    page = agent.post("/desk/intake/read", {"narrative": "楼上的老人一直敲墙"}).content.decode()
    assert "虚假宣传" in page and "data-category" not in page.split('class="ms-guess"')[1].split(">")[0]


def test_first_letters_find_a_matter():
    assert initials("路灯") == ("l", "d") and "h" in initials("行业")[0] and "x" in initials("行业")[0] and initials("AED") == ("aed",)
    assert {"z", "c"} <= set(typeahead.letters("重复收费").split()[0])


def test_the_list_of_matters_carries_what_it_is_found_by(cast, agent):
    option = re.search(r'<option value="tap"[^>]*>', agent.get("/desk/intake").content.decode())[0]
    assert 'data-py="t s"' in option or re.search(r'data-py="[a-z]*t[a-z]* [a-z]*s[a-z]*"', option)
    assert 'data-words="停水"' in option


def test_the_place_is_asked_once(cast, agent):
    Category.objects.create(code="lamp", name="路灯", path=["lamp"], elements=[{"key": "where", "label": "路灯位置", "required": True}])
    from minsheng.cases import queries

    queries.forget()
    page = agent.post("/desk/intake/read?part=elements", {"narrative": "灯坏了", "category": "lamp", "place": "幸福路1号"}).content.decode()
    assert "还缺" not in page and value(page, "el-where") == "幸福路1号"
    made = agent.post(f"/desk/intake/{KEY}/finish", {"kind": "help", "narrative": "路灯坏了三天", "category": "lamp", "el-where": "解放路口", "then": "submit"})
    case = Case.objects.get()
    assert made.status_code == 200 and case.text.place == "解放路口" and case.text.elements == {"where": "解放路口"}


def test_a_district_that_is_typed_as_the_place_is_taken(cast, agent):
    page = agent.post("/desk/intake/read", {"narrative": "", "place": "云岭县河口乡二村"}).content.decode()
    assert f'data-district="{cast.units["town"].id}"' in page


# --- the article ------------------------------------------------------------------------------------

def test_the_whole_article_stands_at_the_desk_and_goes_into_the_answer(cast, agent):
    body = "第一步，关闭总阀。" + "请保持通风，不要开关电器。" * 40 + "最后一步，拨打抢修电话。"
    version = knowledge.draft(title="停水时怎么办", body=body, owner=cast.units["water"].id, category="tap", valid_from=NOW.date(),
                              by=cast.actors["knowledge_editor"])
    knowledge.submit(version_id=version.id, by=cast.actors["knowledge_editor"])
    knowledge.approve(version_id=version.id, by=cast.actors["shift_leader"])
    page = agent.post("/desk/intake/read", {"narrative": "停水时怎么办", "category": "tap"}).content.decode()
    shown = re.search(r"data-body[^>]*>(.*?)</div>", page, re.S)
    assert shown and html.unescape(shown[1]).strip() == body


def test_a_limit_is_typed_in_words(cast):
    from minsheng.calendar.rules import Limit

    assert str(Limit.given("5 个工作日")) == "5wd" and str(Limit.given("24小时")) == "24h" and str(Limit.given("７ 天")) == "7d"
    case = cast.create()
    sent = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id, limit="3个工作日")
    assert CaseStep.objects.get(case_id=sent.id, step="dispatch").given["limit"] in {"3wd", "3个工作日"}


def test_a_form_calls_an_office_as_lists_do(cast):
    from minsheng.org import queries as org

    county = cast.units["county"]
    type(county).objects.filter(id=county.id).update(name="示例市云岭县人民政府", short="云岭县")
    org.forget()
    page = cast.client("dispatcher").get(f"/desk/case/{cast.create(district=county.id).id}?step=revise").content.decode()
    org.forget()
    assert ">云岭县<" in page.replace("　", "") and "人民政府" not in page


def test_a_long_list_in_any_form_is_typed_in(cast):
    for n in range(25):
        Category.objects.create(code=f"m{n}", name=f"路灯{n}号", path=[f"m{n}"])
    from minsheng.cases import queries

    queries.forget()
    page = cast.client("dispatcher").get(f"/desk/case/{cast.create().id}?step=revise").content.decode()
    queries.forget()
    assert re.search(r'<select[^>]*name="category"[^>]*data-typeahead=', page) and re.search(r'data-py="l d', page)
    assert not re.search(r'<select[^>]*name="kind"[^>]*data-typeahead=', page), "a short one is a list"
