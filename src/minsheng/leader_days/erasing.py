"""What a lawful erasure of a case takes away here: the words and files of its commitments, the words of the sign-up that it came
from, of the lead that it became, and of what meetings said of it. What was published about them had no personal data in it and stays, as do
steps and dates."""

from __future__ import annotations

from minsheng.accounts.rules import clock_actor
from minsheng.cases.effects.erasing import ERASES, GONE
from minsheng.cases.models import Case
from minsheng.files import step_files
from minsheng.leader_days.models import (
    Commitment,
    CommitmentStep,
    CommitmentWords,
    MediaLead,
    MediaLeadWords,
    MeetingItem,
    MeetingWords,
    Signup,
    SignupWords,
)

BY = clock_actor("依法删除")


def take_away(case: Case) -> None:
    mine = Commitment.objects.filter(case_id=case.id)
    CommitmentWords.objects.filter(subject_id__in=mine.values("id")).delete()
    step_files.take_away(CommitmentStep, mine.values_list("id", flat=True), BY)
    mine.update(what=GONE, owner="", proof="", finding="", draft_matter="", draft_progress="")
    steps = MeetingItem.objects.filter(case_id=case.id).values_list("put_step", "off_step", "ruling_step")
    MeetingWords.objects.filter(step_id__in={id_ for row in steps for id_ in row if id_}).delete()
    leads = MediaLead.objects.filter(case_id=case.id)
    MediaLeadWords.objects.filter(subject_id__in=leads.values("id")).delete()
    leads.update(headline=GONE, text="", asked_by="", call_no="", unit_told="", followed="", reason="")
    signed_up = Signup.objects.filter(case_id=case.id)
    SignupWords.objects.filter(subject_id__in=signed_up.values("id")).delete()
    signed_up.update(said=GONE, place="", told="", contact_id=None)


ERASES.append(take_away)
