"""A period from its scheme to its report, on one city: two screens at the desk, three ends of a call, a meeting whose ruling is carried
out, a visit without a network, a commitment kept with its proof, checked, signed and public, and a report whose every figure opens exactly what it counts.

    python -m tests.journeys.period --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

import os
import re
import signal
import tempfile
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from tests.journeys import offline
from tests.journeys.leader_desk import HEIGHT, ORDER, clashed, goes_in_peace, shows, typed_on_both, write
from tests.journeys.line import Line, State
from tests.journeys.stage import MORNING, Stage, run

SIGNED_UP = {"said": "自来水发黄一个月了，什么时候换管？", "kind": "consult", "name": "卓玛", "phone": "13900000001", "key": "formkey1formkey1"}
DUTY, PROOF = "更换幸福路老旧水管", "已换水管三十米，水压正常"
TODAY = "2025-01-03"


def announced(s: Stage) -> dict:
    """The day before, by the forms of the pages: the scheme, the period with its desk, its notices, a sign-up that is screened."""
    from django.test import Client

    from minsheng.kit import clock
    from minsheng.leader_days.models import Desk, Signup

    plans, signs = s.cast.client("coordinator"), s.cast.client("supervisor")
    water, leader = s.cast.units["water"].id, s.cast.people["leader"].id

    def post(client, url: str, **given) -> str:
        done = client.post(url, given)
        assert done.status_code == 302, (url, given, done.status_code)
        return done["Location"]

    with clock.fixed(MORNING):
        scheme = post(plans, "/desk/schemes/new", name="2025年方案", year=2025, aim="听民声", topics="供水", units=[water], since="2025-01-01", until="2025-12-31")
        post(signs, f"{scheme}/step", step="issue_scheme")
        period = post(plans, "/desk/periods/new", scheme=scheme.split("/")[-1], number=1, theme="冬季供水")
        post(plans, f"{period}/step", step="add_desk", unit=water, leader=leader, seat="1号席", starts=f"{TODAY}T10:00", ends=f"{TODAY}T12:00")
        post(signs, f"{period}/step", step="announce")
        for medium, outlet, views in (("tv", "市台", ""), ("wechat", "公众号", "1200")):
            post(plans, f"{period}/step", step="note_notice", medium=medium, outlet=outlet, text="1月3日10时接听", published_on="2025-01-02", views=views)
        post(Client(), f"/leader-days/{period.split('/')[-1]}/sign-up", **SIGNED_UP)
        desk = Desk.objects.get()
        post(plans, f"/desk/signups/{Signup.objects.get().id}/step", step="take_signup", desk=desk.id)
    return {"period": period, "desk": f"/desk/desks/{desk.id}", "signup": f"/desk/signups/{Signup.objects.get().id}"}


def at_the_desk(s: Stage, at: dict) -> dict:
    """Answered on the spot with an assistant on a second screen, promised, handed over; the sign-up is rung back by the agent beside."""
    with s.seat("leader", 1366, 768) as leader, s.seat("agent") as agent:
        leader.goto("/desk/desks")
        leader.wait_for_url(f"**{at['desk']}")
        heights = [leader.evaluate(HEIGHT)]
        agent.goto(at["desk"])
        seen = typed_on_both(s, leader, agent, at["desk"])
        clash = clashed(leader, agent)
        leader.route("**/state", lambda route: route.abort())  # the leader ends the call before her screen has shown the place
        write(agent, "place", "幸福路1号")
        agent.goto("about:blank")
        agent.goto(at["desk"])  # the page was closed: it begins where it was
        killed = agent.input_value("[name=place]")
        leader.keyboard.press("Alt+1")
        leader.wait_for_selector("text=当场答复 1")
        leader.unroute("**/state")
        toast = leader.inner_text("#toast")
        call(leader, "楼下水管老漏，修了三次。", DUTY)
        leader.click("button[value=promise]")
        leader.select_option("[name=owner_unit]", str(s.cast.units["water"].id))
        leader.fill("[name=owner]", "管网科科长")
        leader.fill("[name=due]", TODAY)
        s.look(leader, "leader-desk-promise")
        heights.append(leader.evaluate(HEIGHT))
        leader.click("text=记入承诺并交办")
        leader.wait_for_selector("text=承诺 1")
        call(leader, "消火栓被车挡住了。", "请今天去看。")
        shows(agent, "words", "请今天去看。")
        went = goes_in_peace(agent, lambda: handed(leader))
        heights.append(leader.evaluate(HEIGHT))
        agent.goto(at["signup"])
        agent.click("button:has-text('拨号')")
        agent.wait_for_selector(f"text={SIGNED_UP['phone']}")
        agent.click("button:has-text('接通登记')")
        agent.wait_for_url("**/desk/case/**")
    return seen | {"clash": clash, "killed": killed, "toast": toast, "went": went, "heights": seen["heights"] + heights}


def handed(leader) -> None:
    leader.keyboard.press("Alt+3")
    leader.wait_for_selector("text=交办 1")


def call(leader, said: str, words: str) -> None:
    leader.click("text=接一个电话")
    leader.wait_for_selector("[name=narrative]")
    write(leader, "narrative", said)
    write(leader, "words", words)


def worked_on(s: Stage) -> None:
    """What others do meanwhile: the hotline rings back who was answered, the agent hands in what was registered, dispatch sends out."""
    from minsheng.cases.models import Case
    from tests.leader_day import called_back

    for case in Case.objects.filter(period_id__isnull=False).order_by("id"):
        if case.state == "pending_callback":
            called_back(s.cast, case)
            continue
        if case.state == "draft":
            case = s.cast.take(case, "submit", "agent")
        s.cast.take(case, "revise", "dispatcher", category="tap")
        s.cast.take(case, "dispatch", "dispatcher", lead=s.cast.units["water"].id)


def step(page, name: str, **given) -> None:
    """The step by its button on the page, its form filled and sent."""
    opens = page.locator(f'a[href*="step={name}#step"]').first
    if opens.count():
        opens.click()
    else:
        page.click(f'button[name=step][value={name}]')
        return
    for field, value in given.items():
        box = page.locator(f"#step [name={field}]")
        box.select_option(value) if box.evaluate("node => node.tagName") == "SELECT" else box.fill(value)
    page.click("#step button.btn-primary")
    page.wait_for_selector("#toast")


def met(s: Stage, at: dict) -> str:
    """A coordination meeting on what was handed over: agenda, rulings that fix person, duty and date, carried out. Its address."""
    water = str(s.cast.units["water"].id)
    with s.seat("coordinator") as office, s.seat("leader", 1366, 768) as head:
        office.goto(at["period"])
        office.click("text=筹备协调会")
        office.select_option("[name=unit]", water)
        office.fill("[name=meets_on]", TODAY)
        office.fill("[name=venue]", "三楼会议室")
        office.click("main button.btn-primary")
        office.wait_for_url("**/desk/meetings/**")
        here = urlsplit(office.url).path
        office.click("li:has-text('消火栓') >> text=列入议题")
        office.fill("#step [name=reason]", "两家单位各说各的")
        office.click("#step button.btn-primary")
        office.wait_for_selector("#toast")
        head.goto(here)
        step(head, "convene", attends="水务局、城管局分管负责人")
        office.goto(here)
        step(office, "write_minutes", held_on=TODAY, attended="水务局、城管局", minutes="会议研究了消火栓被占用。")
        office.goto(here)
        office.locator('a[href*="step=rule_item"][href*="case="]').first.click()
        for name, value in (("owner", "消火栓管护负责人"), ("duty", "划出禁停线"), ("due", "2025-01-10")):
            office.fill(f"#step [name={name}]", value)
        office.select_option("#step [name=lead]", water)
        office.click("#step button.btn-primary")
        office.wait_for_selector("#toast")
        head.goto(here)
        step(head, "sign_minutes")
        office.goto(here)
        step(office, "carry_out")
        office.wait_for_selector("text=已落实")
        if s.shots:
            s.look(office, "meeting")
    return here


def visited(s: Stage) -> dict:
    """The order of the promise on the unit's phone where there is no network: signed, contacted, visited with a photo, answered; sent later, once."""
    from minsheng.cases.models import Case
    from minsheng.leader_days.models import Commitment

    line, case = Line(int(s.base.rsplit(":", 1)[1])), Case.objects.get(id=Commitment.objects.get(what=DUTY).case_id)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, tempfile.TemporaryDirectory() as folder:
        process, page, base = offline.phone(s, s.play, s.path, profile, line)
        offline.take_along(s, page, base)
        line.become(State.CUT)
        offline.sign(s, page, base, case)
        offline.visit(s, page, base, case, folder, asked=False)
        waits = [said.split(" · ")[0] for said in offline.waiting(page, base)]
        before = offline.history(case)
        line.become(State.UP)
        page.click("[data-send-all]")
        page.wait_for_function("document.querySelectorAll('[data-queue] article').length === 0")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
    return {"waits": waits, "sent": offline.history(case)[len(before):]}


def kept(s: Stage) -> dict:
    """The promise of the desk: proved from a phone with a photo, checked by somebody outside the unit, signed, public."""
    from minsheng.leader_days.models import Commitment
    from tests.cast import PNG

    one = Commitment.objects.get(what=DUTY)
    here = f"/desk/commitments/{one.id}"
    with s.seat("water", 390, 844) as unit, s.seat("supervisor") as reads:
        reads.goto("/desk/commitments")
        unit.goto(f"{here}?step=prove#step")
        unit.fill("[name=proof]", PROOF)
        unit.fill("[name=done_on]", TODAY)
        unit.set_input_files("[name=files]", [{"name": "现场.png", "mimeType": "image/png", "buffer": PNG}])
        if s.shots:
            s.look(unit, "commitment-proof")
        unit.click("#step button.btn-primary")
        unit.wait_for_selector("text=现场.png")
        reads.wait_for_selector("[data-live-heard]:not([hidden])")  # the list says that it changed
    with s.seat("supervisor") as checks, s.seat("coordinator") as office, s.seat() as anybody:
        checks.goto(here)
        photo = checks.request.get(checks.get_attribute("a:has-text('现场.png')", "href"))
        step(checks, "conclude_kept", finding="到场核验属实")
        anybody.goto("/leader-days")
        before = "老旧水管" in anybody.content()
        office.goto(here)
        step(office, "draft_public", public_matter="老旧水管更换", public_progress="已换完")
        checks.goto(here)
        step(checks, "sign_public")
        anybody.goto("/leader-days")
        public = anybody.inner_text("main")
    return {"photo": (photo.status, photo.headers["content-type"]), "public_before": before, "public": public, "open": [DUTY in public, "现场.png" in public]}


def briefed(s: Stage, at: dict) -> dict:
    """What the leader reads before the first call, as a page and on paper, and what everybody may read of the period."""
    with s.seat("leader", 1366, 768) as leader, s.seat("", 390, 844) as anybody:
        leader.goto(f"{at['desk']}/briefing")
        s.look(leader, "leader-briefing")
        paper = leader.request.get(f"{at['desk']}/briefing.pdf")
        anybody.goto("/leader-days")
        s.look(anybody, "leader-days-public")
        return {"page": leader.inner_text("main"), "pdf": paper.body()[:5].decode("latin1"), "public": anybody.inner_text("main")}


def followed(s: Stage, at: dict) -> dict:
    """A lead for the media, with the caller's consent, the unit told, approved by the publicity role, its report in the papers registered."""
    from minsheng.cases.models import Case

    with s.seat("coordinator") as office, s.seat("media") as media:
        office.goto(f"{at['period']}/lead")
        office.locator("main a[href*='case=']").first.click()
        office.wait_for_selector("[name=case]")
        asked = Case.objects.get(number=office.input_value("[name=case]")).received_at.astimezone(MORNING.tzinfo)
        for name, value in (("asked_by", "话务员甲"), ("asked_at", f"{asked:%Y-%m-%dT%H:%M}"), ("call_no", "17"), ("headline", "老旧水管换了")):
            office.fill(f"[name={name}]", value)
        office.click("main button.btn-primary")
        office.wait_for_selector("[aria-invalid=true], .ms-error")  # the consent is missing: nothing that was typed is lost
        lacks = [office.inner_text("main"), office.input_value("[name=headline]")]
        office.check("[name=agreed]")
        office.click("main button.btn-primary")
        office.wait_for_url(re.compile(r"/desk/leads/\d+"))
        here = urlsplit(office.url).path
        step(office, "tell_unit", unit_told="已电话告知水务局")
        media.goto(here)
        media.click("button[name=step][value=approve_lead]")
        media.wait_for_selector("#toast")
        step(media, "note_published", outlet="市台", published_on=TODAY, link="https://news.example/a")
        s.look(media, "media-lead")
        return {"lacks": "同意" in lacks[0] and lacks[1] == "老旧水管换了", "media": media.inner_text("main")}


def reported(s: Stage, at: dict) -> dict:
    """Drafted and signed on its pages; every figure of the live report and of the frozen one, with the size of the list that it opens."""
    from tests.screens.test_period_reports import frozen, links, opened

    period = at["period"].split("/")[-1]
    with s.seat("coordinator") as office, s.seat("supervisor") as signs:
        office.goto(f"/desk/reports/new?period={period}")
        office.click("main button.btn-primary")
        office.wait_for_url(re.compile(r"/desk/reports/\d+"))
        here = urlsplit(office.url).path
        signs.goto(here)
        step(signs, "sign_report", doc_number="民声〔2025〕1号")
        signs.wait_for_selector("text=民声〔2025〕1号")
        s.look(signs, "report-signed")
    client = s.cast.client("supervisor")
    live = [(url, n) for url, n in links(client.get(f"/desk/periods/report?period={period}").content.decode()) if "/reports/" not in url]
    cold = [(url, n) for url, n in links(client.get(here).content.decode()) if "/reports/" in url]
    named = {key: n for url, n in live for key in [dict(parse_qsl(urlsplit(url).query)).get("measure", urlsplit(url).path.split("/")[-1])]}
    return {"figures": named, "live": len(live), "frozen": len(cold), "unlike": [(url, n) for url, n in live if opened(client, url) != n]
            + [(url, n) for url, n in cold if frozen(client, url) != n], "pdf": client.get(f"{here}/paper.pdf").content[:5].decode("latin1"),
            "docx": client.get(f"{here}/paper.docx").content[:2].decode("latin1")}


def tell(s: Stage) -> dict:
    at = announced(s)
    before = briefed(s, at)
    seen = at_the_desk(s, at)
    worked_on(s)
    met(s, at)
    return seen | {"visit": visited(s), "briefing": before, "kept": kept(s), "lead": followed(s, at), "report": reported(s, at), "order": ORDER}


if __name__ == "__main__":
    run(tell, MORNING + timedelta(days=1, minutes=30))
