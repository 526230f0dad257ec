"""Every page that reads cases or figures, with several parameters each, and whom to open it as: for `bench.pages`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import quote, urlencode

from django.db.models import Count

from bench.filler import CODE
from bench.speech import RARE, caller
from minsheng.accounts import actions as accounts
from minsheng.accounts.models import Grant, Person
from minsheng.accounts.rules import SCOPES, Role
from minsheng.cases.models import Case, CaseText
from minsheng.cases.rules import State
from minsheng.followup.models import CallbackParty
from minsheng.kit.ids import floor_id
from minsheng.kit.paging import _mark
from minsheng.kit.search import to_query
from minsheng.language import rules as language
from minsheng.org.models import Unit


@dataclass(frozen=True, slots=True)
class Page:
    """`who`: a role, "token" for the API, "citizen" for an open case at the portal, "" for anybody.

    body  posted instead of got
    part  asked for by a script of the page around it
    """

    name: str
    kind: str  # list, case, search, board; deed: something is written, its statements are shown and not judged
    who: str
    paths: tuple[str, ...]
    body: str = ""
    part: bool = False


BARE = Page("登录后的空页", "bare", Role.DISPATCHER, ("/me",))  # head, menu, who is there, one's own two forms: what any page costs


def person_of(role: Role, unit: int = 0) -> Person:
    """Somebody who holds the role and as little else as possible."""
    held = Grant.objects.filter(role=role, until=None, person__is_active=True)
    rows = (held.filter(person__unit=unit) if unit else held).values_list("person_id", flat=True)
    least = Grant.objects.filter(person__in=list(rows), until=None).values("person").annotate(n=Count("id")).order_by("n", "person").first()
    return Person.objects.select_related("unit").get(id=least["person"])


class Sample:
    """What is in the database: cases of every kind, busy units, days, words."""

    def __init__(self, seed: int = 1):
        self.chance = Random(seed)
        self.busy = Case.objects.filter(lead__isnull=False).values("lead").annotate(n=Count("id")).order_by("-n").first()["lead"]
        self.unit = Unit.objects.get(id=self._staffed())
        self.newest = Case.objects.order_by("-id").first()
        self.oldest = Case.objects.order_by("id").first()
        top = Case.objects.values("category__code").annotate(n=Count("id")).order_by("-n")
        self.matters = [top[0]["category__code"], top[20]["category__code"], top[0]["category__code"].split(".")[0]]
        self.today = datetime.now(UTC).date()

    def _staffed(self) -> int:
        """The busiest unit that has people with all three roles."""
        units = Case.objects.filter(lead__isnull=False, closed_at=None).values("lead").annotate(n=Count("id")).order_by("-n")
        for row in units:
            roles = set(Grant.objects.filter(person__unit=row["lead"], until=None).values_list("role", flat=True))
            if {Role.UNIT_HANDLER, Role.UNIT_LIAISON, Role.UNIT_APPROVER} <= roles:
                return row["lead"]
        raise SystemExit("no unit with people and open cases")

    def cases(self, n: int, **where) -> list[Case]:
        where = {"restricted": False, **where}
        start = floor_id(self.oldest.received_at + (self.newest.received_at - self.oldest.received_at) * self.chance.random() * 0.6)
        found = list(Case.objects.filter(id__gte=start, **where).order_by("id")[: n * 5 : 5])
        return found or list(Case.objects.filter(**where).order_by("-id")[:n])

    def deep(self, share: float) -> str:
        """A mark for the page that begins so far back in time, of a list that is newest first."""
        at = self.newest.received_at - (self.newest.received_at - self.oldest.received_at) * share
        return _mark([floor_id(at)])

    def deep_in_time(self, share: float) -> str:
        """The same of a list that goes by when its cases count."""
        at = self.newest.received_at - (self.newest.received_at - self.oldest.received_at) * share
        return _mark([at.astimezone(UTC), floor_id(at)])

    def days(self, back: int, length: int) -> dict:
        until = self.today - timedelta(days=back)
        return {"from": until - timedelta(days=length - 1), "to": until}

    def how_common(self, words: str) -> float:
        """The share of cases that hold these words."""
        return CaseText.objects.filter(words=to_query(language.query_tokens(words))).count() / max(1, CaseText.objects.count())


def _with(path: str, queries: list[dict]) -> tuple[str, ...]:
    return tuple(path + ("?" + urlencode(q) if q else "") for q in queries)


def pages(of: Sample) -> list[Page]:
    made = [*_desk(of), *_cases(of), *_unit(of), *_search(of), *_board(of), *_portal(of), *_api(of)]
    return [page for page in made if page.paths]


def _lists(of: Sample) -> list[dict]:
    since, until = of.today - timedelta(days=120), of.today - timedelta(days=90)
    return [{}, {"state": "in_progress"}, {"state": "open", "order": "due"}, {"overdue": "1", "order": "due"}, {"unit": of.busy},
            {"unit": of.busy, "state": "closed"}, {"category": of.matters[0]}, {"category": of.matters[1]}, {"category": of.matters[2]},
            {"channel": "letter"}, {"kind": "complaint"}, {"since": since, "until": until}, {"since": since, "until": until, "unit": of.busy},
            {"urgent": "1"}, {"problem": "1"}, {"state": "declined"}, {"state": "withdrawn"}, {"after": of.deep(0.5)}, {"after": of.deep(0.95)},
            {"after": of.deep(0.9), "category": of.matters[1]}]


def _desk(of: Sample) -> list[Page]:
    made = [Page(f"工单列表·{role.label}", "list", role, _with("/desk/cases", _lists(of)))
            for role in (Role.DISPATCHER, Role.ANALYST, Role.UNIT_HANDLER, Role.INSPECTOR)]
    review = of.cases(3, state=State.PENDING_REVIEW)
    made += [
        Page("派单台", "list", Role.DISPATCHER, _with("/desk/dispatch", [{}, {"pile": "returned"}, {"pile": "declined"}, {"pile": "night"}])),
        Page("派单预览", "case", Role.DISPATCHER, tuple(f"/desk/dispatch/{c.id}" for c in review), part=True),
        Page("接听登记", "case", Role.AGENT, ("/desk/intake?draft=bench0001",)),
        Page("来电人", "list", Role.AGENT, tuple(f"/desk/intake/caller?phone={caller(n)[1]}" for n in (1, 3, 4, 5, 900))),
        Page("边听边查", "search", Role.AGENT, ("/desk/intake/read",), body=urlencode({
            "narrative": "小区停水两天了，楼里有病人等着用水，请尽快派人来处理，找过物业不归他们管", "kind": "help", "place": "东关区人民东路12号"})),
        Page("回访台", "list", Role.CALLBACK_CLERK, ("/desk/callback",)),
        Page("办结审核", "list", Role.CHECKER, ("/desk/check",)),
        Page("督办审批", "list", Role.SUPERVISOR, _with("/desk/rulings", [{}, {"tab": "callbacks"}])),
        Page("退单裁定", "list", Role.RETURN_REVIEWER, ("/desk/returns",)),
        Page("协调", "list", Role.COORDINATOR, ("/desk/coordinate",)),
        Page("回访复核", "list", Role.QUALITY, ("/desk/rechecks",)),
        Page("删除个人信息", "list", Role.SECURITY_ADMIN, ("/desk/erasures",)),
        Page("操作台账", "list", Role.AUDIT_ADMIN, _with("/desk/ledger", [{}, {"kind": "log_in"}])),
        Page("知识库", "list", Role.AGENT, _with("/desk/knowledge", [{}, {"q": "公交"}])),
    ]
    taken = CallbackParty.objects.filter(done_at=None, claimed_by__isnull=False).order_by("-claimed_until").first()
    if taken:
        made.append(Page("回访一件", "case", Role.CALLBACK_CLERK, (f"/desk/callback/{taken.id}",)))
    return made


def _cases(of: Sample) -> list[Page]:
    ids = [c.id for state in (State.CLOSED, State.IN_PROGRESS, State.DIRECT_ANSWERED, State.PENDING_CALLBACK, State.PENDING_SIGN)
           for c in of.cases(2, state=state)]
    longest = Case.objects.order_by("-seq").first().id
    return [Page(f"工单页·{role.label}", "case", role, tuple(f"/desk/case/{i}" for i in [*ids, longest]))
            for role in (Role.DISPATCHER, Role.SUPERVISOR, Role.ANALYST)]


def _unit(of: Sample) -> list[Page]:
    tabs = [{"tab": t} for t in ("sign", "doing", "tasks", "approve", "soon")]
    open_ = of.cases(4, lead_id=of.unit.id, closed_at=None) or of.cases(4, lead_id=of.unit.id)
    ids = [c.id for c in [*open_, *of.cases(2, lead_id=of.unit.id, state=State.CLOSED)]]
    return [
        Page("本单位工单", "list", Role.UNIT_HANDLER, _with("/desk/unit", [{}, *tabs])),
        Page("本单位工单·负责人", "list", Role.UNIT_APPROVER, _with("/desk/unit", [{}, *tabs])),
        Page("单位工单页", "case", Role.UNIT_HANDLER, tuple(f"/desk/unit/{i}" for i in ids)),
        Page("本单位数字", "board", Role.UNIT_APPROVER, ("/desk/unit/figures",)),
    ]


COMMON, ORDINARY, NONE = "请尽快", "瑞和安小区", "穹窿紫气"


def words(of: Sample) -> dict[str, str]:
    """Words of every frequency, by what they are."""
    one = of.cases(1, state=State.CLOSED)[0]
    text = CaseText.objects.get(case_id=one.id)
    return {"编号": one.number, "来电号码": caller(1)[1], "冷僻字": RARE, "常见词": "希望", "两个常见词": "物业 老人", "普通词": text.title[:6],
            "单字": "雪", "句子": "家里有老人和孩子", "藏文": "གྲོང་ཚོ་", "藏文一句": "ཆུ་མི་འདུག", "没有的词": NONE, "拉丁": "abc"}


def _search(of: Sample) -> list[Page]:
    asked = words(of)
    made = [Page(f"搜索·{name}", "search", Role.DISPATCHER, _with("/desk/search", [{"q": text}, {"q": text, "state": "closed"}]))
            for name, text in asked.items()]
    for role in (Role.UNIT_HANDLER, Role.ANALYST):
        made.append(Page(f"搜索·{role.label}", "search", role, _with("/desk/search", [{"q": text} for text in asked.values()])))
    made.append(Page("搜索·翻到深处", "search", Role.DISPATCHER, _with("/desk/search", [
        {"q": "希望", "after": of.deep(0.5)}, {"q": "希望", "after": of.deep(0.97)}, {"q": RARE, "after": of.deep(0.5)}])))
    return made


def _board(of: Sample) -> list[Page]:
    month, year = of.days(0, of.today.day), of.days(0, of.today.timetuple().tm_yday)
    last, old = of.days(of.today.day, 30), of.days(200, 30)
    groups = [{**month, "by": by} for by in ("unit", "category", "channel", "district")]
    listed = [{**last, "measure": m, "part": part} for m in ("received", "on_time_completion", "sign_on_time", "satisfaction", "dispatched")
              for part in ("numerator", "denominator") if not (m in {"received", "dispatched"} and part == "denominator")]
    unit = {"by": "unit", "key": of.busy}
    late = [{}, {"where": "to_handle"}, {"where": "to_sign"}, {"where": "at_centre"}, {"unit": of.busy, "where": "to_handle"}]
    made = []
    for role in (Role.SUPERVISOR, Role.UNIT_APPROVER):
        made += [
            Page(f"看板·本月·{role.label}", "board", role, _with("/board/", [{}, *groups])),
            Page(f"看板·上月·{role.label}", "board", role, _with("/board/", [{**last, "by": "category"}, old])),
            Page(f"看板·今年·{role.label}", "board", role, _with("/board/", [year, {**year, "by": "category"}])),
            Page(f"看板数字·{role.label}", "board", role, _with("/board/numbers", [{}, last])),
            Page(f"看板清单·{role.label}", "board", role, _with("/board/list", [*listed, *({**q, **unit} for q in listed[:3])])),
            Page(f"看板超期·{role.label}", "board", role, _with("/board/late", late)),
            Page(f"看板表格·{role.label}", "board", role, _with("/board/table.csv", [month, last])),
        ]
    made.append(Page("看板清单·今年", "board", Role.SUPERVISOR, _with("/board/list", [
        {**year, "measure": "received", "part": "numerator"}, {**year, "measure": "on_time_completion", "part": "numerator"},
        {**year, "measure": "received", "part": "numerator", "after": of.deep_in_time(0.6)}])))
    made.append(Page("看板表格·今年", "board", Role.SUPERVISOR, _with("/board/table.csv", [year, {**year, "by": "category"}])))
    return made


def _portal(of: Sample) -> list[Page]:
    case = of.cases(1, state=State.CLOSED)[0]
    return [Page("市民查询", "list", "", ("/track",)),
            Page("市民开单", "deed", "", ("/track",), body=urlencode({"number": case.number, "code": CODE})),
            Page("市民看单", "case", "citizen", ("/case",))]


def _api(of: Sample) -> list[Page]:
    one, two = of.cases(1, state=State.CLOSED)[0], of.cases(1, state=State.IN_PROGRESS)[0]
    month = {k: str(v) for k, v in of.days(0, of.today.day).items()}
    lists = [{k: v for k, v in q.items()} for q in _lists(of)]
    return [
        Page("API 列表", "list", "token", _with("/api/v1/cases", lists)),
        Page("API 搜索", "search", "token", _with("/api/v1/cases", [{"q": "希望"}, {"q": RARE}, {"q": NONE}, {"q": caller(1)[1]}])),
        Page("API 读一件", "case", "token", (f"/api/v1/cases/{one.id}", f"/api/v1/cases/{quote(two.number)}")),
        Page("API 步骤", "case", "token", (f"/api/v1/cases/{one.id}/steps", f"/api/v1/cases/{two.id}/steps")),
        Page("API 指标", "board", "token", _with("/api/v1/measures", [month, {**month, "by": "unit"}])),
    ]


def token() -> str:
    """A key of a dispatcher with every scope."""
    return accounts.make_token(person=person_of(Role.DISPATCHER), name="bench", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)[1]
