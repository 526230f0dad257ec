"""A client's address is what our own proxy says it is; what anybody else writes into the headers is not believed."""

import asyncio

import pytest

from minsheng.kit.proxy import BehindProxy

FORGED = {b"x-forwarded-for": b"203.0.113.7", b"x-forwarded-proto": b"https", b"forwarded": b"for=203.0.113.7", b"x-forwarded-host": b"evil.example"}


def seen(headers: dict, *, key: str = "", there: bool = True, peer: str = "127.0.0.1") -> dict:
    """The scope as the application gets it."""
    found: list[dict] = []

    async def app(scope, receive, send):
        found.append(scope)

    scope = {"type": "http", "client": (peer, 5), "scheme": "http", "headers": [(b"host", b"x"), *headers.items()]}
    asyncio.run(BehindProxy(app, key, there)(scope, None, None))
    return found[0]


def test_the_proxy_that_knows_the_key_is_believed():
    scope = seen({**FORGED, b"x-minsheng-proxy": b"secret"}, key="secret")
    assert scope["client"] == ("203.0.113.7", 0) and scope["scheme"] == "https"
    assert dict(scope["headers"]) == {b"host": b"x", b"x-forwarded-proto": b"https"}, "the key goes no further"


@pytest.mark.parametrize("key", [b"", b"secret2", b"secre", "密".encode()])
def test_a_local_process_that_does_not_know_it_is_a_client_of_its_own(key):
    scope = seen({**FORGED, b"x-minsheng-proxy": key}, key="secret")
    assert scope["client"] == ("127.0.0.1", 5) and scope["scheme"] == "http" and dict(scope["headers"]) == {b"host": b"x"}


def test_without_a_key_only_this_machine_is_a_proxy_and_only_where_there_is_one():
    assert seen(FORGED)["client"][0] == "203.0.113.7"
    assert seen(FORGED, peer="198.51.100.9")["client"][0] == "198.51.100.9"
    assert seen(FORGED, there=False)["client"][0] == "127.0.0.1"


@pytest.mark.parametrize(("line", "address"), [
    (b"198.51.100.1, 203.0.113.7", "203.0.113.7"), (b"2001:db8::1", "2001:db8::1"), (b"", "127.0.0.1"), (b"unknown", "127.0.0.1"),
    (b"203.0.113.7:80", "127.0.0.1"), (b"1" * 10_000, "127.0.0.1"), (b"\xff\x00", "127.0.0.1"),
])
def test_the_last_address_counts_and_what_is_none_is_not_taken(line, address):
    assert seen({b"x-forwarded-for": line})["client"][0] == address


def test_a_request_without_such_headers_and_the_start_of_the_program_go_through_untouched():
    scope = seen({}, key="secret")
    assert scope["client"] == ("127.0.0.1", 5) and scope["headers"] == [(b"host", b"x")]
    got = []

    async def app(scope, receive, send):
        got.append(scope["type"])

    asyncio.run(BehindProxy(app, "secret")({"type": "lifespan"}, None, None))
    assert got == ["lifespan"]
