"""Fields of the citizen's forms as plain dicts that `portal/field.html` draws, and the plainest checks of what was typed.

All words here are Chinese source strings; the template says them in the reader's language.
"""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext_noop as mark

from minsheng.cases.rules import Dissatisfaction, Kind, RequesterKind, Satisfaction
from minsheng.cases.rules.fields import FIELDS
from minsheng.kit.steps import Step
from minsheng.kit.translatable import Said
from minsheng.messages import queries as messages
from minsheng.org import queries as org

MAX_BYTES = 24 * 1024 * 1024
ONE = 20 * 1024 * 1024
ONE_TOO_LARGE = mark("“{name}”超过 20 MB，请压缩后重新选择全部文件")
ALL_TOO_LARGE = mark("文件合计超过 24 MB，请分几次：先提交，再在查询页补充")
TRAP = "website"  # people never see this field; programs that fill every field do
LANGUAGES = (("zh", mark("汉语")), ("bo", mark("藏语 བོད་སྐད།")), ("en", mark("英语 English")))
LONGEST = 4000
_READ_AT_MOST = 40_000  # far beyond what is taken, so that what is too long comes back whole and can be cut by its writer
WHAT = ("narrative", "kind", "district", "place")
SIGN_UP = ("said", "kind", "place", "name", "phone")
SIGN_UP_LONGEST = 2000
WHO = ("name", "phone", "requester_kind", "secrecy", "reply_language")
_WITH_SMS = mark("留下电话，单位才能向您核实，编号和查询码也会用短信发给您。不填则只能用编号和查询码在网上看结果。")
_WITHOUT_SMS = mark("留下电话，单位才能向您核实。不填则只能用编号和查询码在网上看结果。")
NOT_SURE = mark("不清楚，由热线判断")
_YES_NO = {"contacted": (("yes", mark("联系过")), ("no", mark("没有联系"))), "solved": (("yes", mark("解决了")), ("no", mark("没有解决")))}
_KINDS = {
    "consult": mark("咨询：想了解政策、流程"), "help": mark("求助：需要帮忙解决"), "complaint": mark("投诉：对服务或管理不满"),
    "report": mark("举报：反映违法违规"), "suggest": mark("建议"), "praise": mark("表扬"), "other": mark("其他"),
}


def field(name: str, label, kind: str = "text", **more) -> dict:
    return {"name": name, "label": label, "type": kind, **more}


def filled(fields: list[dict], values, errors: dict) -> list[dict]:
    return [{**f, "value": values.get(f["name"], ""), "error": errors.get(f["name"], "")} for f in fields]


def districts() -> list[tuple[str, str]]:
    """Districts and counties in use, in the order of the tree."""
    return [(str(u.id), u.place) for u in org.tree().by_id.values() if u.kind.is_district and u.active]


def what(values, errors: dict) -> list[dict]:
    return filled([
        field("narrative", mark("发生了什么？"), "long", required=True, rows=6,
              help=mark("写清时间、地点、经过和您的要求。汉语、藏语、英语都可以。身份证号、银行卡号不用写。")),
        field("kind", mark("属于哪一类？"), "radio", required=True, choices=[(k.value, _KINDS[k.value]) for k in Kind]),
        field("district", mark("在哪个区县？（可不选）"), "choice", choices=districts(), placeholder=NOT_SURE),
        field("place", mark("具体地点（可不填）"), max=200, help=mark("路名门牌、小区、村组或附近的标志物。")),
    ], values, errors)


def who(values, errors: dict) -> list[dict]:
    return filled([
        field("name", mark("怎么称呼您（可不填）"), max=40, autocomplete="name"),
        field("phone", mark("联系电话（可不填）"), "phone", max=30, autocomplete="tel",
              help=_WITH_SMS if messages.connected() else _WITHOUT_SMS),
        field("requester_kind", mark("您是"), "radio", choices=[(k.value, k.label) for k in RequesterKind]),
        field("secrecy", mark("要求保密：承办单位看不到我的姓名和电话，由热线转达"), "bool"),
        field("reply_language", mark("希望用哪种语言答复"), "radio", choices=LANGUAGES),
    ], {"requester_kind": "person", "reply_language": reads_in(), **values}, errors)


def reads_in() -> str:
    """Of LANGUAGES the one in which these pages are read: whoever reads English is not answered in Chinese unasked."""
    return here if (here := get_language() or "") in dict(LANGUAGES) else "zh"


def sign_up(values, errors: dict) -> list[dict]:
    """Before a period of leader days."""
    return filled([
        field("said", mark("您想说的话题或问题"), "long", required=True, rows=5,
              help=mark("写清什么事、在哪里、想要什么结果。汉语、藏语、英语都可以。身份证号、银行卡号不用写。")),
        field("kind", mark("属于哪一类？"), "radio", required=True, choices=[(k.value, _KINDS[k.value]) for k in Kind]),
        field("place", mark("具体地点（可不填）"), max=200, help=mark("路名门牌、小区、村组或附近的标志物。")),
        field("name", mark("怎么称呼您（可不填）"), max=40, autocomplete="name"),
        field("phone", mark("联系电话（可不填）"), "phone", max=30, autocomplete="tel", help=mark("接听当天打这个电话。不填就不能回拨，只能转为平常诉求。")),
    ], {"kind": "", **values}, errors)


def photos(errors: dict, limit: int) -> dict:
    said = Said(mark("最多 {n} 个，每个不超过 20 MB，合计不超过 24 MB：照片（JPG、PNG、WebP）、PDF、Word、Excel、录音。照片里的拍摄位置会自动去掉。"), n=limit)
    return field("files", mark("照片或材料（可不加）"), "file", multiple=True, help=said, error=errors.get("files", ""), value="",
                 one=ONE, all=MAX_BYTES, one_words=ONE_TOO_LARGE, all_words=ALL_TOO_LARGE)


def read(request, names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.POST.get(name, "").replace("\x00", "").strip()[:_READ_AT_MOST] for name in names}


def _too_long(text: str, most: int = LONGEST) -> str:
    length = len(text.replace("\r\n", "\n"))
    if length <= most:
        return ""
    return Said(mark("最多 {most} 字，现在有 {now} 字。请写要点，细节可以在提交后分次补充"), most=most, now=length)


def wrong_in_sign_up(values: dict) -> dict[str, str]:
    errors = {}
    if not values["said"]:
        errors["said"] = mark("请写下您的话题或问题，一两句也可以")
    elif long := _too_long(values["said"], SIGN_UP_LONGEST):
        errors["said"] = long
    if values["kind"] not in dict(Kind.choices()):
        errors["kind"] = mark("请选一类；拿不准就选“其他”")
    if len(values["place"]) > 200:
        errors["place"] = mark("地点最多 200 字，请写短一些")
    return errors


def wrong_in_what(values: dict) -> dict[str, str]:
    errors = {}
    if not values["narrative"]:
        errors["narrative"] = mark("请写下发生了什么，一两句也可以")
    elif long := _too_long(values["narrative"]):
        errors["narrative"] = long
    if values["kind"] not in dict(Kind.choices()):
        errors["kind"] = mark("请选一类；拿不准就选“其他”")
    if values["district"] and values["district"] not in dict(districts()):
        errors["district"] = mark("请从列表里重新选择区县")
    if len(values["place"]) > 200:
        errors["place"] = mark("地点最多 200 字，请写短一些")
    return errors


def wrong_in_step(step: Step, values: dict) -> dict[str, str]:
    """In a citizen's words; the door checks the same again in its own."""
    errors = {name: long for name, value in values.items() if (long := _too_long(value))}
    for name in step.required:
        if name in values and not values[name]:
            errors[name] = mark("请选一项") if name == "satisfaction" else mark("请写几个字再提交")
    return errors | _wrong_in_answers(values) if step.name == "answer_callback" else errors


def _wrong_in_answers(values: dict) -> dict[str, str]:
    level = values["satisfaction"]
    if level in dict(Satisfaction.choices()) and not Satisfaction(level).counts and not values["dissatisfaction"]:
        return {"dissatisfaction": mark("请选一项")}
    return {} if any(values[name] for name in ("contacted", "solved", "satisfaction")) else {"contacted": mark("请至少回答一个问题")}


def trapped(request) -> dict[str, str]:
    """A way on for the rare person whose browser filled it by itself."""
    return {TRAP: mark("“网址”这一栏请留空，再点一次")} if request.POST.get(TRAP) else {}


def of_step(step: Step, values, errors: dict, limit: int) -> list[dict]:
    """The fields that a step of the citizen asks for."""
    made = []
    for need in step.needs:
        f = FIELDS[need.rstrip("?")]
        if f.kind == "files":
            made.append(photos(errors, limit))
            continue
        offered = [pair for pair in f.choices or _YES_NO.get(f.name, ()) if pair[0] != Dissatisfaction.UNREASONABLE]  # the hotline's word, not theirs
        kind, choices = ("radio", offered) if f.kind in {"choice", "bool"} else ("long", ())
        made += filled([field(f.name, dict(step.desk.portal.asks)[f.name], kind, required=not need.endswith("?"), choices=choices)], values, errors)
    return made
