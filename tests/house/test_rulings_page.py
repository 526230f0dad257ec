"""docs/rulings.md: each ruling has its grounds and a place in the code; what the code cites stands there, and nothing cites what is not here."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "minsheng"
PAGE = (ROOT / "docs" / "rulings.md").read_text(encoding="utf-8")
HEAD = re.compile(r"^### (\d+)\. (.+?) · (.+)$", re.M)
WORDS = (".py", ".yaml", ".html", ".js", ".md", ".css")
CITES = re.compile(r"\b[Rr]ulings?,? (\d+(?:(?:, | and | to |-)\d+)*)")
# Pages that once lay beside the repository, and what has no place in it: a reader cannot follow such a reference.
OUTSIDE = re.compile(r"\b(?:domain|practice|peers|house|engine|styles|screens)(?: page|, section|,? section|, \d| \d+\.\d|\.md)|\.\./shared|\b[Ii]ssue \d")


def texts() -> list[tuple[str, str]]:
    files = [f for folder in ("src", "tests", "bench", "demo", "deploy", "docs") for f in (ROOT / folder).rglob("*") if f.suffix in WORDS]
    files += [ROOT / "CONTRIBUTING.md", ROOT / "README.md", ROOT / "pyproject.toml"]
    return [(f.relative_to(ROOT).as_posix(), f.read_text(encoding="utf-8")) for f in files if f != Path(__file__) and "vendor" not in f.parts]


def numbers(said: str) -> list[int]:
    """Of "1, 2 and 4", and of "18-23" all between."""
    found = []
    for part in re.split(r", | and ", said):
        first, _, last = part.replace(" to ", "-").partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def parts() -> dict[int, str]:
    pieces = HEAD.split(PAGE)
    return {int(number): text for number, text in zip(pieces[1::4], pieces[4::4], strict=True)}


def test_the_rulings_stand_in_the_order_of_their_numbers_and_none_is_said_twice():
    said = [int(m[1]) for m in HEAD.finditer(PAGE)]
    assert said == sorted(set(said)) and said[:52] == list(range(1, 53))


@pytest.mark.parametrize("number", parts())
def test_a_ruling_has_its_grounds_and_stands_in_code_that_there_is(number):
    text = parts()[number]
    grounds, code = (re.search(rf"^- {word}：(.+)$", text, re.M) for word in ("依据", "代码"))
    assert grounds and code
    named = re.findall(r"`([\w/.]+)`", code[1])
    assert named and [n for n in named if not (SOURCE / n).exists() and not (ROOT / n).exists()] == []


def test_a_ruling_that_the_code_cites_stands_on_the_page():
    cited = {(name, n) for name, text in texts() for hit in CITES.finditer(text) for n in numbers(hit[1])}
    assert len(cited) > 100
    assert sorted((name, n) for name, n in cited if n not in parts()) == []


def test_code_that_cites_a_ruling_is_named_by_it():
    """Whoever reads the law otherwise finds on the page every module that has to change."""
    cited = {(name.removeprefix("src/minsheng/"), n) for name, text in texts() if name.startswith("src/minsheng/") and name.endswith(".py")
             for hit in CITES.finditer(text) for n in numbers(hit[1])}
    lacking = sorted((n, name) for name, n in cited if f"`{name}`" not in parts().get(n, ""))
    assert lacking == [], "name the module after 代码 of that ruling in docs/rulings.md"


def test_nothing_cites_a_page_outside_the_repository():
    assert [f"{name}: {hit[0]}" for name, text in texts() for hit in OUTSIDE.finditer(text)] == []
