"""The template that a DOCX is filled into when the office has none of its own: GB/T 9704 layout. An office takes it out, changes it and
puts it into its data folder."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from minsheng.kit.papers.maker import sized

FANG, SONG, HEI, KAI = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312"
TIBETAN = "Microsoft Himalaya"
LINE = Pt(28.95)


@cache
def default_template() -> bytes:
    document = Document()
    _page(document)
    _paragraph(document, "{%p if number or signed_by %}")
    head = _paragraph(document, "{{ number }}{% if signed_by %}\t签发人：{{ signed_by }}{% endif %}", FANG, indent=False)
    head.paragraph_format.tab_stops.add_tab_stop(Mm(156) - Pt(16), WD_TAB_ALIGNMENT.RIGHT)
    _paragraph(document, "{%p endif %}")
    _paragraph(document, "")
    _paragraph(document, "{{ title }}", SONG, 22, align=ALIGN.CENTER, indent=False)
    _paragraph(document, "")
    _blocks(document)
    _paragraph(document, "").paragraph_format.keep_with_next = True  # who issues it never stands alone on a page
    for words in ("{{ issuer }}", "{{ day }}"):
        paragraph = _paragraph(document, words, align=ALIGN.RIGHT, indent=False)
        paragraph.paragraph_format.right_indent, paragraph.paragraph_format.keep_with_next = Pt(64), words == "{{ issuer }}"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    _font(document.styles["Normal"], FANG, 16)
    _language(document.styles["Normal"])
    document.settings.odd_and_even_pages_header_footer = True
    for footer, align in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
        _page_number(footer.paragraphs[0], align)
    section.header_distance = Mm(15)
    for header in (section.header, section.even_page_header):  # on every page, as in a PDF
        _font(header.paragraphs[0].add_run("{{ mark }}"), HEI, 26)
        header.paragraphs[0].alignment = ALIGN.CENTER


def _language(style: Any) -> None:
    """Simplified Chinese: a font that stands in for ours draws the forms and the punctuation of it."""
    language = OxmlElement("w:lang")
    for name, code in (("w:val", "en-US"), ("w:eastAsia", "zh-CN"), ("w:bidi", "bo-CN")):  # numbers stay whole as Latin words do
        language.set(qn(name), code)
    style.element.get_or_add_rPr().append(language)


def _page_number(paragraph: Any, align: Any) -> None:
    paragraph.alignment = align
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(14)
    for text in ("— ", None, " —"):
        run = paragraph.add_run(text or "")
        _font(run, "宋体", 14)
        if text is None:
            field = OxmlElement("w:fldSimple")
            field.set(qn("w:instr"), "PAGE")
            inner = OxmlElement("w:r")
            inner.append(OxmlElement("w:t"))
            field.append(inner)
            paragraph._p.append(field)


def _blocks(document: Any) -> None:
    _paragraph(document, "{%p for one in blocks %}")
    for test, words, font, indent in (("one.kind == 'heading' and one.level == 1", "{{ one.text }}", HEI, True),
                                      ("one.kind == 'heading' and one.level == 2", "{{ one.text }}", KAI, True),
                                      ("one.kind == 'para' and one.level == 1", "{{ one.text }}", FANG, False),
                                      ("one.kind == 'para' and not one.level and not loop.last", "{{ one.text }}", FANG, True),
                                      ("one.kind == 'para' and not one.level and loop.last", "{{ one.text }}", FANG, True)):
        _paragraph(document, f"{{%p if {test} %}}")
        _paragraph(document, words, font, indent=indent).paragraph_format.keep_with_next = "heading" in test or "and loop.last" in test
        _paragraph(document, "{%p endif %}")
    _paragraph(document, "{%p if one.kind == 'table' %}")
    _table(document)
    _paragraph(document, "{%p endif %}")
    _paragraph(document, "{%p endfor %}")


def _table(document: Any) -> None:
    """Columns and rows by docxtpl's own tags: {%tc %} repeats a cell, {%tr %} a row."""
    table = document.add_table(rows=4, cols=3)
    table.style = "Table Grid"
    for row, cells in enumerate((("{%tc for c in one.columns %}", "{{ c }}", "{%tc endfor %}"), ("{%tr for r in one.rows %}", "", ""),
                                 ("{%tc for c in r %}", "{{ c }}", "{%tc endfor %}"), ("{%tr endfor %}", "", ""))):
        for column, words in enumerate(cells):
            paragraph = table.cell(row, column).paragraphs[0]
            _font(paragraph.add_run(words), HEI if row == 0 else FANG, 12)
            paragraph.alignment, paragraph.paragraph_format.keep_with_next = ALIGN.CENTER, row == 0
        _row(table.rows[row], heads=row == 0)


def _row(row: Any, heads: bool) -> None:
    """Whole on one page; the names of the columns again on the next."""
    properties = row._tr.get_or_add_trPr()
    for name in ("w:cantSplit", *(["w:tblHeader"] if heads else [])):
        properties.append(OxmlElement(name))


def _paragraph(document: Any, words: str, font: str = FANG, size: float = 16, align: Any = None, indent: bool = True) -> Any:
    paragraph = document.add_paragraph()
    _font(paragraph.add_run(words), font, size)
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, LINE if size <= 16 else Pt(34)
    shape.first_line_indent = Pt(2 * size) if indent else None
    paragraph.alignment = align
    return paragraph


def _font(of: Any, name: str, size: float) -> None:
    of.font.name = name
    properties = of._element.get_or_add_rPr() if hasattr(of._element, "get_or_add_rPr") else of.element.get_or_add_rPr()
    for script, face in (("w:eastAsia", name), ("w:cs", TIBETAN)):
        properties.get_or_add_rFonts().set(qn(script), face)
    sized(properties, Pt(size))
