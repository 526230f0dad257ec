"""Names beside a caller's number as lines write them: none hides the number, none is shown to anybody, none breaks a line of the ledger."""

import socket

import pytest

from tests.telephony.phones import UNTIL_TOLD, Exchange, Phone, bye, invite, key, until, wait

pytestmark = pytest.mark.pbx
FROM = 'From: "{0}" <sip:{0}@'
NAMES = {"quoted": '"张三（拉萨）" <sip:{0}@', "a token": "Zhang San <sip:{0}@", "unquoted UTF-8": "张三 <sip:{0}@", "Tibetan": '"བཀྲ་ཤིས" <sip:{0}@',
         "escaped": r'"Zhang \"San\" \\ 110" <sip:{0}@', "another number": '"+8611000110" <sip:{0}@', "empty": '"" <sip:{0}@', "none": "<sip:{0}@",
         "angle brackets": '"<sip:110@x>" <sip:{0}@', "encoded": '"=?utf-8?B?5byg5LiJ?=" <sip:{0}@',
         "half a character": '"\udce5\udcbc" <sip:{0}@', "long": f'"{"长" * 150}" <sip:{{0}}@'}


@pytest.mark.parametrize("shape", NAMES)
def test_whatever_name_stands_there_the_number_is_the_callers(exchange: Exchange, shape: str):
    number = f"1380000{900 + list(NAMES).index(shape):04}"
    asks = invite("12345", number, exchange.trunk)
    assert FROM.format(number) in asks
    citizen = Phone(exchange, [asks.replace(FROM.format(number), f"From: {NAMES[shape].format(number)}"), wait(300), key("1"), UNTIL_TOLD, bye()], "12345")
    call = exchange.call(number, "ENTERQUEUE")
    citizen.go_on()
    assert citizen.wait() == 0, citizen.messages[-1500:]
    (queued,) = exchange.of_queue("ENTERQUEUE", call)
    assert queued[6] == number and len(queued) == 8
    until(lambda: [row for row in exchange.events() if row[0] == "LINKEDID_END" and row[2] == call])
    assert {len(row) for row in exchange.events()} == {10} and {row[4] for row in exchange.events() if row[2] == call} <= {number, ""}


def test_a_header_over_three_lines_is_one_and_the_number_behind_it_is_the_callers(exchange: Exchange):
    """RFC 3261, 7.3.1: a line that begins with a space belongs to the one before. By hand: SIPp takes the space away."""
    number = "13800009999"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(10)
        mine = f"127.0.0.1:{line.getsockname()[1]}"
        body = "v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"
        rest = f"To: <sip:12345@x>\r\nCall-ID: folded@x\r\nMax-Forwards: 70\r\nX-Trunk: {exchange.trunk}\r\n"
        head = f"Via: SIP/2.0/UDP {mine};branch=z9hG4bKfold1\r\nFrom: \"Zhang San\"\r\n\t<sip:{number}@x>\r\n ;tag=1\r\n{rest}"
        line.sendto(f"INVITE sip:12345@127.0.0.1 SIP/2.0\r\n{head}CSeq: 1 INVITE\r\nContact: <sip:x@{mine}>\r\nContent-Type: application/sdp\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n{body}".encode(), ("127.0.0.1", exchange.now.ports["sip"]))
        assert line.recv(4000).startswith(b"SIP/2.0 100")
        assert exchange.call(number)
