"""Two people with the same form open: only what each of them changed is written; where both changed the same, the second is told."""

from __future__ import annotations

import html
import re
from datetime import date

from tests.cast import NOW, later

from minsheng.cases.models import Case, Category
from minsheng.cases.rules import State
from minsheng.knowledge import actions as knowledge
from minsheng.knowledge.models import Version
from minsheng.org import actions as org
from minsheng.org.models import Duty, Unit


class Form:
    """A form as a browser holds it: what stood in it when the page was opened."""

    def __init__(self, client, page: str, action: str, holding: str = ""):
        self.client, self.action = client, action
        text = client.get(page).content.decode()
        form = next(f for f in re.findall(r"<form\b.*?</form>", text, re.S) if 'name="seen"' in f and holding in f)
        self.values: dict = {}
        for tag in re.findall(r"<textarea\b.*?</textarea>|<select\b.*?</select>|<input\b.*?>", form, re.S):
            name = re.search(r'\bname="([^"]*)"', tag)
            if name and 'type="file"' not in tag:
                self._keep(html.unescape(name[1]), tag)

    def _keep(self, name: str, tag: str) -> None:
        value = re.search(r'\bvalue="([^"]*)"', tag)
        if tag.startswith("<textarea"):
            found = re.search(r">(.*)</textarea>", tag, re.S)[1]
        elif tag.startswith("<select"):
            chosen = re.search(r'<option value="([^"]*)"[^>]*\bselected', tag)
            found = chosen[1] if chosen else ""
        elif re.search(r'type="(?:radio|checkbox)"', tag) and "checked" not in tag:
            return
        else:
            found = value[1] if value else ""
        self.values.setdefault(name, []).append(html.unescape(found))

    def send(self, **changes):
        return self.client.post(self.action, {**self.values, **changes})


def opened(cast, case, who="dispatcher", step="revise") -> Form:
    return Form(cast.client(who), f"/desk/case/{case.id}?step={step}", f"/desk/case/{case.id}/step")


def test_two_dispatchers_revise_one_case_and_neither_puts_the_others_field_back(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    first, second = opened(cast, case), opened(cast, case)
    assert first.send(place="幸福路2号").status_code == 302
    assert second.send(category="noise").status_code == 302
    case = Case.objects.select_related("category", "text").get(id=case.id)
    assert (case.text.place, case.category.code) == ("幸福路2号", "noise")
    assert set(case.steps.order_by("seq").last().given) - {"digest", "after"} == {"category"}


def test_the_shift_leader_classifies_beside_a_dispatcher(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    first, second = opened(cast, case), opened(cast, case, "shift_leader", "triage")
    assert first.send(place="幸福路2号").status_code == second.send(category="noise").status_code == 302
    case = Case.objects.select_related("category", "text").get(id=case.id)
    assert (case.text.place, case.category.code) == ("幸福路2号", "noise")


def test_who_changes_what_another_has_just_changed_is_told_and_keeps_the_words(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    first, second = opened(cast, case), opened(cast, case)
    first.send(place="幸福路2号")
    answer = second.send(place="幸福路3号", title="停水两天")
    page = answer.content.decode()
    assert answer.status_code == 409 and "“地点”现在是“幸福路2号”" in page and "派单员甲" in page
    assert 'value="幸福路3号"' in page and 'value="停水两天"' in page
    assert Case.objects.get(id=case.id).text.place == "幸福路2号" and Case.objects.get(id=case.id).title != "停水两天"
    again = re.search(r'name="seen" value="([^"]*)"', page)[1]
    assert second.send(place="幸福路3号", title="停水两天", seen=html.unescape(again)).status_code == 302
    assert Case.objects.get(id=case.id).text.place == "幸福路3号"


def test_the_same_change_twice_is_no_conflict_and_no_change_writes_nothing(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    first, second, third = (opened(cast, case) for _ in range(3))
    first.send(place="幸福路2号")
    assert second.send(place="幸福路2号").status_code == 302
    seq = Case.objects.get(id=case.id).seq
    assert third.send().status_code == 409 and "没有改动" in third.send().content.decode()
    assert Case.objects.get(id=case.id).seq == seq


def test_elements_are_changed_one_by_one_and_can_be_emptied(cast):
    Category.objects.filter(code="noise").update(elements=[{"key": "time", "label": "时段"}, {"key": "who", "label": "声源"}])
    case = cast.create(category="noise", elements={"time": "夜间", "who": "工地"})
    first, second = opened(cast, case), opened(cast, case)
    first.send(**{"el-time": "凌晨"})
    second.send(**{"el-who": ""})
    assert Case.objects.get(id=case.id).text.elements == {"time": "凌晨", "who": ""}


def test_a_form_of_an_older_page_without_a_mark_writes_all_that_it_brings(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    assert opened(cast, case).send(place="幸福路4号", seen="").status_code == 302
    for broken in ("x", "[]", "5", "{" * 9000, '{"place": 1}'):
        assert opened(cast, case).send(place=f"幸福路{len(broken)}号", seen=broken).status_code in (302, 409)


def test_units_people_duty_lists_matters_and_articles_are_edited_side_by_side(cast):
    admin, water = "system_admin", cast.units["water"]
    one, two = (Form(cast.client(admin), f"/desk/units/{water.id}", f"/desk/units/{water.id}/deed", holding='name="short"') for _ in range(2))
    assert one.send(step="correct", phone="0890-5550777", reason="号码变更文件").status_code == 302
    assert two.send(step="correct", short="水务", reason="简称备案文件").status_code == 302
    assert (Unit.objects.get(id=water.id).phone, Unit.objects.get(id=water.id).short) == ("0890-5550777", "水务")

    who = cast.people["agent"]
    one, two = (Form(cast.client(admin), f"/desk/people/{who.id}", f"/desk/people/{who.id}/change") for _ in range(2))
    assert one.send(phone="13800000009").status_code == two.send(name="话务员乙").status_code == 302
    who.refresh_from_db()
    assert (who.name, who.phone) == ("话务员乙", "13800000009")

    duty = org.set_duty(unit=cast.units["roads"], name="甲", phone="13800000001", starts=NOW, ends=later(days=1), by=cast.actors[admin])
    roads = cast.units["roads"].id
    one, two = (Form(cast.client(admin), f"/desk/units/{roads}", f"/desk/units/{roads}/duty", holding='name="duty"') for _ in range(2))
    assert one.send(step="save", phone="13800000008").status_code == two.send(step="save", name="乙").status_code == 302
    assert (Duty.objects.get(id=duty.id).name, Duty.objects.get(id=duty.id).phone) == ("乙", "13800000008")


def test_two_editors_of_a_matter_and_of_a_draft(cast):
    one, two = (Form(cast.client("system_admin"), "/desk/matters/tap/write", "/desk/matters/tap/write") for _ in range(2))
    assert one.send(keywords="停水 断水").status_code == two.send(name="停水断水").status_code == 302
    tap = Category.objects.get(code="tap")
    assert (tap.name, tap.keywords) == ("停水断水", ["停水", "断水"])

    draft = knowledge.draft(title="停水通知怎么查", body="停水通知在水务局网站公布，也可来电查询。", category="tap", owner=cast.units["water"].id,
                            valid_from=date(2025, 1, 1), by=cast.actors["knowledge_editor"])
    url = f"/desk/knowledge/{draft.article_id}/edit"
    one, two = (Form(cast.client("knowledge_editor"), url, url) for _ in range(2))
    assert one.send(title="停水通知在哪里查").status_code == two.send(source="供水条例").status_code == 302
    version = Version.objects.get(id=draft.id)
    assert (version.title, version.source) == ("停水通知在哪里查", "供水条例")
    late = two.send(title="停水了怎么查询")
    assert late.status_code == 409 and "“标题”现在是“停水通知在哪里查”" in late.content.decode() and "停水了怎么查询" in late.content.decode()
