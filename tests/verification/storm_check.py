"""After the storm: is anything acknowledged lost, doubled or stranded? Plain SQL over a connection of its own; nothing of the program is asked.

lost      an acknowledged case, step or call-back that is not there, or a marker that was acknowledged and stands nowhere
doubled   one sending that is there twice: by its marker, by its key, by the number of parts it made
stranded  open, but in nobody's list or with no clock that can ring; or merged into one that will never be done for it
broken    a history with a gap, a state that is not its history's, a chain whose links do not fit
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from datetime import UTC
from itertools import groupby

import psycopg

OPEN = ("draft", "pending_review", "pending_sign", "return_review", "in_progress", "parked", "pending_check", "pending_callback")
WITH_UNIT = ("pending_sign", "in_progress", "parked", "pending_check", "return_review")
STANDS = ("parked", "return_review")  # states whose own clocks may stand still

STRANDED = {
    "open, and nothing is due": """SELECT number FROM cases_case WHERE state = ANY(%(open)s) AND state <> 'draft' AND due_at IS NULL""",
    "open, and no clock of it runs": """SELECT number FROM cases_case c WHERE state = ANY(%(open)s) AND state <> 'draft' AND NOT EXISTS
        (SELECT 1 FROM cases_caseclock k WHERE k.case_id = c.id AND k.met_at IS NULL AND NOT k.void)""",
    "open, and said to have ended": "SELECT number FROM cases_case WHERE state = ANY(%(open)s) AND closed_at IS NOT NULL",
    "ended, and in the lists of what is open": "SELECT number FROM cases_case WHERE NOT state = ANY(%(open)s) AND closed_at IS NULL AND state <> 'merged'",
    "paused without a clock that stands still": """SELECT number FROM cases_case c WHERE state = ANY(%(open)s) AND state <> 'draft' AND paused
        AND NOT EXISTS (SELECT 1 FROM cases_caseclock k WHERE k.case_id = c.id AND k.paused_at IS NOT NULL AND k.met_at IS NULL AND NOT k.void)""",
    "a clock stands still and nobody is asked anything": """SELECT number FROM cases_case c WHERE state = ANY(%(open)s) AND state <> 'draft'
        AND NOT state = ANY(%(stands)s) AND NOT statutory AND paused
        AND NOT EXISTS (SELECT 1 FROM cases_caseask a WHERE a.case_id = c.id AND a.ruled_at IS NULL)""",
    "with a unit, and no unit": "SELECT number FROM cases_case WHERE state = ANY(%(unit)s) AND lead_id IS NULL",
    "waits for a ruling that nobody was asked for": """SELECT number FROM cases_case c WHERE state = 'return_review' AND NOT EXISTS
        (SELECT 1 FROM cases_caseask a WHERE a.case_id = c.id AND a.ask = 'return' AND a.ruled_at IS NULL)""",
    "a draft of nobody": """SELECT number FROM cases_case c WHERE state = 'draft' AND NOT (agent_id = 0 AND marks ? 'asked_more') AND NOT EXISTS
        (SELECT 1 FROM accounts_person p WHERE p.id = coalesce((c.marks->>'draft_agent')::bigint, c.agent_id) AND p.is_active)""",
    "merged into nothing": "SELECT number FROM cases_case c WHERE state = 'merged' AND NOT EXISTS (SELECT 1 FROM cases_case m WHERE m.id = c.master_id)",
    "merged into one that is merged": """SELECT c.number FROM cases_case c JOIN cases_case m ON m.id = c.master_id
        WHERE c.state = 'merged' AND m.state = 'merged'""",
    "merged into one that ended, and never rung": """SELECT c.number FROM cases_case c JOIN cases_case m ON m.id = c.master_id
        WHERE c.state = 'merged' AND NOT m.state = ANY(%(open)s) AND m.state <> 'merged' AND c.reached IS NULL AND NOT EXISTS
        (SELECT 1 FROM followup_callbackparty p WHERE p.case_id = m.id AND p.party_id = c.id AND p.done_at IS NOT NULL)""",
    "has a master, and is not merged": "SELECT number FROM cases_case WHERE master_id IS NOT NULL AND state <> 'merged'",
}
LOOSE = {
    "an ended case with an open task": """SELECT c.number FROM cases_case c JOIN cases_casetask t ON t.case_id = c.id
        WHERE NOT c.state = ANY(%(open)s) AND t.ended_at IS NULL AND t.state NOT IN ('done', 'cancelled')""",
    "an ended case with an open ask": """SELECT c.number FROM cases_case c JOIN cases_caseask a ON a.case_id = c.id
        WHERE NOT c.state = ANY(%(open)s) AND a.ruled_at IS NULL AND a.ask NOT IN ('exclusion', 'erasure', 'redo')""",
    "a count of merged cases that is not theirs": """SELECT m.number FROM cases_case m
        WHERE coalesce((m.marks->>'merged')::int, 0) <> (SELECT count(*) FROM cases_case c WHERE c.master_id = m.id AND c.state = 'merged')""",
}
SIGNED = ("id", "case_id", "seq", "step", "frm", "to", "by_id", "by_name", "role", "unit_id", "at", "recorded_at", "given")


def standing(address: str) -> set[str]:
    """What a made-up city says of itself before the storm: its merged cases were rung in no round of calls."""
    with psycopg.connect(address) as link:
        return {*_named(link, STRANDED), *_named(link, LOOSE)}


def check(address: str, told: list[dict], before: Collection[str] = ()) -> dict:
    """`told`: one dict a sending: kind, marker, key, case, acked, parts. `before`: what was `standing` then is not told."""
    with psycopg.connect(address) as link:
        return {
            "lost": list(_lost(link, told)), "doubled": list(_doubled(link, told)),
            "stranded": [one for one in _named(link, STRANDED) if one not in before], "loose": [one for one in _named(link, LOOSE) if one not in before],
            "broken": list(_broken(link)), "counts": _counts(link),
        }


def _named(link, questions: dict[str, str]) -> list[str]:
    given = {"open": list(OPEN), "unit": list(WITH_UNIT), "stands": list(STANDS)}
    return [f"{why}: {number}" for why, statement in questions.items() for (number,) in link.execute(statement, given)]


def _texts(link, told: list[dict]) -> tuple[list[str], list[str]]:
    """The words of every case, and of every step, in which a marker may stand: of a million they do not fit into memory."""
    begins = [[f"%{first}%" for first in {each["marker"][0] for each in told if each["marker"]}]]
    narratives = [row[0] for row in link.execute("SELECT narrative FROM cases_casetext WHERE narrative LIKE ANY(%s)", begins)]
    return narratives, [row[0] for row in link.execute("SELECT words::text FROM cases_steptext WHERE words::text LIKE ANY(%s)", begins)]


def _lost(link, told: list[dict]) -> Iterable[str]:
    asked = [list({int(each["case"]) for each in told if each["case"]})]
    cases = {str(row[0]) for row in link.execute("SELECT id FROM cases_case WHERE id = ANY(%s)", asked)}
    taken = link.execute("SELECT case_id, step, id FROM cases_casestep WHERE case_id = ANY(%s)", asked).fetchall()
    steps, rows = {(str(case), step) for case, step, _ in taken}, {str(row) for *_, row in taken}
    words = "\n".join(text for texts in _texts(link, told) for text in texts)
    for each in told:
        if not each["acked"]:
            continue
        if each["case"] not in cases:
            yield f"case {each['case']}"
        elif each["kind"] not in ("create", "callback") and (each["case"], each["kind"]) not in steps:
            yield f"step {each['kind']} of {each['case']}"
        elif each.get("row") and each["row"] not in rows:
            yield f"row {each['row']} ({each['kind']})"
        elif each["marker"] and each["written"] and each["marker"] not in words:
            yield f"words {each['marker']} ({each['kind']})"


def _said_twice(link, told: list[dict]) -> Iterable[str]:
    """What a requester says on a merged case its order hears once, too."""
    narratives, steps = _texts(link, told)
    passed_on = [row[0] for row in link.execute("""SELECT t.words::text FROM cases_steptext t JOIN cases_casestep s ON s.id = t.step_id
        WHERE s.step = 'from_merged'""")]
    for each in told:
        if not (marker := each["marker"]):
            continue
        cases, rows, heard = (sum(marker in text for text in texts) for texts in (narratives, steps, passed_on))
        again = sum(text.count(marker) > 1 for text in narratives)
        if heard > 1 or rows - heard > 1 or cases - heard > (each.get("parts") or 1) or again:
            yield f"{each['kind']} {marker}: in {cases} cases, {rows} steps, {heard} of them passed on"


def _doubled(link, told: list[dict]) -> Iterable[str]:
    yield from _said_twice(link, told)
    for key, many in link.execute("SELECT key, count(*) FROM cases_outsidekey GROUP BY source, key HAVING count(*) > 1"):
        yield f"key {key}: {many} cases"
    for key, many in link.execute("SELECT key, count(*) FROM cases_stepkey GROUP BY case_id, key HAVING count(*) > 1"):
        yield f"key {key}: {many} steps"
    for (number,) in link.execute("SELECT number FROM cases_case GROUP BY number HAVING count(*) > 1"):
        yield f"number {number}"
    for case_id, made, parts in link.execute("""SELECT s.case_id, jsonb_array_length(s.given->'made'), (SELECT count(*) FROM cases_case c
            WHERE c.parent_id = s.case_id) FROM cases_casestep s WHERE s.step = 'split'"""):
        if made != parts:
            yield f"split of {case_id}: {made} parts written down, {parts} there"


def _broken(link) -> Iterable[str]:
    states = {row[0]: row[1:] for row in link.execute("SELECT id, state, seq, head FROM cases_case")}
    columns = ", ".join(f'"{name}"' for name in SIGNED)
    with link.cursor("steps") as rows:  # of a million cases they do not fit into memory
        rows.itersize = 10_000
        rows.execute(f"SELECT {columns}, hash FROM cases_casestep ORDER BY case_id, seq")
        for case_id, steps in groupby(rows, key=lambda row: row[1]):
            state, seq, head = states[case_id]
            last, before, expected = None, b"\0" * 32, 0
            for *values, kept in steps:
                row, expected = dict(zip(SIGNED, values, strict=True)), expected + 1
                for name in ("at", "recorded_at"):
                    if at := row.pop(name):  # what was brought in was recorded at no time of ours
                        row[name] = at.astimezone(UTC).isoformat(timespec="microseconds")
                text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
                before = hashlib.sha256(before + text.encode()).digest()
                if row["seq"] != expected:
                    yield f"{case_id}: step {expected} is missing"
                if before != bytes(kept):
                    yield f"{case_id}: step {row['seq']} does not fit the one before"
                last, before = row, bytes(kept)
            if last is None or (last["to"], last["seq"], before) != (state, seq, bytes(head)):
                yield f"{case_id}: stands at {state}, its history ends at {last and last['to']}"


def _counts(link) -> dict[str, int]:
    steps = dict(link.execute("SELECT step, count(*) FROM cases_casestep GROUP BY step").fetchall())
    return {"cases": link.execute("SELECT count(*) FROM cases_case").fetchone()[0], "steps": sum(steps.values()),
            **{name: steps.get(name, 0) for name in ("merge", "unmerge", "split", "phone_withdraw", "record_callback", "close", "ask_more", "ask_return")}}
