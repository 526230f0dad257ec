"""Open data of the demo city: one month signed by a second person and published, the last one waiting for a signature; and the tree of each
day until yesterday, which the clock would make some hundreds at a time."""

from __future__ import annotations

from django.db import transaction

from minsheng.accounts.rules import Role
from minsheng.cli.demo_city import folder
from minsheng.cli.demo_city.people import Cast
from minsheng.kit import clock
from minsheng.proofs.actions import datasets, trees
from minsheng.proofs.models import Dataset


@transaction.atomic
def publish() -> None:
    """At once done when it is there."""
    if Dataset.objects.exists():
        return
    cast = Cast()
    writes, signs = cast.pick(Role.ANALYST, 0), cast.pick(Role.SUPERVISOR, 0)
    with clock.fixed(folder.local("2024-10-08 10:00")):
        one = datasets.prepare(by=writes, given={"month": "2024-09"}).subject_id
    for at, step, by in (("2024-10-08 15:00", "sign_data", signs), ("2024-10-09 09:00", "publish_data", writes)):
        with clock.fixed(folder.local(at)):
            datasets.take(dataset_id=one, step=step, by=by)
    with clock.fixed(folder.local("2025-01-02 09:00")):
        datasets.prepare(by=writes, given={"month": "2024-12"})


def days() -> None:
    """With the data that was published on them."""
    with clock.fixed(folder.NOW):
        while trees.run():
            pass
