"""Two people who freeze, sign, rule or publish at the same moment: one did it, the other reads why not, and nothing is there twice."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction
from tests import leader_day
from tests.cast import NOW, PNG, build
from tests.month_end import DRAWN, Month, checking, planned, second
from tests.rooms.test_two_at_once import both, only_answers

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import actor_of
from minsheng.accounts.rules import Role
from minsheng.bulletins.actions import bulletins
from minsheng.cases.models import Case, CaseStep
from minsheng.kit import clock, doc_numbers
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions as days
from minsheng.leader_days.models import Report
from minsheng.month_end.actions import assessments, objections
from minsheng.month_end.actions.verify import verify_history
from minsheng.month_end.models import AssessmentStep, Objection, ObjectionStep, SheetFigure, SheetFile

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "民声〔2025〕1号"
AFTER = DRAWN + timedelta(days=6)


@pytest.fixture
def cast(transactional_db):
    with clock.fixed(NOW):
        found = build()
        second(found)
        person = accounts.create_person(username="supervisor_3", name="同事丙", unit=found.units["centre"], by=accounts.COMMAND_LINE, setup=True,
                                        must_change_password=False)
        accounts.grant_role(person=person, role=Role.SUPERVISOR, by=accounts.COMMAND_LINE, setup=True)
        found.actors["supervisor_3"] = actor_of(person, frozenset({Role.SUPERVISOR}))
        yield found


def one_of(ended) -> bool:
    return only_answers(ended) and sum(wrong is None for wrong in ended) == 1


def before_the_first_has_kept(first: Callable[[], object], then: Callable[[], object]) -> list[BaseException | None]:
    """`then` begins when `first` is done and not yet kept: whoever looks now finds nothing of it."""
    done, begun = threading.Event(), threading.Event()

    def slowly():
        with transaction.atomic():
            try:
                first()
            finally:
                done.set()
            begun.wait(10)
            threading.Event().wait(0.7)

    def at_once():
        done.wait(60)
        connection.ensure_connection()
        begun.set()
        then()

    return both(slowly, at_once)


def frozen(cast, title: str, since: str, day: str) -> Month:
    month = planned(cast, title=title, since=since, until=day)
    for step, who, at, given in (("draft_figures", "analyst", DRAWN, {}), ("open_checking", "analyst", DRAWN, {"check_until": "2025-01-06"}),
                                 ("begin_review", "supervisor", AFTER, {}), ("freeze_figures", "supervisor", AFTER, {})):
        month.take(step, who, at, **given)
    return month


def sign(month: Month, who: str = "supervisor_2", number: str = NUMBER):
    return partial(assessments.take, assessment_id=month.id, step="sign_sheet", by=month.cast.actors[who], given={"doc_number": number})


def test_of_two_who_freeze_sign_or_publish_one_period_one_does_it(cast):
    month = checking(cast)
    month.take("confirm_sheet", "water_head")
    month.take("begin_review", "supervisor")
    with clock.fixed(DRAWN):
        for step in ("freeze_figures", "sign_sheet", "publish_sheet"):
            given = {"doc_number": NUMBER} if step == "sign_sheet" else {}
            whom = ("supervisor_2", "supervisor_3") if step == "sign_sheet" else ("supervisor", "supervisor")
            ended = both(*[partial(assessments.take, assessment_id=month.id, step=step, by=cast.actors[who], given=given) for who in whom])
            assert one_of(ended), (step, ended)
            told = next(wrong for wrong in ended if wrong is not None)
            assert isinstance(told, Refused) and told.verdict.reason, told
    steps = list(AssessmentStep.objects.filter(subject_id=month.id).values_list("step", flat=True))
    assert all(steps.count(name) == 1 for name in ("freeze_figures", "sign_sheet", "publish_sheet")) and list(verify_history()) == []
    assert month.now().version == 2 and not SheetFigure.objects.filter(assessment=month.id, version__gt=2).exists()
    assert SheetFile.objects.filter(assessment=month.id).count() == 2


def test_two_raise_one_objection_and_two_rule_on_it(cast):
    month = checking(cast)
    with clock.fixed(DRAWN):
        given = {"assessment": month.id, "case": month.cases[0].id, "measure": "solve", "want": "exclude", "reason": "重复来电",
                 "files": [Upload("证据.png", PNG)]}
        ended = both(*[partial(objections.raise_one, by=cast.actors[who], given=given) for who in ("water", "water_head")])
        assert one_of(ended), ended
        one = Objection.objects.get()
        month.take("confirm_sheet", "water_head")
        month.take("begin_review", "supervisor")
        ended = both(partial(objections.take, objection_id=one.id, step="grant_exclusion_objection", by=cast.actors["supervisor"], given={"ruling": "同意"}),
                     partial(objections.take, objection_id=one.id, step="refuse_objection", by=cast.actors["supervisor_2"], given={"ruling": "不同意"}))
        assert one_of(ended), ended
    rulings = CaseStep.objects.filter(case_id=month.cases[0].id, step__in=("grant_exclusion", "refuse_exclusion"))
    assert rulings.count() == 1 and Case.objects.get(id=month.cases[0].id).excluded == (Objection.objects.get().state == "excluded")
    assert ObjectionStep.objects.filter(subject_id=one.id).count() == 2 and list(verify_history()) == []


def test_a_ruling_beside_the_freeze_is_in_the_figures_or_comes_before_them(cast):
    month = checking(cast)
    one = month.objection(month.cases[0])
    month.take("confirm_sheet", "water_head")
    month.take("begin_review", "supervisor")
    with clock.fixed(DRAWN + timedelta(hours=1)):
        freeze = partial(assessments.take, assessment_id=month.id, step="freeze_figures", by=cast.actors["supervisor_2"])
        ended = before_the_first_has_kept(
            partial(objections.take, objection_id=one.id, step="grant_exclusion_objection", by=cast.actors["supervisor"], given={"ruling": "同意"}), freeze)
        assert ended[0] is None and isinstance(ended[1], Refused) and "没有裁定" in ended[1].verdict.reason, ended
        freeze()
    assert SheetFigure.objects.get(assessment=month.id, version=2, measure="solve", unit_id=0).denominator == 1


def test_two_periods_that_are_signed_at_once_never_get_one_number(cast):
    one, other = frozen(cast, "一", "2025-01-01", "2025-01-02"), frozen(cast, "二", "2025-01-03", "2025-01-03")
    with clock.fixed(AFTER):
        ended = before_the_first_has_kept(sign(one), sign(other, "supervisor_3", "民声[2025] １号"))
        assert ended[0] is None and isinstance(ended[1], Invalid) and "文号" in ended[1].errors["doc_number"], ended
        sign(other, number="民声〔2025〕2号")()
    assert (one.now().doc_number, other.now().doc_number) == (NUMBER, "民声〔2025〕2号")


def test_a_connection_that_dies_between_freeze_and_signature_leaves_the_freeze_and_nothing_of_the_signature(cast):
    month, mine = frozen(cast, "一", "2025-01-01", "2025-01-02"), []
    figures = list(SheetFigure.objects.filter(assessment=month.id).order_by("id").values())

    def dies():
        sign(month)()
        mine.append(connection.connection.fileno())

    def cuts():
        with socket.socket(fileno=os.dup(mine[0])) as line:
            line.shutdown(socket.SHUT_RDWR)

    with clock.fixed(AFTER):
        ended = before_the_first_has_kept(dies, cuts)
        assert isinstance(ended[0], DatabaseError) and ended[1] is None, ended
        assert month.now().state == "frozen" and not month.now().doc_number and not SheetFile.objects.exists()
        sign(month, "supervisor_3")()  # its number is free, the freeze is as it was
    assert month.now().state == "signed" and list(SheetFigure.objects.filter(assessment=month.id).order_by("id").values()) == figures
    assert AssessmentStep.objects.filter(subject_id=month.id, step="sign_sheet").count() == 1 and list(verify_history()) == []


def report_of_year(cast) -> Callable[[], object]:
    one = Report.objects.get(id=days.draft_report(by=cast.actors["coordinator"], given={"year": 2025, "title": "年报", "issuer": "热线中心"}).subject_id)
    return partial(days.take_report_step, report_id=one.id, step="sign_report", by=cast.actors["supervisor_3"], given={"doc_number": NUMBER})


def bulletin_of_day(cast, since: str) -> Callable[[], object]:
    one = bulletins.draft(by=cast.actors["analyst"], given={"kind": "daily", "since": since}).subject_id
    bulletins.take(bulletin_id=one, step="submit_bulletin", by=cast.actors["analyst"])
    return partial(bulletins.take, bulletin_id=one, step="sign_bulletin", by=cast.actors["supervisor_2"], given={"doc_number": NUMBER})


def test_papers_of_every_kind_share_one_register_of_numbers(cast):
    """Two bulletins with one number broke off with an error of the database; a report could bear the number of a bulletin."""
    leader_day.announced(cast)
    cast.create()
    month = frozen(cast, "一", "2025-01-01", "2025-01-02")
    with clock.fixed(AFTER):
        signs = [bulletin_of_day(cast, "2025-01-02"), bulletin_of_day(cast, "2025-01-03"), report_of_year(cast), sign(month, "supervisor_3")]
        ended = before_the_first_has_kept(signs[0], signs[1])
        assert ended[0] is None and isinstance(ended[1], Invalid) and "文号" in ended[1].errors["doc_number"], ended
        for again in signs[2:]:
            with pytest.raises(Invalid) as no:
                again()
            assert "文号" in no.value.errors["doc_number"]


@pytest.mark.parametrize("other", ["民声[2025]1号", " 民声 〔2025〕 1 号", "民声〔２０２５〕１号", "民声（2025）1号", "民声【2025】1号"])
def test_one_number_typed_in_many_ways_is_one_number(other):
    assert doc_numbers.folded(other) == doc_numbers.folded(NUMBER) != doc_numbers.folded("民声〔2025〕11号")
