"""Makes a paper as PDF or DOCX, one at a time on this machine, in a process of its own with limits of its own (`maker.py`)."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from minsheng.kit.one_at_a_time import one_at_a_time
from minsheng.kit.papers import Paper, Para, typefaces
from minsheng.kit.papers.default_template import default_template
from minsheng.kit.papers.maker import BAD_TEMPLATE, NO_GLYPH
from minsheng.kit.verdict import Refused, no

log = logging.getLogger(__name__)
WAIT_S, LONGEST_S = 60, 60
LARGEST_TEMPLATE = 5 << 20
FORMS = {"pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_EAST_ASIAN = re.compile(r"u\{(?:[3-9ac][0-9a-f]{3}|f[9a][0-9a-f]{2}|[23][0-9a-f]{4})\}|[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


def template_path() -> Path:
    """Where an office puts its own."""
    return Path(settings.DATA) / "templates" / "paper.docx"


def pdf(paper: Paper, *, own_fonts_only: bool = False) -> bytes:
    """Refused with a sentence: a glyph is missing, or it could not be made. `own_fonts_only`: as on a machine that has no type."""
    return _made("pdf", paper, own_fonts_only=own_fonts_only)


def docx(paper: Paper, template: bytes | None = None) -> bytes:
    """By that template, else by the office's, else by the default one. Refused with a sentence: the template is broken."""
    return _made("docx", paper, template=base64.b64encode(template or _template()).decode())


def made(paper: Paper, form: str) -> bytes:
    """`form`: pdf, or docx by the office's template."""
    return docx(paper) if form == "docx" else pdf(paper)


def template_wrong(template: bytes, sample: Paper) -> str:
    """Why a template cannot be used, in a sentence; "" when it can. It is filled with `sample`, whose paragraphs must come through."""
    expected = next(block.text for block in sample.blocks if isinstance(block, Para))
    try:
        found = json.loads(_made("check", sample, template=base64.b64encode(template).decode(), expected=expected))
    except Refused as refused:
        busy = refused.verdict.code == "busy"
        return refused.verdict.reason if busy else "这不是完整的 DOCX，或其中的标记写错了（如少了半边花括号），请改正后再换"
    if found["outside"]:
        return "模板里有宏、嵌入的对象或指到外面的链接，请去掉后再换"
    if found["unknown"]:
        return f"模板里的标记“{'”“'.join(found['unknown'][:5])}”没有这一项，可用：{'、'.join(sample.as_data())}；正文各段是 one.kind、one.text、one.columns、one.rows"
    return "模板里没有正文（blocks）：填出来的文件没有报告的内容，请从现用的模板改起" if found["empty"] else ""


def _template() -> bytes:
    path = template_path()
    try:
        if path.stat().st_size > LARGEST_TEMPLATE:
            raise Refused(no("template", f"模板 {path} 超过 5 MB，请换小一些的文件"))
        return path.read_bytes()
    except FileNotFoundError:
        return default_template()
    except OSError as wrong:
        raise Refused(no("template", f"模板 {path} 读不出来（{wrong.strerror}），请检查文件权限")) from wrong


def _made(form: str, paper: Paper, *, own_fonts_only: bool = False, template: str = "", expected: str = "") -> bytes:
    given = {"paper": paper.as_data(), "template": template, "fonts": typefaces.folders(), "own_fonts_only": own_fonts_only, "expected": expected}
    command = [sys.executable, "-I", str(Path(__file__).with_name("maker.py")), form]
    with one_at_a_time("paper", WAIT_S, Refused(no("busy", "正在生成别的文件，请稍后再试"))):
        try:
            done = subprocess.run(command, input=json.dumps(given).encode(), capture_output=True, timeout=LONGEST_S, check=False,
                                  env=os.environ | {"RAYON_NUM_THREADS": "1"})
        except subprocess.TimeoutExpired as wrong:
            raise Refused(no("paper", "生成文件超过一分钟，已停止；请把内容改短后再试")) from wrong
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip()
        log.warning("a paper was not made (%s, %s): %s", form, done.returncode, said[:500])
        raise Refused(no("paper", _why(done.returncode, said)))
    return done.stdout


def _why(code: int, said: str) -> str:
    if code == NO_GLYPH:
        package = "fonts-noto-cjk" if _EAST_ASIAN.search(said) else "fonts-noto-core"
        text = re.search(r'the text `"(.{1,40}?)"`', said)
        return f"这台机器的字库里没有“{text[1] if text else ''}”的字形，没有生成文件；请安装字库 {package}，或把字库放到数据目录的 fonts 下再试"
    if code == BAD_TEMPLATE:
        return f"模板 {template_path()} 用不了：不是完整的 DOCX，或其中的标记写错了；请改正，或移走它用默认模板（./minsheng leader-days template 可取出默认模板）"
    return "文件没有生成，原因已写入日志；请稍后再试"
