"""What steps of a sign-up write beside their own row. Nothing is in the database yet."""

from __future__ import annotations

from minsheng.kit.engine import Deed
from minsheng.leader_days.models import Signup


def sign_up(deed: Deed[Signup]) -> None:
    """Its period, number, code and contact are on it already."""
    one, given = deed.subject, deed.values
    one.kind, one.said, one.place = given["kind"], given["said"], given.get("place", "")


def take_signup(deed: Deed[Signup]) -> None:
    deed.subject.desk_id = deed.values["desk"]


def decline_signup(deed: Deed[Signup]) -> None:
    deed.subject.told = deed.values["told"]


def dial(deed: Deed[Signup]) -> None:
    deed.subject.dials += 1


def became_a_case(deed: Deed[Signup]) -> None:
    deed.subject.case_id = deed.found["case"]


SIGNUP = {"sign_up": sign_up, "take_signup": take_signup, "decline_signup": decline_signup, "dial": dial, "pass_on": became_a_case,
          "register_signup": became_a_case}
