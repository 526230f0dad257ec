"""A city as a folder of data (`demo/` is one): its files read and checked against each other. Nothing of Django."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from minsheng.cli import Stop
from minsheng.kit.host import in_words
from minsheng.org.rules import UnitKind
from minsheng.oversight.rules import ladder

FILES = ("org", "categories", "catalogue")
DISTRICT = {"by_district": "district"}


@cache
def read(root: Path, name: str) -> dict:
    """A file of the folder; Stop says which line is wrong."""
    file = root / f"{name}.yaml"
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except OSError as wrong:
        raise Stop(f"读不了 {file.name}：{in_words(wrong)}。一座城市的文件夹要有 {'、'.join(f + '.yaml' for f in FILES)}，写法见 demo/README.md") from wrong
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        mark = getattr(wrong, "problem_mark", None)
        raise Stop(f"{file.name} 不是有效的 YAML" + (f"（第 {mark.line + 1} 行）" if mark else "")) from wrong


def flat_units(root: Path) -> list[dict]:
    """Units with their parent's code, parents first."""

    def walk(units: list[dict], parent: str) -> list[dict]:
        found = []
        for unit in units:
            found += [unit | {"parent": parent}, *walk(unit.get("children", []), unit["code"])]
        return found

    return walk(read(root, "org").get("units", []), "")


def rungs(root: Path) -> list[dict]:
    """The ladder of supervision; a city that keeps none has no such file."""
    return read(root, "oversight").get("ladder") or [] if (root / "oversight.yaml").exists() else []


def problems(root: Path) -> list[str]:
    """What the files say against each other; empty when they agree."""
    units = flat_units(root)
    codes = {u.get("code") for u in units}
    wrong = [f"org.yaml：单位代码 {c} 出现多次" for c in sorted({u["code"] for u in units if [v["code"] for v in units].count(u["code"]) > 1})]
    kinds = {k.value for k in UnitKind}
    wrong += [f"org.yaml：{u['code']} 的种类 {u.get('kind')} 无效，可用：{'、'.join(sorted(kinds))}" for u in units if u.get("kind") not in kinds]
    wrong += [f"org.yaml：值班表中没有单位 {d['unit']}" for d in read(root, "org").get("duty", []) if d["unit"] not in codes]
    wrong += _outside_panel(root, units)
    rows = read(root, "categories").get("categories", [])
    named, parents = {c["code"] for c in rows}, {c.get("parent") for c in rows}
    wrong += [f"categories.yaml：{c['code']} 的上级 {c['parent']} 不存在" for c in rows if c.get("parent") and c["parent"] not in named]
    for row in read(root, "catalogue").get("catalogue", []):
        for each in (row.get("lead"), *row.get("co", [])):
            if each != DISTRICT and each not in codes:
                wrong.append(f"catalogue.yaml：{row['category']} 的单位 {each} 不在 org.yaml 中")
        if row["category"] not in named:
            wrong.append(f"catalogue.yaml：没有分类 {row['category']}")
    wrong += _dangers(root, named)
    wrong += [f"oversight.yaml：{said}" for said in ladder.problems(rungs(root))]
    covered = {row["category"] for row in read(root, "catalogue").get("catalogue", [])}
    return wrong + [f"catalogue.yaml：末级分类 {c} 没有派单目录" for c in sorted(named - parents - covered)]


def _outside_panel(root: Path, units: list[dict]) -> list[str]:
    """Who hears complaints about the hotline (city.yaml) is a unit of the tree that stands outside the centre."""
    code = read(root, "city").get("outside_panel") if (root / "city.yaml").exists() else None
    if not code:
        return []
    by_code = {u["code"]: u for u in units}
    if code not in by_code:
        return [f"city.yaml：outside_panel 的单位 {code} 不在 org.yaml 中"]
    above = code
    while above:
        if by_code[above]["kind"] in {"centre", "city"}:
            inside = by_code[above]["kind"] == "centre" or above == code
            return [f"city.yaml：outside_panel 的单位 {code} 须在热线中心以外"] if inside else []
        above = by_code[above]["parent"]
    return []


def _dangers(root: Path, matters: set[str]) -> list[str]:
    """A danger names its code; a category that it names exists; words and calls are texts."""
    wrong = []
    for each in read(root, "categories").get("danger", []):
        code = each.get("code")
        texts = [*each.get("words", []), *each.get("never", []), *each.get("call", [])]
        if not code or not all(isinstance(word, str) and word.strip() for word in texts):
            wrong.append(f"categories.yaml：危险词 {code or '（没有 code）'} 的词和电话须是文字，号码请加引号")
        if each.get("category") and each["category"] not in matters:
            wrong.append(f"categories.yaml：危险词 {code} 的分类 {each['category']} 不存在")
    return wrong
