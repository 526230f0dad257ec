"""Rules about what was given with a step: errors by field. Pure. By part, as the procedure; `by_step` says which steps they belong to."""

from minsheng.cases.rules.checks.by_step import *  # noqa: F403
from minsheng.cases.rules.checks.closing import *  # noqa: F403
from minsheng.cases.rules.checks.intake import *  # noqa: F403
from minsheng.cases.rules.checks.requester import *  # noqa: F403
from minsheng.cases.rules.checks.review import *  # noqa: F403
from minsheng.cases.rules.checks.shared import *  # noqa: F403
from minsheng.cases.rules.checks.tasks import *  # noqa: F403
from minsheng.cases.rules.checks.unit import *  # noqa: F403
