"""Fields of the citizen's forms as plain dicts that `portal/field.html` draws, and the plainest checks of what was typed."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from minsheng.cases.fields import FIELDS
from minsheng.cases.rules import Kind, RequesterKind
from minsheng.kit.steps import Step
from minsheng.org import queries as org
from minsheng.org.rules import UnitKind

TRAP = "website"  # people never see this field; programs that fill every field do
LANGUAGES = (("zh", "汉语"), ("bo", "བོད་སྐད། 藏语"), ("en", "English"))
LONGEST = 4000
WHAT = ("narrative", "kind", "district", "place")
WHO = ("name", "phone", "requester_kind", "secrecy", "reply_language")
_HELP = {
    "consult": mark("咨询：想了解政策、流程"), "help": mark("求助：需要帮忙解决"), "complaint": mark("投诉：对服务或管理不满"),
    "report": mark("举报：反映违法违规"), "suggest": mark("建议"), "praise": mark("表扬"), "other": mark("其他"),
}


def field(name: str, label, kind: str = "text", **more) -> dict:
    return {"name": name, "label": label, "type": kind, **more}


def filled(fields: list[dict], values, errors: dict) -> list[dict]:
    return [{**f, "value": values.get(f["name"], ""), "error": errors.get(f["name"], "")} for f in fields]


def districts() -> list[tuple[str, str]]:
    """Districts and counties in use, in the order of the tree."""
    places = {UnitKind.DISTRICT, UnitKind.COUNTY, UnitKind.ZONE}
    return [(str(u.id), u.name) for u in org.tree().by_id.values() if u.kind in places and u.active]


def what(values, errors: dict) -> list[dict]:
    return filled([
        field("narrative", _("发生了什么？"), "long", required=True, rows=6, max=LONGEST,
              help=_("写清时间、地点、经过和您的要求。汉语、藏语、英语都可以。身份证号、银行卡号不用写。")),
        field("kind", _("属于哪一类？"), "radio", required=True, choices=[(k.value, str(_HELP[k.value])) for k in Kind]),
        field("district", _("在哪个区县？"), "choice", choices=districts(), placeholder=_("不清楚，由热线判断")),
        field("place", _("具体地点"), max=200, help=_("路名门牌、小区、村组或附近的标志物。")),
    ], values, errors)


def who(values, errors: dict) -> list[dict]:
    return filled([
        field("name", _("怎么称呼您（可不填）"), max=40, autocomplete="name"),
        field("phone", _("联系电话（可不填）"), "phone", max=20, autocomplete="tel",
              help=_("留下电话，单位才能向您核实，编号和查询码也会用短信发给您。不填则只能用编号和查询码在网上看结果。")),
        field("requester_kind", _("您是"), "radio", choices=[(k.value, _(k.label)) for k in RequesterKind]),
        field("secrecy", _("要求保密：承办单位看不到我的姓名和电话，由热线转达"), "bool"),
        field("reply_language", _("希望用哪种语言答复"), "radio", choices=LANGUAGES),
    ], {"requester_kind": "person", "reply_language": "zh", **values}, errors)


def photos(errors: dict, limit: int) -> dict:
    said = _("最多 %(n)d 个，每个不超过 20 MB，合计不超过 24 MB：照片（JPG、PNG、WebP）、PDF、Word、Excel、录音。照片里的拍摄位置会自动去掉。") % {"n": limit}
    return field("files", _("照片或材料（可不加）"), "file", multiple=True, help=said, error=errors.get("files", ""), value="")


def read(request, names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.POST.get(name, "").replace("\x00", "").strip()[:8000] for name in names}


def wrong_in_what(values: dict) -> dict[str, str]:
    errors = {}
    if not values["narrative"]:
        errors["narrative"] = _("请写下发生了什么，一两句也可以")
    elif len(values["narrative"].replace("\r\n", "\n")) > LONGEST:
        errors["narrative"] = _("最多 %(n)d 字，请写要点，细节可以在提交后补充") % {"n": LONGEST}
    if values["kind"] not in dict(Kind.choices()):
        errors["kind"] = _("请选一类；拿不准就选“其他”")
    if values["district"] and values["district"] not in dict(districts()):
        errors["district"] = _("请从列表里重新选择区县")
    return errors


def trapped(request) -> dict[str, str]:
    """A way on for the rare person whose browser filled it by itself."""
    return {TRAP: _("“网址”这一栏请留空，再点一次")} if request.POST.get(TRAP) else {}


def of_step(step: Step, values, errors: dict, limit: int) -> list[dict]:
    """The fields that a step of the citizen asks for."""
    made = []
    for need in step.needs:
        f = FIELDS[need.rstrip("?")]
        if f.kind == "files":
            made.append(photos(errors, limit))
            continue
        kind = "radio" if f.kind == "choice" else "long"
        choices = [(code, _(label)) for code, label in f.choices]
        made += filled([field(f.name, _step_label(step.name, f), kind, required=not need.endswith("?"), choices=choices, max=LONGEST)],
                       values, errors)
    return made


def _step_label(step: str, f) -> str:
    named = {("correct", "addition"): _("哪里写错了，应该是什么"), ("add_facts", "addition"): _("要补充的情况"),
             ("withdraw", "reason"): _("为什么撤回（可不填）"), ("rate", "verbatim"): _("还想说什么（可不填）"),
             ("rate", "satisfaction"): _("您对办理结果满意吗？")}
    return named.get((step, f.name), _(f.label))
