"""Leader days and topics by the API: a public token reads what the public page shows, another what its person may."""

from tests.cast import later
from tests.leader_day import HELD, announced, call, draft, go_on, promise, scheme
from tests.screens.test_api import Program

from minsheng.kit import clock


def test_a_public_token_reads_what_was_signed_and_another_by_its_persons_right(cast):
    period = announced(cast)
    coming = draft(cast, scheme(cast, name="另一方案"), 2, later(days=30))
    with clock.fixed(HELD):
        case = call(cast, period)
        signed, inner = promise(cast, period, case), promise(cast, period, case, what="再查一遍三号楼的阀门")
        go_on(cast, signed, "draft_public", "coordinator", public_matter="老旧水管", public_progress="正在更换")
        go_on(cast, signed, "sign_public", "supervisor")
    public, full = Program(cast, "supervisor", ["public.read"]), Program(cast, "supervisor", ["days.read"])
    with clock.fixed(HELD):
        seen = public.get("/periods").json()["items"]
        assert [one["id"] for one in seen] == [str(period.id)] and seen[0]["desks"][0]["leader"] is None, "no draft, and not who sits there"
        seen = public.get("/commitments").json()["items"]
        assert [(one["id"], one["public"]["matter"], one["ledger"]) for one in seen] == [(str(signed.id), "老旧水管", None)]
        for text in (public.get("/commitments").content.decode(), public.get("/periods").content.decode()):
            assert "阀门" not in text and case.number not in text and "管网科" not in text and cast.people["leader"].name not in text
        assert public.get("/commitments", state="open").status_code == 422, "narrowed by what is not public"
        assert public.get("/topics").json()["error"]["code"] == "no_scope"
        assert Program(cast, "supervisor", ["cases.read"]).get("/periods").json()["error"]["field"] == "public.read"
        assert {one["id"] for one in full.get("/periods").json()["items"]} == {str(period.id), str(coming.id)}
        rows = {one["id"]: one for one in full.get("/commitments", state="open", period=str(period.id)).json()["items"]}
        assert rows[str(inner.id)]["public"] is None and rows[str(inner.id)]["ledger"]["case"] == case.number
        first = full.get("/commitments", size=1).json()
        assert [one["id"] for one in full.get("/commitments", size=1, after=first["next"]).json()["items"]] == [str(signed.id)]
        assert full.get("/topics").json() == {"items": [], "next": ""}
        assert full.get("/periods", nothing="1").status_code == 422
        for who, count in (("roads", 0), ("water", 2), ("agent", 0)):
            assert len(Program(cast, who, ["days.read"]).get("/commitments").json()["items"]) == count, who
