"""What a step says to each of its readers: the requester on the portal, whoever gets a message, whoever has it on the screen. Pure.

Each row of the procedure says all three; a reader who is told nothing is told so by SILENT, NOBODY, or the place that has no button.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minsheng.kit.labelled_enum import Labelled


@dataclass(frozen=True, slots=True)
class Says:
    """Words that the timeline shows with the line: a field of this step, or `of` another one. `label`: what they are called."""

    field: str
    label: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Citizen:
    """What the requester reads.

    public  the line of the timeline, with {lead} and {interim}; "" keeps the step inside
    says    words that stand with it
    reply   these words are the reply that stands on top of the page
    rated   the line says how satisfied the requester was
    shared  read as well by those whose case was merged into this one
    asks    its words are a question: they stand on top of the page until the requester has answered
    last    whoever took it reads no further
    """

    public: str = ""
    says: Says | None = None
    reply: bool = False
    rated: bool = False
    shared: bool = True
    asks: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """Who is sent what: names of templates.

    requester  the requester, and those merged into the case; `alone`: the case's own requester only
    unit       the unit that has the order, at most once an hour; `carried`: as the step says that is reported from a merged case
    duty       the duty phone of the unit, of urgent orders
    leader     who leads the shift
    apart      sent by the action that takes the step, not after the step by itself
    """

    requester: str = ""
    alone: bool = False
    unit: str = ""
    carried: bool = False
    duty: str = ""
    leader: str = ""
    apart: bool = False


class Place(Labelled):
    PAGE = "page", "工单页的按钮"
    DISPATCH = "dispatch", "派单台"
    CALLER = "caller", "接听台来电人一栏"
    PARKED = "parked", "挂账复核一栏"
    DRAFT = "draft", "待签发的答复旁"
    TASK = "task", "任务的反馈旁"
    PORTAL = "portal", "群众页面"
    FORM = "form", "登记的表单"
    CLOCK = "clock", "系统，没有按钮"


@dataclass(frozen=True, slots=True)
class Portal:
    """On the requester's page.

    at    its order there
    asks  field -> how it is asked for
    shut  code of a refusal -> why it is shut, in the requester's words; `portal.translate` has what no step says otherwise
    quiet while it is shut it is not there at all: it concerns few
    """

    at: int = 0
    asks: tuple[tuple[str, str], ...] = ()
    shut: tuple[tuple[str, str], ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Where its button is, and what is said there.

    place   beside the bar of the case page, where every step of the reader's roles stands
    main    what comes next in its state: first on the bar, coloured
    key     on the desk of who takes it
    button  what it is called where its label is too long
    leaves  the case is gone from the dispatch desk then: on to the next
    edits   its form begins with what the case says
    hint    what stands above its form on the unit's page; {longest}: an extension's
    note    by when it must be taken, beside its button there; {sign_due}, {handle_due}, {extensions_left}
    said    what is said when it was taken
    tap     its order among the large buttons of the unit that has the order; `task_tap`: of the unit that has a task
    at_once one tap takes it, there and on the portal: nothing to fill in, nothing lost
    task    the kind of task whose answer it judges
    work    stands beside the reply as what was done for it
    fate    what became of a reply by it
    quoted  as what its reason is read by who sends the case to a unit next
    carries what was written on the page of calls goes with it
    portal  its button on the requester's page
    """

    place: Place = Place.PAGE
    main: bool = False
    key: str = ""
    button: str = ""
    leaves: bool = False
    edits: bool = False
    hint: str = ""
    note: str = ""
    said: str = ""
    tap: int = 0
    task_tap: int = 0
    at_once: bool = False
    task: str = ""
    work: bool = False
    fate: str = ""
    quoted: str = ""
    carries: bool = False
    portal: Portal = Portal()


SILENT, NOBODY = Citizen(), Message()
BAR, MAIN, FORM, CLOCK = Desk(), Desk(main=True), Desk(Place.FORM), Desk(Place.CLOCK)


def own(public: str, says: Says | None = None, *, reply: bool = False, rated: bool = False, asks: bool = False, last: bool = False) -> Citizen:
    """What its own requester alone reads: what they said or were told."""
    return Citizen(public, says, reply, rated, shared=False, asks=asks, last=last)


def portal(at: int, said: str, *, asks: Mapping[str, str] = {}, shut: Mapping[str, str] = {}, quiet: bool = False, at_once: bool = False) -> Desk:  # noqa: B006
    """A button on the requester's page."""
    return Desk(Place.PORTAL, said=said, at_once=at_once, portal=Portal(at, tuple(asks.items()), tuple(shut.items()), quiet))
