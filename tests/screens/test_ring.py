"""The citizen's telephone of the demo: there with a real exchange, and nowhere else."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.mark.django_db
def test_the_hotline_is_rung_from_a_page_only_in_a_demo_with_a_real_exchange(settings, tmp_path):
    settings.DATA = tmp_path
    for demo, telephony in ((False, "asterisk"), (True, "simulator"), (True, "none")):
        settings.DEMO, settings.TELEPHONY = demo, telephony
        assert Client().get("/ring").status_code == Client().post("/ring/line").status_code == 404 and b"/ring" not in Client().get("/").content
    settings.DEMO, settings.TELEPHONY = True, "asterisk"
    assert b"/ring" in Client().get("/").content and Client().get("/ring/line").status_code == 405
    page = Client().get("/ring")
    assert page.status_code == 200 and "connect-src 'self';" in page["Content-Security-Policy"]  # no exchange is started here
    refused = Client().post("/ring/line")
    assert refused.status_code == 409 and refused.json() == {"reason": "电话交换机还没有启动"}
    (tmp_path / "pbx").mkdir()
    (tmp_path / "pbx" / "ports.json").write_text('{"sip": 5060, "web": 8088, "ami": 1}')
    assert "connect-src 'self' ws://127.0.0.1:8088;" in Client().get("/ring")["Content-Security-Policy"]
