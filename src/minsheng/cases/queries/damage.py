"""Rows that hold what no step writes: damaged by hand, or by another version. `find` names them for `doctor`; `readable` keeps a page from
breaking on one: its reader is told, and everybody else's pages are not touched.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, models

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
    CaseText,
    StepText,
)
from minsheng.cases.rules import Ask, Channel, Kind, RequesterKind, Satisfaction, State, TaskKind, TaskState, decided
from minsheng.cases.rules.clocks import LABELS
from minsheng.cases.rules.fields import FIELDS
from minsheng.cases.rules.marks import damaged
from minsheng.kit import clock
from minsheng.kit.verdict import Refused, no

log = logging.getLogger(__name__)
DAMAGE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)  # what a value raises that is not what it should be
_BATCH = 2000
MOST = 200  # findings in one table; more are as good as these
FIRST, AHEAD = datetime(1990, 1, 1), timedelta(days=365 * 20)
_OF_CASES = (Case, CaseText, CaseStep, StepText, CaseClock, CaseTask, CaseAsk, CaseLink, CaseReader, CaseFile, CaseRound)
_SHAPES: dict[type[models.Model], dict[str, str]] = {Case: {"marks": "object"}, CaseText: {"elements": "object", "masked_elements": "object"}, CaseStep: {"given": "object"},
           StepText: {"words": "object", "masked": "object"}, CaseClock: {"shifts": "array"}, CaseAsk: {"given": "object"}}
_WORDS: dict[type[models.Model], dict[str, Iterable[str]]] = {
    Case: {"state": State, "kind": Kind, "channel": Channel, "requester_kind": RequesterKind, "satisfaction": ["", *Satisfaction], "due_code": ["", *LABELS]},
    CaseClock: {"code": LABELS}, CaseAsk: {"ask": Ask}, CaseTask: {"state": TaskState, "kind": TaskKind}, CaseStep: {"to": State}}
_LIMITS: dict[type[models.Model], tuple[str, ...]] = {Case: ("due_limit",), CaseClock: ("limit", "yellow", "red")}
_LIMIT = "^([0-9]{1,4}(wd|wh|h|min|d))?$"
_INSTANT = r"^(199[0-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([+-][0-9]{2}:[0-9]{2}|Z)$"


@contextmanager
def readable(case_id: int):
    """Refused("damaged") instead of a breakdown, and a line in the log, when what is read of the case is not what it should be."""
    try:
        yield
    except DAMAGE as wrong:
        log.warning("case %s cannot be shown", case_id, exc_info=True)
        raise Refused(no("damaged", "这件工单的记录有误，暂时无法显示。请告诉系统管理员运行 ./minsheng doctor 查明")) from wrong


@dataclass(frozen=True, slots=True)
class Found:
    """`field` of a row of case `number` holds `value`, which is `wrong`."""

    number: str
    field: str
    value: str
    wrong: str

    def __str__(self) -> str:
        return f"工单 {self.number}：{self.field}{self.wrong}（{self.value[:60]}）"


def find() -> Iterator[Found]:
    """Everything there is to say, table by table, each read once; of one table at most `MOST` findings."""
    for table in _OF_CASES:
        yield from _ask(table, list(_asked_of(table)))
    yield from _marks()
    yield from _given()


def _marks() -> Iterator[Found]:
    """Facts among the marks that cannot be read, each by its name. Every row with marks is read once."""
    rows = Case.objects.exclude(marks={}).order_by("id").values_list("number", "marks")
    wrong = ((number, *one) for number, kept in rows.iterator(chunk_size=_BATCH) for one in damaged(kept))
    for number, name, value in islice(wrong, MOST):
        yield Found(number, f"标记“{decided.label(f'marks.{name}')}”", json.dumps(value, ensure_ascii=False), "的值不可能")


def _asked_of(table: type[models.Model]) -> Iterator[tuple[str, str, list, str]]:
    """(column, when it is wrong with {} for its place, parameters, how it is wrong)."""
    span = [FIRST, clock.now() + AHEAD]
    for column in table._meta.concrete_fields:
        if isinstance(column, models.DateTimeField):
            yield column.attname, "{} NOT BETWEEN %s AND %s", span, "的时间不可能"
    for name, shape in _SHAPES.get(table, {}).items():
        yield name, "jsonb_typeof({}) <> %s", [shape], "不是应有的结构"
    for name, known in _WORDS.get(table, {}).items():
        yield name, "NOT {} = ANY(%s)", [[str(word) for word in known]], "的代码不认识"
    for name in _LIMITS.get(table, ()):
        yield name, "{} !~ %s", [_LIMIT], "的写法不认识"
    if table is Case:
        for name in ("parent_id", "previous_id"):  # of masters: requester_state
            yield name, "NOT EXISTS (SELECT 1 FROM cases_case other WHERE other.id = {})", [], "指向不存在的工单"


def _ask(table: type[models.Model], asked: list[tuple[str, str, list, str]]) -> Iterator[Found]:
    """Rows of which a column is filled and wrong."""
    if not asked:
        return
    places = [f't."{column}"' for column, *_ in asked]
    # Of what may be somebody's words only its shape is told.
    tried = ", ".join(f"({n}, CASE WHEN {where.format(place)} THEN {f'jsonb_typeof({place})' if 'jsonb' in where else f'{place}::text'} END)"
                      for n, ((_, where, _, _), place) in enumerate(zip(asked, places, strict=True)))
    sql = f"""SELECT COALESCE(c.number, b.case_id::text), b.n, b.value FROM (
                SELECT {"t.id" if table is Case else "t.case_id"} AS case_id, v.n, v.value
                  FROM {table._meta.db_table} t, LATERAL (VALUES {tried}) v(n, value) WHERE v.value IS NOT NULL LIMIT {MOST}
              ) b LEFT JOIN cases_case c ON c.id = b.case_id"""
    for number, n, value in _rows(sql, [param for _, _, params, _ in asked for param in params]):
        yield Found(number, f"{table._meta.model_name}.{asked[n][0]}", value, asked[n][3])


def _given() -> Iterator[Found]:
    """What steps were given: times and ids by the kind of their field, words that are none."""
    by_kind = {kind: [f.name for f in FIELDS.values() if f.kind in kinds]
               for kind, kinds in (("time", {"datetime"}), ("unit", {"unit", "place"}), ("article", {"article"}))}
    numbered = "SELECT c.number, g.key, g.value::text FROM cases_casestep s JOIN cases_case c ON c.id = s.case_id," \
               " jsonb_each(CASE WHEN jsonb_typeof(s.given) = 'object' THEN s.given ELSE '{}' END) g WHERE g.key = ANY(%s) AND "
    is_id = "CASE WHEN jsonb_typeof(g.value) = 'number' THEN NOT EXISTS (SELECT 1 FROM {} o WHERE o.id::text = g.value::text) ELSE TRUE END"
    asked: tuple[tuple[str, str, list[str], str], ...] = (
        ("time", "g.value #>> '{}' !~ %s", [_INSTANT], "的时间不可能"), ("unit", is_id.format("org_unit"), [], "指向不存在的单位"),
        ("article", is_id.format("knowledge_version"), [], "指向不存在的知识文章"))
    for kind, where, params, wrong in asked:
        for number, name, value in _rows(f"{numbered}{where} LIMIT {MOST}", [by_kind[kind], *params]):
            yield Found(number, FIELDS[name].label, value, wrong)
    sql = f"""SELECT c.number, g.key, jsonb_typeof(g.value) FROM cases_steptext s JOIN cases_case c ON c.id = s.case_id,
              jsonb_each(CASE WHEN jsonb_typeof(s.words) = 'object' THEN s.words ELSE '{{}}' END) g
              WHERE jsonb_typeof(g.value) NOT IN ('string', 'null') AND NOT g.key = ANY(%s) LIMIT {MOST}"""
    structured = [f.name for f in FIELDS.values() if f.kind in {"parts", "elements"}]
    for number, name, value in _rows(sql, [structured]):
        yield Found(number, FIELDS[name].label if name in FIELDS else name, value, "不是文字")


def _rows(sql: str, params: list) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
