"""What must hold wherever a random walk has led: of the cases near a step, of the whole database, of a step refused or taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from minsheng.accounts.rules import Actor, clock_actor
from minsheng.cases import queries, rules
from minsheng.cases.actions import anchors
from minsheng.cases.effects import clocks
from minsheng.cases.models import (
    Case,
    CaseAsk,
    CaseClock,
    CaseFile,
    CaseLink,
    CaseReader,
    CaseRound,
    CaseStep,
    CaseTask,
    StepKey,
    StepText,
)
from minsheng.cases.queries import soundness
from minsheng.cases.rules import State
from minsheng.contacts.models import Contact
from minsheng.files.models import StoredFile
from minsheng.followup.models import CallbackParty
from minsheng.kit.steps import Step
from minsheng.ledger.models import Entry
from minsheng.measures import following, set_sql, verifying
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked
from minsheng.measures.sets import SETS, Window
from minsheng.messages.models import Message
from tests import figures_oracle as oracle
from tests import invariants
from tests.verification.walk_values import mark

_UNITS_OWN = {"contact", "waive_contact", "desk_contact", "field_record", "draft_reply", "reply"}
_WRITTEN = (Case, CaseStep, StepText, CaseClock, CaseTask, CaseAsk, CaseFile, CaseLink, CaseReader, StepKey, CaseRound, Message, Entry,
            StoredFile, Contact, CallbackParty, ProcrastinateJob)  # by a step, in its transaction
# Sets that a unit would like to be in, or out of, by the limit after which nothing that it types moves them (rulings, 29).
_LATE = {"contact_confirmed": "contact_due_at", "contact_waived": "contact_due_at", "contact_owed": "contact_due_at", "handled_in_time": "handle_due_at"}


def sees(facts, actor: Actor) -> bool:
    return bool(rules.sees(facts, actor))


def near(rows: list[Case], staff: list[Actor], at: datetime) -> list[str]:
    """Of the cases that a step touched: sound, and out of sight of the line complained of."""
    said = list(soundness.unsound_rows(rows))
    for case in [row for row in rows if row.complained_line is not None]:
        facts = queries.facts_of(case, at)
        for actor in staff:
            if rules.of_the_line(facts, actor) and (sees(facts, actor) or queries.visible(actor).filter(id=case.id).exists()):
                said.append(f"{case.number}：被反映单位的{actor.name}看得到")
    return said


def whole(staff: list[Actor], at: datetime) -> Iterator[str]:
    """Of the whole database."""
    yield from invariants.broken()
    yield from anchors.verify_history()
    yield from _forgotten()
    yield from _out_of_sight(staff)
    yield from _figures(at)


def _figures(at: datetime) -> Iterator[str]:
    """The book and the cube say what the steps say, and every set holds what the tables hold."""
    yield from verifying.differences(date(2000, 1, 1), date(2040, 1, 1))
    asked = Asked(date(2022, 1, 1), date(2030, 1, 1), by="unit")
    _, found = measures.counted(asked, clock_actor("测试"), SETS)
    found = {group: {code: n for code, n in sizes.items() if n} for group, sizes in found.items() if any(sizes.values())}
    expected = oracle.count(oracle.gather(), oracle.Window(asked.window.start, asked.window.end, at), "unit")
    for group in {*found, *expected}:
        if found.get(group) != expected.get(group):
            a, b = found.get(group) or {}, expected.get(group) or {}
            yield f"单位 {group} 的数字（台账、表）：" + "，".join(f"{code} {a.get(code, 0)}、{b.get(code, 0)}" for code in {**a, **b} if a.get(code) != b.get(code))


def _out_of_sight(staff: list[Actor]) -> Iterator[str]:
    """Lists, search and counts of somebody of the line hold no case that complains of it."""
    for actor in staff:
        for case in queries.visible(actor).exclude(complained_line=None):
            if rules.of_the_line(queries.facts_of(case, case.updated_at), actor):
                yield f"{case.number}：在被反映单位的{actor.name}的清单里"


_TEXTS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.data_type IN ('text', 'character varying', 'jsonb', 'ARRAY', 'tsvector')
   AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = (quote_ident(c.table_name))::regclass)
 ORDER BY 1, 2
"""


_HEIRS = """
WITH RECURSIVE heir(gone, id) AS (
  SELECT other_id, case_id FROM cases_caselink WHERE kind = 'reopen'
  UNION SELECT h.gone, l.case_id FROM heir h JOIN cases_caselink l ON l.other_id = h.id AND l.kind = 'reopen')
SELECT h.gone, h.id FROM heir h JOIN cases_case c ON c.id = h.id WHERE NOT c.erased
"""
_OF_A_CASE = {"cases_casetext": "case_id", "cases_case": "id"}


def _forgotten() -> Iterator[str]:
    """No word that was typed about somebody who was erased is anywhere, but for what a case reopened from it carries on as its own: that
    goes with that case (rulings, 14)."""
    gone = {mark(id_): (id_, number) for id_, number in Case.objects.filter(erased=True).values_list("id", "number")}
    if not gone:
        return
    with connection.cursor() as cursor:
        cursor.execute(_HEIRS)
        heirs = set(cursor.fetchall())
        cursor.execute(_TEXTS)
        for table, column in cursor.fetchall():
            of = f't."{_OF_A_CASE[table]}"' if table in _OF_A_CASE else "0"
            cursor.execute(f'SELECT DISTINCT m, {of} FROM "{table}" t, unnest(%s::text[]) m WHERE position(m IN t."{column}"::text) > 0', [list(gone)])
            for number in sorted({gone[found][1] for found, holder in cursor.fetchall() if (gone[found][0], holder) not in heirs}):
                yield f"{number}：已删除，{table}.{column} 还有输入的话"


class Before:
    """How things stood before a step: after a refusal nothing may differ, after the deed what was promised must be so."""

    def __init__(self, case: Case, step: Step, at: datetime):
        self.case, self.step, self.at = case, step, at
        self.standing = _standing()
        self.promised = self._promise()
        self.late = self._of_late_typing()

    def _promise(self) -> dict | None:
        if self.step.name != "dispatch":
            return None
        then = clocks.would(self.case, lambda all_: all_.start_handling(self.at), State.PENDING_SIGN, self.at, {rules.Ask.CONSULT})
        return {code: then.due(code) for code in ("sign", "contact", "handle")}

    def _of_late_typing(self) -> dict[str, bool] | None:
        """Is the case in the sets whose limit has passed?"""
        passed = [code for code, limit in _LATE.items() if (due := getattr(self.case, limit)) is not None and due < self.at]
        if self.step.name not in _UNITS_OWN or not passed:
            return None
        window = Window(datetime.min.replace(tzinfo=self.at.tzinfo, year=2000), self.at + timedelta(days=1826), self.at, raw=True)
        following.bring_up_to_date()
        return {code: self.case.id in set_sql.ids(window, code) for code in passed}

    def nothing_left(self, what: str) -> list[str]:
        now = _standing()
        return [f"{what}：被拒绝，{name} 变了：{self.standing[name]} → {now[name]}" for name in now if now[name] != self.standing[name]]

    def kept_what_it_promised(self, by: Actor, given: dict) -> list[str]:
        said = []
        if self.promised and "limit" not in given:
            kept = {row.code: row.due_at for row in CaseClock.objects.filter(case_id=self.case.id, void=False).order_by("id")}
            said += [f"{self.case.number}：派单前显示 {code} {due}，派单后 {kept.get(code)}" for code, due in self.promised.items() if kept.get(code) != due]
        if self.late is not None:
            now = self._of_late_typing() or {}
            said += [f"{self.case.number} {self.step.name}：超期后录入，“{code}”变好了" for code, was in self.late.items()
                     if (code != "contact_owed" and not was and now.get(code)) or (code == "contact_owed" and was and not now.get(code))]
        return said


def _standing() -> dict[str, object]:
    """How many rows each table has that a step writes, how the cases stand, how many files lie there."""
    found: dict[str, object] = {}
    with connection.cursor() as cursor:
        for table in (model._meta.db_table for model in _WRITTEN):
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
        cursor.execute("SELECT sum(hashtext(c::text)::bigint) FROM cases_case c")
        found["cases_case.*"] = cursor.fetchone()[0]
        cursor.execute("SELECT sum(hashtext(c::text)::bigint) FROM cases_caseclock c")
        found["cases_caseclock.*"] = cursor.fetchone()[0]
    found["files"] = sorted(each.name for each in (Path(settings.DATA) / "files").glob("??/??/*"))
    return found
