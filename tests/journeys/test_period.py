"""A whole period on one city, from the scheme to the signed report."""

from tests.journeys.leader_desk import AGAIN, ORDER, SAID


def test_a_period_goes_from_its_scheme_to_a_report_whose_every_figure_opens_what_it_counts(journey):
    told = journey("period")
    assert told["leader"] == SAID and told["agent"] == ORDER and told["reloaded"] == SAID + ORDER
    assert not told["number"], "masked as the leader's rights say"
    assert "请打这个电话联系" in told["clash"]["told"] and AGAIN in told["clash"]["other"] and "领导甲" in told["clash"]["other"]
    assert AGAIN in told["clash"]["both"] and "请打这个电话联系" in told["clash"]["both"]
    assert told["killed"] == "幸福路1号" and "热线会回访" in told["toast"]
    assert told["went"].startswith("/desk/case/"), "a call that ends elsewhere pulls nobody back"
    assert max(told["refused"]) <= 0, told["refused"]
    assert all(page <= window for page, window in told["heights"]), told["heights"]
    steps = {"签收": "sign", "已联系": "contact", "现场办理": "field_record", "起草答复": "draft_reply"}
    assert told["visit"] == {"waits": list(steps), "sent": list(steps.values())}, "what was done without a network arrives once, in order"
    assert "未办结" in told["briefing"]["page"] and told["briefing"]["pdf"] == "%PDF-" and "冬季供水" in told["briefing"]["public"]
    assert told["lead"]["lacks"] and "https://news.example/a" in told["lead"]["media"]
    kept = told["kept"]
    assert kept["photo"] == [200, "image/png"] and not kept["public_before"] and "老旧水管更换" in kept["public"] and kept["open"] == [False, False]
    report = told["report"]
    assert report["unlike"] == [] and report["live"] >= 18 and report["frozen"] >= 18 and (report["pdf"], report["docx"]) == ("%PDF-", "PK")
    assert (report["figures"]["received"], report["figures"]["take_in_person"], report["figures"]["hand_over_in_person"]) == (4, 3, 2)
