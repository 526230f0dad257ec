"""What steps write beside their own row: columns of the topic."""

from __future__ import annotations

from datetime import date

from minsheng.kit.engine import Deed
from minsheng.topics.models import Topic


def write(deed: Deed[Topic]) -> None:
    one, given = deed.subject, deed.values
    one.category_id, one.district_id = given.get("category", one.category_id), given.get("district", one.district_id)
    one.name, one.lead_id, one.measures = given["name"], given["lead"], given["measures"]
    one.since, one.until = date.fromisoformat(given["since"]), date.fromisoformat(given["until"])
    if deed.by.id not in one.drafters:
        one.drafters = [*one.drafters, deed.by.id]


def declare(deed: Deed[Topic]) -> None:
    deed.subject.declared_at = deed.at


def change(deed: Deed[Topic]) -> None:
    deed.subject.measures, deed.subject.until = deed.values["measures"], date.fromisoformat(deed.values["until"])


def end(deed: Deed[Topic]) -> None:
    """What is judged is what was counted that day: cases go on, are merged or restricted, and the judgement stands."""
    deed.subject.finding, deed.subject.ended_on, deed.subject.counted = deed.values["finding"], deed.found["today"], deed.found["counted"]


TOPIC = {"propose_topic": write, "amend_topic": write, "declare_topic": declare, "change_measures": change, "end_topic": end}
