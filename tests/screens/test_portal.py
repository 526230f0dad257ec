"""The citizen's pages through Django's client: no account, no script."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from tests.cast import PEOPLE, PNG

from minsheng.accounts.models import LoginAttempt
from minsheng.calendar.rules import Limit
from minsheng.cases.models import Case, CaseFile
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.translatable import Said
from minsheng.portal.translate import say
from minsheng.portal.views import send

WORDS = "我家门口的水管爆了，我叫王小明，电话13912345678，请来修。"


def fill(client, **more):
    """The first two pages."""
    what = {"narrative": WORDS, "kind": "help", "district": "", "place": "幸福路1号", **more}
    assert client.post("/send", what).status_code == 302
    who = {"name": "王小明", "phone": "13912345678", "requester_kind": "person", "reply_language": "zh"}
    assert client.post("/send/who", who).status_code == 302


def sent(client) -> tuple[Case, str]:
    """Fill in, send, and read the receipt."""
    fill(client)
    assert client.post("/send/check", {}).headers["Location"] == "/send/done"
    page = client.get("/send/done").content.decode()
    number, code = re.findall(r"<dd>(\d+)</dd>", page)
    return Case.objects.get(number=number), code


def hidden(page) -> dict[str, str]:
    """What the form on a page carries beside what is typed."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode().split('id="pt-form"')[-1]))


def opened(cast, case: Case, code: str) -> Client:
    client = Client()
    assert client.post("/track", {"number": case.number, "code": code}).headers["Location"] == "/case"
    return client


def test_a_request_is_sent_followed_and_withdrawn_without_script(cast, client):
    case, code = sent(client)
    assert (case.state, case.channel) == (State.PENDING_REVIEW, "web")
    follower = opened(cast, case, code)
    page = follower.get("/case").content.decode()
    assert "热线已收到您的诉求" in page and "13912345678" in page and "热线中心" in page
    assert follower.post("/case/add_facts", {"addition": "水还在流"}).status_code == 302
    assert follower.post("/case/urge").status_code == 302
    assert follower.post("/case/ask_secrecy").status_code == 302
    page = follower.get("/case").content.decode()
    assert "水还在流" in page and "您已催办" in page
    follower.post("/case/withdraw", {"reason": "修好了"})
    case.refresh_from_db()
    assert case.state == State.WITHDRAWN and case.sealed


def test_the_reply_is_shown_after_the_check_only_and_can_be_rated(cast, client):
    case, code = sent(client)
    cast.take(case, "revise", "dispatcher", category="tap")
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    cast.take(case, "sign", "water")
    cast.reply(case, "water")
    follower = opened(cast, case, code)
    assert "恢复供水" not in follower.get("/case").content.decode()
    cast._after(case, State.CLOSED)
    page = follower.get("/case").content.decode()
    assert "恢复供水" in page and "市水务局" in page
    assert not [name for name, _, _ in PEOPLE.values() if name in page], "offices, never persons"
    assert follower.post("/case/rate", {"verbatim": "好"}).status_code == 422
    follower.post("/case/rate", {"satisfaction": "satisfied", "verbatim": "修得很快"})
    assert "修得很快" in follower.get("/case").content.decode()


def test_the_same_form_sent_twice_makes_one_case(cast, client):
    fill(client)
    twin = Client()
    twin.cookies = client.cookies.copy()
    twin_session = client.session["portal"]
    client.post("/send/check", {})
    session = client.session
    session["portal"] = twin_session  # as the second press saw it
    session.save()
    assert client.post("/send/check", {}).headers["Location"] == "/send/done"
    assert Case.objects.count() == 1
    assert Case.objects.get().number in client.get("/send/done").content.decode()


def test_the_same_addition_sent_twice_is_one_step(cast, client):
    case, code = sent(client)
    follower = opened(cast, case, code)
    key = re.search(r'name="key" value="(\w+)"', follower.get("/case/add_facts").content.decode()).group(1)
    for _ in range(2):
        follower.post("/case/add_facts", {"addition": "水还在流\r\n很大", "key": key})
    assert case.steps.filter(step="add_facts").count() == 1


def test_a_wrong_code_says_no_more_than_an_unknown_number_and_then_waits(cast, client):
    case, code = sent(client)
    stranger = Client()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    said = [re.search(r"<strong>(.*?)</strong></div>|<strong>(.*?)</strong>", stranger.post("/track", given).content.decode().split("alert")[1])
            .group(0) for given in ({"number": case.number, "code": wrong}, {"number": "20250102999999", "code": wrong})]
    assert said[0] == said[1]
    for _ in range(3):
        stranger.post("/track", {"number": case.number, "code": wrong})
    answer = stranger.post("/track", {"number": case.number, "code": code})
    assert answer.status_code == 429 and "秒" in answer.content.decode()
    assert stranger.get("/case").status_code == 302
    assert not LoginAttempt.objects.filter(key__contains=case.number).exists(), "only digests are kept"


def test_nobody_reaches_a_case_by_its_address(cast, client):
    case, _ = sent(client)
    for path in ("/case", "/case/withdraw", "/case/add_facts"):
        assert Client().get(path).headers["Location"] == "/track?ended=1"
        assert Client().post(path).status_code in (302, 405)
    assert str(case.id) not in client.get("/send/done").content.decode()


def test_what_was_typed_stays_on_every_error(cast, client):
    page = client.post("/send", {"narrative": WORDS, "kind": "", "place": "幸福路9号"})
    assert page.status_code == 422 and WORDS in page.content.decode() and "幸福路9号" in page.content.decode()
    assert 'href="#f-kind"' in page.content.decode()
    fill(client)
    page = client.post("/send/who", {"name": "王小明", "phone": "123", "requester_kind": "person", "reply_language": "zh"})
    assert page.status_code == 422 and "王小明" in page.content.decode()
    bad = SimpleUploadedFile("a.exe", b"MZ\x00\x01")
    page = client.post("/send/check", {"files": [bad]})
    assert page.status_code == 422 and WORDS in page.content.decode() and Case.objects.count() == 0


def test_photos_come_with_the_request(cast, client):
    fill(client)
    client.post("/send/check", {"files": [SimpleUploadedFile("水管.png", PNG)]})
    assert CaseFile.objects.filter(slot="requester").count() == 1


def test_a_program_that_fills_every_field_is_stopped_and_a_person_told(cast, client):
    page = client.post("/send", {"narrative": WORDS, "kind": "help", "website": "http://x"})
    assert page.status_code == 422 and "留空" in page.content.decode()


def test_too_many_from_one_address_wait_a_minute_and_lose_nothing(cast, client):
    for _ in range(20):
        sent(client)
    fill(client)
    page = client.post("/send/check", {})
    text = page.content.decode()
    assert page.status_code == 429 and WORDS in text and "tel:110" in text


def test_an_open_case_shuts_after_half_an_hour(cast, client, monkeypatch):
    from datetime import timedelta

    case, code = sent(client)
    follower, now = opened(cast, case, code), clock.machine_now()
    monkeypatch.setattr(clock, "machine_now", lambda: now + timedelta(minutes=31))
    assert follower.get("/case").status_code == 302


def test_a_merged_case_tells_the_masters_progress_and_none_of_its_words(cast, client):
    case, code = sent(client)
    master = cast.create(narrative="主单诉求人的话", title="主单标题")
    cast.take(master, "phone_add", "agent", addition="主单的私事")
    cast.take(case, "merge", "dispatcher", master=master.id, reason="同一处")
    cast.take(master, "dispatch", "dispatcher", lead=cast.units["water"].id)
    page = re.sub("<[^>]*>", "", opened(cast, case, code).get("/case").content.decode())
    assert "已派给市水务局办理" in page and "主单" not in page


def test_languages_and_large_print_switch_and_stay_on_this_site(cast, client):
    answer = client.post("/language", {"language": "en", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/"
    page = client.get("/send").content.decode()
    assert 'lang="en"' in page
    client.post("/language", {"language": "bo", "large": "1", "next": "/send"})
    page = client.get("/send").content.decode()
    assert 'lang="bo"' in page and "ms-large" in page


def test_pages_of_one_person_are_not_indexed_and_take_few_statements(cast, client, django_assert_max_num_queries):
    case, code = sent(client)
    follower = opened(cast, case, code)
    for path in ("/case", "/case/add_facts"):
        with django_assert_max_num_queries(12):
            assert "noindex" in follower.get(path)["X-Robots-Tag"]
    assert "noindex" in client.get("/track")["X-Robots-Tag"]
    assert b"Disallow: /case" in client.get("/robots.txt").content


def test_answers_can_be_looked_for_before_sending_and_the_question_stays_out_of_the_address(cast, client):
    answer = client.post("/ask", {"q": "青稞补贴，我叫王小明"})
    assert answer.headers["Location"] == "/ask"
    page = client.get("/ask").content.decode()
    assert "没有找到" in page and "王小明" in page
    assert "王小明" not in Client().get("/ask").content.decode()


def speaking(language: str, *, after: Client | None = None) -> Client:
    client = after or Client()
    client.post("/language", {"language": language})
    return client


def left_in_chinese(html: str) -> list[str]:
    """Chinese words that stand outside what is marked as Chinese: names, what people wrote, and the Chinese beside the Tibetan."""
    html = re.sub(r"<(span|option|h1|div|li|a|p|strong) [^>]*lang=\"zh-[Hh]ans\"[^>]*>.*?</\1>", "", html, flags=re.S)
    html = re.sub(r"<textarea.*?</textarea>|<button [^>]*name=\"language\"[^>]*>.*?</button>|value=\"[^\"]*\"", "", html, flags=re.S)
    return re.findall(r"[^<>\n\"]*[\u4e00-\u9fff][^<>\n\"]*", html)


def every_page(cast, follower: Client, case: Case):
    """Pages, forms, errors and states that a citizen can come to, each as (what, html)."""
    for path in ("/", "/send", "/send?ended=1", "/ask", "/privacy", "/track", "/track?ended=1", "/track?ended=typed", "/track?ended=closed", "/nowhere"):
        yield path, Client.get(follower, path)
    follower.post("/ask", {"q": "zzz"})
    yield "nothing found", follower.get("/ask")
    long = {"narrative": "x" * 4001, "kind": "", "district": "999", "place": "y" * 201, "website": "z"}
    yield "what is wrong", follower.post("/send", long)
    yield "nothing written", follower.post("/send", {"narrative": ""})
    follower.post("/send", {"narrative": "Water", "kind": "help", "district": "", "place": ""})
    yield "wrong phone", follower.post("/send/who", {"phone": "12"})
    follower.post("/send/who", {"requester_kind": "company", "secrecy": "1", "reply_language": "bo"})
    yield "check", follower.get("/send/check")
    yield "bad file", follower.post("/send/check", {"files": [SimpleUploadedFile("a.exe", b"MZ\x00\x01")]})
    yield "six files", follower.post("/send/check", {"files": [SimpleUploadedFile("a.png", PNG) for _ in range(6)]})
    yield "no numbers", follower.post("/track", {})
    for _ in range(6):
        last = follower.post("/track", {"number": "1", "code": "2"})
    yield "wait", last
    for step in ("answer_callback", "add_facts", "correct", "urge", "rate", "ask_secrecy", "withdraw"):
        yield step, follower.get(f"/case/{step}")
        yield f"{step} empty", follower.post(f"/case/{step}", {}) if step not in ("urge", "ask_secrecy", "withdraw") else follower.get("/case")
    yield "case", follower.get("/case")


@pytest.mark.parametrize(("language", "preset"), [("en", "en"), ("bo", "bo"), ("zh-hans", "zh")])
def test_whoever_reads_these_pages_in_a_language_is_answered_in_it_unless_they_choose_another(cast, language, preset):
    """Chinese was preset on the English and the Tibetan page, too."""
    reader = speaking(language)
    reader.post("/send", {"narrative": "路灯坏了", "kind": "help", "district": "", "place": ""})
    assert re.findall(r'name="reply_language" value="(\w+)"[^>]*checked', reader.get("/send/who").content.decode()) == [preset]
    reader.post("/send/who", {"requester_kind": "person", "reply_language": "zh"})
    assert re.findall(r'name="reply_language" value="(\w+)"[^>]*checked', reader.get("/send/who").content.decode()) == ["zh"], "what was chosen stays"


@pytest.mark.parametrize("language", ["en", "bo"])
def test_every_page_speaks_the_language_that_was_chosen(cast, client, language):
    case, code = sent(client)
    follower = speaking(language, after=opened(cast, case, code))
    found = {}
    for what, answer in every_page(cast, follower, case):
        assert answer.status_code in (200, 302, 404, 409, 422, 429), what
        found[what] = left_in_chinese(answer.content.decode())
    assert {what: words for what, words in found.items() if words} == {}
    assert "What happened?" in speaking("en").get("/send").content.decode()


STATES = [s for s in State if s not in (State.START, State.DRAFT)]


@pytest.mark.parametrize("state", STATES)
def test_a_case_in_any_state_tells_its_story_in_english_and_tibetan(cast, state):
    case = cast.at_state(state)
    by = {"number": case.number, "code": cast.codes[case.id]}
    for language in ("en", "bo"):
        follower = speaking(language)
        assert follower.post("/track", by).status_code == 302
        follower.post("/case/urge")
        follower.post("/case/rate", {"satisfaction": "basically"})
        html = follower.get("/case").content.decode()
        assert left_in_chinese(html) == []
    told = State.PENDING_REVIEW if state == State.MERGED else state  # of a merged case the master's state is told
    assert f'<span class="pt-zh" lang="zh-Hans">{told.public}</span>' in html, "the Chinese stands beside the Tibetan"


def test_dates_and_the_time_left_are_said_in_each_language(cast, client):
    case, code = sent(client)
    cast.take(case, "revise", "dispatcher", category="tap")
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    follower = opened(cast, case, code)
    assert "还剩 5 个工作日" in follower.get("/case").content.decode()
    assert "1月2日 周四 10:00" in follower.get("/case").content.decode()
    page = speaking("en", after=follower).get("/case").content.decode()
    assert "Working days left: 5" in page and "Thu 2 Jan, 10:00" in page and "Handed to <span lang=\"zh-Hans\">市水务局</span>" in page
    page = speaking("bo", after=follower).get("/case").content.decode()
    assert "ཟླ་1པའི་ཚེས་2ཉིན། གཟའ་ཕུར་བུ། 10:00" in page and "ལས་ཀའི་ཉིན་ 5" in page


def test_a_wait_is_said_in_the_readers_language(cast):
    stranger = speaking("en")
    for _ in range(6):
        page = stranger.post("/track", {"number": "20250102000001", "code": "1"})
    assert page.status_code == 429 and re.search(r"Please wait \d+ (seconds|minutes) before", page.content.decode())


def test_the_desk_speaks_chinese_whatever_the_browser_asks_for(cast):
    client = cast.client("agent")
    page = client.get("/desk/intake", headers={"accept-language": "en"})
    assert 'lang="zh-hans"' in page.content.decode() and "跳到正文" in page.content.decode()
    assert "Skip to" not in client.get("/desk/nowhere", headers={"accept-language": "en"}).content.decode()
    assert 'lang="bo"' in Client().get("/", headers={"accept-language": "bo-CN,bo;q=0.9,zh-CN;q=0.8"}).content.decode()
    assert 'lang="en"' in Client().get("/", headers={"accept-language": "en"}).content.decode()
    assert 'lang="zh-Hans"' in Client().get("/", headers={"accept-language": "fr"}).content.decode()


@pytest.mark.parametrize("path, given", [
    ("/send", {"narrative": WORDS, "kind": "help", "place": "幸福路9号"}), ("/send/who", {"name": "王小明", "phone": "139"}),
    ("/track", {"number": "20250102000001"}), ("/case/add_facts", {"addition": "水还在流"}),
])
def test_switching_language_or_print_in_the_middle_of_a_form_loses_no_word(cast, client, path, given):
    case, code = sent(client)
    follower = opened(cast, case, code)
    follower.post("/send", {"narrative": WORDS, "kind": "help", "district": "", "place": ""})
    for switch, sign in (({"language": "en"}, 'lang="en"'), ({"large": "1"}, "ms-large")):
        answer = follower.post(path, {**given, **switch})
        page = answer.content.decode()
        assert answer.status_code == 200 and sign in page and all(value in page for value in given.values())
        assert sign in follower.get("/privacy").content.decode(), "and it is remembered"
    assert "autofocus" not in page
    assert case.steps.filter(step="add_facts").count() == 0


def test_what_came_too_late_is_kept_for_the_same_case_and_for_no_other(cast, client, monkeypatch):
    from datetime import timedelta

    case, code = sent(client)
    other, other_code = sent(Client())
    follower, now = opened(cast, case, code), clock.machine_now()
    monkeypatch.setattr(clock, "machine_now", lambda: now + timedelta(minutes=31))
    assert follower.post("/case/add_facts", {"addition": "水还在流"}).headers["Location"] == "/track?ended=typed"
    assert "您刚才写的内容还在" in follower.get("/track?ended=typed").content.decode()
    assert follower.post("/track", {"number": other.number, "code": other_code}).headers["Location"] == "/case"
    assert "水还在流" not in follower.get("/case/add_facts").content.decode()
    assert follower.post("/track", {"number": case.number, "code": code}).headers["Location"] == "/case/add_facts"
    page = follower.get("/case/add_facts")
    assert "水还在流" in page.content.decode()
    follower.post("/case/add_facts", {**hidden(page), "addition": "水还在流"})
    assert "水还在流" not in follower.get("/case/add_facts").content.decode()
    follower.post("/case/close")
    follower.post("/case/add_facts", {"addition": "公用电脑上的下一个人"})
    assert "ended=1" in follower.post("/case/add_facts", {"addition": "x"}).headers["Location"]


def test_who_reads_and_writes_keeps_the_page_open(cast, client, monkeypatch):
    from datetime import timedelta

    case, code = sent(client)
    follower, now = opened(cast, case, code), clock.machine_now()
    for minutes in (20, 40, 60):
        monkeypatch.setattr(clock, "machine_now", lambda at=now + timedelta(minutes=minutes): at)
        assert follower.get("/case").status_code == 200
    monkeypatch.setattr(clock, "machine_now", lambda: now + timedelta(minutes=91))
    assert follower.get("/case").status_code == 302


def test_a_text_that_is_too_long_comes_back_whole(cast, client):
    long = "水" * 5000
    answer = client.post("/send", {"narrative": long, "kind": "help"})
    assert answer.status_code == 422 and long in answer.content.decode() and "现在有 5000 字" in answer.content.decode()
    case, code = sent(client)
    answer = opened(cast, case, code).post("/case/add_facts", {"addition": long})
    assert answer.status_code == 422 and long in answer.content.decode()


def test_an_error_has_the_focus_and_leads_to_its_field(cast, client):
    page = client.post("/send", {}).content.decode()
    assert "<title>请改正" in page and re.search(r'role="alert" tabindex="-1" autofocus', page)
    for name in ("narrative", "kind"):
        assert f'href="#f-{name}"' in page and f'id="f-{name}"' in page and f'id="f-{name}-error"' in page
    page = client.post("/track", {}).content.decode()
    assert 'href="#f-number"' in page and 'aria-describedby="f-code-error f-code-help"' in page


def test_no_page_of_one_person_is_kept_by_any_cache_and_no_form_works_without_its_mark(cast, client):
    case, code = sent(client)
    follower = opened(cast, case, code)
    for path in ("/case", "/case/add_facts", "/send/done", "/track", "/send"):
        assert "no-store" in follower.get(path)["Cache-Control"]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = follower.cookies.copy()
    for path in ("/send", "/send/who", "/send/check", "/track", "/case/withdraw", "/case/urge", "/case/close", "/language", "/ask"):
        assert strict.post(path, {"language": "en"}).status_code == 403, path
    case.refresh_from_db()
    assert case.state == State.PENDING_REVIEW


def test_the_page_that_says_not_found_is_for_no_cache_wherever_it_stands(client, db):
    """It bears the reader's own token; under /static a cache between would keep it for everybody."""
    for path in ("/static/desk/nothing.js", "/static/", "/nothing"):
        answer = client.get(path)
        assert answer.status_code == 404 and "no-store" in answer["Cache-Control"], path


def test_the_session_row_shows_nothing_of_what_was_written(cast, client):
    fill(client)
    client.post("/ask", {"q": "王小明"})
    from minsheng.accounts.models import Session

    for row in Session.objects.all():
        kept = str(row.get_decoded())
        assert "王小明" not in kept and "13912345678" not in kept and "水管" not in kept


def test_a_page_is_light_on_a_slow_line(cast, client):
    """Styles and page together below 60 kB before compression; no script at all."""
    from django.contrib.staticfiles import finders

    case, code = sent(client)
    for page in (client.get("/"), client.get("/send"), opened(cast, case, code).get("/case")):
        html = page.content.decode()
        assert "<script" not in html
        styles = re.findall(r'href="/static/([^"]+\.css)"', html)
        assert len(page.content) + sum(Path(finders.find(name)).stat().st_size for name in styles) < 60_000


def test_the_next_person_at_a_shared_computer_finds_no_draft_and_no_question(cast, client, monkeypatch):
    from datetime import timedelta

    fill(client)
    client.post("/ask", {"q": "王小明的低保"})
    page = client.get("/send").content.decode()
    assert WORDS in page and 'name="clear"' in page
    now = clock.machine_now()
    monkeypatch.setattr(clock, "machine_now", lambda: now + timedelta(minutes=121))
    assert WORDS not in client.get("/send").content.decode() and "王小明" not in client.get("/ask").content.decode()
    answer = client.post("/send/who", {"name": "王小明"})
    assert answer.headers["Location"] == "/send?ended=1" and "已经清除" in client.get("/send?ended=1").content.decode()
    fill(client)
    assert client.post("/send", {"clear": "1", "narrative": WORDS}).headers["Location"] == "/send"
    assert WORDS not in client.get("/send").content.decode()


def test_a_transferred_case_says_where_and_an_erased_one_says_that_it_is(cast):
    case = cast.at_state(State.TRANSFERRED)
    assert "12315 市场监管" in opened(cast, case, cast.codes[case.id]).get("/case").content.decode()
    case = cast.at_state(State.WITHDRAWN)
    cast.take(case, "ask_erasure", "supervisor", reason="诉求人申请")
    cast.take(case, "erase", "security_admin", ground="request")
    page = opened(cast, case, cast.codes[case.id]).get("/case").content.decode()
    assert "个人信息已依法删除" in page and "幸福路" not in page and "王小明" not in page


def test_a_sealed_case_sends_its_requester_to_the_hotline_and_not_to_the_unit(cast, client):
    case, code = sent(client)
    cast.take(case, "revise", "dispatcher", category="tap")
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    follower = opened(cast, case, code)
    assert "tel:0890-5550101" in follower.get("/case").content.decode()
    follower.post("/case/ask_secrecy")
    page = follower.get("/case").content.decode()
    assert "0890-5550101" not in page and "tel:12345" in page and "已经按要求保密" in page


def test_nothing_that_a_citizen_types_or_opens_stands_in_an_address(cast, client):
    """Every redirect on the way names a page and nothing else."""
    fill(client)
    ways = [client.post("/send/check", {}), client.post("/ask", {"q": "王小明"}), client.post("/track", {"number": "1"})]
    case = Case.objects.get()
    follower = opened(cast, case, re.findall(r"<dd>(\d+)</dd>", client.get("/send/done").content.decode())[1])
    ways += [follower.post("/case/add_facts", {"addition": "水"}), follower.post("/case/close"), follower.post("/case/urge")]
    for answer in ways:
        where = answer.headers.get("Location", "")
        assert not re.search(r"\d{4,}|王|%", where.replace("12345", "")), where


def test_one_address_that_guesses_through_many_numbers_waits_and_never_longer_than_five_minutes(cast, client, monkeypatch):
    from datetime import timedelta

    case, code = sent(client)
    right, guess = {"number": case.number, "code": code}, Client(REMOTE_ADDR="10.1.1.1")
    now = clock.machine_now()
    for n in range(40):
        assert guess.post("/track", {"number": f"2025010299{n:04d}", "code": "1"}).status_code == 422
    for _ in range(3):
        assert guess.post("/track", right).status_code == 429
    assert Client(REMOTE_ADDR="10.1.1.2").post("/track", right).status_code == 302, "others are not kept waiting"
    monkeypatch.setattr(clock, "machine_now", lambda: now + timedelta(minutes=5, seconds=30))
    assert guess.post("/track", right).status_code == 302
    assert guess.post("/track", right).status_code == 302, "what is right is not counted"


def test_what_comes_next_is_read_from_the_table_of_time_limits(cast, client):
    from minsheng.calendar import queries as calendar
    from minsheng.calendar.models import TimeLimit

    sent(client)
    assert "求助一般在 5 个工作日之内答复" in client.get("/send/done").content.decode()
    assert "一般在 24 小时之内" in client.get("/send/done").content.decode()
    TimeLimit.objects.filter(code="handle_help").update(value="2d")
    calendar.forget()
    assert "求助一般在 2 天之内答复" in client.get("/send/done").content.decode()
    page = speaking("en", after=client).get("/send/done").content.decode()
    assert "usually within 24 hours" in page and "within 2 days" in page and left_in_chinese(page) == []


def test_who_wanders_off_comes_back_without_typing_the_numbers_again(cast, client):
    case, code = sent(client)
    follower = opened(cast, case, code)
    page = follower.get("/track?ended=1").content.decode()
    assert 'href="/case"' in page and 'action="/case/close"' in page and "重新输入号码" not in page
    follower.post("/case/close")
    assert 'href="/case"' not in follower.get("/track").content.decode()


# --- two tabs ------------------------------------------------------------


def two_open(cast) -> tuple[Client, Case, Case]:
    """One browser: the first case open in one tab, its form loaded; then the second opened in another."""
    (first, one), (second, two) = sent(Client()), sent(Client())
    client = opened(cast, first, one)
    client.form = client.get("/case/withdraw")
    client.post("/track", {"number": second.number, "code": two})
    return client, first, second


def test_a_form_goes_to_the_case_that_it_shows(cast):
    client, first, second = two_open(cast)
    assert first.number in client.form.content.decode()
    answer = client.post("/case/withdraw", {**hidden(client.form), "reason": "修好了"})
    assert answer.status_code == 302
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.state, second.state) == (State.WITHDRAWN, State.PENDING_REVIEW)
    assert first.number in client.get(answer["Location"]).content.decode(), "and it comes back to the same case"


def test_a_form_that_does_not_say_which_of_two_is_refused_with_its_words(cast):
    client, first, second = two_open(cast)
    answer = client.post("/case/add_facts", {"addition": "水还在流"})
    page = answer.content.decode()
    assert answer.status_code == 409 and "水还在流" in page and "看清" in page and second.number in page
    assert not any(c.steps.filter(step="add_facts").exists() for c in (first, second))
    client.post("/case/add_facts", {**hidden(answer), "addition": "水还在流"})
    assert second.steps.filter(step="add_facts").exists()


def test_closing_one_of_two_leaves_the_other_open(cast):
    client, first, second = two_open(cast)
    client.post("/case/close", hidden(client.form))
    assert second.number in client.get("/case").content.decode()
    assert client.post("/case/withdraw", hidden(client.form)).status_code == 302
    first.refresh_from_db()
    assert first.state == State.PENDING_REVIEW, "what was closed is shut"
    client.post("/case/close")
    assert client.get("/case").status_code == 302


WHO = {"requester_kind": "person", "reply_language": "zh"}


def test_two_requests_written_in_one_browser_never_mix(cast, client):
    one, two = client.get("/send"), client.get("/send")
    to_who = client.post("/send", {**hidden(one), "narrative": WORDS, "kind": "help", "district": "", "place": ""})["Location"]
    to_check = client.post(to_who, {**hidden(client.get(to_who)), "name": "王小明", "phone": "13912345678", **WHO})["Location"]
    first_check = client.get(to_check)
    to_who = client.post("/send", {**hidden(two), "narrative": "井盖缺失", "kind": "report", "district": "", "place": ""})["Location"]
    page = client.get(to_who)
    assert "王小明" not in page.content.decode()
    second_check = client.get(client.post(to_who, {**hidden(page), "name": "李小红", "phone": "", **WHO})["Location"])
    assert "井盖缺失" in second_check.content.decode() and "王小明" not in second_check.content.decode()
    for check in (first_check, second_check):
        done = client.post("/send/check", dict(re.findall(r'name="(of|seen)" value="([^"]*)"', check.content.decode())))
        assert "查询码" in client.get(done["Location"]).content.decode()
    found = {c.text.narrative: c.contact for c in Case.objects.select_related("text", "contact")}
    assert set(found) == {WORDS, "井盖缺失"} and found[WORDS].phone_hash and not found["井盖缺失"].phone_hash


def test_what_was_changed_in_another_window_is_looked_at_before_it_is_sent(cast, client):
    fill(client)
    check = client.get("/send/check")
    client.post("/send", {"narrative": "另写的内容", "kind": "report", "district": "", "place": ""})
    mark = dict(re.findall(r'name="(of|seen)" value="([^"]*)"', check.content.decode()))
    answer = client.post("/send/check", mark)
    assert answer.status_code == 409 and "另写的内容" in answer.content.decode() and Case.objects.count() == 0
    client.post("/send/check", dict(re.findall(r'name="(of|seen)" value="([^"]*)"', answer.content.decode())))
    assert Case.objects.get().text.narrative == "另写的内容"


def test_a_receipt_that_was_lost_gives_the_number_and_another_code(cast, client):
    fill(client)
    before = client.session["portal"]
    client.post("/send/check", {})
    session = client.session
    session["portal"] = before  # the answer was lost, and what the session was to keep with it
    session.save()
    case = Case.objects.get()
    page = client.get(client.post("/send/check", {})["Location"])
    assert case.number in page.content.decode() and "取一个查询码" in page.content.decode()
    page = client.get(client.post("/send/code", dict(re.findall(r'name="(of)" value="([^"]*)"', page.content.decode())))["Location"])
    number, code = re.findall(r"<dd>(\d+)</dd>", page.content.decode())
    assert case.steps.filter(step="renew_code").count() == 1 and Case.objects.count() == 1
    opened(cast, case, code)


def test_who_is_asked_for_more_sees_what_and_answers(cast, client):
    case, code = sent(client)
    cast.take(case, "ask_more", "dispatcher", reason="请写明几号楼几单元")
    follower = opened(cast, case, code)
    page = follower.get("/case").content.decode()
    assert "请写明几号楼几单元" in page and "请您补充情况" in page
    form = follower.get("/case/add_facts")
    assert "请写明几号楼几单元" in form.content.decode()
    follower.post("/case/add_facts", {**hidden(form), "addition": "3号楼"})
    assert "接着审核派单" in follower.get("/case").content.decode()
    case.refresh_from_db()
    assert case.state == State.PENDING_REVIEW


def test_the_number_of_a_split_request_answers_with_its_parts(cast, client):
    case, code = sent(client)
    cast.take(case, "split", "dispatcher", parts=[{"narrative": "水管爆了"}, {"narrative": "井盖缺失"}], reason="两件事")
    part = Case.objects.filter(parent_id=case.id).order_by("id").first()
    follower = opened(cast, case, code)
    page = follower.get("/case").content.decode()
    assert "已拆成几件" in page and part.number in page and "水管爆了" in page
    of = re.search(r'name="of" value="([^"]*)"', page).group(1)
    assert follower.post("/case/part", {"of": of, "number": part.number}).headers["Location"] == "/case"
    assert part.number in follower.get("/case").content.decode()
    stranger = Case.objects.get(number=sent(Client())[0].number)
    assert follower.post("/case/part", {"of": of, "number": stranger.number}).status_code == 404


def test_who_left_no_number_answers_the_call_back_here(cast):
    from minsheng.cases import actions

    case = cast.at_state(State.PENDING_CALLBACK, requester=actions.Requester("", ""))
    follower = opened(cast, case, cast.codes[case.id])
    form = follower.get("/case/answer_callback")
    assert "问题解决了吗" in form.content.decode() and "超出合理" not in form.content.decode()
    empty = follower.post("/case/answer_callback", hidden(form))
    assert empty.status_code == 422 and "请至少回答一个问题" in empty.content.decode()
    follower.post("/case/answer_callback", {**hidden(form), "solved": "yes", "satisfaction": "very"})
    case.refresh_from_db()
    assert case.solved and case.satisfaction == "very" and "您已回答回访" in follower.get("/case").content.decode()


def test_a_rating_is_given_once_and_the_page_says_how_to_change_it(cast, client):
    case = cast.at_state(State.CLOSED)
    follower = opened(cast, case, cast.codes[case.id])
    assert "/case/rate" in follower.get("/case").content.decode()
    follower.post("/case/rate", {"satisfaction": "satisfied"})
    page = follower.get("/case").content.decode()
    assert "/case/rate" not in page and "您已经评价过" in page
    follower.post("/case/rate", {"satisfaction": "unsatisfied"})
    assert Case.objects.get(id=case.id).marks.rated == "satisfied"


def test_a_district_is_called_as_people_call_it_and_the_paper_says_whose_hotline_it_is(cast, client, settings):
    county = cast.units["county"]
    type(county).objects.filter(id=county.id).update(name="示例市云岭县人民政府", short="云岭县")
    from minsheng.org import queries as org

    org.forget()
    assert ">云岭县<" in client.get("/send").content.decode() and "人民政府" not in client.get("/send").content.decode()
    case = cast.create(district=county.id)
    settings.DEMO = True
    page = opened(cast, case, cast.codes[case.id]).get("/case").content.decode()
    assert "云岭县" in page and "人民政府" not in page
    assert re.search(r'class="ms-letter"[^>]*>.*示例市.*12345', page, re.S) and "演示数据" in page
    org.forget()


@pytest.mark.parametrize(("limit", "zh", "en"), [
    ("1wd", "1 个工作日", "1 working day"), ("24h", "24 小时", "24 hours"), ("1h", "1 小时", "1 hour"), ("30min", "30 分钟", "30 minutes")])
def test_a_promise_of_one_and_of_many_is_said_as_one_says_it(limit, zh, en, monkeypatch):
    monkeypatch.setattr(send.calendar, "limit", lambda code, at: SimpleNamespace(limit=Limit.parse(limit)))
    promised = Said("您等{span}", span=send._span("contact")).values["span"]
    with translation.override("en"):
        assert str(promised) == zh and say(promised) == en
