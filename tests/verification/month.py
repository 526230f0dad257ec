"""A month with the clock moved, its worker killed and its database shut down in the midst: is each reminder there exactly once, and did
anything leave that needs a signature?

    python -m tests.verification.month [--days 31] [--looks 3] [--kills 0.3] [--seed N]

The timers run for each moment in a process of their own, which SIGKILL ends at a random point of its work, or the database is shut down
under it at once (SIGQUIT, as `pg_ctl stop -m immediate`) and recovers; the moment is then begun again, as the queue begins what a dead
worker held. The same month lives beside it undisturbed: both records must say the same. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
import yaml

from tests import ready_folders

ROOT = Path(__file__).parents[2]
CALM = "calm"  # the undisturbed database; the other has the name it always has
SIGNED_ON = date(2025, 1, 21)  # the proposals of what is late are there
LATE_ORDERS = 5
MOST = 3  # times that one moment is cut off
PROMISES = ("commitment_remind_before", "commitment_remind_due", "commitment_urge_late", "commitment_escalate_late")
REMINDERS = (*PROMISES, "ladder_remind", "ladder_urge", "slip_urged", "point_urged", "topic_rising", "overdue", "unsigned", "urged", "urgent_duty", "wake_shift")


def moments(days: int, looks: int) -> Iterator[datetime]:
    """When the clock looks: in the morning, in the last two hours of the office, at night."""
    from tests.cast import NOW

    for n in range(days * looks):
        yield NOW.replace(minute=7) + timedelta(days=n // looks, hours=(0, 6, 13)[n % looks])


@contextlib.contextmanager
def database(data: Path):
    """The folder's server, Django set up in this process."""
    os.environ |= {"MINSHENG_DATA": str(data), "MINSHENG_SECRET": (data / ready_folders.SECRET).read_text()}
    from minsheng.kit.embedded_postgres import Embedded

    server = Embedded(data)
    server.start()
    os.environ |= {"DATABASE_URL": server.url(), "MINSHENG_OWNER_URL": server.owner_url, "DJANGO_SETTINGS_MODULE": "minsheng.settings"}
    try:
        import django

        django.setup()
        yield server
    finally:
        server.stop()


# --- the month ------------------------------------------------------------------------------


def set_up() -> str:
    """Orders that will be late, orders that are not asked, one that is restricted; a second supervisor, whose name is returned."""
    from minsheng.accounts.actions import COMMAND_LINE
    from minsheng.accounts.models import Person
    from minsheng.accounts.rules import Role
    from minsheng.cases.actions import Requester
    from minsheng.cases.rules import State
    from minsheng.kit import clock
    from minsheng.oversight.actions import ladder
    from tests.cast import NOW, build

    with clock.fixed(NOW):
        cast = build()
        ladder.put_in(rows=yaml.safe_load((ROOT / "demo" / "oversight.yaml").read_text(encoding="utf-8"))["ladder"], by=COMMAND_LINE)
        for name, phone in (("water", "0890-5550188"), ("water_head", "0890-5550199"), ("supervisor", "0890-5550177")):
            Person.objects.filter(id=cast.people[name].id).update(phone=phone)
        for n in range(LATE_ORDERS):
            cast.at_state(State.IN_PROGRESS, lead="roads" if n % 2 else "water")
        for state in (State.PENDING_SIGN, State.PENDING_CHECK, State.PARKED):
            cast.at_state(state)
        cast.take(cast.at_state(State.IN_PROGRESS), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["inspector"].id],
                  until="2025-06-01T00:00+08:00")
        second = cast.another(Role.SUPERVISOR)
        owe_a_correction(cast, second)
        for n in range(10):
            cast.create(category="noise", requester=Requester("甲", f"138000040{n:02}"))
        promise(cast)
    with clock.fixed(NOW - timedelta(days=20)):
        cast.create(category="noise")
    return second


def promise(cast) -> None:
    """A commitment that nobody keeps."""
    from minsheng.kit import clock
    from tests import leader_day

    period = leader_day.announced(cast)
    with clock.fixed(leader_day.HELD):
        leader_day.promise(cast, period, leader_day.call(cast, period), due="2025-01-10")


def owe_a_correction(cast, second: str) -> None:
    """A point of an inspection that the unit has to correct and does not."""
    from minsheng.oversight.actions import inspections
    from minsheng.oversight.models import Inspection

    group = cast.actors["outside_group"]
    scope = {"title": "供水专项督查", "basis": "年度计划", "since": "2025-01-01", "until": "2025-01-02", "unit": cast.units["water"].id, "size": 1, "members": [group.id]}
    one = inspections.draft(by=cast.actors["supervisor"], given=scope).subject_id
    inspections.take(inspection_id=one, step="approve_inspection", by=cast.actors[second])
    inspections.take(inspection_id=one, step="draw_sample", by=cast.actors["supervisor"])
    sample = Inspection.objects.get(id=one).sample
    point = inspections.note_point(by=group, given={"inspection": one, "case": sample[0], "point": "水管没有换"}).subject_id
    inspections.take_point(point_id=point, step="send_point", by=cast.actors["supervisor"], given={"due": "2025-01-10"})


def timers() -> None:
    """What runs by the clock and tells somebody, or prepares what somebody signs."""
    from minsheng.cases import jobs as of_cases
    from minsheng.leader_days import jobs as of_days
    from minsheng.oversight import jobs as of_oversight
    from minsheng.topics import jobs as of_topics

    for job in (of_cases.ring_duty, of_cases.tell_late, of_oversight.remind, of_oversight.propose, of_oversight.check_replies, of_topics.warn, of_days.remind):
        job(0)


def sign_one(second: str) -> None:
    """The people's part: the first proposal of each kind (slip, circular, summons) is taken up, signed by another, numbered; all others stay
    unsigned."""
    from minsheng.accounts.models import Person, actor_of
    from minsheng.accounts.queries import roles_of
    from minsheng.oversight.actions import slips
    from minsheng.oversight.models import Slip

    by = {name: actor_of(person, roles_of(person.id)) for name in ("supervisor", "coordinator", second) for person in [Person.objects.get(username=name)]}
    first = {slip.kind: slip.id for slip in Slip.objects.order_by("-id")}
    for n, kind in enumerate(sorted(first), 1):
        for step, who, given in (("take_up_slip", "supervisor", {"demand": "查明原因，限期答复", "answer_due": "2025-01-24"}), ("sign_slip", second, {}),
                                 ("issue_slip", "coordinator", {"doc_number": f"民督〔2025〕{n}号"})):
            slips.take(slip_id=first[kind], step=step, by=by[who], given=given)


# --- processes ------------------------------------------------------------------------------


def forked(do: Callable[[], None], name: str, at: datetime) -> int:
    """A process of its own that does it at that time in that database: its id. It ends with 0, or 1 when it was cut off."""
    from django.db import connections

    connections.close_all()
    if pid := os.fork():
        return pid
    code = 1
    try:
        from minsheng.kit import clock

        connections["default"].settings_dict["NAME"] = name
        with clock.fixed(at):
            do()
        code = 0
    except psycopg.Error:
        pass
    except Exception as wrong:  # Django's own of a database that is gone wears another name; all else is told
        if type(wrong).__module__ != "django.db.utils":
            traceback.print_exc()
            code = 2
    finally:
        os._exit(code)


def ended(pid: int) -> int:
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == 2:
        sys.exit("a timer broke by itself: see above")
    return code


def shut_down_and_recover(server) -> None:
    os.kill(server.pid(), signal.SIGQUIT)
    if server.child is not None:
        server.child.wait(30)
    server.ensure()


def live(server, name: str, days: int, looks: int, second: str, cut: Callable[[datetime, int], bool]) -> dict[datetime, float]:
    """The month in one database; `cut`: what befalls the process of a moment, True when it was cut off. How long each moment took."""
    took: dict[datetime, float] = {}
    for n, at in enumerate(moments(days, looks)):
        if at.date() == SIGNED_ON and n % looks == 0 and ended(forked(lambda at=at: sign_one(second), name, at)) != 0:
            sys.exit("nobody could sign")
        begun = time.monotonic()
        while True:
            pid = forked(timers, name, at)
            cut(at, pid)
            if ended(pid) == 0:
                break
        took[at] = time.monotonic() - begun
    return took


# --- the record -----------------------------------------------------------------------------


def record() -> dict[str, list]:
    """All that left and all that waits, counted."""
    from minsheng.messages.models import Message
    from minsheng.oversight.models import Reached, Slip

    named = {f"slip:{one.id}": f"slip:{one.kind} {one.rung} {one.unit_id}" for one in Slip.objects.all()}  # its id is of the process that made it
    told = Counter((named.get(about, about), template, to) for about, template, to in Message.objects.values_list("about", "template", "to_hint"))
    rungs = Counter(Reached.objects.values_list("case_id", "rung", "round", "told", "passed"))
    waits = Counter(tuple(map(str, row)) for row in Slip.objects.values_list("kind", "rung", "unit_id", "state", "cases"))
    return {name: sorted([*map(str, key), n] for key, n in found.items()) for name, found in (("told", told), ("rungs", rungs), ("slips", waits))}


def unsigned() -> list[str]:
    """What left without a signature, or was signed by who drafted it; steps of the clock that only a person may take."""
    from django.db import connection

    asked = """
        SELECT 'told of a slip that nobody issued: ' || m.about FROM outbox_message m WHERE m.template IN ('slip_issued', 'slip_urged')
          AND NOT EXISTS (SELECT FROM oversight_slipstep i JOIN oversight_slipstep s USING (subject_id)
                          WHERE i.step = 'issue_slip' AND s.step = 'sign_slip' AND i.seq > s.seq AND m.about = 'slip:' || i.subject_id)
        UNION ALL SELECT 'a slip is out and nobody signed it: ' || l.id FROM oversight_slip l WHERE l.state NOT IN ('proposed', 'draft', 'dropped')
          AND NOT EXISTS (SELECT FROM oversight_slipstep s WHERE s.subject_id = l.id AND s.step = 'sign_slip')
        UNION ALL SELECT 'signed by who drafted: ' || s.subject_id FROM oversight_slipstep s JOIN oversight_slipstep d USING (subject_id)
          WHERE s.step = 'sign_slip' AND d.step = 'take_up_slip' AND s.by_id = d.by_id
        UNION ALL SELECT 'the clock took ' || step FROM oversight_slipstep WHERE role = 'clock' AND step <> 'propose_slip'
        UNION ALL SELECT 'the clock moved a commitment by ' || step FROM leader_days_commitmentstep WHERE role = 'clock' AND frm <> "to" """
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [row[0] for row in cursor.fetchall()]


def doubled() -> list[list]:
    """A rung that an order reached twice in one round with one unit; a reminder that went out oftener than its note says."""
    from django.db.models import Count, Sum

    from minsheng.leader_days.models import CommitmentStep
    from minsheng.messages.models import Message
    from minsheng.oversight.models import Reached, Urged

    twice = [list(map(str, row)) for row in Reached.objects.values_list("case_id", "unit_id", "round", "rung").annotate(n=Count("id")).filter(n__gt=1)]
    noted = Reached.objects.aggregate(n=Sum("told"))["n"] or 0
    left = Message.objects.filter(template__in=("ladder_remind", "ladder_urge")).count()
    owed = Message.objects.filter(template__in=("slip_urged", "point_urged")).count()
    urged = Urged.objects.aggregate(n=Sum("told"))["n"] or 0
    promised = Counter(CommitmentStep.objects.filter(role="clock").values_list("subject_id", "step"))
    twice += [[str(id_), step, n] for (id_, step), n in promised.items() if n > 1]
    return twice + [["messages", n, "noted", said] for n, said in ((left, noted), (owed, urged)) if n != said]


def of_database(name: str) -> dict:
    from django.db import connections

    from minsheng.messages.models import Message
    from minsheng.oversight.actions.verify import verify_history

    connections.close_all()
    connections["default"].settings_dict["NAME"] = name
    told = Counter(Message.objects.filter(template__in=REMINDERS).values_list("template", flat=True))
    return {"record": record(), "unsigned": unsigned(), "doubled": doubled(), "broken": list(verify_history()), "reminders": dict(sorted(told.items()))}


# --- the command line -----------------------------------------------------------------------


class Weather:
    """Kills by chance: the worker by SIGKILL, or the database under it, somewhere within the time that the moment takes undisturbed."""

    def __init__(self, server, chance: random.Random, share: float, usual: dict[datetime, float]):
        self.server, self.chance, self.share, self.usual = server, chance, share, usual
        self.happened: Counter[str] = Counter()
        self.cuts: Counter[datetime] = Counter()

    def __call__(self, at: datetime, pid: int) -> bool:
        if self.cuts[at] >= MOST or self.chance.random() >= self.share:
            return False
        self.cuts[at] += 1
        time.sleep(self.chance.uniform(0, self.usual[at]))
        if self.chance.random() < 0.25:
            self.happened["database"] += 1
            shut_down_and_recover(self.server)
        else:
            self.happened["worker"] += 1
            os.kill(pid, signal.SIGKILL)
        return True


def copy_database(server) -> None:
    from django.db import connections

    connections.close_all()
    with psycopg.connect(server.owner_url, autocommit=True) as link:
        own = link.info.dbname
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{CALM}" TEMPLATE "{own}"')


def differ(calm: dict[str, list], stormy: dict[str, list]) -> list[list]:
    """What the disturbed month has besides the other, and what it lacks."""
    return [[word, *row] for word, ours, others in (("besides", stormy, calm), ("lacks", calm, stormy)) for n in ours for row in ours[n] if row not in others[n]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=31)
    parser.add_argument("--looks", type=int, default=3, choices=(1, 2, 3), help="a day")
    parser.add_argument("--kills", type=float, default=0.3, help="share of the moments that are cut off")
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="minsheng-m-", ignore_cleanup_errors=True) as place:
        data = Path(place) / "data"
        ready_folders.copy(ready_folders.with_cast(), data)
        with database(data) as server:
            from django.conf import settings

            own, second = settings.DATABASES["default"]["NAME"], set_up()
            copy_database(server)
            usual = live(server, CALM, args.days, args.looks, second, lambda at, pid: False)
            weather = Weather(server, random.Random(seed), args.kills, usual)
            live(server, own, args.days, args.looks, second, weather)
            calm, stormy = of_database(CALM), of_database(own)
        told = {n: stormy[n] for n in ("unsigned", "doubled", "broken", "reminders")}
        print(json.dumps({"seed": seed, "moments": args.days * args.looks, "happened": weather.happened, "differs": differ(calm["record"], stormy["record"]),
                          "slips": Counter(row[3] for row in stormy["record"]["slips"]),
                          "kinds": len({row[0] for row in stormy["record"]["slips"] if row[3] == "issued"}), **told}, ensure_ascii=False))


if __name__ == "__main__":
    main()
