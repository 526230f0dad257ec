"""Rules about what was given with a step: errors by field. Pure. By part, as the procedure.

A check is `(facts, values, world) -> {field: sentence}`; a row names those that it puts: `c.not_released`.
"""

from minsheng.cases.rules.checks.closing import *  # noqa: F403
from minsheng.cases.rules.checks.intake import *  # noqa: F403
from minsheng.cases.rules.checks.requester import *  # noqa: F403
from minsheng.cases.rules.checks.review import *  # noqa: F403
from minsheng.cases.rules.checks.shared import *  # noqa: F403
from minsheng.cases.rules.checks.tasks import *  # noqa: F403
from minsheng.cases.rules.checks.unit import *  # noqa: F403
