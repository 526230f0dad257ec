"""The archive's page: a question, its answer by pages and as a file; what is wrong is said and what was typed stays."""

from datetime import timedelta

import pytest
from tests.cast import NOW, build

from minsheng.accounts.rules import clock_actor
from minsheng.archive import actions
from minsheng.kit import clock

pytestmark = pytest.mark.one_server
AT = "/desk/archive"


@pytest.fixture
def cast(db, tmp_path, settings):
    settings.ARCHIVE = str(tmp_path / "archive")
    with clock.fixed(NOW):
        made = build()
        for _ in range(3):
            made.create(category="tap")
    with clock.fixed(NOW + timedelta(days=40)):
        yield made


def asked(client, sql, status=200, **more):
    answer = client.post(AT, {"sql": sql, **more})
    assert answer.status_code == status
    return answer.content.decode()


def test_an_analyst_asks_pages_on_and_takes_the_file(cast, django_assert_max_num_queries):
    analyst = cast.client("analyst")
    assert "还没有归档" in analyst.get(AT).content.decode()
    assert "还没有归档" in asked(analyst, "SELECT 1", 409)
    actions.make(by=clock_actor("测试"))
    page = analyst.get(AT).content.decode()
    assert "2025-01 至 2025-01" in page and "happened_at" in page
    page = asked(analyst, "SELECT c.name AS 渠道, count(*) AS 件数 FROM facts f JOIN channels c ON c.code = f.channel WHERE fact = 'received' GROUP BY 1")
    assert "渠道</th>" in page and ">3</td>" in page and "第 1–1 行" in page
    page = asked(analyst, "SELECT * FROM range(120)", skip="50")
    assert "第 51–100 行，后面还有" in page and 'value="100" data-key="n"' in page and 'value="0" data-key="p"' in page
    answer = analyst.post(AT, {"sql": "SELECT range AS n, '=1+1' AS t FROM range(120)", "form": "csv"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 121 and lines[1] == "0,'=1+1" and "attachment" in answer["Content-Disposition"]
    for example in ("strftime", "hour(happened_at)", "FILTER"):
        sql = next(sql for _, sql in analyst.get(AT).context["examples"] if example in sql)
        assert "没有算成" not in asked(analyst, sql)


def test_what_is_wrong_is_said_and_what_was_typed_stays(cast):
    actions.make(by=clock_actor("测试"))
    supervisor = cast.client("supervisor")
    page = asked(supervisor, "DROP TABLE facts<script>", 422)
    assert "DROP TABLE facts&lt;script&gt;</textarea>" in page and 'role="alert"' in page
    assert "只能用 SELECT 提问，这里是 DROP" in asked(supervisor, "DROP TABLE facts", 422)
    assert "请写一个 SELECT" in asked(supervisor, "  ", 422)
    assert "第 1–1 行" in asked(supervisor, "SELECT 1", skip="x")
    assert "&lt;b&gt;" in asked(supervisor, "SELECT '<b>' AS \"<i>\"")


def test_others_do_not_reach_it(cast):
    for who in ("agent", "system_admin"):
        assert cast.client(who).get(AT).status_code == 403
        assert cast.client(who).post(AT, {"sql": "SELECT 1"}).status_code == 403
