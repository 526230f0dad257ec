"""A log-in is named by what its user knows, not by what the browser calls itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.accounts import device_words

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@pytest.mark.parametrize(("agent", "words"), [
    (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME}", "Linux 上的 Chrome"),
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/126.0.0.0", "Windows 上的 Edge"),
    (f"Mozilla/5.0 (Linux; Android 14; NOH-AN00) {CHROME} MicroMessenger/8.0", "Android 上的 微信"),
    (f"Mozilla/5.0 (X11; Linux x86_64; UOS) {CHROME} UOSBrowser", "统信 上的 Chrome"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "iPhone 上的 Safari"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0", "Mac 上的 Firefox"),
    ("curl/8.5.0", "curl/8.5.0"), ("", "不明设备")])
def test_a_browser_is_named_with_the_system_it_runs_on(agent, words):
    assert device_words.of(agent) == words


@given(st.text(max_size=200))
def test_whatever_a_browser_calls_itself_has_a_short_name(agent):
    assert 0 < len(device_words.of(agent)) <= 60
