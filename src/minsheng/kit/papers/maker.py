"""A program of its own: a paper comes in as JSON, PDF or DOCX goes out. Run by `making`.

It sets its own limits before it reads a byte: what wants more memory or time than any paper ends this process and no other. It knows nothing
of the project: Python starts it alone (`python -I maker.py pdf|docx`). A fault leaves its reason on standard error.
"""

import base64
import io
import json
import re
import resource
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

MEMORY = 3 << 30  # of addresses: fonts are mapped, some have 100 MB
SECONDS = 30
NO_GLYPH, BAD_TEMPLATE, BROKEN = 3, 4, 5  # exit codes
SIZE = 12  # of the type in the template's tables
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NO_GLYPH = "could not be displayed with font"


def limit() -> None:
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard),) * 2)


def typeset(given: dict) -> bytes:
    """PDF/A: text that no font of the machine has is an error there, not a box."""
    import typst

    source = Path(__file__).with_name("gbt9704.typ").read_bytes()
    return typst.compile(source, format="pdf", pdf_standards="a-2b", sys_inputs={"data": json.dumps(given["paper"], ensure_ascii=False)},
                         font_paths=given["fonts"], ignore_system_fonts=given["own_fonts_only"])


def fill(given: dict) -> bytes:
    """The office's template with the paper in it; words are escaped, and a template does nothing but show."""
    from docxtpl import DocxTemplate
    from jinja2.sandbox import SandboxedEnvironment

    template = DocxTemplate(io.BytesIO(base64.b64decode(given["template"])))
    template.render(given["paper"], SandboxedEnvironment(autoescape=True), autoescape=True)
    for one in template.docx.tables:
        lay_out(one._tbl, given["paper"]["blocks"])
    if given["paper"]["blocks"][-1:] and given["paper"]["blocks"][-1]["kind"] == "table" and template.docx.tables:
        hold_to_what_follows(template.docx.tables[-1])
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


def lay_out(table: Any, blocks: list[dict]) -> None:
    """A table of the paper's (by the names of its columns) gets the widths and the size that keep its figures whole."""
    from docx.shared import Pt

    rows = [row.tc_lst for row in table.tr_lst]
    heads = ["".join(p.text for p in cell.p_lst) for cell in rows[0]] if rows else []
    one = next((block for block in blocks if block["kind"] == "table" and block["columns"] == heads), None)
    if one is None:
        return
    for column, width in zip(table.tblGrid.gridCol_lst, one["widths"], strict=False):
        column.w = Pt(width)
    for cells in rows:
        for cell, width in zip(cells, one["widths"], strict=False):
            cell.width = Pt(width)
            for paragraph in cell.p_lst:
                mark(paragraph, min(one["size"], SIZE))
            for run in cell.iter(f"{W}r") if one["size"] < SIZE else ():
                sized(run.get_or_add_rPr(), Pt(one["size"]))


def hold_to_what_follows(table: Any) -> None:
    """Who issues the paper never stands alone on a page: the last rows of a table that ends it go along."""
    for row in table.rows[-2:]:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.keep_with_next = True


def sized(properties: Any, size: Any) -> None:
    """Of Chinese and, which has a size of its own, of Tibetan."""
    from docx.oxml import OxmlElement

    properties.sz_val = size
    for old in properties.findall(f"{W}szCs"):
        properties.remove(old)
    tibetan = OxmlElement("w:szCs")
    tibetan.set(f"{W}val", properties.find(f"{W}sz").get(f"{W}val"))
    properties.find(f"{W}sz").addnext(tibetan)


def mark(paragraph: Any, size: float) -> None:
    """The size of what ends a paragraph: by it the row of an empty cell has its height."""
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    properties = paragraph.get_or_add_pPr()
    of_mark = properties.find(f"{W}rPr")
    if of_mark is None:
        of_mark = OxmlElement("w:rPr")
        properties.append(of_mark)
    sized(of_mark, Pt(size))


def check(given: dict) -> bytes:
    """What is wrong with a template, as JSON: {"outside": it brings a program or reaches out of itself; "unknown": what it names and there is
    not; "empty": none of the text comes through}. A fault of its form is an error as when it is filled."""
    from docx import Document
    from docxtpl import DocxTemplate
    from jinja2 import StrictUndefined, UndefinedError
    from jinja2.sandbox import SandboxedEnvironment

    content = base64.b64decode(given["template"])
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        outside = any("vbaproject" in name.lower() or "embeddings/" in name.lower() for name in parts.namelist()) or any(
            _reaches_out(parts.read(name)) for name in parts.namelist() if name.endswith(".rels"))
    strict = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    unknown = sorted(DocxTemplate(io.BytesIO(content)).get_undeclared_template_variables(strict) - set(given["paper"]))
    empty = False
    if not unknown:
        template, out = DocxTemplate(io.BytesIO(content)), io.BytesIO()
        try:
            template.render(given["paper"], strict, autoescape=True)
            template.save(out)
            empty = not any(given["expected"] in p.text for p in Document(io.BytesIO(out.getvalue())).paragraphs)
        except UndefinedError as wrong:
            unknown = re.findall(r"'(\w+)'(?: is undefined)?$", str(wrong)) or [str(wrong)[:60]]
    return json.dumps({"outside": outside, "unknown": unknown, "empty": empty}).encode()


def _reaches_out(rels: bytes) -> bool:
    """Anything but a link that a reader presses."""
    return any(b'TargetMode="External"' in one and b"/hyperlink" not in one for one in rels.split(b"<Relationship ")[1:])


def main() -> int:
    limit()
    warnings.simplefilter("ignore")
    given = json.loads(sys.stdin.buffer.read())
    make = {"pdf": typeset, "docx": fill, "check": check}[sys.argv[1]]
    try:
        made = make(given)
    except Exception as wrong:  # whatever a library says, who asked gets a sentence; the reason goes into the log
        print(f"{type(wrong).__name__}: {wrong}"[:2000], file=sys.stderr)
        return NO_GLYPH if _NO_GLYPH in str(wrong) else BAD_TEMPLATE if make is not typeset else BROKEN
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
