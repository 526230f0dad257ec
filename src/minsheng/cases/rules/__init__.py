"""What may happen to a case, pure: no Django, no tables, no clock.

states  the words: states with their attributes, kinds, reasons, outcomes
facts   what guards and checks may know of a case, in parts
marks   small facts that steps leave on a case for other steps
callback  whom to call back, and what is still owed
visibility  who sees what
danger  words that say that somebody is in danger
procedure, requests, guards, fields, checks  by part: the steps, what is asked and ruled on, the questions they ask, what they can be given, what is asked of that
hash_chain  which bytes of the history are signed
source_row  what a row of a foreign history means
generated_docs  the pages of docs/ that are read off these
"""

from minsheng.cases.rules.callback import CALLBACK_TRIES, Party, Standing
from minsheng.cases.rules.facts import MAX_EXTENSIONS, PROBLEM_AT, CaseFacts, TaskFacts, is_problem
from minsheng.cases.rules.states import (
    ENDED,
    OPEN,
    SUBMITTED,
    WITH_UNIT,
    Ask,
    Channel,
    Clock,
    DeclineReason,
    Defect,
    Dissatisfaction,
    Ground,
    Kind,
    Outcome,
    RequesterKind,
    Satisfaction,
    State,
    TaskKind,
    TaskState,
)
from minsheng.cases.rules.visibility import (
    OVERSEES,
    SEES_ALL,
    SEES_OWN_UNIT,
    SEES_PERSONAL,
    UNIT_SEES_PERSONAL,
    hears,
    held_by_line,
    of_the_line,
    only_rules,
    sees,
    sees_personal,
)

__all__ = [
    "CALLBACK_TRIES", "ENDED", "MAX_EXTENSIONS", "OPEN", "OVERSEES", "PROBLEM_AT", "SEES_ALL", "SEES_OWN_UNIT", "SEES_PERSONAL", "SUBMITTED",
    "UNIT_SEES_PERSONAL", "WITH_UNIT", "Ask", "CaseFacts", "Channel", "Clock", "DeclineReason", "Defect", "Dissatisfaction", "Ground", "Kind",
    "Outcome", "Party", "RequesterKind", "Satisfaction", "Standing", "State", "TaskFacts", "TaskKind", "TaskState", "hears", "held_by_line",
    "is_problem", "of_the_line", "only_rules", "sees", "sees_personal",
]
