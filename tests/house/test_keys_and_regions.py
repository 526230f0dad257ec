"""What a page shows can be pressed and reached: keys, scroll regions, heads of tables; and what it stands on is one base."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "minsheng"
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEMPLATES = sorted(SOURCE.rglob("*.html"))


def text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


# --- keys ---------------------------------------------------------------------------------------------

_KBD = re.compile(r"<kbd>(.*?)</kbd>", re.S)


def test_every_key_that_is_shown_is_pressed_by_something_on_the_same_page():
    """The sign and the key stand in one file: what is shown on a button is what presses it."""
    lost = []
    for file in TEMPLATES:
        source = text(file)
        keys = {key.strip().lower() for key in re.findall(r'data-key="([^"]*)"', source)}
        keys |= {"esc"} if "data-back" in source else set()
        keys |= {"回车"} if 'type="submit"' in source else set()  # the browser's own way to send a form
        for shown in _KBD.findall(source):
            key = re.sub(r"(?i)\b(alt|ctrl|shift) ", r"\1+", shown.strip()).replace("|upper", "").lower()
            if key not in keys:
                lost.append(f"{name(file)}: {shown}")
    assert lost == []


# A form that one key may send: it takes no step that counts, can be undone, or is itself the way back.
ONE_KEY = {"desk/intake_done.html", "desk/dispatch_words.html", "desk/callback_aside.html", "desk/telephony/ring_back.html", "desk/archive/archive.html", "desk/case_head.html"}


def test_no_single_letter_takes_a_step():
    """A slip of the finger rules on nothing: what sends a form has its key twice ("a a"), or one with Alt, Ctrl or Enter."""
    wrong = []
    for file in TEMPLATES:
        for button in re.findall(r"<button[^>]*>", re.sub(r"{%.*?%}", "|", text(file))):  # its form may stand in another file
            keys = re.findall(r'data-key="\|?([^"]*)"', button)
            if keys and 'type="button"' not in button and any(re.fullmatch(r"\w|{{ [\w.]+ }}", one) for one in keys[0].split("|")):
                wrong.append(f"{name(file)}: {button}")
    assert [each for each in wrong if not any(f"/{page}:" in each for page in ONE_KEY)] == []
    assert any("intake_done" in each for each in wrong), "the test sees what it looks for"


def test_every_key_in_the_guides_is_a_key():
    """`Alt 1`…`Alt 5` names its ends; single letters stand in backquotes as they are pressed."""
    source = "".join(text(f) for f in [*TEMPLATES, *SOURCE.rglob("*.js"), *(SOURCE / "desk").rglob("*.py")])
    lost = []
    for file in DOCS:
        for shown in re.findall(r"`((?:Alt|Ctrl)[ +]\w+)`", text(file)):
            key = shown.replace(" ", "+")
            made = key in source or (re.fullmatch(r"Alt\+\d", key) and 'data-key="Alt+{{' in source)
            lost += [] if made or f'"{key[-1].lower()}"' in source else [f"{name(file)}: {shown}"]
    assert lost == []


# --- what axe would say, before it is asked ----------------------------------------------------------------

def test_whatever_scrolls_can_be_reached_and_no_head_of_a_table_is_empty():
    wrong = [f"{name(f)}: {tag}" for f in TEMPLATES for tag in re.findall(r'<div class="ms-scroll[^>]*>', text(f)) if "tabindex" not in tag or "aria-label" not in tag]
    wrong += [f"{name(f)}: <th></th>" for f in TEMPLATES if re.search(r"<th[^>]*>\s*</th>", text(f))]
    assert wrong == []


# --- one base ------------------------------------------------------------------------------------------


def test_the_style_of_the_desks_is_linked_by_one_template_each():
    """A page stands on `desk/page.html` or `desk/judge_page.html`; its own head holds what no other page has."""
    linked = {sheet: [file.name for file in TEMPLATES if f"minsheng/{sheet}.css" in text(file)] for sheet in ("desk", "judge")}
    assert linked == {"desk": ["page.html"], "judge": ["judge_page.html"]}
