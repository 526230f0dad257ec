"""Files on the steps of commitments, points, findings, slips and watches: cleaned, sealed by their digest, seen with their subject, gone with its words."""

import io

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from tests.cast import NOW, PHONE, build, later
from tests.leader_day import HELD, announced, call, go_on, promise
from tests.subjects import of_supervision

from minsheng.cases.actions.sweeping import sweep_files
from minsheng.cases.models import Case
from minsheng.field_work.actions.watches import verify_history as watches_verify
from minsheng.field_work.models import Watch
from minsheng.files import keeping, queries, rules
from minsheng.files.models import StoredFile
from minsheng.kit import clock
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.erasing import take_away
from minsheng.leader_days.models import Commitment, CommitmentStep
from minsheng.oversight.actions.verify import verify_history as oversight_verify
from minsheng.oversight.erasing import take_away as oversight_take_away
from minsheng.oversight.models import Finding, Inspection, Point


@pytest.fixture
def cast(db, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with clock.fixed(NOW):
        yield build()


@pytest.fixture
def one(cast) -> Commitment:
    period = announced(cast)
    with clock.fixed(HELD):
        return promise(cast, period, call(cast, period))


def photo() -> bytes:
    """Taken at a place, by a telephone of somebody's."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0110], exif[0x8825] = "Telephone of Tsering", {1: "N", 2: (29.0, 39.0, 0.0), 3: "E", 4: (91.0, 7.0, 0.0)}
    Image.new("RGB", (8, 4), (200, 10, 10)).save(out, "JPEG", exif=exif)
    return out.getvalue()


PROOF = {"proof": "已换水管三十米", "done_on": "2025-01-08"}
PAPER = Upload("验收单.pdf", b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF")
BAD = {  # what a unit may bring instead of a proof -> a word of what it is told
    "nothing in it": ([Upload("现场.jpg", b"")], "请"),
    "a program": ([Upload("现场.jpg", b"MZ\x90\0\3")], "程序"),
    "a page with a script": ([Upload("现场.jpg", b"<html><script>alert(1)</script>")], "网页"),
    "a drawing with a script": ([Upload("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")], "请"),
    "a film": ([Upload("现场.mp4", b"\0\0\0\x20ftypisom")], "视频"),
    "an archive": ([Upload("现场.rar", b"Rar!\x1a\x07\0")], "压缩包"),
    "half a picture": ([Upload("现场.png", b"\x89PNG\r\n\x1a\nrest")], "损坏"),
    "a picture that says it is enormous": ([Upload("现场.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\1\0\0" * 2 + b"\x08\2\0\0\0")], "请"),
    "too large": ([Upload("现场.pdf", b"%PDF-" + bytes(rules.LIMIT))], "20 MB"),
    "a good one and a bad one": ([PAPER, Upload("现场.gif", b"GIF89a\1\0")], "GIF"),
    "six": ([Upload(f"{n}.pdf", PAPER.content) for n in range(6)], "最多 5 个"),
    "the number of somebody else's": ([1], "重新选择"),
    "words": ("现场.jpg", "重新选择"),
}


def fetch(cast, who: str, address: str):
    """Read to its end, so that the file is closed."""
    answer = cast.client(who).get(address)
    if answer.streaming:
        answer.getvalue()
    return answer


def on_disk(folder) -> list:
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


def test_a_bad_file_is_named_with_what_to_do_and_nothing_of_the_step_is_left(cast, one, tmp_path):
    for what, (files, word) in BAD.items():
        with pytest.raises(Invalid) as wrong:
            go_on(cast, one, "prove", "water", later(days=7), files=files, **PROOF)
        assert set(wrong.value.errors) == {"files"} and word in str(wrong.value.errors["files"]), (what, wrong.value.errors)
    with pytest.raises(Invalid, match="完成日期"):
        go_on(cast, one, "prove", "water", later(days=7), files=[PAPER], **PROOF | {"done_on": "2025-02-08"})
    for who in ("roads", "supervisor"):
        with pytest.raises(Refused):
            go_on(cast, one, "prove", who, later(days=7), files=[BAD["too large"][0][0]], **PROOF)
    one.refresh_from_db()
    assert one.state == "open" and not StoredFile.objects.exists() and on_disk(tmp_path) == [] and list(verify_history()) == []


def test_a_proof_is_cleaned_sealed_sent_once_seen_with_its_commitment_and_gone_with_its_words(cast, one, django_capture_on_commit_callbacks):
    sent = {"commitment_id": one.id, "step": "prove", "by": cast.actors["water"], "key": "k1"}
    with clock.fixed(later(days=7)):
        row = actions.take_commitment_step(given=PROOF | {"files": [Upload(f"../王小明{PHONE}.jpg", photo()), PAPER]}, **sent)
        again = actions.take_commitment_step(given=PROOF | {"files": [Upload(f"../王小明{PHONE}.jpg", photo()), PAPER]}, **sent)
        with pytest.raises(Refused, match="幂等键"):
            actions.take_commitment_step(given=PROOF | {"files": [PAPER]}, **sent)
    image, paper = StoredFile.objects.order_by("id")
    assert again.id == row.id and row.given["files"] == [[image.id, image.sha256], [paper.id, paper.sha256]]
    kept = queries.open_bytes(image)
    assert not Image.open(io.BytesIO(kept)).getexif() and b"Tsering" not in kept
    assert "王小明" not in image.name and PHONE not in image.name and "/" not in image.name and image.name.endswith(".jpg")
    with clock.fixed(later(days=9)):
        assert sweep_files() == 0, "it hangs on its step"
        here = f"/desk/commitments/{one.id}"
        seen = {who: fetch(cast, who, f"{here}/files/{image.id}").status_code for who in ("water", "water_head", "supervisor", "roads", "agent", "media")}
        assert seen == {"water": 200, "water_head": 200, "supervisor": 200, "roads": 404, "agent": 403, "media": 403}
        answer = fetch(cast, "supervisor", f"{here}/files/{paper.id}")
        assert answer["Content-Disposition"].startswith("attachment") and answer["Content-Security-Policy"].startswith("sandbox")
        page = cast.client("supervisor").get(here).content.decode()
        assert f"{here}/files/{image.id}" in page and paper.name in page
        assert cast.client("supervisor").get(f"{here}/files/{image.id + 99}").status_code == 404
        go_on(cast, one, "draft_public", "coordinator", public_matter="老旧水管", public_progress="已换完")
        go_on(cast, one, "sign_public", "supervisor")
        public = cast.client("water").get("/leader-days").content.decode()
        assert "已换完" in public and paper.name not in public and "/files/" not in public
    assert list(verify_history()) == []
    StoredFile.objects.filter(id=paper.id).update(sha256=image.sha256)
    assert [said for said in verify_history() if "封存" in said]
    StoredFile.objects.filter(id=paper.id).update(sha256=paper.sha256)
    with clock.fixed(later(days=9)), django_capture_on_commit_callbacks(execute=True):
        actions.take_commitment_step(commitment_id=one.id, step="send_back", by=cast.actors["supervisor"], given={"reason": "缺另一处"})
        StoredFile.objects.filter(id=image.id).update(erased_at=NOW)
        assert [said for said in verify_history() if "没有依法删除的记录" in said]
        StoredFile.objects.filter(id=image.id).update(erased_at=None)
        _erase(one)
    assert not StoredFile.objects.filter(erased_at=None).exists() and not keeping.path_of(image.sha256).exists()
    assert cast.client("supervisor").get(f"{here}/files/{image.id}").status_code == 404 and list(verify_history()) == []
    assert CommitmentStep.objects.get(id=row.id).given["files"] == row.given["files"], "that there was one stays"


def _erase(one) -> None:
    Case.objects.filter(id=one.case_id).update(erased=True)
    take_away(Case.objects.get(id=one.case_id))


def test_a_photo_that_comes_by_the_form_of_a_visit_hangs_on_its_watch(cast):
    unit, here = cast.client("water"), "/desk/watches"
    unit.post(f"{here}/new", {"place": "农贸市场东门", "matter": "污水外溢", "since": "2025-01-02", "until": "2025-01-10"})
    watch = Watch.objects.get()
    visit = {"step": "note_visit", "visited_on": "2025-01-02", "who": "次仁", "found": "污水外溢"}
    wrong = unit.post(f"{here}/{watch.id}/step", visit | {"files": SimpleUploadedFile("现场.gif", b"GIF89a\1\0")})
    assert wrong.status_code == 422 and "GIF" in wrong.content.decode() and "污水外溢" in wrong.content.decode()
    assert unit.post(f"{here}/{watch.id}/step", visit | {"files": SimpleUploadedFile("现场.jpg", photo())}).status_code == 302
    file = StoredFile.objects.get()
    answers = {who: fetch(cast, who, f"{here}/{watch.id}/files/{file.id}").status_code for who in ("water_head", "supervisor", "roads")}
    assert answers == {"water_head": 200, "supervisor": 200, "roads": 404} and list(watches_verify()) == []


def test_what_an_outside_group_saw_and_what_a_judge_brought_hang_on_point_and_finding_and_go_with_an_erasure(cast, django_capture_on_commit_callbacks):
    made = of_supervision(cast)
    one, finding = Inspection.objects.get(), f"/desk/findings/{made['finding_id'][0]}"
    note = f"/desk/inspections/{one.id}/cases/{one.sample[0]}/point"
    picture = lambda name: {"files": SimpleUploadedFile(name, photo())}  # noqa: E731
    assert cast.client("supervisor").post(note, {"point": "没有写明恢复时间", **picture("现场.jpg")}).status_code == 403
    wrong = cast.client("outside_group").post(note, {"point": "没有写明恢复时间", "files": SimpleUploadedFile("现场.gif", b"GIF89a\1\0")})
    assert wrong.status_code == 422 and "没有写明恢复时间" in wrong.content.decode() and not StoredFile.objects.exists()
    assert cast.client("outside_group").post(note, {"point": "没有写明恢复时间", **picture("现场.jpg")}).status_code == 302
    assert cast.client("supervisor").post(f"{finding}/step", {"step": "finding_holds", "reason": "记录只有一次", **picture("话单.jpg")}).status_code == 302
    point, files = Point.objects.latest("id"), list(StoredFile.objects.order_by("id"))
    places = [f"/desk/points/{point.id}/files/{files[0].id}", f"{finding}/files/{files[1].id}"]
    got = [{who: fetch(cast, who, place).status_code for who in ("supervisor", "outside_group", "water_head", "roads")} for place in places]
    assert got == [{"supervisor": 200, "outside_group": 200, "water_head": 404, "roads": 404}, {"supervisor": 200, "outside_group": 403, "water_head": 403, "roads": 403}]
    assert all(place in cast.client("supervisor").get(place.rsplit("/files", 1)[0]).content.decode() for place in places)
    assert list(oversight_verify()) == []
    with django_capture_on_commit_callbacks(execute=True):
        for id_ in {point.case_id, Finding.objects.get(id=made["finding_id"][0]).case_id}:
            Case.objects.filter(id=id_).update(erased=True)
            oversight_take_away(Case.objects.get(id=id_))
    assert not StoredFile.objects.filter(erased_at=None).exists() and list(oversight_verify()) == []
