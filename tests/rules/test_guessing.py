"""What is guessed first is no password; wrong tries are counted by whole networks; how many guesses a day that leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.accounts import rules
from minsheng.accounts.passwords import LONGEST, common, password_fits
from minsheng.accounts.rules import ADMINISTRATORS, MAY_REVEAL, Role, second_step_by
from minsheng.accounts.try_limits import Drip, Tries, code_limits, login_limits, networks

T = datetime.fromisoformat("2025-01-02T10:00+00:00")


@pytest.mark.parametrize("password", [
    "password", "12345678a", "Password1", "P@ssw0rd", "passw0rd!", "PASSWORD2025!", "qwertyuiop", "1qaz2wsx", "!QAZ2wsx", "abcd1234", "Abcd@1234", "woaini1314",
    "5201314a", "a5201314", "aa123456", "zhang123456", "admin@2025", "Admin#12345", "Huawei@123", "minsheng12345", "MinSheng@2025", "lasa12345", "zxcvbnm,.",
    "87654321a", "147258369a", "ｐａｓｓｗｏｒｄ", "asdfghjkl;", "iloveyou1", "qwer1234", "12345rexian", "a1b2c3d4", "qazwsxedc", "1q2w3e4r5t", "98765432q",
])
def test_what_is_guessed_first_is_refused_however_it_is_dressed_up(password):
    answer = password_fits(password, "nima")
    assert not answer and answer.code in ("common", "plain") and "密码" in answer.reason


@pytest.mark.parametrize("password", ["Tap-water-2025", "Kx7-mountain-river", "jinye yueliang hao yuan", "shan-he-xue-4417", "雪山下的湖水很蓝", "Hotline-2025-first"])
def test_a_few_words_that_do_not_belong_together_are_taken(password):
    assert password_fits(password, "nima")


@pytest.mark.parametrize(("password", "code"), [("short1", "short"), ("12345678901", "plain"), ("aaaaaaaaaaaa", "plain"), ("my-nima-word", "like_name"), ("x" * 129, "long")])
def test_what_else_is_no_password(password, code):
    assert password_fits(password, "nima").code == code


def test_every_line_of_our_own_list_and_of_djangos_is_refused():
    assert len(common()) > 19_000 and [word for word in common() if len(word) >= 8 and password_fits(word, "nima")] == []


@given(st.text(max_size=LONGEST))
def test_a_password_is_judged_whatever_it_is_made_of(password):
    assert password_fits(password, "nima").reason or password_fits(password, "nima")


# --- networks ------------------------------------------------------------


@pytest.mark.parametrize(("address", "near", "far"), [
    ("10.1.2.3", "10.1.2.3", "10.1.2.0/24"), ("::ffff:10.1.2.3", "10.1.2.3", "10.1.2.0/24"), ("64:ff9b::a01:203", "10.1.2.3", "10.1.2.0/24"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"), ("fe80::1%eth0", "fe80::/64", "fe80::/48"), ("[2001:db8::1]", "2001:db8::/64", "2001:db8::/48"),
    ("", "unknown", "unknown"), ("unix:", "unknown", "unknown"), ("1.2.3.4, 5.6.7.8", "unknown", "unknown"),
])
def test_an_address_belongs_to_a_household_and_a_neighbourhood(address, near, far):
    assert networks(address) == (near, far)


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_all_addresses_of_one_64_are_one_household(address, rest):
    sister = type(address)(int(address) >> 64 << 64 | rest)
    if address.ipv4_mapped or sister.ipv4_mapped or str(address).startswith("64:ff9b::"):
        return
    assert networks(str(address)) == networks(str(sister))


def test_somebody_elsewhere_shares_no_counter_with_the_owner_and_a_known_device_shares_none_with_anybody():
    def names(*given) -> set[str]:
        return {limit.name for limit in login_limits(*given)}

    home, away, known = names("nima", "10.1.2.3"), names("nima", "99.9.9.9"), names("nima", "10.1.2.3", "d3v1c3")
    assert not home & away and not known & home and len(known) == 1
    assert not {x.name for x in code_limits("1", "2001:db8:1::1")} & {x.name for x in code_limits("1", "2001:db8:2::1")}


def guesses_a_day(far: Drip, figures: int) -> float:
    """Strangers' cases a day that are opened by guessing number and code from all addresses of one neighbourhood."""
    return far.a_day / 10**figures


def test_how_many_guesses_a_neighbourhood_gets_in_a_day_is_what_the_manual_says():
    """docs/operating/hardening.md has this table."""
    from tests.served import ROOT

    page = (ROOT / "docs" / "operating" / "hardening.md").read_text()
    for address, words in (("2001:db8::1", "IPv6 /48"), ("10.1.2.3", "IPv4 /24")):
        number, near, far = code_limits("20250102000001", address)
        assert isinstance(number, Tries) and near.a_day == 328
        assert f"| {words} | {far.a_day:,} | {guesses_a_day(far, 6):.5f} | {guesses_a_day(far, 8):.7f} |" in page, (words, far.a_day)
    assert code_limits("1", "2001:db8::1")[2].a_day == 368


# --- who needs a second step ------------------------------------------------------------

GRACE = timedelta(days=14)


def test_administrators_at_once_and_whoever_may_reveal_a_number_after_some_days_must_have_a_second_step():
    for role in Role:
        until = second_step_by("required", frozenset({role}), T, T, GRACE)
        assert until == (T if role in ADMINISTRATORS else T + GRACE if role in MAY_REVEAL else None), role
    assert second_step_by("required", frozenset({Role.AGENT}), None, T, GRACE) == T + GRACE


@pytest.mark.parametrize("policy", ["advised", "off"])
def test_where_it_is_not_required_nobody_must(policy):
    assert all(second_step_by(policy, frozenset({role}), T, T + 10 * GRACE, GRACE) is None for role in Role)


def test_every_policy_has_its_word():
    from django.conf import settings

    assert settings.SECOND_FACTOR in rules.POLICIES
