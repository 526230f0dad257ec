"""The auditor reads of every entry what it is about and what its details are: nothing that is written is only “其他”."""

import ast
from pathlib import Path

import minsheng
from minsheng.desk import ledger_words

NAMED = {"person", "unit", "case", "category", "limit", "ledger"}  # with what they are called today


def _written():
    """(what an entry is about, keys of its details) of every call that writes one."""
    abouts, keys = set(), set()
    for file in Path(minsheng.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            given = {one.arg: one.value for one in node.keywords} if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "write" else {}
            if not {"kind", "by_id"} <= given.keys():
                continue
            said = [leaf.value for leaf in ast.walk(given["about"]) if isinstance(leaf, ast.Constant)] if "about" in given else []
            abouts |= {text.partition(":")[0] for text in said if isinstance(text, str) and text.strip(":")}
            found = [leaf for leaf in ast.walk(given["detail"]) if isinstance(leaf, ast.Dict)] if "detail" in given else []
            keys |= {key.value for one in found for key in one.keys if isinstance(key, ast.Constant)}
    return abouts, keys


def test_what_is_written_into_the_ledger_has_its_words():
    abouts, keys = _written()
    assert {"day", "archive", "message"} <= abouts and {"root", "address"} <= keys, "the test sees what it looks for"
    assert abouts - NAMED - ledger_words._ABOUT.keys() == set()
    assert keys - ledger_words._KEYS.keys() - ledger_words._HIDDEN == set()
    assert ledger_words.detail({"root": "0a", "leaves": 3}) == "当日的根 0a；件数 3"
