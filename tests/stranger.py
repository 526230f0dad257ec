"""Another's check of what is published, written from the page /transparency/how alone, before anything else of the program was read: the
standard library, nothing of ours.

    python tests/stranger.py PROOF.json FOLDER     the published days in it, by themselves or as a month's archive, and files of open data
"""

import hashlib
import io
import json
import re
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

LINES = ("state", "solved", "satisfied", "contacted", "on_time", "counted")
HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def sha(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def need(true: bool, why: str) -> None:
    if not true:
        raise ValueError(why)


def once(pairs: list) -> dict:
    need(len(dict(pairs)) == len(pairs), "a key twice")
    return dict(pairs)


def a_hash(value: object) -> bytes:
    need(isinstance(value, str) and HEX.fullmatch(value) is not None, "not 64 small hexadecimal digits")
    return bytes.fromhex(value)


def a_count(value: object) -> int:
    need(type(value) is int and value >= 0, "not a whole number")
    return value


def a_day(content: bytes) -> dict:
    """One published file, exactly as it has to be written."""
    said = json.loads(content, object_pairs_hook=once)
    need(set(said) == {"day", "files", "leaves", "previous", "root", "type"} and said["type"] == "minsheng day v1", "not a published day")
    date.fromisoformat(said["day"])
    a_count(said["leaves"])
    for value in (said["previous"], said["root"], *(one["sha256"] for one in said["files"])):
        a_hash(value)
    need(all(set(one) == {"name", "sha256"} for one in said["files"]), "files")
    need(content == json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n", "not written as published")
    return said


def leaf(proof: dict) -> bytes:
    number = sha(f"minsheng number v1\n{proof['number']}\n{proof['salt']}\n".encode()).hex()
    text = f"minsheng leaf v1\nnumber {number}\nday {proof['day']}\n"
    for name in LINES:
        need(re.fullmatch(r"[a-z0-9_*,]+", proof["outcome"][name]) is not None, name)
        text += f"{name} {proof['outcome'][name]}\n"
    return sha(b"\x00" + f"{text}salt {proof['salt']}\n".encode())


def climbed(h: bytes, index: int, leaves: int, path: list) -> bytes:
    need(index < leaves, "beyond the tree")
    here, last, left = index, leaves - 1, list(path)
    while last:
        if here % 2 or here < last:
            need(bool(left), "the path is too short")
            beside = left.pop(0)
            h = sha(b"\x01" + beside + h) if here % 2 else sha(b"\x01" + h + beside)
        here, last = here // 2, last // 2
    need(not left, "the path is too long")
    return h


def proven(content: bytes, published: bytes) -> dict:
    """What the proof says, if the published day bears it out; ValueError with the reason."""
    try:
        proof, day = json.loads(content, object_pairs_hook=once), a_day(published)
        need(set(proof) == {"type", "number", "day", "outcome", "salt", "index", "leaves", "path", "root"} and proof["type"] == "minsheng proof v1", "not a proof")
        need(set(proof["outcome"]) == set(LINES) and re.fullmatch(r"[0-9A-Za-z_-]+", proof["number"]) is not None, "not a proof")
        a_hash(proof["salt"])
        need(proof["day"] == day["day"], "another day")
        need(a_count(proof["leaves"]) == day["leaves"], "another number of leaves")
        need(a_hash(proof["root"]).hex() == day["root"], "another root")
        found = climbed(leaf(proof), a_count(proof["index"]), proof["leaves"], [a_hash(one) for one in proof["path"]])
        need(found.hex() == day["root"], "the leaf does not lead to the published root")
    except (KeyError, TypeError, AttributeError, RecursionError, UnicodeError) as wrong:
        raise ValueError(f"not written as described: {type(wrong).__name__}") from wrong
    return proof


def chained(days: list[bytes]) -> tuple[int, list[date]]:
    """(how many days hang on the day before, the days that are missing between). ValueError where one does not hang on the day before."""
    there = sorted((date.fromisoformat(a_day(content)["day"]), content) for content in set(days))
    hang, missing = 0, []
    for (before, content), (after, later) in zip(there, there[1:], strict=False):
        need(after > before, f"two files of {after}")
        missing += [before + timedelta(days=n) for n in range(1, (after - before).days)]
        if after == before + timedelta(days=1):
            need(a_day(later)["previous"] == sha(content).hex(), f"{after} does not hang on the day before")
            hang += 1
    return hang, missing


def of_archive(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {one: packed.read(one) for one in packed.namelist()}


def main(proof: Path, folder: Path) -> int:
    days = {}
    for file in sorted(folder.glob("*.zip")):
        days |= of_archive(file.read_bytes())
    days |= {file.name: file.read_bytes() for file in folder.glob("????-??-??.json")}
    told = proven(proof.read_bytes(), days[f"{json.loads(proof.read_bytes())['day']}.json"])
    hang, missing = chained(list(days.values()))
    for content in days.values():
        for one in a_day(content)["files"]:
            file = folder / one["name"]
            need(not file.exists() or sha(file.read_bytes()).hex() == one["sha256"], f"{file.name} was changed")
    print(json.dumps({"number": told["number"], "day": told["day"], **told["outcome"], "days_that_hang": hang, "missing": len(missing)}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
