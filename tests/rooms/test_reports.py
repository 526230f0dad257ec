"""A report on leader days: frozen when it is drafted, signed by somebody else, byte for byte what was signed; corrected by a next version."""

import base64
import hashlib
import io
import json
import re
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from tests.cast import NOW, SETUP, later
from tests.leader_day import HELD, announced, call, promise
from tests.rooms.test_leader_days import refused

from minsheng.cases.models import Case
from minsheng.cli.__main__ import main
from minsheng.kit import clock
from minsheng.kit.papers import Heading, Paper, Para, Table, making
from minsheng.kit.papers.default_template import default_template
from minsheng.kit.verdict import Refused
from minsheng.leader_days import actions
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Report, ReportFile, ReportLists
from minsheng.leader_days.queries import report, reports
from minsheng.measures import following
from minsheng.org import actions as org
from minsheng.org.rules import UnitKind

WORDS = {"title": "第1期报告", "issuer": "市12345热线中心"}
ON = later(days=4)


@pytest.fixture
def period(cast):
    found = announced(cast)
    with clock.fixed(HELD):
        call(cast, found, then="answer", given={"answer": "今晚恢复供水。", "no_article": "现场答复"})
        promise(cast, found, call(cast, found))
    return found


def draft(cast, who: str = "coordinator", **given) -> Report:
    with clock.fixed(ON):
        return Report.objects.get(id=actions.draft_report(by=cast.actors[who], given=WORDS | given).subject_id)


def step(cast, one: Report, name: str, who: str, at=ON, **given) -> Report:
    with clock.fixed(at):
        actions.take_report_step(report_id=one.id, step=name, by=cast.actors[who], given=given)
    return Report.objects.get(id=one.id)


def test_the_same_signature_sent_again_with_its_key_is_the_one_that_was_taken(cast, period):
    """Found by the walk over leader days: who lost the answer was told that it is signed already, as if by somebody else."""
    one, by, given = draft(cast, period=period.id), cast.actors["supervisor"], {"doc_number": "民声〔2025〕9号"}
    with clock.fixed(ON):
        first, again = (actions.take_report_step(report_id=one.id, step="sign_report", by=by, given=given, key="k") for _ in range(2))
        assert first.id == again.id and again.replayed and ReportFile.objects.filter(report_id=one.id).count() == 2
        assert refused(lambda: actions.take_report_step(report_id=one.id, step="sign_report", by=by, given={"doc_number": "9号"}, key="k")) == "key_reused"
        assert refused(lambda: actions.take_report_step(report_id=one.id, step="sign_report", by=by, given=given)) == "state"


def test_from_draft_to_signature_to_its_correction_with_every_version_kept(cast, period):
    for given, wrong in (({"period": period.id, "year": 2025}, "year"), ({"period": 99}, "period"), ({"year": 2019}, "year"), ({"title": ""}, "title")):
        assert refused(lambda g=given: draft(cast, **g)) == wrong, given
    assert refused(lambda: draft(cast, "supervisor", period=period.id)) == "role"
    one = draft(cast, period=period.id)
    numbers = one.figures["scopes"][0]["numbers"]
    assert (numbers["received"], numbers["answered"], numbers["done"], numbers["made"], numbers["units"]) == (2, 1, 0, 1, 1), "who was answered at the desk is called back first"
    lists = ReportLists.objects.get(report_id=one.id).lists
    assert set(lists["0:received"]) == set(Case.objects.filter(period_id=period.id).values_list("id", flat=True)) and len(lists["0:made"]) == 1
    assert refused(lambda: draft(cast, period=period.id)) == "title", "one draft at a time"
    assert refused(lambda: step(cast, one, "sign_report", "coordinator", doc_number="民声〔2025〕1号")) == "role"
    assert refused(lambda: step(cast, one, "sign_report", "supervisor")) == "doc_number"
    both = replace(cast.actors["supervisor"], id=cast.actors["coordinator"].id)
    assert refused(lambda: actions.take_report_step(report_id=one.id, step="sign_report", by=both, given={"doc_number": "1号"})) == "own"
    with clock.fixed(ON):
        promise(cast, period, Case.objects.filter(period_id=period.id).last())
    assert step(cast, one, "recount_report", "coordinator").figures["scopes"][0]["numbers"]["made"] == 2
    one = step(cast, one, "sign_report", "supervisor", doc_number="民声〔2025〕1号")
    kept = {row.form: bytes(row.content) for row in ReportFile.objects.filter(report=one)}
    assert kept["pdf"][:5] == b"%PDF-" and hashlib.sha256(kept["pdf"]).hexdigest() == one.pdf_sha256
    words = "\n".join(p.text for p in Document(io.BytesIO(kept["docx"])).paragraphs)
    assert "民声〔2025〕1号" in words and "签发人：督办员甲" in words and "2025年1月6日" in words and "草稿" not in words and "受理群众诉求2件" in words
    for name in ("amend_report", "recount_report", "discard_report"):
        assert refused(lambda n=name: step(cast, one, n, "coordinator", **(WORDS if n == "amend_report" else {"reason": "不要了"}))) == "state"
    assert refused(lambda: draft(cast, period=period.id)) == "correction"
    two = draft(cast, period=period.id, correction="承诺补登一项")
    assert two.version == 2 and refused(lambda: step(cast, two, "sign_report", "supervisor", doc_number="民声〔2025〕1号")) == "doc_number"
    assert step(cast, two, "discard_report", "coordinator", reason="数字没有变").state == "discarded"
    assert Report.objects.get(id=one.id).state == "signed" and list(verify_history()) == []


def test_a_draft_that_changed_while_its_paper_was_made_is_not_signed(cast, period, monkeypatch):
    one, made = draft(cast, year=2025), making.pdf

    def meanwhile(paper):
        step(cast, one, "amend_report", "coordinator", **WORDS | {"remarks": "补一句"})
        return made(paper)

    monkeypatch.setattr("minsheng.leader_days.actions.report_kind.making.pdf", meanwhile)
    assert refused(lambda: step(cast, one, "sign_report", "supervisor", doc_number="2号")) == "doc_number"
    assert Report.objects.get(id=one.id).state == "draft" and not ReportFile.objects.exists()


def test_lists_and_papers_that_were_changed_by_hand_are_found_and_no_such_paper_leaves(cast, period):
    one = step(cast, draft(cast, period=period.id), "sign_report", "supervisor", doc_number="3号")
    assert list(verify_history()) == []
    ReportLists.objects.filter(report_id=one.id).update(lists={"0:received": [1]})
    assert any("清单" in said for said in verify_history())
    ReportFile.objects.filter(report=one, form="pdf").update(content=b"%PDF-1.7 another")
    assert any("签发的文件" in said for said in verify_history())
    with pytest.raises(Refused, match="与签发时不一致"):
        reports.file_of(one.id, "pdf", cast.actors["supervisor"])
    assert reports.file_of(one.id, "docx", cast.actors["analyst"])


def test_who_finds_which_reports(cast, period):
    drafted, signed = draft(cast, period=period.id), step(cast, draft(cast, year=2025), "sign_report", "supervisor", doc_number="4号")
    seen = {who: set(reports.visible(cast.actors[who]).values_list("id", flat=True)) for who in
            ("coordinator", "supervisor", "inspector", "analyst", "leader", "water", "agent", "media", "system_admin")}
    assert seen == {"coordinator": {drafted.id, signed.id}, "supervisor": {drafted.id, signed.id}, "inspector": {signed.id}, "analyst": {signed.id},
                    "leader": {signed.id}, "water": set(), "agent": set(), "media": set(), "system_admin": set()}


def test_what_is_frozen_is_what_is_counted(cast, period):
    with clock.fixed(ON):
        figures, lists = reports.freeze(period.id, 0, ON)
        live = report.of([period], cast.actors["supervisor"]).scope("")
    assert figures["scopes"][0]["numbers"] == dict(live.numbers)
    assert {key: len(ids) for key, ids in lists.items()} == {f"0:{key}": live[key] for key in (k.partition(":")[2] for k in lists)}


# --- papers --------------------------------------------------------------------------------

PAPER = Paper("标题 <b>&", (Heading("综述"), Para("受理 314 件 < 400 & 更多 བོད་ཡིག"), Heading("二级", 2), Table(("项目", "2024年"), (("受理", "314 件"),))),
              "市热线中心", NOW.date(), "民声〔2025〕1号", "督办员甲", "草稿")


def test_a_paper_is_pdf_a_and_docx_with_the_same_words_and_markup_stays_text(settings, tmp_path):
    settings.DATA = tmp_path
    made = making.pdf(PAPER)
    assert made[:5] == b"%PDF-" and b"pdfaid" in made and len(made) < 400_000
    opened = Document(io.BytesIO(making.docx(PAPER)))
    words = [p.text for p in opened.paragraphs if p.text.strip()]
    assert words == ["民声〔2025〕1号\t签发人：督办员甲", "标题 <b>&", "一、综述", "受理 314 件 < 400 & 更多 བོད་ཡིག", "（一）二级", "市热线中心", "2025年1月2日"]
    assert _marks(opened) == ["草稿", "草稿"]  # on every page, the even ones as well
    assert [[cell.text for cell in row.cells] for row in opened.tables[0].rows] == [["项目", "2024年"], ["受理", "314 件"]]
    assert (round(opened.sections[0].page_width.mm), round(opened.sections[0].top_margin.mm)) == (210, 37)


def test_tibetan_in_a_docx_has_the_size_of_the_chinese_beside_it_in_title_text_and_narrow_tables(settings, tmp_path):
    """It is of a complex script, whose size Word keeps apart: it was printed at ten points under a title of twenty-two."""
    settings.DATA = tmp_path
    bo, wide = "བོད་ཡིག", ("项目", "本周", "上周", "去年同期", "与上周相比", "与去年同期相比")
    opened = Document(io.BytesIO(making.docx(replace(PAPER, title=f"标题{bo}", blocks=(Heading(bo), Para(bo), Table(wide, ((bo,) * 6,)))))))
    runs = [run for p in opened.element.body.iter(qn("w:p")) for run in p.iter(qn("w:r")) if bo in "".join(t.text or "" for t in run.iter(qn("w:t")))]
    sizes = [[run.rPr.find(qn(f"w:{name}")).get(qn("w:val")) for name in ("sz", "szCs")] for run in runs]
    assert len(sizes) == 9 and all(one == other for one, other in sizes) and sizes[0][0] == "44" and sizes[-1][0] == "21"


def _marks(document) -> list[str]:
    return [header.paragraphs[0].text for header in (document.sections[0].header, document.sections[0].even_page_header)]


def test_a_wide_table_gives_its_columns_what_their_figures_need_in_a_docx_too(settings, tmp_path):
    settings.DATA = tmp_path
    wide = Table(("单位", "转办量", "按时办结率", "解决率", "满意率", "回访接通率"),
                 tuple(("示例市住房和城乡建设局（市人民防空办公室）", "1,234", *["98.5%\n1,215/1,234"] * 4) for _ in range(40)))
    paper = Paper("标题", (wide, Para("https://" + "a" * 300)))
    table = Document(io.BytesIO(making.docx(paper))).tables[0]
    widths = [cell.width.pt for cell in table.rows[1].cells]
    assert widths[0] > widths[2] > widths[1] and abs(sum(widths) - 442) < 1
    assert {run.font.size.pt for cell in table.rows[1].cells for run in cell.paragraphs[0].runs} == {10.5}
    assert making.pdf(paper)[:5] == b"%PDF-"


LINES, TALL = tuple(Para("一行。") for _ in range(9)), "答复没有写明完成的日期，现场记录没有写看到了什么，须补充并重新答复诉求人。" * 3


@pytest.mark.parametrize(("blocks", "signs", "pages"), [
    ((Para("统计期内各项比率均列分子、分母和区间，分母为零的为暂无数据。" * 22),), True, 2),
    ((Table(("工单", "单位", "问题"), (("20241213000612", "市交通局", TALL),) * 7),), False, 2),
    ((Table(("工单", "单位", "问题"), (("20241213000612", "市交通局", "无"),) * 22),), True, 2),
    ((Table(("工单", "单位", "问题"), ()),), True, 1), ((), True, 1)])
def test_no_page_stands_half_empty_before_a_long_last_paragraph_or_tall_rows(settings, tmp_path, blocks, signs, pages):
    """Who signs took the whole last paragraph or table along; the first three rows stayed together however tall they were."""
    settings.DATA = tmp_path
    made = making.pdf(Paper("标题", (*LINES, *blocks), *(("市热线中心", NOW.date()) if signs else ())))
    assert len(re.findall(rb"/Type ?/Page\b", made)) == pages


def test_a_machine_without_type_of_its_own_sets_chinese_and_tibetan_in_what_came_with_the_packages(settings, tmp_path):
    settings.DATA = tmp_path
    names = "㑇𬭎䶮喆堃昇𫍯𬱖"  # of people, outside the oldest set
    made = making.pdf(replace(PAPER, blocks=(*PAPER.blocks, Para(f"{names}，ཁྱེད་ཀྱི་ཞུ་བ་བསྡུ་ལེན་བྱས་ཟིན།"))), own_fonts_only=True)
    assert all(face in made for face in (b"NotoSerifSC-Regular", b"NotoSansSC-Regular", b"NotoSerifTibetan-Regular")) and len(made) < 400_000


def test_a_glyph_that_no_font_has_is_a_sentence_that_names_the_package(settings, tmp_path):
    settings.DATA = tmp_path
    for text, package in (("ᠮᠣᠩᠭᠣᠯ", "“ᠮ”的字形，.*fonts-noto-core"), ("𪚥", "“𪚥”的字形，.*fonts-noto-cjk")):
        with pytest.raises(Refused, match=package):
            making.pdf(Paper(text, ()), own_fonts_only=True)


def test_an_offices_own_template_is_taken_and_a_broken_one_is_said(settings, tmp_path):
    settings.DATA = tmp_path
    own = Document()
    own.add_paragraph("××市人民政府文件：{{ title }}")
    (tmp_path / "templates").mkdir()
    own.save(tmp_path / "templates" / "paper.docx")
    assert "××市人民政府文件：标题 <b>&" in [p.text for p in Document(io.BytesIO(making.docx(PAPER))).paragraphs]
    odd = Document()
    odd.add_paragraph("{% for x in blocks %}{{ title.__class__.__mro__ }}")
    for content in (b"no docx", default_template()[:2000], _saved(odd), b""):
        (tmp_path / "templates" / "paper.docx").write_bytes(content)
        with pytest.raises(Refused, match="模板"):
            making.docx(PAPER)
    (tmp_path / "templates" / "paper.docx").write_bytes(b"x" * (making.LARGEST_TEMPLATE + 1))
    with pytest.raises(Refused, match="5 MB"):
        making.docx(PAPER)


def _saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_what_wants_more_than_any_paper_ends_its_own_process_alone():
    maker = Path(making.__file__).with_name("maker.py")
    endless = Document()
    endless.add_paragraph("{% for a in range(99999) %}{% for b in range(99999) %}{{ title * 99999 }}{% endfor %}{% endfor %}")
    given = {"paper": PAPER.as_data(), "template": base64.b64encode(_saved(endless)).decode(), "fonts": [], "own_fonts_only": True}
    limits = f"import sys; sys.argv = ['maker', 'docx']; sys.path.insert(0, {str(maker.parent)!r}); import maker; maker.MEMORY = 400 << 20; sys.exit(maker.main())"
    done = subprocess.run([sys.executable, "-I", "-c", limits], input=json.dumps(given).encode(), capture_output=True, timeout=60, check=False)
    assert done.returncode == 4 and b"MemoryError" in done.stderr and not done.stdout


# --- the command -----------------------------------------------------------------------------


def test_the_command_hands_out_a_draft_before_and_the_signed_bytes_after_the_signature(cast, period, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("minsheng.cli.ready.database", lambda data: nullcontext())
    out = tmp_path / "r.docx"
    with clock.fixed(ON):
        assert main(["leader-days", "report", "--period", "1", "--format", "docx", "--out", str(out)]) == 0
        assert _marks(Document(out)) == ["草稿", "草稿"] and "草稿" in capsys.readouterr().err
    one = step(cast, draft(cast, period=period.id), "sign_report", "supervisor", doc_number="5号")
    with clock.fixed(later(days=9)):
        assert main(["leader-days", "report", "--period", "1", "--format", "pdf", "--out", str(out)]) == 0
    assert hashlib.sha256(out.read_bytes()).hexdigest() == one.pdf_sha256 and "5号" in capsys.readouterr().err
    assert main(["leader-days", "template", "--out", str(out)]) == 0 and "{{ title }}" in [p.text for p in Document(out).paragraphs]


def test_a_signed_report_counts_what_the_hotlines_own_page_counts_so_that_no_difference_tells_of_a_complaint_about_it(cast, period):
    org.name_outside_panel(unit=org.add_unit(code="out", name="市政府督查室", kind=UnitKind.BUREAU, parent=cast.units["city"], by=SETUP), by=SETUP)
    with clock.fixed(HELD):
        call(cast, period, complained_unit=cast.units["centre"].id, title="热线态度")
        secret = call(cast, period)
        cast.take(secret, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
        cast.create(complained_unit=cast.units["centre"].id)
    one = draft(cast, period=period.id)
    with clock.fixed(ON):
        following.bring_up_to_date()
        for who in ("coordinator", "supervisor", "analyst"):
            live = report.of([period], cast.actors[who])
            beside = report.hotline(live.asked, cast.actors[who])
            assert one.figures["scopes"][0]["numbers"]["received"] == live.scope("").numbers["received"] == 3, who
            assert one.figures["hotline"]["to_complete"] == beside.to_complete, who
        assert report.of([period], cast.actors["inspector"]).scope("").numbers["received"] == 4, "who oversees the hotline counts it"
        page = cast.client("coordinator").get(f"/desk/periods/report?period={period.id}").content.decode()
        assert "反映热线自身的，热线数的数里都没有" in page
    lists = ReportLists.objects.get(report_id=one.id).lists
    assert {name: len(ids) for name, ids in lists.items() if name.endswith("received")} == {"0:received": 3}
    assert len(lists["0:made"]) == one.figures["scopes"][0]["numbers"]["made"] == 1
