"""2,999 of 3,000 on every door at once: 99.9 %, and one of 3,000 is not nothing."""

import csv
import io
import json

import pytest
from django.db import connection
from tests.cast import NOW

from minsheng.accounts import actions as accounts
from minsheng.cli import measures as command
from minsheng.kit import clock
from minsheng.measures import cube_sql
from minsheng.measures.models import Fact

pytestmark = pytest.mark.django_db
ASKED = "?from=2025-01-01&to=2025-01-31"


@pytest.fixture
def of_three_thousand(cast):
    """All but one signed in time, one of them given back with consent: 99.9 % and 99.9 %, and 0.1 % asked for it."""
    common = {"sign": 1, "known_at": NOW, "n": 0, "lead_id": cast.units["water"].id, "channel": "phone", "kind": "help", "requester_kind": "person",
              "language": "zh", "excluded": False, "redone": False, "extended": False, "reached": False, "satisfaction": "", "standing": ""}
    Fact.objects.bulk_create([Fact(fact=fact, case_id=n, part=n, at=NOW, met_at=NOW if n else None, return_asked=not n, return_upheld=not n, **common)
                              for n in range(3000) for fact in ("sign", "dispatch")])
    with connection.cursor() as cursor:
        cursor.execute(cube_sql.add("measures_fact"), ["Asia/Shanghai"])
    with clock.fixed(NOW.replace(hour=12)):
        yield cast


def test_pages_wall_csv_api_and_command_say_the_same(of_three_thousand, capsys):
    cast = of_three_thousand
    client = cast.client("supervisor")
    for path in ("/board/", "/board/wall"):
        text = client.get(path + ASKED).content.decode()
        assert "99.9%" in text and "100.0%" not in text, path
    lines = {row["measure"]: row for row in csv.DictReader(io.StringIO(client.get("/board/table.csv" + ASKED).content.decode("utf-8-sig")))}
    assert [(lines[code]["shown"], lines[code]["value"]) for code in ("sign_on_time", "return")] == [("99.9%", "0.999667"), ("0.1%", "0.000333")]
    secret = accounts.make_token(person=cast.people["supervisor"], name="测试", scopes=["measures.read"], by=accounts.COMMAND_LINE, setup=True)[1]
    answer = cast.client("supervisor").get("/api/v1/measures" + ASKED, headers={"Authorization": f"Bearer {secret}"})
    found = {row["measure"]: row["shown"] for row in json.loads(answer.content)["rows"]}
    assert (found["sign_on_time"], found["return"], found["dispatch_accuracy"]) == ("99.9%", "0.1%", "99.9%")
    command.as_table([{"label": "签收及时率", "group": "全部", "cutoff": "", "numerator": 2999, "denominator": 3000, "value": 0.999667, "low": 0.998, "high": 0.9999,
                       "shown": found["sign_on_time"]}])
    assert "99.9%" in capsys.readouterr().out
