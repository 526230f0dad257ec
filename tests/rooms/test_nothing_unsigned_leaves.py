"""What was drafted and nobody signed stays inside, however long the clock runs: public parts, leads, reports, slips of every kind, bulletins."""

from datetime import timedelta

import pytest
from django.test import Client
from tests import subjects
from tests.cast import NOW, build
from tests.leader_day import HELD, go_on
from tests.screens.test_api import Program
from tests.verification.month import timers

from minsheng.bulletins import jobs as of_bulletins
from minsheng.bulletins.models import Bulletin
from minsheng.kit import clock
from minsheng.leader_days.models import Commitment, MediaLead, Report, ReportFile
from minsheng.messages.models import Message
from minsheng.oversight.models import Slip

pytestmark = pytest.mark.django_db
MATTER = "老旧水管更换一事"


def test_a_month_of_the_clock_signs_and_publishes_nothing(cast):
    subjects.of_leader_days(cast)
    subjects.of_supervision(cast)
    subjects.of_bulletins(cast)
    with clock.fixed(HELD):
        go_on(cast, Commitment.objects.get(), "draft_public", "coordinator", public_matter=MATTER, public_progress="正在更换")
    for day in range(1, 32, 3):
        with clock.fixed(NOW + timedelta(days=day)):
            timers()
            of_bulletins.draft_owed(0)
    with clock.fixed(NOW + timedelta(days=32)):
        assert Commitment.objects.get().published_at is None
        assert {one.state for one in MediaLead.objects.all()} == {"proposed"} and {one.state for one in Report.objects.all()} == {"draft"}
        assert not ReportFile.objects.exists()
        assert Slip.objects.count() >= 1 and {one.state for one in Slip.objects.all()} == {"proposed"} and not Slip.objects.exclude(doc_number="").exists()
        assert {one.kind for one in Bulletin.objects.filter(signed_at__isnull=True)} == {"monthly"}, "the draft is one still"
        assert not Message.objects.filter(template__in=("slip_issued", "slip_urged")).exists()
        public = Program(cast, "supervisor", ["public.read"])
        assert MATTER not in Client().get("/leader-days").content.decode() and public.get("/commitments").json()["items"] == []


@pytest.fixture
def cast():
    with clock.fixed(NOW):
        yield build()
