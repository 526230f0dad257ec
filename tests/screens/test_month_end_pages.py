"""Pages of month-end by role: who is offered what, every number opens its list, an objection from a telephone, the review one by one."""

import csv
import io
import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, PNG
from tests.month_end import DRAWN, checking, drawn, planned, second

from minsheng.kit import clock
from minsheng.month_end.actions import assessments
from minsheng.month_end.models import Assessment, Objection

BASE = "/desk/month-end"


def text(answer) -> str:
    return (answer.getvalue() if answer.streaming else answer.content).decode()


def page(cast, who: str, path: str, at=DRAWN, status: int = 200) -> str:
    with clock.fixed(at):
        answer = cast.client(who).get(BASE + path if not path.startswith("/desk") else path)
    assert answer.status_code == status, text(answer)[:500]
    return text(answer)


def post(cast, who: str, path: str, at=DRAWN, **given):
    with clock.fixed(at):
        return cast.client(who).post(path if path.startswith("/desk") else BASE + path, given)


def test_a_unit_that_had_nothing_in_a_period_is_told_so_and_offered_no_sheet(cast):
    """It was offered 本单位的表, which was not to be found."""
    month = checking(cast)
    assert f"/{month.id}/unit" in page(cast, "water", f"/{month.id}")
    told = page(cast, "roads", f"/{month.id}")
    assert "没有计入的数字，没有考核表" in told and f"/{month.id}/unit" not in told
    assert f"/{month.id}/unit" in page(cast, "water", f"/{month.id}")


def test_the_analyst_plans_draws_and_gives_out_and_is_told_what_is_next(cast):
    made = post(cast, "analyst", "/new", NOW, title="1月考核期", since="2025-01-01", until="2025-01-03")
    one = Assessment.objects.get()
    assert made["Location"] == f"{BASE}/{one.id}"
    early = page(cast, "analyst", f"/{one.id}", NOW)
    assert "下一步" in early and "出数" in early and "才结束" in early
    wrong = post(cast, "analyst", "/new", NOW, title="重叠", since="2025-01-03", until="2025-01-09")
    assert wrong.status_code == 422 and "重叠" in text(wrong) and 'value="重叠"' in text(wrong), "what was typed stays"
    soon = post(cast, "analyst", f"/{one.id}/step", step="draft_figures", cutoff="2025-01-05T10:00")
    assert soon.status_code == 422 and "不能晚于现在" in text(soon)
    assert post(cast, "analyst", f"/{one.id}/step", step="draft_figures", cutoff="2025-01-04T09:00").status_code == 302
    assert post(cast, "analyst", f"/{one.id}/step", step="open_checking", check_until="2025-01-08").status_code == 302
    assert "第 1 版" in page(cast, "supervisor", f"/{one.id}") and "核对中" in page(cast, "supervisor", "")


def test_every_number_of_the_sheet_opens_exactly_its_list(cast):
    month = checking(cast)
    for who, path in (("supervisor", f"/{month.id}/sheet"), ("water", f"/{month.id}/unit")):
        body = page(cast, who, path)
        doors = re.findall(rf'href="({BASE}/{month.id}/list\?[^"]+)">([\d,]+)</a>', body)
        assert len(doors) > 8
        for url, n in doors:
            found = re.search(r"清单共 (\d+) 件", page(cast, who, url.replace("&amp;", "&")))
            assert found is not None and found[1] == n, url


def test_a_unit_sees_a_draft_of_its_own_and_nothing_of_others(cast):
    month, roads = checking(cast), cast.units["roads"].id
    own = page(cast, "water", f"/{month.id}/unit")
    assert "市水务局" in own and "草稿" in own and "总体" not in own.replace("与总体", "").replace("于总体", "") and "市城管局" not in own
    for path in (f"/{month.id}/unit", f"/{month.id}/unit?unit={cast.units['water'].id}", f"/{month.id}/list?unit={cast.units['water'].id}&measure=solve&part=numerator"):
        page(cast, "roads", path, status=404)
    for path in (f"/{month.id}/sheet", f"/{month.id}/list?unit=0&measure=solve&part=numerator", f"/{month.id}/unit?unit={roads}", f"/{month.id}/paper.pdf"):
        assert cast.client("water").get(BASE + path).status_code in (403, 404), path
    body = page(cast, "water", f"/{month.id}")
    assert "各单位核对情况" not in body and "本单位的表" in body
    rows = list(csv.DictReader(io.StringIO(page(cast, "water", f"/{month.id}/sheet.csv").removeprefix("\ufeff"))))
    assert {row["单位"] for row in rows} == {"市水务局"}
    whole = list(csv.DictReader(io.StringIO(page(cast, "analyst", f"/{month.id}/sheet.csv").removeprefix("\ufeff"))))
    assert {row["单位"] for row in whole} == {"总体", "市水务局"} and {row["版次"] for row in whole} == {"1"}


def test_a_draft_is_not_shown_to_units(cast):
    month = drawn(cast)
    page(cast, "water", f"/{month.id}", status=404)
    assert "没有您可看的考核期" in page(cast, "water", "")
    assert "1月考核期" in page(cast, "supervisor", "")


def test_an_objection_is_raised_from_the_list_with_its_proof_and_what_was_typed_stays(cast):
    month, case = checking(cast), None
    case = month.cases[0]
    listed = page(cast, "water", f"/{month.id}/list?unit={cast.units['water'].id}&measure=solve&part=denominator")
    url = f"{BASE}/{month.id}/objections/new?measure=solve&case={case.id}"
    assert url.replace("&", "&amp;") in listed
    assert "提异议" not in page(cast, "supervisor", f"/{month.id}/list?unit={cast.units['water'].id}&measure=solve&part=denominator")
    bare = post(cast, "water", url, want="exclude", reason="重复来电")
    assert bare.status_code == 422 and "请填写证据" in text(bare) and "重复来电" in text(bare)
    made = post(cast, "water", url, want="exclude", reason="重复来电", files=SimpleUploadedFile("证据.png", PNG, "image/png"))
    one = Objection.objects.get()
    assert made.status_code == 302 and made["Location"] == f"/desk/objections/{one.id}"
    shown = page(cast, "water", f"/desk/objections/{one.id}")
    assert "重复来电" in shown and "证据.png" in shown and "工单上有剔除申请待裁定" in shown
    file = re.search(rf'/desk/objections/{one.id}/files/\d+', shown)[0]
    assert b"".join(cast.client("water").get(file).streaming_content).startswith(b"\x89PNG") and cast.client("roads").get(file).status_code == 404
    page(cast, "roads", f"/desk/objections/{one.id}", status=404)
    assert "异议 1 条" in page(cast, "supervisor", f"/{month.id}")
    page(cast, "water", f"/{month.id}/objections/new?measure=solve&case={month.cases[2].id}", status=404)


def test_the_review_leads_from_one_objection_to_the_next_and_back_to_the_period(cast):
    month = checking(cast)
    first, other = month.objection(month.cases[0]), month.objection(month.cases[1])
    month.take("confirm_sheet", "water_head")
    month.take("begin_review", "supervisor")
    with clock.fixed(DRAWN):
        client = cast.client("supervisor")
        assert client.get(f"{BASE}/{month.id}/review")["Location"] == f"/desk/objections/{first.id}"
        shown = text(client.get(f"/desk/objections/{first.id}"))
        assert "还有 2 条待裁定" in shown and 'data-key="1"' in shown and 'data-key="n"' in shown
        bare = client.post(f"/desk/objections/{first.id}/step", {"step": "refuse_objection", "ruling": ""})
        assert bare.status_code == 422 and "请填写裁定理由" in text(bare)
        ruled = client.post(f"/desk/objections/{first.id}/step", {"step": "grant_exclusion_objection", "ruling": "属实"})
        assert client.get(ruled["Location"])["Location"] == f"/desk/objections/{other.id}"
        ruled = client.post(f"/desk/objections/{other.id}/step", {"step": "correct_figure", "ruling": "部分属实", "correction": "录入有误，按回访记录"})
        assert client.get(ruled["Location"])["Location"] == f"{BASE}/{month.id}"
        assert "录入有误" in text(client.get(f"{BASE}/{month.id}/unit?unit={cast.units['water'].id}"))
        late = client.post(f"/desk/objections/{other.id}/step", {"step": "refuse_objection", "ruling": "再裁"})
        assert late.status_code == 409
    rows = list(csv.DictReader(io.StringIO(page(cast, "analyst", "/desk/objections.csv").removeprefix("\ufeff"))))
    assert [row["状态"] for row in rows] == ["同意剔除", "予以更正"]


def test_who_froze_is_told_on_the_page_that_another_signs_and_an_objection_after_it_is_refused_in_words(cast):
    month = checking(cast)
    month.frozen()
    shut = page(cast, "supervisor", f"/{month.id}")
    assert "冻结由您办理，须由另一人签发" in shut
    assert "记入更正表" in page(cast, "water", f"/{month.id}/unit")
    url = f"/{month.id}/objections/new?measure=solve&case={month.cases[0].id}"
    late = post(cast, "water", url, want="correct", reason="晚了", files=SimpleUploadedFile("证据.png", PNG, "image/png"))
    assert late.status_code == 409 and "不再受理异议" in text(late) and "晚了" in text(late)


def test_signed_published_and_corrected_the_sheet_carries_its_version_cut_off_and_signer(cast):
    month = checking(cast)
    month.frozen()
    draft = cast.client("supervisor").get(f"{BASE}/{month.id}/paper.docx")
    assert draft.status_code == 200 and "%E8%8D%89%E7%A8%BF" in draft["Content-Disposition"]
    month.take("sign_sheet", second(cast), doc_number="民声考〔2025〕1号")
    assert cast.client("water").get(f"{BASE}/{month.id}/paper.docx").status_code == 404, "units get it when it is given out"
    here = page(cast, "supervisor", f"/{month.id}")
    assert 'value="publish_sheet"' not in here and "?step=publish_sheet#step" in here
    assert "公布以后不能收回，错了只能记入更正表。" in page(cast, "supervisor", f"/{month.id}?step=publish_sheet")
    month.take("publish_sheet", "supervisor")
    own = page(cast, "water", f"/{month.id}/unit")
    assert "草稿" not in own and "民声考〔2025〕1号" in own and "签发 同事乙" in own and "第 2 版" in own
    pdf = [cast.client(who).get(f"{BASE}/{month.id}/paper.pdf").content for who in ("water", "analyst")]
    assert pdf[0] == pdf[1] and pdf[0].startswith(b"%PDF")
    assert "还没有更正" in page(cast, "analyst", f"/{month.id}/corrections")
    with clock.fixed(DRAWN):
        cast.take(month.cases[0], "ask_exclusion", "water", reason="重复")
        cast.take(month.cases[0], "grant_exclusion", "supervisor", ruling="同意")
    assessments.note_corrections(at=DRAWN)
    for who, names in (("analyst", {"总体", "市水务局"}), ("water", {"市水务局"})):
        shown = page(cast, who, f"/{month.id}/corrections")
        assert "少 <a" in shown and month.cases[0].number in shown
        rows = list(csv.DictReader(io.StringIO(page(cast, who, f"/{month.id}/corrections.csv").removeprefix("\ufeff"))))
        assert {row["单位"] for row in rows} == names
        solve = next(row for row in rows if row["指标"] == "解决率" and row["单位"] == "市水务局")
        assert (solve["原分子"], solve["原分母"], solve["更正后分子"], solve["更正后分母"], solve["减少的工单"]) == ("2", "2", "1", "1", month.cases[0].number)


def test_ranking_is_for_the_centres_eyes(cast):
    month = checking(cast)
    assert "没有够 30 件的单位" in page(cast, "analyst", f"/{month.id}/sheet?rank=solve")
    assert cast.client("analyst").get(f"{BASE}/{month.id}/sheet?rank=received").status_code == 422
    assert "仅供内部" not in page(cast, "water", f"/{month.id}/unit")


def test_pages_take_a_fixed_number_of_statements(cast):
    month = checking(cast)

    def asked(who: str, path: str) -> int:
        with clock.fixed(DRAWN), CaptureQueriesContext(connection, ) as said:
            assert cast.client(who).get(path if path.startswith("/desk") else BASE + path).status_code == 200
        return len(said)

    paths = [("supervisor", ""), ("supervisor", f"/{month.id}"), ("supervisor", f"/{month.id}/sheet"), ("water", f"/{month.id}/unit"), ("water", "/desk/objections"),
             ("water", f"/{month.id}/list?unit={cast.units['water'].id}&measure=received&part=numerator")]
    month.objection(month.cases[0])
    for who, path in paths:
        asked(who, path)
    before = [asked(who, path) for who, path in paths]
    for measure in ("satisfaction", "reach", "received"):
        month.objection(month.cases[0], measure=measure)
        month.objection(month.cases[1], measure=measure)
    for n in range(3):
        planned(cast, since=f"2025-02-0{n + 1}", until=f"2025-02-0{n + 1}")
    assert [asked(who, path) for who, path in paths] == before and max(before) < 40


def test_days_between_two_periods_that_lie_in_none_are_named_to_who_plans(cast):
    plans = cast.client("analyst")
    for title, since, until in (("十一月", "2024-11-01", "2024-11-30"), ("十二月", "2024-12-01", "2024-12-31"), ("一月", "2025-01-03", "2025-01-31")):
        last = plans.post("/desk/month-end/new", {"title": title, "since": since, "until": until})["Location"]
        said = plans.get(last).content.decode()
        assert ("不在任何考核期" in said) == (title == "一月"), title
    assert "1月1日 周三 至 1月2日 周四不在任何考核期" in said
