"""Options of a command, read and complained about in Chinese: argparse's own words say neither what is wrong nor what to write."""

from __future__ import annotations

import argparse
import re
import sys

from minsheng.kit import read_values

_SAID = (
    (r"the following arguments are required: (.+)", "还要写：{0}"),
    (r"one of the arguments (.+) is required", "请写其中一个：{0}"),
    (r"unrecognized arguments: (.+)", "没有这个选项或多写了：{0}"),
    (r"argument (.+): not allowed with argument (.+)", "{0} 与 {1} 只能写一个"),
    (r"argument (.+): expected (?:one|at least one) argument", "{0} 后面要写一个值"),
    (r"argument (.+): invalid int value: '(.*)'", "{0} 应为整数，写的是“{1}”"),
    (r"argument (.+): invalid choice: '(.*)' \(choose from (.+)\)", "{0} 没有“{1}”，可写：{2}"),
    (r"ambiguous option: (.+) could match (.+)", "选项 {0} 不明确，是 {1} 中的哪一个？"),
    (r"argument ([^:]+): ([\u2e80-\uffff].*)", "{0} {1}"),
)


def in_chinese(message: str) -> str:
    for pattern, words in _SAID:
        if found := re.fullmatch(pattern, message, re.S):
            return words.format(*(re.sub("'([^']*)'(?=, |$)", r"\1", said).replace(", ", "、") if "choose from" in message and n == 2 else said
                                  for n, said in enumerate(found.groups())))
    return message


def is_text(option: str) -> bool:
    """Bytes that are no UTF-8 come as halves of characters: no file, no table and no terminal takes them."""
    try:
        return read_values.clean(option) == option
    except read_values.BadValue:
        return False


class Words(argparse.RawDescriptionHelpFormatter):
    def add_usage(self, usage, actions, groups, prefix=None):
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """Also made for the deeds of a command (`user add`)."""

    def __init__(self, **given):
        super().__init__(**given | {"add_help": False, "formatter_class": Words})
        self._optionals.title, self._positionals.title = "选项", "参数"
        self.add_argument("-h", "--help", action="help", help="显示本说明")

    def parse_args(self, args=None, namespace=None):
        if any(not is_text(one) for one in (sys.argv[1:] if args is None else args)):
            self.error("选项里有无法识别的字符，请用 UTF-8 输入")
        if empty := next((one for one in (sys.argv[1:] if args is None else args) if re.fullmatch("--[a-z-]+=--", one)), ""):
            self.error(f"{empty.partition('=')[0]} 后面要写一个值")  # argparse would give an empty list for it
        return super().parse_args(args, namespace)

    def error(self, message: str):
        """2: how the command was called is wrong."""
        print(f"minsheng: {in_chinese(message)}\n{self.format_usage()}详细说明：{self.prog} --help", file=sys.stderr)
        raise SystemExit(2)
