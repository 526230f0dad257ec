"""A kind's own template: looked at before it is taken, kept with who set it; the default one again at a click."""

from __future__ import annotations

import hashlib
import re
from datetime import date

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.bulletins.models import TemplateRow
from minsheng.bulletins.queries import templates as read
from minsheng.bulletins.rules import schedule as rules
from minsheng.bulletins.rules.spans import BulletinKind
from minsheng.kit import clock
from minsheng.kit.papers import DRAFT, Heading, Paper, Para, Table, making
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.ledger import actions as ledger
from minsheng.ledger.rules import Kind

SAMPLE = Paper("样张", (Heading("总体情况"), Para("受理群众诉求314件。"), Heading("各项数量", 2), Table(("项目", "本月"), (("受理量", "314"),))),
               "热线中心", date(2025, 1, 2), "样〔2025〕1号", "签发人", DRAFT)


def put(*, by: Actor, kind: str, file: Upload) -> TemplateRow:
    """Tried on a sample before it is taken: a broken one, and one that asks for what there is not, is refused with a sentence."""
    _may(by, kind)
    if len(file.content) > making.LARGEST_TEMPLATE:
        raise Invalid({"file": "模板超过 5 MB，请换小一些的文件"})
    if wrong := making.template_wrong(file.content, SAMPLE):
        raise Invalid({"file": wrong})
    return _keep(by, kind, file.content, re.sub(r"[^\w.() （）-]", "", file.name)[:120])


def restore(*, by: Actor, kind: str) -> TemplateRow:
    """The default template again."""
    _may(by, kind)
    if read.in_force(kind) is None:
        raise Refused(no("state", "现在用的就是默认模板"))
    return _keep(by, kind, b"", "")


def _may(by: Actor, kind: str) -> None:
    if not (answer := rules.may_set(by)):
        raise Refused(answer)
    if kind not in BulletinKind._value2member_map_:
        raise Invalid({"kind": "请选择报告种类"})


@transaction.atomic
def _keep(by: Actor, kind: str, content: bytes, name: str) -> TemplateRow:
    sha256 = hashlib.sha256(content).hexdigest() if content else ""
    row = TemplateRow.objects.create(kind=kind, content=content, sha256=sha256, name=name, by_name=by.name, set_at=clock.now())
    said = {"what": f"{BulletinKind(kind).label}{'换用自己的模板' if content else '恢复默认模板'}", "file": sha256[:16]}
    ledger.write(kind=Kind.REPORT_SETTING, by_id=by.id, by_name=by.name, about=f"template:{row.id}", detail=said)
    return row
