"""A notice reaches the reader who may know of the case, and nobody else; a child that dies is started again."""

import asyncio
import json
import sys
import time

import psycopg
import pytest

from minsheng.kit.live import CHANNEL, Live
from minsheng.kit.processes import Child, Supervisor


async def listen_for(seconds, live, notices, arguments):
    sent = []

    async def send(message):
        sent.append(message.get("body", b"").decode())

    async def receive():
        await asyncio.sleep(seconds)
        return {"type": "http.disconnect"}

    scope = {"headers": [(b"cookie", b"sessionid=x")], "query_string": b""}
    stream = asyncio.create_task(live.serve(scope, receive, send))
    await asyncio.sleep(0.5)
    async with await psycopg.AsyncConnection.connect(**arguments, autocommit=True) as link:
        for notice in notices:
            await link.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(notice)])
    await stream
    live.task.cancel()
    return "".join(sent)


@pytest.mark.django_db(transaction=True)
def test_a_notice_reaches_only_who_may_know_of_the_case():
    from minsheng.kit.database import listening

    arguments = listening()
    live = Live(listening, lambda cookies, ids: {id_ for id_ in ids if id_ == 7})
    text = asyncio.run(listen_for(2, live, [{"case": 7, "step": "sign"}, {"case": 8, "step": "sign"}], arguments))
    assert "event: changed\n" in text and '"case": 7' in text and '"case": 8' not in text


@pytest.mark.django_db(transaction=True)
def test_a_stranger_gets_no_stream():
    from minsheng.asgi import rights

    assert rights("", [1]) is None and rights("sessionid=made-up", [1]) is None


def test_a_child_that_dies_is_started_again_and_all_end_together():
    said = []
    child = Child("a", [sys.executable, "-c", "import time; time.sleep(60)"])
    keeper = Supervisor([child], say=said.append)
    keeper.round()
    first = child.process
    first.kill()
    first.wait()
    until = time.monotonic() + 5
    while (child.process is None or child.process is first) and time.monotonic() < until:
        keeper.round()
        time.sleep(0.05)
    second = child.process
    keeper.stop()
    assert second is not first and second.returncode is not None and len(said) == 1
