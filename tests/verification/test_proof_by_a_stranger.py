"""What a citizen gets of the portal with number and code, and what everybody gets there, checked by somebody who has only the page that says how."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.proofs.actions import trees
from tests import stranger
from tests.cast import NOW

HERE = Path(__file__).parents[1]


def taken(cast, case) -> list[bytes]:
    """The proofs that the portal hands out for number and code, the newest first."""
    mine = Client()
    assert mine.post("/track", {"number": case.number, "code": cast.codes[case.id]}).headers["Location"] == "/case"
    page = mine.get("/case/proof").content.decode()
    return [mine.get(part.split('"')[0]).content for part in page.split('href="')[1:] if part.startswith("/case/proof/")]


def published(client, day: str) -> bytes:
    answer = client.get(f"/transparency/days/{day}.json")
    assert answer.status_code == 200
    return answer.content


def three_days(cast, client):
    """Some outcomes of the first day, one of the third: (proof of the first day, of the third, the published days)."""
    first = [cast.at_state(state) for state in (State.CLOSED, State.DECLINED, State.TRANSFERRED, State.CLOSED, State.DIRECT_ANSWERED)]
    trees.run(at=NOW + timedelta(hours=14.5))
    with clock.fixed(NOW + timedelta(days=2)):
        late = cast.at_state(State.DECLINED)
    trees.run(at=NOW + timedelta(days=2, hours=14.5))
    return taken(cast, first[0])[0], taken(cast, late)[0], {day: published(client, day) for day in ("2025-01-02", "2025-01-03", "2025-01-04")}


def test_every_outcome_is_borne_out_and_nothing_else_is(cast, client):
    mine, late, days = three_days(cast, client)
    told = stranger.proven(mine, days["2025-01-02"])
    assert (told["outcome"]["state"], told["outcome"]["solved"], told["day"], told["leaves"]) == ("closed", "yes", "2025-01-02", 5)
    assert stranger.proven(late, days["2025-01-04"])["outcome"]["state"] == "declined"
    assert stranger.chained(list(days.values())) == (2, [])
    page = client.get("/transparency/how").content.decode()
    assert all(f"| `{name.partition('*')[0]}` |" in page for name in told["outcome"]["counted"].split(",")), "each set has its words"
    assert "](" not in page, "nothing that only the repository has"
    assert 'href="/transparency/how"' in client.get("/transparency").content.decode(), "whoever reads what is published finds how to check it"


def test_what_was_changed_fails(cast, client):
    mine, late, days = three_days(cast, client)
    day, told = days["2025-01-02"], json.loads(mine)
    beside = told["path"]
    changed = [
        {"outcome": {**told["outcome"], "solved": "no"}}, {"outcome": {**told["outcome"], "counted": told["outcome"]["counted"] + ",repeated"}},
        {"salt": "0" * 64}, {"salt": told["salt"][::-1]}, {"number": told["number"][:-1] + "x"}, {"path": beside[::-1]}, {"path": beside[:-1]},
        {"path": [*beside, beside[0]]}, {"index": (told["index"] + 1) % 5}, {"leaves": 6}, {"day": "2025-01-03"}, {"root": json.loads(days["2025-01-04"])["root"]},
    ]
    for change in changed:
        if {**told, **change} != told:
            with pytest.raises(ValueError):
                stranger.proven(json.dumps({**told, **change}).encode(), day)
    for part in (mine[: len(mine) // 2], b"", mine + b"}"):
        with pytest.raises(ValueError):
            stranger.proven(part, day)
    for another in ("2025-01-03", "2025-01-04"):
        with pytest.raises(ValueError):
            stranger.proven(mine, days[another])
    moved = json.loads(late) | {"day": "2025-01-02", "leaves": 5, "root": told["root"]}
    with pytest.raises(ValueError, match="path is too short|root"):
        stranger.proven(json.dumps(moved).encode(), day)


def test_published_files_that_were_changed_fail(cast, client):
    mine, _, days = three_days(cast, client)
    day = days["2025-01-02"]
    for other in (day[:-1], day[:60], day + b"\n", day.replace(b'":', b'": '), day.replace(b'"leaves":5', b'"leaves":5.0'), day.replace(b"day v1", b"day v2")):
        with pytest.raises(ValueError):
            stranger.proven(mine, other)
    swapped = json.loads(days["2025-01-03"]) | {"previous": "0" * 64}
    with pytest.raises(ValueError, match="does not hang"):
        stranger.chained([day, json.dumps(swapped, sort_keys=True, separators=(",", ":")).encode() + b"\n"])
    assert stranger.chained([day, days["2025-01-04"]])[1] != [], "a day that is missing is named"


def test_our_own_check_and_the_strangers_say_the_same_of_one_folder(cast, client, tmp_path):
    """By themselves, as a month's archive, both; with a day cut off, with one missing."""
    mine, _, days = three_days(cast, client)
    folder, proof = tmp_path / "published", tmp_path / "proof.json"
    folder.mkdir()
    proof.write_bytes(mine)
    (folder / "2025-01.zip").write_bytes(client.get("/transparency/months/2025-01.zip").content)

    def ours(*given: str) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-m", "minsheng.cli", "verify-proof", *given, "--published", str(folder)], capture_output=True, text=True,
                              encoding="utf-8", env={"PYTHONPATH": str(HERE.parent / "src"), "PYTHONUTF8": "1"}, check=False)
        return done.returncode, done.stdout + done.stderr

    def theirs() -> int:
        return subprocess.run([sys.executable, "-I", str(HERE / "stranger.py"), str(proof), str(folder)], capture_output=True, check=False).returncode

    assert theirs() == 0 and ours(str(proof))[0] == 0 and "3 天彼此衔接，没有被改动" in ours()[1]
    for name, content in days.items():
        (folder / f"{name}.json").write_bytes(content)
    assert theirs() == 0 and ours(str(proof))[0] == 0, "the same day twice, by itself and in the archive"
    (folder / "2025-01.zip").unlink()
    (folder / "2025-01-03.json").write_bytes(days["2025-01-03"][:80])
    assert theirs() == 1 and ours()[0] == 1, "a file that was cut off is not passed over"
    (folder / "2025-01-03.json").unlink()
    (folder / "minsheng-2024-12-v1.csv").write_bytes(b"month\n")
    code, said = ours()
    assert code == 0 and "没有给出 2025-01-03" in said and "没有核对 minsheng-2024-12-v1.csv" in said and "没有被改动" not in said
    (folder / "2025-01.zip").write_bytes(b"PK\x03\x04 cut off")
    assert ours()[0] == 1
