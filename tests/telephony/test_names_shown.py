"""Names beside a caller's number as lines write them: none hides the number, none is shown to anybody, none breaks a line of the ledger."""

import socket

import pytest

from minsheng.telephony.asterisk.link import forgiving
from minsheng.telephony.rules import numbers
from tests.telephony.phones import UNTIL_TOLD, Exchange, Phone, bye, invite, key, until, wait

pytestmark = pytest.mark.pbx
FROM = 'From: "{0}" <sip:{0}@'
NAMES = {"quoted": '"张三（拉萨）" <sip:{0}@', "a token": "Zhang San <sip:{0}@", "unquoted UTF-8": "张三 <sip:{0}@", "Tibetan": '"བཀྲ་ཤིས" <sip:{0}@',
         "escaped": r'"Zhang \"San\" \\ 110" <sip:{0}@', "another number": '"+8611000110" <sip:{0}@', "empty": '"" <sip:{0}@', "none": "<sip:{0}@",
         "what kind of caller": "<sip:{0};cpc=ordinary@",
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


ASSERTED = {"quoted": 'P-Asserted-Identity: "张三, 110" <sip:+86{0}@ims.invalid;user=phone>', "escaped": r'P-Asserted-Identity: "Zhang \"San\" <sip:110@x>" <sip:{0}@ims.invalid>',
            "a telephone's address": "P-Asserted-Identity: <tel:+86{0}>", "two of them": 'P-Asserted-Identity: "a" <sip:{0}@ims.invalid>, <tel:+86{0}>',
            "two lines": "P-Asserted-Identity: <sip:+86{0}@ims.invalid>\nP-Asserted-Identity: <tel:+86{0}>",
            "by the older header": r'Remote-Party-ID: "Li \"4\"; x" <sip:{0}@ims.invalid>;party=calling;privacy=off;screen=yes',
            "two of them and a bracket in a name": 'P-Asserted-Identity: "<sip:110@x>" <sip:{0}@ims.invalid>, "b" <tel:+86{0}>',
            "with what kind of caller": "P-Asserted-Identity: <sip:+86{0};cpc=ordinary@ims.invalid;user=phone>",
            "in capitals and short of a space": 'p-asserted-identity:"A"<sip:{0}@ims.invalid>'}


async def everybody_hung_up(link):
    for row in await link.rows("CoreShowChannels"):
        await forgiving(link.send("Hangup", Channel=row["Channel"], Cause="16"))


@pytest.fixture
def alone(exchange: Exchange):
    """Who waits from one test would make the next a message."""
    yield
    exchange.gateway.ask(everybody_hung_up)
    until(lambda: not exchange.gateway.snapshot().calls)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("shape", ASSERTED)
def test_a_number_that_the_network_asserts_is_read_whatever_stands_before_it(exchange: Exchange, shape: str):
    number = f"1380000{800 + list(ASSERTED).index(shape):04}"
    said = f"X-Trunk: {exchange.trunk}\n"
    seen = {row[2] for row in exchange.events()}
    asks = invite("12345", "anonymous", exchange.trunk).replace(said, said + ASSERTED[shape].format(number) + "\n")
    citizen = Phone(exchange, [asks, wait(300), key("1"), UNTIL_TOLD, bye()], "12345")
    (call,) = until(lambda: {row[2] for row in exchange.events() if row[0] == "IVR_LANG"} - seen)
    (queued,) = until(lambda: exchange.of_queue("ENTERQUEUE", call))
    assert numbers.caller(queued[6]) == f"+86{number}" and len(queued) == 8
    citizen.go_on()
    assert citizen.wait() == 0, citizen.messages[-1500:]


WITHHELD = {"the older header": 'Remote-Party-ID: "x" <sip:13800000899@ims.invalid>;party=calling;privacy=full;screen=yes',
            "two identities": "P-Asserted-Identity: <sip:+8613800000899@ims.invalid>, <tel:+8613800000899>\nPrivacy: id; critical"}


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("shape", WITHHELD)
def test_a_number_that_is_withheld_is_known_to_nobody_however_it_is_said(exchange: Exchange, shape: str):
    said, seen = f"X-Trunk: {exchange.trunk}\n", {row[2] for row in exchange.events()}
    asks = invite("12345", "anonymous", exchange.trunk).replace(said, f"{said}{WITHHELD[shape]}\n")
    citizen = Phone(exchange, [asks, wait(300), key("1"), UNTIL_TOLD, bye()], "12345")
    (call,) = until(lambda: {row[2] for row in exchange.events() if row[0] == "IVR_LANG"} - seen)
    (queued,) = until(lambda: exchange.of_queue("ENTERQUEUE", call))
    assert (queued[6], exchange.said("WITHHELD", call)) == ("", [""])
    citizen.go_on()
    assert citizen.wait() == 0
