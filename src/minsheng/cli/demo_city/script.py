"""What happens to a request of the demo city: a list of moves by role and unit, read from its outcome. Pure; times come later."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minsheng.accounts.rules import Role
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.cli.demo_city import folder


@dataclass(frozen=True)
class Ref:
    """A value that exists only when the move is made: unit (code), units, master, people, task, party, minutes (since), photo,
    position (of a visit so many minutes since, or why there is none), document."""

    kind: str
    value: Any = None


@dataclass
class Move:
    """`gap`: minutes since the move before, of office time unless `by_clock`. `at` instead of a gap: that very time."""

    step: str
    who: Role
    gap: float
    unit: str = ""
    person: str = ""
    given: dict = field(default_factory=dict)
    by_clock: bool = False
    at: datetime | None = None


@dataclass
class Script:
    request: dict
    lead: str
    staffed: frozenset[str]
    moves: list[Move] = field(default_factory=list)

    @property
    def out(self) -> dict:
        return self.request["outcome"]

    @property
    def state(self) -> str:
        return self.out["state"]

    @property
    def urgent(self) -> bool:
        return bool(self.request.get("urgent"))

    @property
    def leaf(self) -> dict:
        return folder.leaves()[self.request["category"]]

    def add(self, step: str, who: Role, gap: float, unit: str = "", person: str = "", by_clock: bool = False,
            at: datetime | None = None, **given: Any) -> None:
        """Urgent matters run day and night, at a fifth of the pace's gap."""
        if self.urgent and not by_clock:
            gap, by_clock = gap / 5, True
        self.moves.append(Move(step, who, gap, unit, person, given, by_clock, at))

    def handler(self, step: str, gap: float, **given: Any) -> None:
        self.add(step, Role.UNIT_HANDLER, gap, self.lead, **given)

    def liaison(self, step: str, gap: float, **given: Any) -> None:
        self.add(step, Role.UNIT_LIAISON, gap, self.lead, **given)

    def approver(self, step: str, gap: float, **given: Any) -> None:
        self.add(step, Role.UNIT_APPROVER, gap, self.lead, **given)


AT_THE_DESK = {"direct_answered", "transferred", "declined", "draft"}


def write(request: dict, lead: str, staffed: frozenset[str], is_office: bool) -> list[Move]:
    """All moves after the case was made. staffed: codes of units that have somebody; is_office: was it office time then?"""
    s = Script(request, lead, staffed)
    if s.state in AT_THE_DESK:
        _after_desk(s)
    elif _review(s, is_office):
        _unit(s)
    return s.moves


def _after_desk(s: Script) -> None:
    if s.state == "direct_answered" and "callback" in s.out:  # on the spot, by the leader: the hotline calls back all the same
        _call_back(s, s.out["callback"])
    if s.state == "declined" and s.request["received"] < "2025-01-02":
        s.add("confirm_decline", Role.DISPATCHER, 60)
    if "restricted" in s.request:
        _restrict(s)


def _restrict(s: Script) -> None:
    """Seen by the persons who work on it, and no others (rulings, 31)."""
    about = s.request["restricted"]
    step = "confirm_restriction" if s.leaf.get("restricted_hint") else "restrict"  # the matter restricts by itself; a person confirms
    s.add(step, Role.SHIFT_LEADER, 3, by_clock=True, reason=about["reason"], until=folder.local(about["until"]),
          readers=Ref("people", s.lead))


def _review(s: Script, is_office: bool) -> bool:
    """Up to the dispatch; False when the request stays there."""
    if "restricted" in s.request:
        _restrict(s)
    ask = s.out.get("ask", {})
    if s.state == "pending_review":
        if ask:
            s.add(ask["step"], Role.DISPATCHER, 150, reason=ask["reason"])
        return False
    if s.state == "split":
        s.add("split", Role.DISPATCHER, 15, parts=s.out["parts"], reason=s.out["reason"])
        return False
    if s.state == "merged":
        s.add("merge", Role.DISPATCHER, 15, master=Ref("master", s.out["master"]), reason="同一地点同一事项，合并办理")
        return False
    if "consult" in s.request:
        s.add("ask_consult", Role.DISPATCHER, 20, reason="产权单位不明，提请会商")
        s.add("rule_consult", Role.COORDINATOR, 200, lead=Ref("unit", s.lead), minutes=s.request["consult"])
    _dispatch(s, night=s.urgent and not is_office)
    return s.state != "pending_sign"


def _dispatch(s: Script, night: bool) -> None:
    row = folder.rule_for(s.request["category"], folder.local(s.request["received"]).date())
    given: dict[str, Any] = {"lead": Ref("unit", s.lead), "basis": row["basis"]}
    if co := [c for c in s.request.get("co", []) if c != s.lead]:
        given["co_units"] = Ref("units", co)
    if night:
        s.add("night_dispatch", Role.SHIFT_LEADER, 6, by_clock=True, **given)
        if not s.out.get("night") and s.request["received"] < "2025-01-02":
            s.moves.append(Move("post_review", Role.DISPATCHER, 0, given={"ruling": "紧急情形属实，派单准确"}))
    else:
        s.add("dispatch", Role.DISPATCHER, 6 if s.urgent else 25, by_clock=s.urgent, **given)


def _unit(s: Script) -> None:
    if back := s.out.get("return"):
        s.liaison("ask_return", 60, legal_ground=back["legal_ground"], reason=back["reason"], proposed_unit=Ref("unit", back["proposed_unit"]))
        return
    s.liaison("sign", 40)
    if s.state == "withdrawn":
        s.add("phone_withdraw", Role.AGENT, 240, reason=s.out["reason"], identity=["when", "matter"])
        return
    if s.state == "terminated":
        s.approver("ask_termination", 720, reason=s.out["reason"], told="已在网站公告，请诉求人补充地点")
        s.add("grant_termination", Role.SUPERVISOR, 120, ruling="多次联系不上，同意终止，补充后可重开")
        return
    _contact(s)
    _tasks(s)
    ENDINGS.get(s.state, _reply)(s)


def _contact(s: Script) -> None:
    said = s.request.get("contact_note") or "电话联系，核实情况并说明办理安排"
    given: dict[str, Any] = {"contact_at": Ref("minutes", -6), "contact_how": "phone", "contact_note": said}
    if s.request.get("secrecy") or s.request.get("complained_unit"):
        s.add("desk_contact", Role.AGENT, 40, **given, call=Ref("call"))
    else:
        s.handler("contact", 40, **given)


def _second(s: Script) -> list[str]:
    """Units further down that get a slice: named in the file, else as the catalogue suggests, when somebody is there."""
    if "tasks" in s.request:
        return s.request["tasks"]
    second = folder.rule_for(s.request["category"], folder.local(s.request["received"]).date())["second"]
    codes = [second, f"{s.lead}.{second}"] if second else []
    return [c for c in codes if c in s.staffed and c.startswith(f"{s.lead}.")][:1]


def _tasks(s: Script) -> None:
    done = s.state not in {"in_progress", "final_replied"} or "reply" in s.request
    for co in [c for c in s.request.get("co", []) if c != s.lead]:
        _slice(s, co, "co_accept", Role.UNIT_HANDLER, s.lead, done, stop=2)
    for n, unit in enumerate(_second(s)):
        duty = f"到场核实并处理：{s.request['title']}"
        if s.lead.startswith("d.") or s.lead.startswith("z."):
            s.add("county_dispatch", Role.COUNTY_CENTRE, 30, s.lead, task_unit=Ref("unit", unit), duty=duty)
            _slice(s, unit, "county_accept", Role.COUNTY_CENTRE, s.lead, done, stop=n + len(s.request["title"]))
        else:
            s.liaison("assign_task", 30, task_unit=Ref("unit", unit), duty=duty)
            _slice(s, unit, "task_accept", Role.UNIT_LIAISON, s.lead, done, stop=n + len(s.request["title"]))


def _slice(s: Script, unit: str, accept: str, who: Role, above: str, done: bool, stop: int = 0) -> None:
    """A task of `unit`; when the case is still open it stands at one of its stages."""
    task = Ref("task", unit)
    moves: list[tuple[str, Role, float, str, dict[str, Any]]] = [
        ("task_sign", Role.UNIT_LIAISON, 30, unit, {}), ("task_reply", Role.UNIT_HANDLER, 200, unit, {"done": "已到场处理，情况已反馈"}),
        (accept, who, 60, above, {})]
    for step, role, gap, code, given in moves if done else moves[: stop % 3]:
        s.add(step, role, gap, code, task=task, **given)


def _field(s: Script) -> None:
    record = s.request.get("field")
    if record:
        given = {"visited_at": Ref("minutes", -30), "found": record["found"], "done": record["done"]}
        asked = {"photo": {"files": Ref("photo")}, "position": {"files": Ref("photo"), "position": Ref("position", -30)}}
        s.handler("field_record", 200, **given, **asked.get(s.leaf["evidence"], {}))


def _draft(s: Script, text: str = "") -> None:
    solved = s.out.get("callback", {}).get("solved", True)
    public = text or s.request["reply"]
    given: dict[str, Any] = {"handling": s.request.get("contact_note") or "已联系诉求人并办理", "claimed_solved": solved is not False}
    if solved is False:
        given["unsolved_reason"] = "部分事项须按约定时间继续落实"
    row = folder.rule_for(s.request["category"], folder.local(s.request["received"]).date())
    s.handler("draft_reply", 300, public_reply=public if len(public) >= 10 else public + "请您耐心等待。", basis=row["basis"], **given)


def _reply(s: Script) -> None:
    """Reply, check, call-back and what follows: as far as the request's state goes."""
    _field(s)
    _draft(s)
    s.approver("reply", 90)
    if s.state == "pending_check":
        return
    s.add("accept_reply", Role.CHECKER, 100)
    _call_back(s, s.out.get("callback", {}))
    if s.state == "closed" and _unhappy(s.out["callback"]):
        _rule_redo(s)
    ask = s.out.get("ask", {})
    if ask.get("step") == "ask_exclusion":
        s.liaison("ask_exclusion", 200, reason=ask["reason"])
    elif ask.get("step") == "ask_erasure":
        s.add("ask_erasure", Role.SUPERVISOR, 200, reason=ask["reason"])


def _unhappy(call: dict) -> bool:
    return call.get("solved") is False or call.get("satisfaction") in {"unsatisfied", "very_unsatisfied"}


def _rule_redo(s: Script) -> None:
    """Not solved or not pleased: a person reviews, and the unit does it again or the reason why not is said (rulings, 9)."""
    if "again" not in s.out:
        s.add("refuse_redo", Role.CHECKER, 130, ruling="已按政策办理到位，理由已向诉求人说明")
        return
    s.add("order_redo", Role.CHECKER, 130, ruling="请核实后重新办理")
    _contact(s)
    _field(s)
    _draft(s, "经再次核实，已补办到位：" + s.request["reply"])
    s.approver("reply", 90)
    s.add("accept_reply", Role.CHECKER, 100)
    _call_back(s, s.out["again"])


def _call_back(s: Script, call: dict) -> None:
    """The calls; closing or asking for a redo follows from the answers by itself. Merged requesters are rung as well."""
    answers, clerk = dict(call), "baimacuo" if s.request.get("language") == "bo" else ""
    outcome, tries = answers.pop("outcome", "answered"), s.out.get("callback_tries", 0)
    if outcome == "handed_over":
        _record(s, 200, "liuyang", outcome)
        outcome = "answered"
    if s.out.get("unreached"):
        _record(s, 200, clerk, outcome)
        tries = 2
    for gap in [200, 430, 550][:tries]:
        _record(s, gap, clerk, "not_reached")
    if answers and not s.out.get("unreached"):
        for party in [s.request["id"], *s.request.get("merged", [])]:
            _record(s, 200, clerk, outcome, answers, party)


def _record(s: Script, gap: float, clerk: str, outcome: str, answers: dict | None = None, party: str = "") -> None:
    s.add("record_callback", Role.CALLBACK_CLERK, gap, person=clerk, party=Ref("party", party or s.request["id"]), outcome=outcome,
          **(answers or {}))


def _final(s: Script) -> None:
    s.approver("ask_final", 900, reason="三次书面答复，无新的事实和依据", public_reply=s.request["reply"], document=Ref("document"))
    s.add("grant_final", Role.COORDINATOR, 300, ruling="经审核，答复有据，同意作最终答复")


def _parked(s: Script) -> None:
    """挂账, with the review that is due every 30 days."""
    _field(s)
    ask = s.out["ask"]
    s.approver("ask_parking", 900, reason=ask["reason"], measures=ask["measures"], solve_by=folder.local(ask["solve_by"]))
    s.add("grant_parking", Role.SUPERVISOR, 200, ruling="情况属实，同意挂账，每月复核一次")
    late = s.out.get("late")
    if not late:
        return
    given = {k: v for k, v in late.items() if k not in {"step", "at"}}
    if late["step"] == "ask_final":
        given |= {"public_reply": "经三次核查，经营者已注销且无可供执行的财产，现作最终答复，可依法另行起诉。", "document": Ref("document")}
    s.approver(late["step"], 10, at=folder.local(late["at"]), **given)


def _in_progress(s: Script) -> None:
    if "statutory" in s.out:
        s.liaison("ask_statutory", 200, statute=s.out["statutory"], reason="依法组织调解", document=Ref("document"))
        s.add("grant_statutory", Role.SUPERVISOR, 120, ruling="同意转入法定程序，按期作阶段性答复")
        s.handler("interim_reply", 400, interim=s.out["interim"])
        return
    _field(s)
    if "rejected_reply" in s.out or s.out.get("then") == "redo":
        _again(s)
    elif text := s.out.get("draft_reply") or (s.request.get("reply") if "ask" not in s.out else ""):
        _draft(s, text)
    _asks(s)


def _again(s: Script) -> None:
    """A reply that was sent back: by the checker, or after the call-back."""
    _draft(s)
    s.approver("reply", 90)
    if "rejected_reply" in s.out:
        s.add("reject_reply", Role.CHECKER, 100, defect=s.request.get("defect", s.out["rejected_reply"]), reason="答复没有写明办理结果，请联系诉求人后重新答复")
        return
    s.add("accept_reply", Role.CHECKER, 100)
    _call_back(s, s.out["callback"])
    s.add("order_redo", Role.CHECKER, 120, ruling="请核实后重新办理并答复")


def _asks(s: Script) -> None:
    ask = dict(s.out.get("ask", {}))
    if not ask:
        return
    if "solve_by" in ask:
        ask["solve_by"] = folder.local(ask["solve_by"])
    if ask["step"] == "ask_statutory":
        ask["document"] = Ref("document")
    step = PROCEDURE[ask.pop("step")]
    s.add(step.name, step.who, 600, s.lead, **ask)


ENDINGS = {"final_replied": _final, "parked": _parked, "in_progress": _in_progress}
