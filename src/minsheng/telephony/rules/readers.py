"""Who reads calls, who hears recordings. Pure."""

from __future__ import annotations

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.verdict import YES, Verdict, no

# Lists and figures of the centre. An agent and a call-back clerk read their own calls, by the list as well.
READS = frozenset({Role.AGENT, Role.ANALYST, Role.CALLBACK_CLERK, Role.INSPECTOR, Role.QUALITY, Role.SHIFT_LEADER, Role.SUPERVISOR})
READS_ALL = READS - {Role.AGENT, Role.CALLBACK_CLERK}
# A voice names people: an analyst reads no number and hears none.
HEARS = frozenset({Role.INSPECTOR, Role.QUALITY, Role.SHIFT_LEADER, Role.SUPERVISOR})


def may_hear(by: Actor, agent_id: int | None) -> Verdict:
    """Those whose work it is, and whoever spoke."""
    if by.roles & HEARS or (agent_id and by.id == agent_id and by.roles & READS):
        return YES
    return no("role", "录音由质检员、值班长、督办员、纪检监督调听；话务员只能听自己的通话")
