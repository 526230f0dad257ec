"""A day's report on one city: an analyst drafts and words it, a supervisor signs it, the three papers are taken away; list, page, settings
and versions looked at, at the desk's width and at a telephone's.

    python -m tests.journeys.bulletins --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

from tests.journeys.stage import Stage, run

EVENING = datetime.fromisoformat("2025-01-03T09:00+08:00")
WORDS = "供水诉求集中在幸福路一带，已联系水务局。"


def cases(s: Stage) -> None:
    """Of the day before: with a unit, closed, answered at once."""
    from minsheng.cases.rules import State
    from minsheng.kit import clock
    from tests.cast import NOW

    with clock.fixed(NOW):
        s.cast.at_state(State.IN_PROGRESS)
        s.cast.at_state(State.CLOSED)
        s.cast.create(then="answer", given={"answer": "今晚恢复供水。", "no_article": "电话里答复"})


def drafted(s: Stage) -> str:
    with s.seat("analyst") as page:
        page.goto("/desk/bulletins")
        s.look(page, "bulletins-empty")
        page.click("text=起草")
        page.select_option("[name=kind]", "daily")
        page.fill("[name=since]", "2025-01-02")
        s.look(page, "bulletin-new")
        page.click("button.btn-primary")
        page.wait_for_selector("text=数字已取定")
        page.click("a:has-text('修改文字')")
        page.fill("[name=overview]", "受理3件。")
        page.click("#step button.btn-primary")
        page.wait_for_selector("text=手写的数字")
        s.look(page, "bulletin-wrong")
        page.fill("[name=overview]", WORDS)
        page.click("#step button.btn-primary")
        page.wait_for_selector("text=修改文字：已记入")
        s.look(page, "bulletin-draft")
        page.click("button[value=submit_bulletin]")
        page.wait_for_selector("text=待签发")
        return str(page.url.split(s.base)[-1].split("?")[0])


def signed(s: Stage, url: str) -> dict:
    with s.seat("supervisor") as page:
        page.goto(url)
        page.click("a:has-text('签发')")
        page.fill("[name=doc_number]", "民声日报〔2025〕1号")
        page.click("#step button.btn-primary")
        page.wait_for_selector("text=签发：已记入")
        s.look(page, "bulletin-signed")
        got = {}
        for form in ("pdf", "docx", "xlsx"):
            with page.expect_download() as download:
                page.click(f"text=下载 {form.upper()}")
            got[form] = Path(download.value.path()).read_bytes()
            if s.shots:
                (s.shots / f"bulletin.{form}").write_bytes(got[form])
        number = page.locator("a[href*='key=0']", has_text="3件").first
        number.click()
        page.wait_for_selector("[data-row]")
        opened = page.locator("[data-row]").count()
        page.goto("/desk/bulletins/settings")
        s.look(page, "bulletin-settings")
    return {"got": got, "opened": opened}


def small(s: Stage, url: str) -> None:
    with s.seat("analyst", 390, 844) as page:
        for path, name in ((url, "bulletin"), ("/desk/bulletins", "bulletins"), (f"{url}/versions", "versions"), ("/desk/bulletins/settings", "settings")):
            page.goto(path)
            s.look(page, f"phone-{name}")
    with s.seat("analyst", 794, 1123) as paper:
        paper.emulate_media(media="print")
        paper.goto(url)
        s.look(paper, "print-bulletin")


def tell(s: Stage) -> dict:
    from docx import Document
    from openpyxl import load_workbook

    cases(s)
    url = drafted(s)
    found = signed(s, url)
    small(s, url)
    words = "\n".join(p.text for p in Document(io.BytesIO(found["got"]["docx"])).paragraphs)
    book = load_workbook(io.BytesIO(found["got"]["xlsx"]))
    return {"pdf": found["got"]["pdf"][:5].decode(), "words": WORDS in words and "民声日报〔2025〕1号" in words and "草稿" not in words,
            "received": book["各项数量"]["B4"].value, "formula": str(book["各项比率"]["D4"].value), "opened": found["opened"]}


if __name__ == "__main__":
    run(tell, EVENING)
