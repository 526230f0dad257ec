"""Leads for the media: chosen with the caller's recorded consent, masked, approved by the publicity side, ended when consent is withdrawn."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.cast import NOW, later
from tests.leader_day import HELD, announced, call, refused

from minsheng.accounts.models import Person
from minsheng.accounts.rules import Role
from minsheng.cases.actions import Requester
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.kit.sealing import unseal
from minsheng.leader_days import actions
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import MediaLead
from minsheng.leader_days.queries import media as read
from minsheng.messages.actions import TEXT as SAYS
from minsheng.messages.models import Message

PHONE = "13800000000"
TEXT = f"幸福路小区停水两天，我叫王小明，电话{PHONE}，请尽快处理。"



def propose(cast, period, case, who="coordinator", **more) -> MediaLead:
    given = {"period": period.id, "case": case.id, "agreed": True, "asked_by": "话务员甲", "asked_at": HELD.isoformat(), "call_no": "20250103-17",
             "headline": "幸福路换管", "lead_text": TEXT} | more
    row = actions.propose_lead(by=cast.actors[who], given={n: v for n, v in given.items() if v is not None})
    return MediaLead.objects.get(id=row.subject_id)


def go(cast, lead, name, who="media", **given) -> MediaLead:
    actions.take_lead_step(lead_id=lead.id, step=name, by=cast.actors[who], given=given)
    return MediaLead.objects.get(id=lead.id)


def test_a_lead_goes_from_the_callers_consent_to_what_was_published_in_masked_words(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case, other = call(cast, period, narrative=TEXT, requester=Requester("王小明", PHONE)), cast.create()
        for more, wrong in (({"agreed": None}, "agreed"), ({"agreed": False}, "agreed"), ({"call_no": None}, "call_no"), ({"asked_by": None}, "asked_by"),
                            ({"asked_at": (HELD + timedelta(hours=1)).isoformat()}, "asked_at"), ({"asked_at": NOW.isoformat()}, "asked_at")):
            assert refused(lambda m=more: propose(cast, period, case, **m)) == wrong, more
        assert refused(lambda: propose(cast, period, other)) == "case", "not of the period"
        lead = propose(cast, period, case)
        assert refused(lambda: propose(cast, period, case)) == "case", "twice"
        assert "王小明" not in lead.text and PHONE not in lead.text and "停水" in lead.text
        assert refused(lambda: go(cast, lead, "approve_lead")) == "not_told"
        assert refused(lambda: go(cast, lead, "approve_lead", "supervisor")) == "role"
        go(cast, lead, "tell_unit", "coordinator", unit_told="当日电话告知市水务局办公室")
        assert go(cast, lead, "approve_lead").state == "approved"
        go(cast, lead, "note_following", followed=f"记者到场，王小明{PHONE}在场")
        assert PHONE not in MediaLead.objects.get().followed
        for more, wrong in (({"link": "javascript://alert(1)"}, "link"), ({"published_on": "2025-01-09"}, "published_on"), ({"outlet": ""}, "outlet")):
            given = {"outlet": "市台", "published_on": "2025-01-03", "link": "https://example.org/a"} | more
            assert refused(lambda g=given: go(cast, lead, "note_published", **g)) == wrong, more
        lead = go(cast, lead, "note_published", outlet="市台", published_on="2025-01-03", link="https://example.org/a")
    assert (lead.state, lead.link) == ("published", "https://example.org/a")
    with clock.fixed(later(days=3)):
        lead = go(cast, lead, "end_lead", "coordinator", asked_by="话务员甲", asked_at=later(days=2).isoformat(), call_no="20250104-3")
        assert lead.state == "ended" and refused(lambda: go(cast, lead, "note_following", followed="再跟踪")) == "state"
        assert refused(lambda: propose(cast, period, case)) == "asked_at", "the consent that was taken back opens no second lead"
        assert refused(lambda: propose(cast, period, case, asked_at=later(days=2).isoformat())) == "asked_at", "nor what was said as it was taken back"
        assert propose(cast, period, case, asked_at=later(days=2, minutes=1).isoformat()).state == "proposed"
        shown = read.page(lead.id, cast.actors["media"])
        assert shown.more["shut"] and shown.more["case"] is None and not any("停水" in event["text"] or "话务员" in event["text"] for event in shown.history)
    assert list(verify_history()) == []


def test_who_proposed_a_lead_and_holds_the_medias_role_too_does_not_approve_it(cast):
    """Found by the walk over leader days: one person as coordinator and media."""
    period, both = announced(cast), replace(cast.actors["coordinator"], roles=frozenset({Role.COORDINATOR, Role.MEDIA}))
    with clock.fixed(HELD):
        lead = propose(cast, period, call(cast, period))
        go(cast, lead, "tell_unit", "coordinator", unit_told="电话告知")
        assert refused(lambda: actions.take_lead_step(lead_id=lead.id, step="approve_lead", by=both)) == "own"
        assert go(cast, lead, "approve_lead").state == "approved"


@pytest.mark.parametrize(("more", "then"), [
    ({"kind": "report"}, None), ({"secrecy": True}, None), ({"narrative": "房东不退押金，已向法院起诉，请协调。"}, None),
    ({"narrative": "我不想活了，一个人在幸福路小区3号楼顶。"}, None), ({}, "restrict"), ({}, "name_complained")])
def test_reports_litigation_minors_sealed_and_restricted_ones_are_never_a_lead(cast, more, then):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period, **more)
        lead = propose(cast, period, case) if then else None
        if lead is None:
            assert refused(lambda: propose(cast, period, case)) in {"unfit", "case"} and case not in read.offered(period, cast.actors["coordinator"])
            return
        go(cast, lead, "tell_unit", "coordinator", unit_told="电话告知")
        given = {"restrict": {"reason": "涉及未成年人", "readers": [cast.people["coordinator"].id], "until": "2025-06-01T00:00+08:00"},
                 "name_complained": {"complained_unit": cast.units["roads"].id}}[then]
        cast.take(Case.objects.get(id=case.id), then, "shift_leader" if then == "restrict" else "dispatcher", **given)
        assert refused(lambda: go(cast, lead, "approve_lead")) == "hidden", "what became restricted meanwhile is no longer read by the media"


def test_the_media_liaison_sees_leads_and_nothing_else_and_an_erased_case_takes_the_words_along(cast):
    from minsheng.cases import queries as cases

    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        lead = propose(cast, period, case)
    assert not cases.visible(cast.actors["media"]).exists()
    seers = {who for who in cast.actors if read.seen_by(cast.actors[who]).filter(id=lead.id).exists()}
    assert seers == {"media", "coordinator", "supervisor"}
    with clock.fixed(later(days=2)):
        cast.take(case, "phone_withdraw", "agent", reason="已恢复供水")
        cast.take(case, "ask_erasure", "supervisor", reason="本人依法要求")
        cast.take(case, "erase", "security_admin", ground="request")
    assert "停水" not in MediaLead.objects.get().text and not read.seen_by(cast.actors["media"]).exists()
    assert list(verify_history()) == []


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("how", ["consent", "secrecy", "restrict"])
def test_who_follows_a_lead_is_told_that_it_ended_and_nothing_of_it_is_read_any_more(cast, how, published):
    """Whoever reports may be on the way: consent withdrawn, or the case sealed or restricted after approval or after it was printed."""
    Person.objects.filter(id=cast.people["media"].id).update(phone=PHONE)
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        lead = propose(cast, period, case)
        go(cast, lead, "tell_unit", "coordinator", unit_told="电话告知")
        go(cast, lead, "approve_lead")
        if published:
            go(cast, lead, "note_published", outlet="市台", published_on="2025-01-03", link="第 12 期")
        assert actions.stop_unfit() == 0, "it may be reported on"
    with clock.fixed(later(days=2)):
        if how == "consent":
            go(cast, lead, "end_lead", "coordinator", asked_by="话务员甲", asked_at=later(days=2).isoformat(), call_no="18")
        elif how == "secrecy":
            cast.take(Case.objects.get(id=case.id), "phone_secrecy", "agent")
        else:
            cast.take(Case.objects.get(id=case.id), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["checker"].id],
                      until="2025-06-01T00:00+08:00")
        assert actions.stop_unfit() == (how != "consent") and actions.stop_unfit() == 0
    told = list(Message.objects.filter(about=f"lead:{lead.id}"))
    assert [one.template for one in told] == ["lead_ended_published" if published else "lead_ended"]
    said = unseal(told[0].text_sealed, SAYS)
    assert "01月03日批准" in said and "停水" not in said
    assert MediaLead.objects.get().state == "ended" and list(verify_history()) == []
    seen = [read.page(one.id, cast.actors["media"]).more["shut"] for one in read.seen_by(cast.actors["media"])]
    assert seen == ([True] if how == "consent" else [])


def test_a_lead_that_nobody_approved_ends_without_a_message(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        lead = propose(cast, period, case)
        cast.take(Case.objects.get(id=case.id), "phone_secrecy", "agent")
        assert actions.stop_unfit() == 1
    assert not Message.objects.filter(about=f"lead:{lead.id}").exists() and MediaLead.objects.get().reason


def test_a_lead_that_was_stopped_needs_a_consent_of_its_own_before_there_is_another(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        propose(cast, period, case)
        cast.take(Case.objects.get(id=case.id), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["coordinator"].id, cast.people["supervisor"].id],
                  until="2025-06-01T00:00+08:00")
        assert actions.stop_unfit() == 1
    with clock.fixed(HELD + timedelta(hours=1)):
        cast.take(Case.objects.get(id=case.id), "unrestrict", "supervisor", reason="查明无涉")
        assert refused(lambda: propose(cast, period, case)) == "asked_at"
        assert propose(cast, period, case, asked_at=(HELD + timedelta(hours=1)).isoformat()).state == "proposed"
