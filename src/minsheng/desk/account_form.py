"""The form of an account: drawn, and read back so that only what its writer changed is written."""

from __future__ import annotations

from minsheng.accounts.rules import LANGUAGES
from minsheng.desk import unit_choices
from minsheng.kit import form_seen
from minsheng.kit.read_values import id_or_none

_LABELS = {"name": "姓名", "unit": "单位", "phone": "工作电话", "languages": "可用语言"}


def standing(found) -> dict:
    return {"name": found.name, "unit": found.unit_id, "phone": found.phone, "languages": sorted(found.languages)}


def changed(post, before) -> dict:
    """What `change_account` takes: as posted where the writer changed it, else as it is now."""
    now = standing(before)
    posted = {"name": post.get("name", "").strip(), "unit": id_or_none(post.get("unit", "")), "phone": post.get("phone", "").strip(),
              "languages": sorted(post.getlist("languages")) or ["zh"]}
    mine = form_seen.changed(post, posted, now, _LABELS)
    found = {name: (posted if name in mine else now)[name] for name in now}
    return {"unit_id" if name == "unit" else name: value for name, value in found.items()}


def fields(found, typed, errors) -> list[dict]:
    """The form of an account; `found` None: a new one."""
    first = {"name": found.name, "unit": found.unit_id, "phone": found.phone, "languages": found.languages} if found else {"languages": ["zh"]}
    value = first.get if typed is None else typed.get
    spoken = first["languages"] if typed is None else typed.getlist("languages")
    rows = [("username", "用户名", "text", "小写字母开头；登录用，以后不能改", True), ("name", "姓名", "text", "", True), ("unit", "单位", "unit", "", True),
            ("phone", "工作电话", "phone", "", False), ("languages", "可用语言", "multi", "", False)]
    choices = {"unit": unit_choices.all_units(), "languages": list(LANGUAGES.items())}
    return [{"name": n, "label": label, "type": kind, "help": words, "required": must, "max": 40, "choices": choices.get(n, []), "error": errors.get(n, ""),
             "autocomplete": "off", "value": spoken if n == "languages" else value(n, "") or ""} for n, label, kind, words, must in rows
            if n != "username" or found is None]
