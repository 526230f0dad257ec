"""Open data at the desk and for everybody."""

import json
from datetime import timedelta

import pytest
from tests.cast import NOW, build

from minsheng.kit import clock
from minsheng.proofs.models import Dataset


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        made = build()
        for n in range(24):
            made.create(category="noise" if n % 2 else "tap")
    with clock.fixed(NOW + timedelta(days=31)):
        yield made


def test_an_analyst_prepares_a_supervisor_signs_and_everybody_reads(cast, client, django_assert_num_queries):
    analyst, supervisor = cast.client("analyst"), cast.client("supervisor")
    assert "还没有准备过" in analyst.get("/desk/datasets").content.decode()
    assert analyst.post("/desk/datasets/new", {"month": "2025-09"}).status_code == 422
    where = analyst.post("/desk/datasets/new", {"month": "2025-01"}).headers["Location"]
    one = Dataset.objects.get()
    page = supervisor.get(where).content.decode()
    assert "停水" in page and "噪声" in page and "发布后所有人看到的（2 行）" in page
    assert client.get("/transparency/data/minsheng-2025-01-v1.csv").status_code == 404
    assert analyst.post(f"{where}/step", {"step": "sign_data"}).status_code == 409
    assert supervisor.post(f"{where}/step", {"step": "sign_data"}).status_code == 302
    page = analyst.get(where).content.decode()
    assert 'value="publish_data"' not in page and f"{where}?step=publish_data#step" in page, "no key of one press gives it to everybody"
    assert "发布以后谁都能下载，不能收回。" in analyst.get(f"{where}?step=publish_data").content.decode()
    assert analyst.post(f"{where}/step", {"step": "publish_data"}).status_code == 302
    assert "已发布" in analyst.get("/desk/datasets").content.decode()
    page = client.get("/transparency/data").content.decode()
    assert "2025-01" in page and "minsheng-2025-01-v1.csv" in page and "received" in page
    with django_assert_num_queries(1):
        client.get("/transparency/data")
    answer = client.get("/transparency/data/minsheng-2025-01-v1.json")
    said = json.loads(answer.content)
    assert [row["received"] for row in said["rows"]] == [12, 12] and said["version"] == 1 and "public" in answer.headers["Cache-Control"]
    csv = client.get("/transparency/data/minsheng-2025-01-v1.csv").content.decode()
    assert csv.splitlines()[1].startswith("2025-01,noise,噪声,,全部区县,,全部渠道,12,") and one.lines == 2
    client.cookies["django_language"] = "en"
    assert "Open data" in client.get("/transparency/data").content.decode()


@pytest.mark.parametrize("name", ["minsheng-2025-01-v9.csv", "x", "..%2Fetc", "a" * 300, "%00.csv"])
def test_a_file_that_is_not_published_is_not_found(cast, client, name):
    assert client.get(f"/transparency/data/{name}").status_code in (400, 404)


def test_others_do_not_reach_the_pages(cast):
    for who in ("agent", "water", "system_admin"):
        assert cast.client(who).get("/desk/datasets").status_code == 403
    assert cast.client("inspector").get("/desk/datasets").status_code == 200
    assert cast.client("inspector").get("/desk/datasets/new").status_code == 403
    assert cast.client("analyst").get("/desk/datasets/1").status_code == 404
