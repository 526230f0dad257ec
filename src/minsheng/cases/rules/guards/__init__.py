"""Every question that the steps of a case ask: frozen facts in, a `Verdict` out. By part, as the procedure.

A row says `g.own_draft`: what a part defines is named here by itself.
"""

from minsheng.cases.rules.guards.closing import *  # noqa: F403
from minsheng.cases.rules.guards.in_person import *  # noqa: F403
from minsheng.cases.rules.guards.intake import *  # noqa: F403
from minsheng.cases.rules.guards.machine import *  # noqa: F403
from minsheng.cases.rules.guards.requester import *  # noqa: F403
from minsheng.cases.rules.guards.review import *  # noqa: F403
from minsheng.cases.rules.guards.shared import *  # noqa: F403
from minsheng.cases.rules.guards.tasks import *  # noqa: F403
from minsheng.cases.rules.guards.unit import *  # noqa: F403
