"""Of leader days (四个亲自): a leader takes a call at the own desk, answers or hands it over, and goes on to coordinate and urge it.

None of these closes or rates anything: an answer on the spot is called back by the hotline like every other (rulings, 10).
"""

# ruff: noqa: E501  (one row, one line where it can be: the table is read as a table)
from __future__ import annotations

from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import SUBMITTED, Clock
from minsheng.cases.rules import State as S
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.procedure.shared import Rows, one
from minsheng.cases.rules.readers import BAR, FORM, NOBODY, SILENT, Desk, Message, Says, own
from minsheng.kit.steps import Step

ROWS: Rows = [
    Step("take_in_person", "亲自接听", one(S.START), S.DRAFT, R.LEADER, (g.at_own_desk,),
         citizen=SILENT, message=NOBODY, desk=FORM),
    Step("answer_in_person", "当场答复", one(S.DRAFT), S.PENDING_CALLBACK, R.LEADER, (g.at_own_desk, g.not_master), ("answer",), limit="callback",
         citizen=own("接听领导已当场答复", Says("answer", "答复"), reply=True), message=NOBODY, desk=FORM),
    Step("hand_over_in_person", "亲自交办", one(S.DRAFT), S.PENDING_REVIEW, R.LEADER, (g.at_own_desk,), ("order?",), clock=Clock.RESUME, limit="review",
         citizen=own("接听领导已交办您的诉求"), message=Message("accepted", alone=True, apart=True), desk=Desk(FORM.place, quoted="接听领导交办")),
    Step("coordinate_in_person", "亲自协调", SUBMITTED, None, R.LEADER, (g.at_own_desk,), ("coordinated",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("urge_in_person", "亲自督办", SUBMITTED, None, R.LEADER, (g.at_own_desk,), ("urging",),
         citizen=SILENT, message=Message(unit="urged"), desk=BAR),
]
