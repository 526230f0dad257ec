"""Finds the command's file, reads its options, runs it."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path

from minsheng.cli import Stop, given
from minsheng.cli.parser import Parser

HERE = Path(__file__).parent
EXPECTED = ("Refused", "Invalid", "Problem")  # kit.verdict and kit.machine: their text is meant for people


def commands() -> dict[str, tuple[str, str, bool]]:
    """name -> (module, its first docstring line, hidden), read without importing anything."""
    found = {}
    for file in sorted(HERE.glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if not {"add", "run"} <= functions:
            continue
        hidden = any(isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "hidden" for n in tree.body)
        line = (ast.get_docstring(tree) or "").split("\n")[0]
        found[file.stem.rstrip("_").replace("_", "-")] = (file.stem, line, hidden)
    return found


def columns() -> int:
    return shutil.get_terminal_size((80, 24)).columns if sys.stdout is not None and sys.stdout.isatty() else 10_000


def usage(known: dict, room: int = 10_000) -> str:
    """`room`: columns of the terminal; whoever reads it otherwise gets a line each."""
    lines = ["用法：./minsheng [--env 文件|--city 城市|all] 命令 [选项]        （每个命令都有 --help）", ""]
    for name, (_, line, hidden) in known.items():
        lines += [] if hidden else [f"  {name if n == 0 else '':<18}{part}" for n, part in enumerate(folded(line, room - 20))]
    return "\n".join(lines)


def folded(text: str, room: int) -> list[str]:
    """Lines of at most so many columns of a terminal, in which a Chinese character takes two; no word of letters is cut."""
    lines, left = [""], room
    for piece in re.findall(r"[!-~]+|.", text):
        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in piece)
        if width > left and lines[-1] and piece not in "，。；：、）”":
            lines.append("")
            left = room
        lines[-1] += piece if lines[-1] or piece != " " else ""
        left -= width
    return lines


def module_of(name: str) -> str | None:
    """The module of a command by its file name alone, so that one command does not pay for the others."""
    for stem in (name.replace("-", "_"), name.replace("-", "_") + "_"):
        file = HERE / f"{stem}.py"
        if file.is_file() and "\ndef add(" in file.read_text(encoding="utf-8"):
            return stem
    return None


def of_the_surroundings(wrong: Exception) -> str:
    """A database that went away, a disk that takes nothing, a file that cannot be used: a sentence; "" for a fault of ours."""
    from minsheng.kit import host, outage

    kind = outage.kind_of(wrong)
    if kind == outage.DATABASE:
        said = " ".join(str(wrong).split())[:200]
        return f"数据库连不上了：{said}\n已经提交的都在。等数据库恢复后再运行同一条命令；导入会从中断处接着做"
    if kind:
        return f"{outage.WHY[kind]}，没有做完。改正后再运行同一条命令；已经提交的都在"
    if isinstance(wrong, OSError) and wrong.errno:
        return f"不能使用 {wrong.filename}：{host.in_words(wrong)}" if wrong.filename else f"没有做完：{host.in_words(wrong)}"
    return ""


def open_streams() -> None:
    """What whoever started us has closed reads as empty and takes whatever is said."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))


def let_go() -> None:
    """What the output takes no more is dropped: Python would try again as it ends, and print a trace."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError), open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), stream.fileno())


def main(argv: list[str]) -> int:
    open_streams()
    try:
        return _told(argv)
    finally:
        let_go()


def _told(argv: list[str]) -> int:
    """The command's code; what stopped it is a sentence."""
    try:
        code = _run(argv)
        sys.stdout.flush()  # a disk that takes no more is a sentence, not a trace when Python ends
        return code
    except Stop as stop:
        print(f"minsheng: {stop}", file=sys.stderr)
    except BrokenPipeError:
        pass  # who read our output has gone; nothing is left to say
    except KeyboardInterrupt:
        print("minsheng: 已停止。", file=sys.stderr)
    except Exception as wrong:
        if type(wrong).__name__ not in EXPECTED:
            if not (said := of_the_surroundings(wrong)):
                raise
            print(f"minsheng: {said}", file=sys.stderr)
            return 1
        print(f"minsheng: {wrong}", file=sys.stderr)
        return 2 if type(wrong).__name__ == "Invalid" else 1
    return 1


def _of_city(argv: list[str]) -> int:
    """--city NAME COMMAND…: with the settings of that city; `all`: of each in turn."""
    from minsheng.cli import cities

    if not argv:
        raise Stop("--city 后面要写城市的名字和命令，例如 ./minsheng --city lasa doctor")
    if argv[0] == cities.ALL:
        return cities.each(argv[1:])
    cities.enter(argv[0])
    return _run(argv[1:])


def _with_settings(argv: list[str]) -> int:
    """--env FILE COMMAND…: with the settings that the service has."""
    from minsheng.cli import cities

    if len(argv) < 2:
        raise Stop("--env 后面要写设置文件和命令，例如 ./minsheng --env /etc/minsheng.env doctor")
    cities.enter_file(argv[0])
    return _run(argv[1:])


def _require_settings() -> None:
    given.tidy()
    if said := given.wrong():
        raise Stop("设置写得不对：\n  " + "\n  ".join(said))


def _run(argv: list[str]) -> int:
    if argv and argv[0] == "--city":
        return _of_city(argv[1:])
    if argv and argv[0] == "--env":
        return _with_settings(argv[1:])
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(usage(commands(), columns()), flush=True)
        return 0 if argv else 2
    stem = module_of(argv[0])
    if stem is None:
        print(f"没有“{argv[0]}”这个命令。\n\n{usage(commands(), columns())}", file=sys.stderr)
        return 2
    _require_settings()
    command = importlib.import_module(f"minsheng.cli.{stem}")
    parser = Parser(prog=f"./minsheng {argv[0]}", description=command.__doc__)
    command.add(parser)
    args = parser.parse_args(argv[1:]) if not hasattr(command, "parse") else command.parse(parser, argv[1:])
    return command.run(args) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
