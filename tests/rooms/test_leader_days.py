"""Leader days by steps on a real database: schemes, periods with desks and notices, calls at a desk, commitments to their end."""

import time
from datetime import date, timedelta

import pytest
from django.db import connections
from django.test import Client
from tests import leader_day
from tests.cast import NOW, build, later
from tests.leader_day import BEGINS, HELD, announced, call, called_back, draft, go_on, promise, refused, scheme, step

from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.leader_days import actions
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Commitment, Desk, Period, PeriodStep, Published
from minsheng.leader_days.queries import feed, ledger, report, sight
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked


def test_a_period_goes_from_its_draft_to_its_summary_and_nothing_out_of_turn(cast):
    plan = scheme(cast)
    period = draft(cast, plan)
    assert refused(lambda: draft(cast, plan)) == "number", "two periods of one number"
    for name, who, given, wrong in (
            ("announce", "coordinator", {}, "role"), ("hold", "coordinator", {}, "state"),
            ("add_desk", "coordinator", leader_day.desk(cast, BEGINS + timedelta(hours=1)), "starts"),
            ("add_desk", "coordinator", leader_day.desk(cast, leader=cast.people["roads"].id), "leader"),
            ("add_desk", "coordinator", leader_day.desk(cast, later(days=9), unit=cast.units["roads"].id), "leader"),
            ("add_desk", "coordinator", leader_day.desk(cast, later(days=900)), "starts"),
            ("add_desk", "coordinator", leader_day.desk(cast) | {"ends": BEGINS.isoformat()}, "ends"),
            ("remove_desk", "coordinator", {"desk": 99}, "desk")):
        assert refused(lambda n=name, w=who, g=given: step(cast, period.id, n, w, **g)) == wrong, (name, given)
    other = draft(cast, plan, 2, later(days=9))
    step(cast, other.id, "remove_desk", desk=Desk.objects.get(period=other).id)
    assert refused(lambda: step(cast, other.id, "announce", "supervisor")) == "no_desk"
    period = step(cast, period.id, "announce", "supervisor")
    assert (period.state, period.announced_by) == ("announced", "督办员甲")
    assert refused(lambda: step(cast, period.id, "hold")) == "not_begun"
    step(cast, period.id, "note_notice", medium="tv", outlet="市台", text="1月3日10时接听", published_on="2025-01-02")
    assert refused(lambda: step(cast, period.id, "note_notice", medium="tv", outlet="市台", text="通告", published_on="2025-01-09")) == "published_on"
    step(cast, period.id, "count_views", notice=Published.objects.get(period=period).id, views=12_000)
    with clock.fixed(HELD):
        step(cast, period.id, "hold")
        assert step(cast, period.id, "close_period", summary="来电都已登记。").state == "closed"
    assert list(PeriodStep.objects.filter(subject_id=period.id).order_by("seq").values_list("step", flat=True)) == [
        "draft_period", "add_desk", "announce", "note_notice", "count_views", "hold", "close_period"]
    assert list(verify_history()) == []


def test_whoever_had_a_hand_in_a_draft_does_not_sign_it(cast):
    from dataclasses import replace

    from minsheng.accounts.rules import Role

    both = replace(cast.actors["coordinator"], roles=frozenset({Role.COORDINATOR, Role.SUPERVISOR}))
    row = actions.draft_scheme(by=both, given={"name": "方案", "year": 2025, "aim": "听民声", "topics": "供水", "units": [cast.units["water"].id],
                                              "since": "2025-01-01", "until": "2025-12-31"})
    assert refused(lambda: actions.take_scheme_step(scheme_id=row.subject_id, step="issue_scheme", by=both)) == "own"
    period = draft(cast, scheme(cast))
    assert refused(lambda: actions.take_period_step(period_id=period.id, step="announce", by=both)) == "own"


def test_a_commitment_is_made_at_its_desk_proved_and_judged_by_somebody_outside_the_unit(cast):
    period = announced(cast)
    assert refused(lambda: call(cast, period)) == "period", "no call before the desk begins"
    with clock.fixed(HELD):
        case, elsewhere = call(cast, period), cast.create()
        assert (case.period_id, case.marks.desk) == (period.id, Desk.objects.get(period=period).id)
        for who, name, more, wrong in (
                ("leader", "commit", {"due": "2025-01-04"}, "due"), ("leader", "commit", {"due": "2025-01-02"}, "due"),
                ("leader", "commit", {"case": elsewhere.id}, "case"), ("leader", "commit", {"owner_unit": cast.units["centre"].id}, "owner_unit"),
                ("leader", "commit", {"desk": None}, "not_own_desk"), ("roads", "type_commitment", {}, "period"), ("leader", "commit", {"what": None}, "what"),
                ("coordinator", "record_commitment", {"desk": None, "source": "desk"}, "desk"),
                ("coordinator", "record_commitment", {"desk": None, "source": "meeting"}, "met_on"), ("agent", "commit", {}, "period")):
            assert refused(lambda w=who, n=name, m=more: promise(cast, period, case, w, n, **m)) == wrong, (who, more)
        one = promise(cast, period, case)
        promise(cast, period, case, "water", "type_commitment")
        promise(cast, period, case, "coordinator", "record_commitment", source="meeting", met_on="2025-01-03", desk=None)
        assert refused(lambda: promise(cast, period, case, name="prove")) == "no_step"
    assert Commitment.objects.count() == 3
    for name, who, given, wrong in (
            ("prove", "roads", {"proof": "已换", "done_on": "2025-01-08"}, "hidden"), ("prove", "water", {"proof": "已换", "done_on": "2025-01-20"}, "done_on"),
            ("conclude_kept", "supervisor", {"finding": "属实"}, "state"), ("conclude_late", "supervisor", {"finding": "无", "cause": "work"}, "not_due")):
        assert refused(lambda n=name, w=who, g=given: go_on(cast, one, n, w, later(days=7), **g)) == wrong, name
    go_on(cast, one, "prove", "water", later(days=7), proof="已换水管三十米", done_on="2025-01-08")
    go_on(cast, one, "send_back", "supervisor", later(days=7), reason="缺现场照片")
    go_on(cast, one, "prove", "water", later(days=8), proof="已换水管三十米，照片在工单附件", done_on="2025-01-08")
    one = go_on(cast, one, "conclude_kept", "supervisor", later(days=9), finding="到场核验属实")
    assert (one.state, one.ended_by, one.done_on) == ("kept", "督办员甲", date(2025, 1, 8))
    with clock.fixed(later(days=9)):
        assert refused(lambda: step(cast, step(cast, period.id, "hold").id, "close_period", summary="总结")) == "waiting"
    assert list(verify_history()) == []


def test_a_later_date_is_only_asked_for_and_ruled_and_what_was_not_kept_says_why(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        one, two = promise(cast, period, case), promise(cast, period, case)
    assert refused(lambda: go_on(cast, one, "ask_extension", "water_head", later(days=3), reason="材料未到", new_due="2025-01-12")) == "new_due", "a Sunday"
    assert refused(lambda: go_on(cast, one, "grant_extension", "supervisor")) == "not_asked"
    go_on(cast, one, "ask_extension", "water_head", later(days=3), reason="材料未到", new_due="2025-01-17")
    assert refused(lambda: go_on(cast, one, "prove", "water", later(days=3), proof="已换", done_on="2025-01-03")) == "waits"
    one = go_on(cast, one, "grant_extension", "supervisor", later(days=3))
    assert (one.due, one.first_due, one.extensions, one.waiting) == (date(2025, 1, 17), date(2025, 1, 10), 1, "")
    assert refused(lambda: go_on(cast, one, "ask_extension", "water_head", later(days=30), reason="还不行", new_due="2025-03-07")) == "past_due"
    go_on(cast, one, "prove", "water", later(days=20), proof="已换", done_on="2025-01-20")
    assert refused(lambda: go_on(cast, one, "conclude_kept", "supervisor", later(days=21), finding="已换")) == "done_late"
    one = go_on(cast, one, "conclude_late", "supervisor", later(days=21), finding="晚了三天", cause="others")
    assert (one.state, one.cause) == ("late", "others")
    go_on(cast, two, "ask_withdrawal", "water_head", later(days=2), reason="该段水管划归城管局")
    assert go_on(cast, two, "grant_withdrawal", "supervisor", later(days=2), finding="情况属实，另行承诺").state == "withdrawn"
    with clock.fixed(later(days=30)):
        found = report.of([period], cast.actors["supervisor"])
    assert (found.commitments.made, found.commitments.kept, found.commitments.late, found.commitments.withdrawn, found.commitments.due) == (2, 0, 1, 1, 1)


def test_the_public_part_leaves_by_another_persons_signature_is_corrected_and_never_of_a_restricted_case(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        one = promise(cast, period, case)
        secret = promise(cast, period, call(cast, period, secrecy=True))
    assert refused(lambda: go_on(cast, one, "sign_public", "supervisor")) == "not_asked"
    go_on(cast, one, "draft_public", "coordinator", HELD, public_matter="更换老旧水管", public_progress="施工中")
    one = go_on(cast, one, "sign_public", "supervisor", HELD)
    go_on(cast, one, "draft_public", "coordinator", HELD, public_matter="更换老旧水管", public_progress="已完工")
    assert Commitment.objects.get(id=one.id).public_progress == "施工中", "what was drafted is not public yet"
    one = go_on(cast, one, "sign_public", "supervisor", later(days=2))
    assert (one.public_progress, one.published_at, one.corrected_at) == ("已完工", HELD, later(days=2))
    assert refused(lambda: go_on(cast, secret, "draft_public", "coordinator", HELD, public_matter="某事", public_progress="办理中")) == "closed"
    assert list(verify_history()) == []


def test_who_drafted_the_public_part_does_not_sign_it_though_somebody_else_drafted_it_anew(cast):
    """The last drafter alone was asked for: a coordinator who became a supervisor signed words that were still their own."""
    from dataclasses import replace

    from minsheng.accounts.rules import Role

    period = announced(cast)
    with clock.fixed(HELD):
        one = promise(cast, period, call(cast, period))
    words = {"public_matter": "更换老旧水管", "public_progress": "施工中"}
    go_on(cast, one, "draft_public", "coordinator", HELD, **words)
    other = replace(cast.actors["coordinator"], id=cast.people["agent"].id)
    with clock.fixed(HELD):
        actions.take_commitment_step(commitment_id=one.id, step="draft_public", by=other, given=words | {"public_progress": "正在施工"})
        now = replace(cast.actors["coordinator"], roles=frozenset({Role.SUPERVISOR}))
        assert refused(lambda: actions.take_commitment_step(commitment_id=one.id, step="sign_public", by=now)) == "own"
    one = go_on(cast, one, "sign_public", "supervisor", HELD)
    with clock.fixed(later(days=2)):  # what is drafted after that by others is theirs
        actions.take_commitment_step(commitment_id=one.id, step="draft_public", by=other, given=words)
        actions.take_commitment_step(commitment_id=one.id, step="sign_public", by=now)
    assert Commitment.objects.get(id=one.id).corrected_at == later(days=2) and list(verify_history()) == []


@pytest.mark.parametrize("shuts", ["restrict", "phone_secrecy"])
def test_what_was_public_of_a_case_that_is_restricted_or_sealed_afterwards_is_withheld_and_its_line_stays(cast, shuts):
    """Found by the walk over leader days: the public page and the API's public part went on showing its words (rulings, 102)."""
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        one = promise(cast, period, case)
    go_on(cast, one, "draft_public", "coordinator", HELD, public_matter="更换老旧水管", public_progress="施工中")
    one = go_on(cast, one, "sign_public", "supervisor", HELD)
    with clock.fixed(later(days=2)):
        assert "更换老旧水管" in Client().get("/leader-days").content.decode() and ledger.public(()).rows[0].public_progress == "施工中"
        given = {"reason": "涉及未成年人", "readers": [cast.people["coordinator"].id], "until": "2025-06-01T00:00+08:00"} if shuts == "restrict" else {}
        cast.take(case, shuts, "shift_leader" if shuts == "restrict" else "agent", **given)
        text, (line,) = Client().get("/leader-days").content.decode(), ledger.public(()).rows
        assert "更换老旧水管" not in text and "施工中" not in text and ledger.WITHHELD in text and one.owner_unit.name in text
        assert (line.public_matter, line.public_progress) == ("", ledger.WITHHELD)
    assert Commitment.objects.get(id=one.id).public_matter == "更换老旧水管" and list(verify_history()) == []


def test_the_figures_of_a_period_are_the_measures_over_its_cases(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        answered = call(cast, period, then="answer", given={"answer": "今晚恢复供水。", "no_article": "现场答复"})
        ordered = [call(cast, period) for _ in range(3)]
        others = [cast.create() for _ in range(4)]
    with clock.fixed(later(days=1, hours=2)):
        for case in [*ordered[:2], *others[:1]]:
            cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    with clock.fixed(later(days=2)):
        assert report.of([period], cast.actors["supervisor"]).as_dict()["done"] == 0, "answered on the spot: it ends when it was called back"
        called_back(cast, answered)
        found = report.of([period], cast.actors["supervisor"]).as_dict()
        whole = {row.measure: row for row in measures.rows(Asked(date(2025, 1, 3), date(2025, 1, 4)), cast.actors["supervisor"], report.MEASURES)}
        mine = {row.measure: row for row in measures.rows(Asked(date(2025, 1, 3), date(2025, 1, 4), periods=(period.id,)), cast.actors["supervisor"],
                                                          report.MEASURES)}
    assert (found["received"], found["answered_on_the_spot"], found["ordered"], found["done"]) == (4, 1, 2, 1)
    assert {name: found[name] for name in ("received",)} == {"received": mine["received"].value}
    assert (whole["received"].value, whole["dispatched"].value) == (8, 3), "the hotline's own figures hold them, too"
    assert found["received"] == Case.objects.filter(period_id=period.id).count()


def test_a_unit_sees_what_it_owes_and_what_was_promised_at_its_desk_and_no_other_unit_does(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        one = promise(cast, period, call(cast, period))
        cast.take(Case.objects.get(id=one.case_id), "restrict", "shift_leader", reason="涉及未成年人",
                  readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
        two = promise(cast, period, call(cast, period))
        seen = {who: set(sight.commitments(cast.actors[who]).values_list("id", flat=True)) for who in
                ("leader", "water", "roads", "county", "supervisor", "coordinator", "agent", "analyst", "media", "system_admin")}
        periods = {who: sight.periods(cast.actors[who]).exists() for who in ("leader", "water", "roads", "analyst", "media", "agent")}
    assert seen == {"leader": {two.id}, "water": {two.id}, "supervisor": {one.id, two.id}, "coordinator": {two.id}} | dict.fromkeys(
        ("roads", "county", "agent", "analyst", "media", "system_admin"), set())
    assert periods == {"leader": True, "water": True, "roads": False, "analyst": True, "media": False, "agent": False}


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_row_of_the_period_its_desks_notices_or_commitments_changed_by_hand_is_found(transactional_db, request):
    with clock.fixed(NOW):
        cast = build()
        period = announced(cast)
        step(cast, period.id, "note_notice", medium="web", outlet="网站", text="通告", published_on="2025-01-02", views=500)
    with clock.fixed(HELD):
        one = promise(cast, period, call(cast, period))
    ends = time.monotonic() + 60
    while not (told := feed.COMMITMENT_STEPS.since().rows) and time.monotonic() < ends:
        time.sleep(0.2)  # the feed waits for every transaction of the server that began before, of other tests too
    assert list(verify_history()) == [] and len(told) == 1
    for damage, mend in (
            ("leader_days_published SET views = 9000", "leader_days_published SET views = 500"),
            ("leader_days_desk SET leader_id = 1", f"leader_days_desk SET leader_id = {cast.people['leader'].id}"),
            ("leader_days_commitment SET due = '2025-02-14'", "leader_days_commitment SET due = '2025-01-10'"),
            ("leader_days_commitment SET what = '再看看'", "leader_days_commitment SET what = '更换老旧水管'"),
            ("leader_days_commitment SET state = 'kept'", "leader_days_commitment SET state = 'open'"),
            ("leader_days_period SET theme = '别的'", f"leader_days_period SET theme = '{period.theme}'"),
            ("leader_days_commitmentwords SET words = '{\"what\": \"再看看\"}'", "")):
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"UPDATE {damage}")
            assert list(verify_history()) != [], damage
            if mend:
                cursor.execute(f"UPDATE {mend}")
                assert list(verify_history()) == [], damage
    with connections["default"].cursor() as cursor, pytest.raises(Exception, match="permission denied|append-only"):
        cursor.execute("UPDATE leader_days_commitmentstep SET by_id = 1 WHERE subject_id = %s", [one.id])


def test_the_same_key_makes_one_period_and_one_commitment(cast):
    plan = scheme(cast)
    given = {"scheme": plan.id, "number": 5, "theme": "供水"}
    first = actions.draft_period(by=cast.actors["coordinator"], given=given, key="form:1")
    again = actions.draft_period(by=cast.actors["coordinator"], given=given, key="form:1")
    assert first.id == again.id and again.replayed and Period.objects.count() == 1
    assert refused(lambda: actions.draft_period(by=cast.actors["coordinator"], given=given | {"number": 6}, key="form:1")) == "key_reused"
