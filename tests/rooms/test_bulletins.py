"""日报 周报 月报 专报: frozen when they are drafted, signed by who did not write them, byte for byte what was signed; corrected by a next version."""

import hashlib
from dataclasses import replace
from datetime import date, datetime, time

import pytest
from tests.cast import NOW, build, later
from tests.rooms.test_leader_days import refused

from minsheng.accounts.rules import Role, clock_actor
from minsheng.bulletins.actions import bulletins as actions
from minsheng.bulletins.models import Bulletin, BulletinFile, BulletinList
from minsheng.bulletins.queries import bulletins as read
from minsheng.bulletins.queries import making
from minsheng.bulletins.rules import figures
from minsheng.bulletins.rules.spans import BulletinKind, Due, Span
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Refused

ON = later(days=1)  # the day after the cases of the cast came
DAY = "2025-01-02"
WORDS = {"title": "2025年1月2日12345热线运行情况日报", "issuer": "热线中心"}


@pytest.fixture
def cast(db):
    """Three cases of one day: one closed and asked, one with a unit, one answered at once."""
    with clock.fixed(NOW):
        found = build()
        found.another(Role.SUPERVISOR)
        found.at_state(State.IN_PROGRESS)
        found.at_state(State.PENDING_CHECK)
        found.create(then="answer", given={"answer": "今晚恢复供水。", "no_article": "电话里答复"})
    return found


def draft(cast, at=ON, who: str = "analyst", **given) -> Bulletin:
    with clock.fixed(at):
        return Bulletin.objects.get(id=actions.draft(by=cast.actors[who], given={"kind": "daily", "since": DAY} | given).subject_id)


def step(cast, one: Bulletin, name: str, who: str, at=ON, **given) -> Bulletin:
    with clock.fixed(at):
        actions.take(bulletin_id=one.id, step=name, by=cast.actors[who], given=given)
    return Bulletin.objects.get(id=one.id)


def signed(cast, one: Bulletin, number: str = "民声〔2025〕1号") -> Bulletin:
    step(cast, one, "submit_bulletin", "analyst")
    return step(cast, one, "sign_bulletin", "supervisor", doc_number=number)


def test_from_draft_to_signature_to_the_one_who_got_it(cast):
    one = draft(cast)
    now = figures.read(one.figures).now
    assert (now.n("received"), now.n("answered_online"), now.n("dispatched"), now.n("closed")) == (3, 1, 2, 0), "four different figures"
    assert now.pair("solve") == (0, 0) and one.title == WORDS["title"] and one.state == "draft"
    assert figures.read(one.figures).scopes[1].known == "none", "nothing is known of the day before"
    assert len(BulletinList.objects.get(bulletin=one, key="0:received:numerator").ids) == 3
    assert refused(lambda: step(cast, one, "amend_bulletin", "analyst", **WORDS, overview="受理3件，上升20％")) == "overview", "figures are not typed"
    one = step(cast, one, "amend_bulletin", "analyst", **WORDS, overview="供水诉求集中在幸福路一带，逐件在办。")
    assert refused(lambda: step(cast, one, "sign_bulletin", "supervisor", doc_number="1号")) == "state"
    one = step(cast, one, "submit_bulletin", "analyst")
    assert refused(lambda: step(cast, one, "amend_bulletin", "analyst", **WORDS)) == "state"
    assert step(cast, one, "return_bulletin", "supervisor", reason="综述再改一句").state == "draft"
    one = step(cast, one, "submit_bulletin", "analyst")
    both = replace(cast.actors["supervisor"], id=cast.actors["analyst"].id)
    assert refused(lambda: actions.take(bulletin_id=one.id, step="sign_bulletin", by=both, given={"doc_number": "1号"})) == "own"
    assert refused(lambda: step(cast, one, "sign_bulletin", "supervisor")) == "doc_number"
    signs = {"bulletin_id": one.id, "step": "sign_bulletin", "by": cast.actors["supervisor"], "given": {"doc_number": "民声〔2025〕1号"}, "key": "k"}
    with clock.fixed(ON):
        first, again = actions.take(**signs), actions.take(**signs)
    assert first.id == again.id, "sent again with its key it is the signature that was taken"
    one = Bulletin.objects.get(id=one.id)
    kept = {row.form: bytes(row.content) for row in BulletinFile.objects.filter(bulletin=one)}
    assert set(kept) == {"pdf", "docx", "xlsx"} and all(hashlib.sha256(kept[form]).hexdigest() == getattr(one, f"{form}_sha256") for form in kept)
    for name in ("amend_bulletin", "recount_bulletin", "discard_bulletin", "submit_bulletin"):
        given = WORDS if name == "amend_bulletin" else {"reason": "不要了"} if name == "discard_bulletin" else {}
        assert refused(lambda n=name, g=given: step(cast, one, n, "analyst", **g)) == "state"
    one = step(cast, one, "send_bulletin", "analyst", recipients="市委办\n市政府办", sent_way="office")
    one = step(cast, one, "send_bulletin", "analyst", recipients="市水务局", sent_way="work", to_units=True)
    assert one.state == "sent" and [line["to"] for line in one.sent] == ["市委办\n市政府办", "市水务局"] and one.to_units
    assert list(actions.verify_history()) == []


def test_a_frozen_number_does_not_move_when_its_cases_do_and_counting_anew_before_the_signature_does(cast):
    one = draft(cast)
    with clock.fixed(later(days=1, hours=1)):
        cast.create(key=("late", "1"))
        case = Case.objects.get(state="in_progress")
        cast.reply(case, "water")
    kept = signed(cast, one)
    assert figures.read(kept.figures).now.n("received") == 3 and list(actions.verify_history()) == []
    again = draft(cast, at=later(days=1, hours=2), since="2025-01-03")
    assert figures.read(again.figures).now.n("received") == 1 and figures.read(again.figures).scopes[1].n("received") == 3, "the day before stands beside it"
    with clock.fixed(later(days=1, hours=3)):
        cast.create(key=("late", "2"))
    again = step(cast, again, "recount_bulletin", "analyst", at=later(days=1, hours=4))
    assert figures.read(again.figures).now.n("received") == 2
    assert len(BulletinList.objects.get(bulletin=again, key="0:received:numerator").ids) == 2 and list(actions.verify_history()) == []


def test_what_a_correction_changes_is_named_and_the_old_version_stays(cast):
    old = signed(cast, draft(cast))
    assert refused(lambda: draft(cast)) == "since", "what is signed is corrected, not drafted again"
    with clock.fixed(ON):
        cast.create(at=later(hours=3))  # taken on paper that day, typed in on the next
    correct = {"of": old.id, "correction": "补录一张纸质登记单"}
    assert refused(lambda: actions.correct(by=cast.actors["analyst"], given={"of": 1, "correction": "x"})) == "of"
    with clock.fixed(later(days=2)):
        new = Bulletin.objects.get(id=actions.correct(by=cast.actors["analyst"], given=correct).subject_id)
        assert refused(lambda: actions.correct(by=cast.actors["analyst"], given=correct)) == "of", "one at a time"
    assert (new.version, new.corrects_id, new.state, new.title) == (2, old.id, "draft", old.title)
    measured = figures.differences(figures.read(old.figures), figures.read(new.figures))
    said = read.words(new).differences
    assert said == measured and [(one.measure, one.before, one.after) for one in said] == [
        ("received", (3, None), (4, None)), ("direct_answer", (1, 3), (1, 4))]
    new = step(cast, new, "submit_bulletin", "analyst", at=later(days=2))
    assert refused(lambda: step(cast, new, "sign_bulletin", "supervisor", at=later(days=2), doc_number="民声〔2025〕1号")) == "doc_number"
    step(cast, new, "sign_bulletin", "supervisor", at=later(days=2), doc_number="民声〔2025〕2号")
    _, first = read.file_of(old.id, "pdf", cast.actors["inspector"])
    assert hashlib.sha256(first).hexdigest() == old.pdf_sha256
    assert refused(lambda: actions.correct(by=cast.actors["analyst"], given=correct)) == "of", "only the newest is corrected"
    assert list(actions.verify_history()) == []


def test_the_clock_makes_each_once_whoever_repeats_it_and_an_analyst_may_word_it(cast):
    due = Due(BulletinKind.DAILY, Span(date(2025, 1, 2), date(2025, 1, 2)), datetime.combine(date(2025, 1, 3), time(8), NOW.tzinfo))
    with clock.fixed(later(days=1, hours=5)):
        rows = [actions.draft_on_time(by=clock_actor("定时"), due=due) for _ in range(2)]
        assert rows[0].subject_id == rows[1].subject_id and Bulletin.objects.count() == 1
        one = Bulletin.objects.get()
        assert (one.cutoff, one.due_at, one.drafters) == (due.at, due.at, [])
        assert refused(lambda: draft(cast, at=later(days=1, hours=5))) == "since", "the analyst opens the clock's"
    assert signed(cast, step(cast, one, "amend_bulletin", "analyst", **WORDS)).state == "signed"
    assert refused(lambda: actions.draft_on_time(by=cast.actors["analyst"], due=due)) == "role"


def test_restricted_and_complaining_cases_count_and_are_listed_to_nobody_who_may_not_see_them(cast):
    with clock.fixed(NOW):
        hidden = cast.create()
        cast.take(hidden, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
    one = draft(cast)
    number = figures.read(one.figures).now.n("received")
    _, size, page = read.frozen_list(one.id, "0:received:numerator", cast.actors["analyst"])
    assert number == size == 4 and len(page.rows) == 3 and hidden.id not in {case.id for case in page.rows}


def test_who_finds_which_bulletins(cast):
    drafted, kept = draft(cast, at=later(days=2), since="2025-01-03"), signed(cast, draft(cast))
    seen = {who: set(read.visible(cast.actors[who]).values_list("id", flat=True)) for who in
            ("analyst", "supervisor", "inspector", "shift_leader", "water_head", "leader", "agent", "media", "system_admin")}
    both, one, none = {drafted.id, kept.id}, {kept.id}, set()
    assert seen == {"analyst": both, "supervisor": both, "inspector": one, "shift_leader": one, "water_head": none, "leader": none, "agent": none, "media": none,
                    "system_admin": none}
    step(cast, kept, "send_bulletin", "analyst", recipients="各承办单位", sent_way="work", to_units=True)
    assert set(read.visible(cast.actors["water_head"]).values_list("id", flat=True)) == one
    with pytest.raises(Refused, match="无权查看"):
        read.open_page(drafted.id, cast.actors["water_head"])


def test_lists_and_papers_changed_by_hand_are_found_and_no_such_paper_leaves(cast):
    one = signed(cast, draft(cast))
    BulletinList.objects.filter(bulletin=one, key="0:received:numerator").update(ids=[1])
    assert any("清单" in said for said in actions.verify_history())
    BulletinFile.objects.filter(bulletin=one, form="xlsx").update(content=b"PK another")
    assert any("签发的文件" in said for said in actions.verify_history())
    with pytest.raises(Refused, match="与签发时不一致"):
        read.file_of(one.id, "xlsx", cast.actors["supervisor"])


def test_a_draft_that_changed_while_its_papers_were_made_is_not_signed(cast, monkeypatch):
    one = step(cast, draft(cast), "submit_bulletin", "analyst")
    made = making.made

    def meanwhile(*given, **more):
        if Bulletin.objects.get(id=one.id).state == "submitted":
            step(cast, one, "return_bulletin", "supervisor_2", reason="再看一遍")
            step(cast, one, "submit_bulletin", "analyst")
        monkeypatch.setattr("minsheng.bulletins.queries.making.made", made)
        return made(*given, **more)

    monkeypatch.setattr("minsheng.bulletins.queries.making.made", meanwhile)
    assert refused(lambda: step(cast, one, "sign_bulletin", "supervisor", doc_number="2号")) == "doc_number"
    assert Bulletin.objects.get(id=one.id).state == "submitted" and not BulletinFile.objects.exists()


@pytest.mark.parametrize(("given", "field"), [
    ({"since": "2025-02-01"}, "since"), ({"kind": "yearly"}, "kind"), ({"since": "昨天"}, "since"), ({"until": "2025-01-03"}, "until"),
    ({"kind": "special"}, "topic、until"), ({"kind": "special", "topic": "供水"}, "until"), ({"kind": "special", "until": "2025-01-01", "topic": "供水"}, "until"),
    ({"kind": "special", "until": "2027-01-01", "topic": "供水"}, "until"), ({"kind": "special", "until": DAY, "topic": "供水", "units": "没有的局"}, "units"),
    ({"kind": "special", "until": DAY, "topic": "供水", "matters": "没有的事"}, "matters"),
    ({"kind": "special", "until": DAY, "topic": "供水", "units": "市水务局、管网科"}, "units"), ({"units": "市水务局"}, "units"), ({"topic": "供水"}, "topic")])
def test_what_it_cannot_be_about_is_said_at_its_field(cast, given, field):
    assert refused(lambda: draft(cast, **given)) == field
    assert not Bulletin.objects.exists()


def test_a_special_one_counts_its_units_and_matters_alone_and_a_whole_is_the_sum_of_its_parts(cast):
    with clock.fixed(NOW):
        cast.at_state(State.IN_PROGRESS, lead="roads", category="noise", elements={"time": "夜间", "source": "工地"})
    special = {"kind": "special", "until": DAY, "topic": "供水"}

    def dispatched(**given) -> int | None:
        one = draft(cast, **special | given)
        found = figures.read(one.figures)
        assert all(len(row.ids) for row in BulletinList.objects.filter(bulletin=one)) and found.now.pair("connect") == (0, 0)
        ids = BulletinList.objects.filter(bulletin=one, key="0:dispatched:numerator").values_list("ids", flat=True).first() or []
        assert len(ids) == found.now.n("dispatched") == sum(group.n("dispatched") for group in found.units)
        return found.now.n("dispatched")

    assert (dispatched(units="市水务局"), dispatched(units="市城管局"), dispatched(units="市水务局、市城管局")) == (2, 1, 3)
    assert (dispatched(matters="noise"), dispatched(units="市水务局", matters="noise"), dispatched(units="市水务局 市城管局", matters="noise,tap")) == (1, 0, 3)
    assert refused(lambda: dispatched(units="市水务局")) == "since", "one unsigned on the same"
