"""Every way in: the only writers of cases. One function, one deed, one transaction.

take, create, from_cases  the door, and cases made new or from cases: asked for here
any_step, by_citizen, import_history, timers, drafts, …  the ways that lead to it
"""

from minsheng.cases.actions import merged as merged
from minsheng.cases.actions.create import Requester, create_case
from minsheng.cases.actions.from_cases import merge_many
from minsheng.cases.actions.handing import hand_to_clerk, open_tasks, take_from_clerk
from minsheng.cases.actions.take import take_step
from minsheng.cases.effects.codes import hash_of as code_hash
from minsheng.cases.effects.context import Created

__all__ = [
    "Created", "Requester", "code_hash", "create_case", "hand_to_clerk", "merge_many", "open_tasks", "take_from_clerk", "take_step",
]
