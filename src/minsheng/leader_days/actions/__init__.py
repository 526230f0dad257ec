"""Every way to change something on leader days: `doors`, and a module for each subject that has one."""

from minsheng.leader_days.actions.doors import (
    commit,
    draft_period,
    draft_report,
    draft_scheme,
    register_call,
    take_commitment_step,
    take_period_step,
    take_report_step,
    take_scheme_step,
)
from minsheng.leader_days.actions.media import propose_lead, stop_unfit, take_lead_step
from minsheng.leader_days.actions.meetings import draft_meeting, take_meeting_step
from minsheng.leader_days.actions.signups import sign_up, take_signup_step

__all__ = [
    "commit", "draft_meeting", "draft_period", "draft_report", "draft_scheme", "propose_lead", "register_call", "sign_up", "stop_unfit",
    "take_commitment_step", "take_lead_step", "take_meeting_step", "take_period_step", "take_report_step", "take_scheme_step",
    "take_signup_step",
]
