"""The tree of a day, proofs and their check: properties, the worked example of docs/transparency.md, and a verifier written from that page alone."""

import hashlib
import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.cli.__main__ import main
from minsheng.proofs.rules import leaf, merkle, proof, published

PAGE = (Path(__file__).parents[2] / "docs" / "transparency.md").read_text(encoding="utf-8")
DAY = date(2025, 1, 2)
CODES = {"state": "closed", "solved": "yes", "satisfied": "no", "contacted": "unit", "on_time": "none", "counted": "closed,received"}
HASHES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


# --- another's verifier, from the page alone ------------------------------------------------------------


def holds(content: bytes, day_file: bytes) -> bool:
    """As somebody would write it who has the page and Python's standard library."""
    try:
        mine, day = json.loads(content), json.loads(day_file)
        if mine["day"] != day["day"] or mine["leaves"] != day["leaves"] or mine["root"] != day["root"]:
            return False
        sha = hashlib.sha256
        number = sha(f"minsheng number v1\n{mine['number']}\n{mine['salt']}\n".encode()).hexdigest()
        said = mine["outcome"]
        lines = ["minsheng leaf v1", f"number {number}", f"day {mine['day']}"]
        lines += [f"{name} {said[name]}" for name in ("state", "solved", "satisfied", "contacted", "on_time", "counted")]
        lines.append(f"salt {mine['salt']}")
        h = sha(b"\x00" + "".join(line + "\n" for line in lines).encode()).digest()
        f, s, path = mine["index"], mine["leaves"] - 1, [bytes.fromhex(p) for p in mine["path"]]
        if not 0 <= f <= s:
            return False
        while s:
            if f % 2:
                h = sha(b"\x01" + path.pop(0) + h).digest()
            elif f < s:
                h = sha(b"\x01" + h + path.pop(0)).digest()
            f, s = f // 2, s // 2
        return not path and h.hex() == day["root"]
    except (KeyError, IndexError, TypeError, ValueError):
        return False


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.M | re.S)


def test_the_worked_example_of_the_page_is_right_to_the_byte():
    content, leaf_hash, day_file, digest = blocks("text")
    example, = blocks("json")
    one = proof.read(example.encode())
    assert leaf.content(one.number, one.day, one.outcome, one.salt).decode() == content
    assert leaf.hash_of(one.number, one.day, one.outcome, one.salt).hex() == leaf_hash.strip()
    assert one.as_text() == example
    day = proof.read_day(day_file.encode(), "2025-01-02.json")
    assert proof.check(one, [day]) is None and holds(example.encode(), day_file.encode())
    assert day.digest == digest.strip() == hashlib.sha256(day_file.encode()).hexdigest()
    assert f"`{merkle.node_hash(bytes.fromhex(one.path[0].hex()), bytes.fromhex(leaf_hash)).hex()}`" in PAGE


# --- a small day ------------------------------------------------------------


def day_of(count: int, day: date = DAY, previous: str = published.FIRST, seed: int = 0) -> tuple[bytes, list[proof.Proof]]:
    """(the published file, the proofs of all)."""
    made = []
    for n in range(count):
        number, salt = f"2025010200{seed:02}{n:04}", hashlib.sha256(f"{seed} {n}".encode()).digest()
        made.append((leaf.hash_of(number, day, CODES, salt), number, salt))
    made.sort()
    hashes = [row[0] for row in made]
    root = merkle.root_of(hashes)
    proofs = [proof.Proof(number, day, CODES, salt, n, count, tuple(merkle.path_of(hashes, n)), root) for n, (_, number, salt) in enumerate(made)]
    return published.text(published.Day(day, count, root, previous)).encode(), proofs


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 33])
def test_every_proof_of_a_day_holds_by_both_verifiers(count):
    file, proofs = day_of(count)
    day = proof.read_day(file, "x")
    for one in proofs:
        assert proof.check(proof.read(one.as_text().encode()), [day]) is None
        assert holds(one.as_text().encode(), file)


@given(HASHES, st.data())
def test_a_path_leads_from_its_own_leaf_at_its_own_place_to_the_root_and_from_no_other(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    root, path = merkle.root_of(leaves), merkle.path_of(leaves, index)
    assert merkle.root_by_path(leaves[index], index, len(leaves), path) == root
    other = data.draw(st.binary(min_size=32, max_size=32))
    if other != leaves[index]:
        assert merkle.root_by_path(other, index, len(leaves), path) != root
    for n in range(len(path)):
        assert merkle.root_by_path(leaves[index], index, len(leaves), [*path[:n], other, *path[n + 1:]]) != root or other == path[n]
    assert merkle.root_by_path(leaves[index], index, len(leaves), [*path, other]) is None
    if path:
        assert merkle.root_by_path(leaves[index], index, len(leaves), path[:-1]) is None


@given(HASHES)
def test_the_tree_is_the_one_of_rfc_6962(leaves):
    def mth(d: list[bytes]) -> bytes:
        if len(d) == 1:
            return d[0]
        k = 1 << (len(d) - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()

    assert merkle.root_of(leaves) == mth(leaves)


def test_an_odd_leaf_is_not_doubled_and_a_node_is_no_leaf():
    a, b, c = (merkle.leaf_hash(bytes([n])) for n in range(3))
    assert merkle.root_of([a, b, c]) != merkle.root_of([a, b, c, c])
    assert merkle.leaf_hash(a + b) != merkle.node_hash(a, b)
    assert merkle.root_of([]) == hashlib.sha256(b"").digest()


# --- what must fail ------------------------------------------------------------


def changed(**more) -> dict:
    file, proofs = day_of(5)
    return {**json.loads(proofs[2].as_text()), **more}


_OTHER = hashlib.sha256(b"other").hexdigest()
WRONG = {
    "an outcome": lambda p: p["outcome"].update(solved="no"), "what it is counted in": lambda p: p["outcome"].update(counted="closed"),
    "a salt": lambda p: p.update(salt=_OTHER), "a number": lambda p: p.update(number="20250102000099"), "a root": lambda p: p.update(root=_OTHER),
    "a node of the path": lambda p: p.update(path=[_OTHER, *p["path"][1:]]), "nodes swapped": lambda p: p.update(path=p["path"][::-1]),
    "a longer path": lambda p: p.update(path=[*p["path"], _OTHER]), "a shorter path": lambda p: p.update(path=p["path"][:-1]),
    "another place": lambda p: p.update(index=p["index"] ^ 1), "beyond the tree": lambda p: p.update(index=5), "more leaves": lambda p: p.update(leaves=6),
    "another day": lambda p: p.update(day="2025-01-03"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_proof_with_anything_changed_fails_by_both_verifiers(what):
    file, proofs = day_of(5)
    next_file, _ = day_of(5, DAY + timedelta(days=1), published.digest(file), seed=1)
    said = json.loads(proofs[2].as_text())
    WRONG[what](said)
    content = json.dumps(said).encode()
    with pytest.raises(proof.Wrong):
        proof.check(proof.read(content), [proof.read_day(f, "x") for f in (file, next_file)])
    assert not holds(content, file) and not holds(content, next_file)


def test_a_proof_of_another_day_with_that_days_root_fails():
    file, proofs = day_of(5)
    other, theirs = day_of(5, DAY + timedelta(days=1), seed=1)
    said = json.loads(proofs[0].as_text()) | {"day": "2025-01-03", "root": theirs[0].root.hex()}
    with pytest.raises(proof.Wrong, match="算不出公布的根"):
        proof.check(proof.read(json.dumps(said).encode()), [proof.read_day(other, "x")])


def test_an_inner_node_cannot_pass_for_a_leaf():
    """A path one level shorter, from the node above: the salted content of a leaf would have to hash to it."""
    file, proofs = day_of(4)
    said = json.loads(proofs[0].as_text())
    said["path"], said["index"] = said["path"][1:], 0
    with pytest.raises(proof.Wrong):
        proof.check(proof.read(json.dumps(said).encode()), [proof.read_day(file, "x")])
    assert not holds(json.dumps(said).encode(), file)


HOSTILE = [
    b"", b"null", b"[]", b"0", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"type":' * 50_000, b'{"a":1,"a":2}', b"NaN", b" " * (1 << 20) + b"{}",
    b'{"type":"minsheng proof v1"}', b"{'type'}", b'"' + b"a" * 2_000_000 + b'"',
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_are_refused_with_a_sentence(content):
    with pytest.raises(proof.Wrong):
        proof.read(content)
    with pytest.raises(proof.Wrong):
        proof.read_day(content, "x")


@pytest.mark.parametrize("more", [
    {"index": True}, {"index": -1}, {"index": 1e9}, {"index": "1"}, {"index": 10**30}, {"leaves": None}, {"leaves": 2**70}, {"path": "x"},
    {"path": [1]}, {"path": ["AA" * 32]}, {"path": ["00" * 32] * 41}, {"path": {}}, {"salt": "00" * 31}, {"salt": None}, {"day": "2025-13-40"},
    {"day": 3}, {"day": "２０２５-01-02"}, {"number": "1\nsalt x"}, {"number": ""}, {"number": "1" * 41}, {"outcome": []}, {"more": 1},
    {"outcome": {**CODES, "state": "closed\nsolved yes"}}, {"outcome": {**CODES, "more": "1"}}, {"outcome": {**CODES, "state": "a" * 500}}, {"root": "x"},
], ids=str)
def test_values_of_another_shape_are_refused_with_a_sentence(more):
    with pytest.raises(proof.Wrong):
        proof.read(json.dumps(changed(**more)).encode())


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8),
       st.sampled_from(sorted({*changed(), "outcome"})))
def test_any_value_in_any_place_is_read_or_refused(value, name):
    try:
        proof.read(json.dumps(changed(**{name: value})).encode())
    except proof.Wrong:
        pass


def test_a_published_day_written_in_any_other_way_is_refused():
    file, _ = day_of(3)
    for other in (file.replace(b":", b": "), file + b"\n", file[:-1], b" " + file, file.replace(b'"leaves":3', b'"leaves":3.0'),
                  file.replace(b'"files":[]', b'"files":[{"name":"a"}]'), file.replace(b'"files":[]', b'"files":{}')):
        with pytest.raises(proof.Wrong):
            proof.read_day(other, "x")


# --- the command ------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Three days that hang on each other, and the first proof of the second."""
    previous, wanted = published.FIRST, None
    for n in range(3):
        day = DAY + timedelta(days=n)
        file, proofs = day_of(4, day, previous, seed=n)
        (tmp_path / "days").mkdir(exist_ok=True)
        (tmp_path / "days" / published.file_name(day)).write_bytes(file)
        previous, wanted = published.digest(file), proofs[0] if n == 1 else wanted
    (tmp_path / "proof.json").write_text(wanted.as_text(), encoding="utf-8")
    return tmp_path


def run(folder, *given) -> int:
    return main(["verify-proof", *map(str, given)])


def test_the_command_says_in_a_sentence_what_is_proven(folder, capsys, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for where in ("days", "days/2025-01-03.json"):
        assert run(folder, folder / "proof.json", "--published", folder / where) == 0
        assert "计在 2025-01-03 公布的 4 件结果里：已办结；已解决：是，满意：否" in capsys.readouterr().out
    assert run(folder, "--published", folder / "days") == 0 and "3 天彼此衔接" in capsys.readouterr().out


def test_the_command_says_which_part_failed(folder, capsys):
    def fails(words: str, *given) -> None:
        assert run(folder, *given) == 1
        said = capsys.readouterr()
        assert words in said.err and not said.out

    mine, days = folder / "proof.json", folder / "days"
    fails("没有给出 2025-01-03", mine, "--published", days / "2025-01-02.json")
    fails("不能读", folder / "none.json", "--published", days)
    fails("不能读", mine, "--published", folder / "none")
    fails("没有每日公布的文件", mine, "--published", (folder / "empty").mkdir() or folder / "empty")
    (days / "copy.json").write_bytes((days / "2025-01-02.json").read_bytes())
    assert run(folder, mine, "--published", days) == 0 and "通过" in capsys.readouterr().out, "the same file twice is one"
    (days / "copy.json").write_bytes(day_of(3, DAY, seed=8)[0])
    fails("两份", mine, "--published", days)
    (days / "copy.json").unlink()
    text = mine.read_text(encoding="utf-8")
    mine.write_text(text.replace('"solved": "yes"', '"solved": "no"'), encoding="utf-8")
    fails("算不出公布的根", mine, "--published", days)
    mine.write_text(text, encoding="utf-8")
    first = (days / "2025-01-02.json").read_bytes()
    (days / "2025-01-02.json").write_bytes(first.replace(b'"root":"', b'"root":"0')[:-70] + first[-69:])
    fails("公布文件", mine, "--published", days)
    (days / "2025-01-02.json").write_bytes(day_of(4, DAY, seed=9)[0])
    fails("与前一天的不衔接", mine, "--published", days)


def test_a_file_that_was_published_with_a_day_is_named_when_a_byte_of_it_changed(folder, capsys):
    days = folder / "days"
    (days / "2025-01.csv").write_bytes(b"a,b\n1,2\n")
    last = proof.read_day((days / "2025-01-04.json").read_bytes(), "x")
    kept = published.PublishedFile("2025-01.csv", published.digest(b"a,b\n1,2\n"))
    (days / "2025-01-04.json").write_text(published.text(published.Day(last.day, last.leaves, last.root, last.previous, (kept,))), encoding="ascii")
    assert run(folder, "--published", days) == 0
    (days / "2025-01.csv").write_bytes(b"a,b\n1,3\n")
    assert run(folder, "--published", days) == 1 and "2025-01.csv" in capsys.readouterr().err


def test_the_check_needs_no_django(folder):
    import subprocess
    import sys

    code = ("import sys; sys.modules['django'] = None; sys.modules['psycopg'] = None\n"
            "from minsheng.cli.__main__ import main\nsys.exit(main(sys.argv[1:]))")
    done = subprocess.run([sys.executable, "-c", code, "verify-proof", str(folder / "proof.json"), "--published", str(folder / "days")],
                          capture_output=True, text=True, encoding="utf-8", env={"PYTHONPATH": "src", "PYTHONUTF8": "1"}, check=False)
    assert done.returncode == 0 and "通过" in done.stdout, done.stderr
