"""What people reported of other desks and forms, tried here: names of files as other programs send them, the end of a line counted twice, signs that
a search takes for any letter, the last day of a span, a title cut within a character, an hour that another clock would move by a day."""

import json
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cast import NOW, PNG, build
from tests.screens.test_api import BODY, Program
from tests.screens.test_portal import fill

from minsheng.cases.models import Case, CaseText
from minsheng.cases.queries import lists
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import State
from minsheng.cases.rules.fields import FIELDS
from minsheng.files import rules as files
from minsheng.files.models import StoredFile
from minsheng.kit import clock
from minsheng.portal.forms import LONGEST

GIVEN = json.dumps({"visited_at": NOW.isoformat(), "found": "阀门坏了", "done": "换了阀门"})


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        yield build()


# --- names of files ------------------------------------------------------------

HEADS = {  # what follows form-data; name="file"; -> the name that is kept, or any that harms nobody
    'filename="现场.png"': "现场.png", "filename*=utf-8''%E7%8E%B0%E5%9C%BA.png": "现场.png", "filename*=UTF-8'zh-CN'%E7%8E%B0%E5%9C%BA.png": "现场.png",
    "filename*=gb18030''%CF%D6%B3%A1.png": "现场.png", "filename*=us-ascii''W%F6lbung.png": None, "filename*=x-none''a.png": None, "filename*=utf-8''%GG%.png": None,
    "filename*=nothing.png": None, "filename*0=\"现\"; filename*1=\"场.png\"": None, 'filename="a.png"; filename*=utf-8\'\'%E7%8E%B0.png': None,
    'filename="\\\\server\\share\\现场.png"': "现场.png", 'filename="C:\\fakepath\\现场.png"': "现场.png", 'filename="现场.png\r\nX-Y: 1"': None,
    'filename="&#29616;&#22330;.png"': "现场.png", 'filename="%u73B0%u573A.png"': "现场.png", 'filename="=?gbk?B?z9azoQ==?=.png"': None, 'filename="   .png"': None,
}


def sent(program: Program, case: Case, head: str):
    body = b"".join((f'--x\r\nContent-Disposition: form-data; name="step"\r\n\r\nfield_record\r\n--x\r\nContent-Disposition: form-data; name="given"\r\n\r\n{GIVEN}\r\n'
                     f'--x\r\nContent-Disposition: form-data; name="file"; {head}\r\nContent-Type: image/png\r\n\r\n').encode() + PNG + b"\r\n--x--\r\n" for _ in (1,))
    return program.client.generic("POST", f"/api/v1/cases/{case.id}/files", body, content_type="multipart/form-data; boundary=x",
                                  headers={"Authorization": f"Bearer {program.secret}"})


def test_a_name_that_another_program_wrote_is_read_or_replaced_and_breaks_nothing(cast):
    program = Program(cast, "water")
    for head, name in HEADS.items():
        case = cast.at_state(State.IN_PROGRESS)
        answer = sent(program, case, head)
        assert answer.status_code in (201, 422), (head, answer.content)
        if answer.status_code == 201:
            kept = StoredFile.objects.latest("id").name
            assert (kept == name or name is None and not set(kept) & set("\r\n/\\\"'%")) or name is None, (head, kept)
            assert program.get(f"/cases/{case.id}").json()["files"][0]["name"].endswith(".png"), head
        else:
            assert name is None, (head, answer.content)


@pytest.mark.parametrize("written", ["&#29579;&#23567;&#26126;13912345678.jpg", "%u738B%u5C0F%u660E13912345678.jpg", "\\u738b\\u5c0f\\u660e13912345678.jpg",
                                     "gbk''%CD%F5%D0%A1%C3%F713912345678.jpg",
                                     "utf-8'zh'" + quote("王小明13912345678.jpg"), "&#x738B;&#x5C0F;&#x660E;13912345678.jpg"])
def test_a_person_in_a_name_is_seen_by_the_mask_in_whatever_letters_it_was_sent(written):
    assert files.clean_name(written) == "王小明13912345678.jpg"


@pytest.mark.parametrize("name", ["100%涨价.txt", "AT&T&#.txt", "问'答'题.txt", "a'b'c.txt", "说明&#47;&#46;.txt", "\\ud800\\udfff.txt", "&#1114112;.txt"])
def test_signs_in_a_name_that_mean_nothing_stay_or_go_and_lead_nowhere(name):
    kept = files.clean_name(name)
    assert kept.endswith("txt") and not set(kept) & set("/\\") and kept.encode()


# --- letters ------------------------------------------------------------


def test_a_line_s_end_counts_once_and_so_does_a_letter_of_two_halves(cast):
    """Browsers send two characters for the end of a line, and count some letters twice."""
    lines = "\r\n".join(["停水"] * 1333)[: LONGEST * 2]
    exactly = lines + "𠮷" * (LONGEST - len(lines.replace("\r\n", "\n")))
    client = Client()
    fill(client, narrative=exactly)
    assert client.post("/send/check", {}).headers["Location"] == "/send/done"
    assert len(CaseText.objects.get().narrative) == LONGEST
    long = FIELDS["narrative"].longest
    answer = Program(cast, "agent").post("/cases", BODY | {"narrative": "水\r\n" * (long // 2 - 1) + "水水"})
    assert answer.status_code == 201, answer.content


def test_a_title_ends_with_a_whole_character(cast):
    for word in ("👨‍👩‍👧‍👦", "e\u0301", "བསྒྲུབས་", "𠮷", "🇨🇳"):
        case = cast.create(narrative=word * 200)
        title = case.text.title.rstrip("…")
        assert title and title.encode() and len(title) <= 120


# --- search and spans ------------------------------------------------------------


def numbers(page) -> set[str]:
    return {case.number for case in Case.objects.all() if case.number in page.content.decode()}


def test_a_sign_is_no_letter_for_any_letter(cast):
    case, other = cast.create(narrative="水费涨了50%，表号A_7'，路径C:\\水"), cast.create(narrative="路灯不亮")
    client = cast.client("supervisor")
    for asked in ("%", "_", "\\", "'", "50%", "A_7", "%%%", "*", "?", "路灯%", "' OR 1=1 --", "a:*", "!", "<->"):
        page = client.get("/desk/search", {"q": asked})
        assert page.status_code == 200, asked
        found = numbers(page)
        assert other.number not in found or "路灯" in asked or not any(c.isalnum() for c in asked), (asked, found)
    assert numbers(client.get("/desk/search", {"q": "路灯"})) == {other.number} and case.number not in numbers(client.get("/desk/search", {"q": "路灯"}))


def test_the_last_day_of_a_span_is_in_it_from_midnight_to_midnight_of_the_city(cast):
    """Wherever the reader's and the server's clocks stand: 2 January in the city is still 1 January in Greenwich until eight."""
    zone = ZoneInfo("Asia/Shanghai")
    made = {}
    for moment in ((1, 23, 59, 59), (2, 0, 0, 0), (2, 23, 59, 59), (3, 0, 0, 0)):
        at = datetime(2025, 1, *moment, tzinfo=zone)
        with clock.fixed(at):
            made[at] = cast.create(narrative=f"停水{at:%d %H}").id
    with clock.fixed(datetime(2025, 1, 5, 9, tzinfo=zone)):
        day = datetime(2025, 1, 2).date()
        found = set(lists.narrowed(Case.objects.all(), Filters(since=day, until=day)).values_list("id", flat=True))
        assert found == {id_ for at, id_ in made.items() if at.day == 2}
        page = cast.client("supervisor").get("/desk/cases", {"since": "2025-01-02", "until": "2025-01-02"})
        assert numbers(page) == set(Case.objects.filter(id__in=found).values_list("number", flat=True))


def test_a_photo_that_was_sent_empty_or_twice_says_so_and_the_words_stay(cast):
    client = Client()
    fill(client)
    page = client.post("/send/check", {"files": [SimpleUploadedFile("空.jpg", b"")]})
    assert page.status_code == 422 and "空" in page.content.decode() and not Case.objects.exists()
    assert client.post("/send/check", {"files": [SimpleUploadedFile("a.png", PNG), SimpleUploadedFile("a.png", PNG)]}).headers["Location"] == "/send/done"
    assert Case.objects.count() == 1
