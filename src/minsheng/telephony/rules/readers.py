"""Who reads calls and their figures. Who hears recordings: `recordings.may_hear`. Pure."""

from __future__ import annotations

from minsheng.accounts.rules import Role

# Lists and figures of the centre. An agent and a call-back clerk read their own calls, by the list as well.
READS = frozenset({Role.AGENT, Role.ANALYST, Role.CALLBACK_CLERK, Role.INSPECTOR, Role.QUALITY, Role.SHIFT_LEADER, Role.SUPERVISOR})
READS_ALL = READS - {Role.AGENT, Role.CALLBACK_CLERK}
