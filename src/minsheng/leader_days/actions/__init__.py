"""Every way to change something on leader days: `doors`; what the engine is told of the three subjects: `kinds`."""

from minsheng.leader_days.actions.doors import (
    commit,
    draft_period,
    draft_scheme,
    register_call,
    take_commitment_step,
    take_period_step,
    take_scheme_step,
)

__all__ = ["commit", "draft_period", "draft_scheme", "register_call", "take_commitment_step", "take_period_step", "take_scheme_step"]
