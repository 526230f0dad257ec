"""Anchors kept off this machine, so that whoever owns database and machine together cannot write another past.

MINSHENG_ANCHORS_FOLDER   a folder of another machine, mounted here
MINSHENG_ANCHORS_COMMAND  a program with its arguments, run without a shell: {anchors} is the folder DATA/anchors, {log} the file
                          DATA/anchors.log. It gets no setting of ours and may write nothing but DATA/tmp and the anchors.

A copy is only ever added to. One that is no beginning of ours is left as it is, and said: either was changed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from minsheng.cases.actions.anchors import folder
from minsheng.kit import clock
from minsheng.kit.checks import Found
from minsheng.ledger import outside
from minsheng.ledger import queries as ledger

PATIENCE_S = 300
STALE = timedelta(hours=2)


class NotCopied(Exception):
    """Why there is no copy of the newest anchor; `serious` when the copy there is contradicts ours."""

    def __init__(self, why: str, serious: bool = False):
        super().__init__(why)
        self.serious = serious


def _state() -> Path:
    return folder() / "copied.json"


def copy() -> bool:
    """Brings the copy up to date and notes how it went; nothing to do when no place is named. Safe to repeat."""
    to, command = outside.copies(), settings.ANCHORS_COMMAND
    newest = max(outside.anchored_outside(), default=0)
    if not newest or not (to or command):
        return False
    note = {"entry": newest, "at": clock.machine_now().isoformat(), "error": "", "serious": False}
    try:
        if to:
            _into(to)
        if command:
            _by(command)
    except NotCopied as wrong:
        note |= {"entry": _known().get("entry", 0), "error": str(wrong), "serious": wrong.serious}
    half = _state().with_suffix(".half")
    half.write_text(json.dumps(note, ensure_ascii=False))
    half.replace(_state())
    return not note["error"]


def _into(to: Path) -> None:
    log, ours = to / outside.path().name, outside.path().read_bytes()
    try:
        theirs = log.read_bytes() if log.exists() else b""
        if not ours.startswith(theirs):
            raise NotCopied(f"{log} 与本机的 anchors.log 对不上，两者之一被改动过（恢复过备份的，请留存旧文件夹、另指一个新的）", serious=True)
        (to / "anchors").mkdir(exist_ok=True)
        for file in sorted(folder().glob("*.heads")):
            if not (to / "anchors" / file.name).exists():
                _whole(file, to / "anchors" / file.name)
        with open(log, "ab") as out:
            out.write(ours[len(theirs) :])
            out.flush()
            os.fsync(out.fileno())
    except OSError as wrong:
        raise NotCopied(f"不能写入 {to}：{wrong.strerror}") from wrong


def _whole(file: Path, target: Path) -> None:
    """Under its name only when all of it is on the other side's disk."""
    half = target.with_name(f".{target.name}.half")
    with open(file, "rb") as source, open(half, "wb") as out:
        shutil.copyfileobj(source, out)
        out.flush()
        os.fsync(out.fileno())
    half.replace(target)


def _by(command: str) -> None:
    places = {"{anchors}": str(folder()), "{log}": str(outside.path())}
    words = [_filled(word, places) for word in shlex.split(command)]
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    try:
        done = subprocess.run(words, env=env, capture_output=True, text=True, errors="replace", timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise NotCopied(f"{words[0]}：{'没有在五分钟内做完' if isinstance(wrong, subprocess.TimeoutExpired) else wrong.strerror}") from wrong
    if done.returncode:
        raise NotCopied(f"{words[0]} 退出码 {done.returncode}：{(done.stderr or done.stdout).strip()[-200:]}")


def _filled(word: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(name, value)
    return word


def _known() -> dict:
    try:
        return json.loads(_state().read_text())
    except (OSError, ValueError):
        return {}


def told() -> Found:
    """For `doctor` and the state page: is the newest anchor somewhere else, too?"""
    if not (outside.copies() or settings.ANCHORS_COMMAND):
        return None, ("锚定没有抄到机外：掌握数据库又掌握本机的人可以改写历史而不留痕迹。请设置 MINSHENG_ANCHORS_FOLDER 或 "
                      "MINSHENG_ANCHORS_COMMAND（docs/operating/hardening.md）")
    known, last = _known(), ledger.last_anchor()
    if known.get("error"):
        return False if known["serious"] else None, f"锚定没有抄到机外：{known['error']}"
    if last and known.get("entry", 0) < last.id and clock.machine_now() - last.machine_at > STALE:
        return None, f"机外的锚定不是最新的：本机已到台账第 {last.id} 条，机外到第 {known.get('entry', 0)} 条；后台任务须在运行"
    return True, "锚定已抄到机外" + (f"（{datetime.fromisoformat(known['at']).astimezone():%m-%d %H:%M}）" if known else "（还没有锚定）")
