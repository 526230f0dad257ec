"""A unit watches a place: begun, visited, ended, by its own people; the centre reads it, another unit finds no trace."""


from minsheng.field_work.actions.watches import verify_history
from minsheng.field_work.models import Watch


def begin(cast, who="water", **more):
    given = {"place": "农贸市场东门", "matter": "污水外溢", "since": "2025-01-02", "until": "2025-01-10", **more}
    return cast.client(who).post("/desk/watches/new", given)


def step(cast, watch, name, by, **given):
    return cast.client(by).post(f"/desk/watches/{watch.id}/step", {"step": name, **given})


def test_a_place_is_watched_until_its_unit_says_what_became_of_it(cast):
    assert "单位联络员" in cast.client("supervisor").get("/desk/watches").content.decode()
    assert begin(cast, until="2024-12-01").status_code == 422
    assert begin(cast).status_code == 302
    watch = Watch.objects.get()
    assert step(cast, watch, "end_watch", "water_head", result="好了").status_code == 409, "nobody was there yet"
    visit = {"visited_on": "2025-01-02", "who": "次仁、扎西", "found": "井盖下沉，污水外溢", "done": "抽排", "left_open": "管道明日更换"}
    wrong = step(cast, watch, "note_visit", "water", **visit | {"visited_on": "2025-01-03"})
    assert wrong.status_code == 422 and "污水外溢" in wrong.content.decode(), "what was typed is still there"
    assert step(cast, watch, "note_visit", "water", **visit).status_code == 302
    assert step(cast, watch, "extend_watch", "water_head", until="2025-01-20", reason="等管材").status_code == 302
    page = cast.client("supervisor").get(f"/desk/watches/{watch.id}").content.decode()
    assert "管道明日更换" in page and "到场</dt><dd>1 次" in page
    assert step(cast, watch, "end_watch", "water_head", result="管道已更换").status_code == 302
    assert step(cast, watch, "note_visit", "water", **visit).status_code == 409
    watch.refresh_from_db()
    assert (watch.state, watch.visits, watch.result) == ("ended", 1, "管道已更换") and list(verify_history()) == []
    Watch.objects.filter(id=watch.id).update(visits=9)
    assert any("到场次数" in said for said in verify_history())


def test_another_unit_finds_no_trace(cast):
    begin(cast)
    watch = Watch.objects.get()
    assert "农贸市场" not in cast.client("roads").get("/desk/watches").content.decode()
    assert cast.client("roads").get(f"/desk/watches/{watch.id}").status_code == 404
    assert step(cast, watch, "note_visit", "roads", visited_on="2025-01-02", who="甲", found="乙").status_code == 404
    assert begin(cast, who="agent").status_code == 403
    assert cast.client("supervisor").get("/desk/watches?unit=x").status_code == 422


def test_the_same_form_twice_is_one_watch(cast):
    for _ in range(2):
        assert begin(cast, key="0a" * 12).status_code == 302
    assert Watch.objects.count() == 1
