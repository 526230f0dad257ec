"""The schemes, nine periods and commitments of `demo/`, made by steps taken at their time by people who may take them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.models import Case
from minsheng.cli.demo_city import folder
from minsheng.cli.demo_city.people import Cast
from minsheng.kit import clock
from minsheng.leader_days import actions
from minsheng.leader_days.models import Commitment, Desk, Period, Scheme
from minsheng.org import queries as org

OUTLETS = {"tv": "市广播电视台", "radio": "市广播电台", "press": "市日报", "web": "市政府网站", "wechat": "热线微信公众号"}


def window(period: dict) -> tuple[datetime, datetime]:
    begins, ends = (folder.local(f"{period['date']} {time}") for time in period["window"])
    return begins, ends


@transaction.atomic
def hold() -> None:
    """Schemes and periods up to the end of their desks; at once done when they are there."""
    if Scheme.objects.exists():
        return
    cast, tree, read = Cast(), org.tree(), folder.read("periods")
    planner, signer = cast.pick(Role.COORDINATOR, 0), cast.pick(Role.SUPERVISOR, 0)
    for plan in read["schemes"]:
        mine = [p for p in read["periods"] if p["date"].year == plan["year"]]
        with clock.fixed(window(mine[0])[0] - timedelta(days=22)):
            units = sorted({tree.by_code[row["unit"]].id for p in mine for row in p["units"]})
            given = {name: plan[name] for name in ("name", "year", "aim", "topics")}
            scheme = actions.draft_scheme(by=planner, given=given | {"units": units, "since": str(plan["since"]), "until": str(plan["until"])}).subject_id
            actions.take_scheme_step(scheme_id=scheme, step="issue_scheme", by=signer)
        for period in mine:
            _one(cast, scheme, period, planner, signer)


def _one(cast: Cast, scheme: int, period: dict, planner: Actor, signer: Actor) -> None:
    begins, ends = window(period)
    with clock.fixed(begins - timedelta(days=10)):
        made = actions.draft_period(by=planner, given={"scheme": scheme, "number": period["id"], "theme": period["theme"]}).subject_id
        for n, row in enumerate(period["units"], 1):
            _step(made, "add_desk", planner, unit=org.tree().by_code[row["unit"]].id, leader=cast.pick(Role.LEADER, 0, row["unit"]).id,
                  seat=f"{n}号席", starts=begins.isoformat(), ends=ends.isoformat())
    with clock.fixed(begins - timedelta(days=7)):
        _step(made, "announce", signer)
    with clock.fixed(begins - timedelta(days=5)):
        names = "、".join(org.tree().name(org.tree().by_code[row["unit"]].id) for row in period["units"])
        text = f"{begins:%m月%d日 %H:%M} 至 {ends:%H:%M}，{names}主要负责同志到热线接听来电。主题：{period['theme']}。请拨打 12345。"
        for medium, outlet in OUTLETS.items():
            views = {"views": period["views"][medium]} if medium in period["views"] else {}
            _step(made, "note_notice", planner, medium=medium, outlet=outlet, text=text, published_on=str((begins - timedelta(days=5)).date()), **views)
    with clock.fixed(ends):
        _step(made, "hold", planner)


def _step(period: int, name: str, by: Actor, **given: object) -> None:
    actions.take_period_step(period_id=period, step=name, by=by, given=given)


def desks() -> dict[tuple[int, int], tuple[int, int, int]]:
    """(number of the period, unit) -> (period, desk, leader)."""
    return {(desk.period.number, desk.unit_id): (desk.period_id, desk.id, desk.leader_id) for desk in Desk.objects.select_related("period")}


@transaction.atomic
def promise() -> None:
    """Every commitment from its desk to its end; a period whose commitments have all ended is summed up."""
    if Commitment.objects.exists():
        return
    cast, places = Cast(), desks()
    days = {p["id"]: p for p in folder.read("periods")["periods"]}
    for row in folder.read("commitments")["commitments"]:
        _follow(cast, row, window(days[row["period"]])[1], *places[row["period"], org.tree().by_code[row["unit"]].id][:2])
    ended = Period.objects.exclude(commitments__ended_at=None).order_by("starts")
    for period in ended:
        last = max(filter(None, (one.ended_at for one in period.commitments.all())))
        with clock.fixed(last + timedelta(days=1)):
            _step(period.id, "close_period", cast.pick(Role.COORDINATOR, 0), summary="来电都已登记办理，承诺都有核验结论，未按期的已写明原因。")


def _follow(cast: Cast, row: dict, ends: datetime, period: int, desk: int) -> None:
    unit = org.tree().by_code[row["unit"]].id
    case = Case.objects.filter(period_id=period, lead=unit, category__code=row["matter"], restricted=False, sealed=False).order_by("id")[0]
    head = cast.pick(Role.LEADER, 0, row["unit"])
    given = {"period": period, "desk": desk, "case": case.id, "what": row["what"], "owner_unit": unit, "owner": f"{head.name}（主要负责人）",
             "due": str(row["due"])}
    with clock.fixed(ends - timedelta(minutes=1)):
        made = actions.commit(by=head, step="commit", given=given).subject_id
    for at, name, role, more in _way(row, ends):
        by = cast.pick(role, 0, row["unit"] if role in (Role.UNIT_LIAISON, Role.UNIT_APPROVER) else "")
        with clock.fixed(at):
            actions.take_commitment_step(commitment_id=made, step=name, by=by, given=more)


def _way(row: dict, ends: datetime) -> Iterator[tuple[datetime, str, Role, dict]]:
    """(when, step, whose, with what) from the desk to the end, in the order of time."""
    due = folder.local(row["due"])
    if "extended" in row:
        yield due - timedelta(days=4), "ask_extension", Role.UNIT_APPROVER, {"reason": "涉及单位多，逐家核对需要时间", "new_due": str(row["extended"])}
        yield due - timedelta(days=3), "grant_extension", Role.SUPERVISOR, {}
    last = ends + timedelta(days=2)
    if "done" in row:
        last = folder.local(row["done"]) + timedelta(hours=5)
        yield last, "prove", Role.UNIT_LIAISON, {"proof": row["proof"], "done_on": str(row["done"])}
    elif row["end"] == "withdrawn":
        last = ends + timedelta(days=20)
        yield last, "ask_withdrawal", Role.UNIT_APPROVER, {"reason": row["why"]}
    elif row["end"] == "late":
        last = due + timedelta(days=3)
    yield from _end(row, last + timedelta(days=1))


def _end(row: dict, at: datetime) -> Iterator[tuple[datetime, str, Role, dict]]:
    finding = {"finding": row.get("finding", "督办员到场或调阅记录核实，情况属实")}
    if row["end"] == "kept":
        yield at, "conclude_kept", Role.SUPERVISOR, finding
    elif row["end"] == "late":
        yield at, "conclude_late", Role.SUPERVISOR, finding | {"cause": row["cause"]}
    elif row["end"] == "withdrawn":
        yield at, "grant_withdrawal", Role.SUPERVISOR, {"finding": "撤回的理由成立，改做的事项另行跟踪"}
    if "public" in row:
        matter, progress = row["public"]
        yield at + timedelta(hours=1), "draft_public", Role.COORDINATOR, {"public_matter": matter, "public_progress": progress}
        yield at + timedelta(hours=2), "sign_public", Role.SUPERVISOR, {}
