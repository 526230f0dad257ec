"""No expression of the program is slow on any text: each is fed the worst that can be made from it, and the growth is looked at.

Those of the masks are tried one by one in test_mask_patterns; here are all others, found by reading the source, an eighth of the
files each day.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from pathlib import Path

import pytest
from tests.of_today import of_today
from tests.rules.test_mask_patterns import growth, worst

import minsheng

pytestmark = pytest.mark.uncounted

ROOT = Path(minsheng.__file__).parent
_CALLS = {"compile", "search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split"}
FLAGS = {"I": re.I, "IGNORECASE": re.I, "S": re.S, "DOTALL": re.S, "M": re.M, "MULTILINE": re.M, "A": re.A, "ASCII": re.A, "X": re.X, "VERBOSE": re.X}


def _written_in(path: Path) -> list[tuple[str, int, str]]:
    """(expression, flags, call) of each call of `re` whose expression stands there as a text."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)):
            continue
        if node.func.value.id == "re" and node.func.attr in _CALLS and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str | bytes):
            named = [n.attr for more in (*node.args[1:], *(k.value for k in node.keywords)) for n in ast.walk(more) if isinstance(n, ast.Attribute)]
            found.append((_in_letters(node.args[0].value), sum({FLAGS[n] for n in named if n in FLAGS}), node.func.attr))
    return found


def _compiled_in(path: Path) -> list[tuple[str, int, str]]:
    """Those that a module keeps, however they were put together."""
    name = ".".join(("minsheng", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    module = sys.modules.get(name) or importlib.import_module(name)
    held = [v for v in vars(module).values()]
    held += [one for v in held if isinstance(v, tuple | list | dict) for one in _inside(v)]
    return [(_in_letters(v.pattern), v.flags & ~re.U, "") for v in held if isinstance(v, re.Pattern)]


def _in_letters(pattern: str | bytes) -> str:
    """One of bytes is tried on letters: how it goes through a text is the same."""
    return pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern


def _inside(value: object) -> list:
    items = list(value.values()) if isinstance(value, dict) else list(value)  # type: ignore[call-overload]
    return items + [one for v in items if isinstance(v, tuple | list) for one in v]


_KEEPS = re.compile(rf"re\.(?:{'|'.join(_CALLS)})\(")
# What such an expression is given is short, or ours: why its growth does no harm.
BOUNDED = {
    "language/telephones.py": "200 characters of a number", "language/known.py": "200 characters of a field for names",
    "kit/log_words.py": "1,000 characters of a sentence", "kit/tally.py": "the beginning of a statement", "archive/question.py": "statements of this house",
    "kit/gettext_catalog.py": "our catalogues", "telephony/actions/tail.py": "the exchange's own settings",
    "telephony/asterisk/doctor.py": "what the exchange says of itself", "telephony/asterisk/programs.py": "what the loader says of a program",
    "cli/cities.py": "a file of the operator", "cli/test.py": "a command line",
}
FILES = [p for p in sorted(ROOT.rglob("*.py")) if "migrations" not in p.parts and p.name != "patterns.py" and _KEEPS.search(p.read_text(encoding="utf-8"))]
TRIED = [p for p in FILES if str(p.relative_to(ROOT)) not in BOUNDED]


def test_there_are_expressions_to_try():
    assert len(TRIED) > 50 and len(BOUNDED) + len(TRIED) == len(FILES)


@pytest.mark.parametrize("path", of_today(TRIED, one_in=8), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_expression_takes_more_than_its_share_of_a_longer_text(path):
    for pattern, flags, call in dict.fromkeys((*_written_in(path), *_compiled_in(path))):
        made = re.compile(pattern, flags)
        deeds = (made.match,) if call == "match" else (lambda text, made=made: sum(1 for _ in made.finditer(text)), made.fullmatch)
        for before, pump in worst(made):
            for deed in deeds:
                assert any(growth(deed, before, pump) < 20 for _ in range(3)), (pattern, before, pump)
