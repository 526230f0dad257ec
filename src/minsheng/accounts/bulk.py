"""Many accounts from one sheet: the monthly change of liaison persons (rulings, 43). Read, judged row by row, then made.

Columns by their heading, in any order: 用户名 姓名 单位 电话 语言 角色 接替. `接替` names the user who leaves when the roles of this row are allowed: a unit
is never without its liaison.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from minsheng.accounts import actions, queries, rules
from minsheng.accounts.models import AskedGrant, Person
from minsheng.accounts.rules import Actor, Role
from minsheng.kit import csv_files
from minsheng.kit.tables import csv_lines, unguard
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import queries as org

COLUMNS = ("用户名", "姓名", "单位", "电话", "语言", "角色", "接替")
NEEDED = ("用户名", "姓名", "单位")
MOST = 500
LARGEST = 2_000_000  # bytes
_SPLIT = str.maketrans({"，": "、", ",": "、", "/": "、", "；": "、", ";": "、", "|": "、", " ": "、"})


@dataclass
class Row:
    """One line of the sheet; `errors` say what to do, in the order of the columns."""

    line: int
    cells: dict[str, str]
    unit: int = 0
    unit_name: str = ""
    languages: list[str] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    replaces: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def username(self) -> str:
        return self.cells["用户名"]

    @property
    def name(self) -> str:
        return self.cells["姓名"]


@dataclass(frozen=True)
class Made:
    """An account that is there now, with its first password, shown once."""

    username: str
    name: str
    unit: str
    password: str
    roles: str
    replaced: str = ""


def decoded(raw: bytes) -> str:
    """The text of a file. Invalid when it is not of one encoding from beginning to end, or too large."""
    if len(raw) > LARGEST:
        raise Invalid({"text": f"文件超过 {LARGEST // 1_000_000} MB，请分几次"})
    try:
        return raw.decode(csv_files.encoding_of(io.BytesIO(raw)))
    except csv_files.BadTable as wrong:
        raise Invalid({"text": str(wrong)}) from wrong


def read(text: str) -> list[Row]:
    """The lines as rows. Invalid when there is no heading, nothing below it, too much, or a quotation mark without its other."""
    file = io.BytesIO(text.encode("utf-8", "replace"))
    try:
        table = csv_files.survey(file, lambda cells: len(_names(cells) & set(NEEDED)) > 1)
        sheet = [(number, cells) for number, cells in csv_files.records(file, table) if any(cell.strip() for cell in cells)]
    except csv_files.BadTable as wrong:
        raise Invalid({"text": str(wrong)}) from wrong
    if not sheet:
        raise Invalid({"text": "请粘贴表格，或选择一个 CSV 文件"})
    heading = [cell.strip().strip("\ufeff") for cell in sheet[0][1]]
    if missing := [name for name in NEEDED if name not in heading]:
        raise Invalid({"text": f"第一行应是表头，缺少：{'、'.join(missing)}。可用的列：{'、'.join(COLUMNS)}"})
    if len(sheet) - 1 > MOST:
        raise Invalid({"text": f"一次最多 {MOST} 行，现在有 {len(sheet) - 1} 行，请分几次"})
    if len(sheet) == 1:
        raise Invalid({"text": "表头下面还没有人员"})
    return [_row(number, heading, cells) for number, cells in sheet[1:]]


def _names(cells: Sequence[str]) -> set[str]:
    return {cell.strip().strip("\ufeff") for cell in cells}


def _row(line: int, heading: list[str], cells: list[str]) -> Row:
    known = dict(zip(heading, cells, strict=False))
    more = any(cell.strip() for cell in cells[len(heading):])
    return Row(line, {name: unguard(known.get(name, "").strip()) for name in COLUMNS},
               errors=[f"这一行有 {len(cells)} 格，表头只有 {len(heading)} 格"] if more else [])


def _several(text: str) -> list[str]:
    return [part for part in text.translate(_SPLIT).split("、") if part]


def judge(rows: list[Row], by: Actor) -> list[Row]:
    """Each row with what is wrong with it; four statements for any number of rows."""
    names = {row.username for row in rows} | {row.cells["接替"] for row in rows}
    known = {person.username: person for person in Person.objects.select_related("unit").filter(username__in=names)}
    held = {person.id: queries.roles_of(person.id) for person in known.values() if person.username in {r.cells["接替"] for r in rows}}
    units = _units()
    seen: set[str] = set()
    waits = set(AskedGrant.objects.filter(replaces_id__in=[p.id for p in known.values()], ruled_at=None).values_list("replaces_id", flat=True))
    replaced = {person.username for person in known.values() if person.id in waits}
    for row in rows:
        _judge_names(row, known, seen)
        _judge_unit(row, units)
        _judge_roles(row)
        _judge_replaced(row, known, held, by, replaced)
        seen.add(row.username)
        replaced.add(row.cells["接替"])
    return rows


def _units() -> dict[str, list]:
    """Code, name and short name of units in use -> the units called so."""
    found: dict[str, list] = {}
    for unit in org.tree().by_id.values():
        for name in {unit.code, unit.name, unit.short} - {""} if unit.active else ():
            found.setdefault(name, []).append(unit)
    return found


def _judge_names(row: Row, known: dict, seen: set[str]) -> None:
    labels = {name: code for code, name in rules.LANGUAGES.items()}
    row.languages = [labels.get(part, part) for part in _several(row.cells["语言"])] or ["zh"]
    row.errors += rules.person_errors(row.username, row.name, row.languages, row.cells["电话"]).values()
    if row.username in known:
        row.errors.append(f"用户名 {row.username} 已有人使用（{known[row.username].name}）")
    elif row.username in seen:
        row.errors.append(f"用户名 {row.username} 在表中出现了两次")


def _judge_unit(row: Row, units: dict[str, list]) -> None:
    found = units.get(row.cells["单位"], [])
    if len(found) == 1:
        row.unit, row.unit_name = found[0].id, found[0].name
    elif found:
        row.errors.append(f"有 {len(found)} 个“{row.cells['单位']}”，请改写单位代码：{'、'.join(u.code for u in found[:4])}")
    else:
        row.errors.append(f"没有叫“{row.cells['单位']}”的在用单位" if row.cells["单位"] else "请填写单位")


def _judge_roles(row: Row) -> None:
    labels = {role.label: role for role in Role} | {role.value: role for role in Role}
    for part in _several(row.cells["角色"]):
        if part in labels:
            row.roles.append(labels[part])
        else:
            row.errors.append(f"没有“{part}”这个角色")
    fits = rules.may_hold(frozenset(row.roles))
    if not fits:
        row.errors.append(fits.reason)


def _judge_replaced(row: Row, known: dict, held: dict, by: Actor, gone_already: set[str]) -> None:
    name = row.cells["接替"]
    if not name:
        return
    gone = known.get(name)
    if gone is None or gone.left_on or name in gone_already:
        row.errors.append(f"接替：{name} 已有人接替" if name in gone_already else f"接替：没有在用的账号 {name}")
        return
    may = rules.may_leave(by, gone.id)
    if not may:
        row.errors.append(f"接替：{may.reason}")
    elif row.unit and gone.unit_id != row.unit:
        row.errors.append(f"接替：{gone.name}不在{row.unit_name}，在{gone.unit.name}")
    row.replaces = gone.id
    if not row.roles and not row.cells["角色"]:
        row.roles = sorted(held.get(gone.id, ()))
        if not (fits := rules.may_hold(frozenset(row.roles))):
            row.errors.append(f"接替：{gone.name}的角色不能由一人兼任：{fits.reason}")


@transaction.atomic
def make(*, rows: list[Row], by: Actor, reason: str) -> tuple[list[Made], list[tuple[int, str]]]:
    """The rows without errors become accounts, all or none. Whom one replaces leaves with the ruling on its roles (`rule`), at once only
    where there is no role to wait for. Returns the accounts and (id, name) of those who left."""
    made, left = [], []
    for row in (row for row in judge(rows, by) if not row.errors):
        try:
            person, password = actions.open_account(
                username=row.username, name=row.name, unit_id=row.unit, by=by, phone=row.cells["电话"], languages=row.languages,
                roles=row.roles, reason=reason or "批量开立账号")
        except Refused as refused:
            raise Invalid({"text": f"第 {row.line} 行：{refused.verdict.reason}"}) from refused
        if row.replaces and row.roles:
            AskedGrant.objects.filter(person=person, ruled_at=None).update(replaces_id=row.replaces)
        elif row.replaces:
            gone = actions.leave_account(person_id=row.replaces, by=by, reason=f"由{person.name}（{person.username}）接替")
            left.append((gone.id, gone.name))
        made.append(Made(person.username, person.name, row.unit_name, password, "、".join(r.label for r in row.roles), row.cells["接替"]))
    return made, left


@transaction.atomic
def rule(*, asked_id: int, allow: bool, by: Actor, reason: str = "") -> Person | None:
    """A role that was asked for, allowed or refused. Whom its bearer replaces leaves now when nothing of it waits any more and something was
    allowed: the system administrator asked for that with the sheet, the second administrator agrees with this. Returns who left."""
    actions.rule_asked_of(asked_id=asked_id, allow=allow, by=by, reason=reason)
    one = AskedGrant.objects.select_related("person").get(pk=asked_id)
    if one.replaces_id is None:
        return None
    asked = AskedGrant.objects.filter(person=one.person, replaces_id=one.replaces_id)
    if not asked.filter(allowed=True).exists() or asked.filter(ruled_at=None).exists():
        return None
    gone = Person.objects.filter(pk=one.replaces_id, left_on=None).first()
    return actions.leave(person=gone, by=by, reason=f"由{one.person.name}（{one.person.username}）接替", setup=True) if gone else None


def written(rows: list[Row]) -> str:
    """Rows as a sheet again: what is left to correct."""
    return "".join(csv_lines(COLUMNS, ([row.cells[name] for name in COLUMNS] for row in rows), mark="", end="\n"))
