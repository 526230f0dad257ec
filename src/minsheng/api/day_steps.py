"""Steps of what leader days, supervision, topics and field work are made of (`day_subjects`), by programs. The doors are those of the pages, the
rights those of the token's person; a key makes a step once.

What makes a subject is posted to its list, every other step to the subject itself; with files that come with the step, to `files` beside it.
"""

from __future__ import annotations

from typing import Any

from ninja import File, Form, Header, Router, Status
from ninja.files import UploadedFile

from minsheng.api import day_schemas, door, schemas
from minsheng.api.day_subjects import SUBJECTS, Subject
from minsheng.api.door import Bearer, Unauthorised, given_of_form, invalid, no_scope, one_key, refused, require
from minsheng.files.step_files import FIELD
from minsheng.kit.read_values import id_or_none
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Invalid, Refused, no

router = Router()
_READ, _WRITE, _FILES = "days.read", "days.write", "files.write"
_TAKEN: dict[Any, Any] = {201: day_schemas.SubjectStep, 200: day_schemas.SubjectStep, **schemas.WRONG}


def _answer(one: Subject, row: Any) -> Status:
    """201 when it was taken; 200 with the step taken before when the key was used with the same content."""
    states = type(next(iter(one.kind.procedure[row.step].frm)))
    told = {"id": str(row.id), "subject": str(row.subject_id), "step": row.step, "seq": row.seq, "state": row.to, "state_label": states(row.to).label,
            "at": row.at}
    return Status(200 if row.replayed else 201, told)


def _bar(one: Subject, page: SubjectPage) -> dict[str, Any]:
    steps = [{"step": step.name, "label": step.label, "open": bool(may), "code": may.code, "reason": may.reason,
              "needs": [_field(one, name) for name in step.needs]} for step, may in page.steps]
    timeline = [{"at": line["at"], "label": line["title"], "by": line["who"], "text": line["text"]} for line in page.history]
    return {"id": str(page.subject.id), "state": page.subject.state, "state_label": page.subject.get_state_display(), "steps": steps, "timeline": timeline}


def _field(one: Subject, need: str) -> dict[str, Any]:
    f = one.kind.fields[need.rstrip("?")]
    return {"name": f.name, "label": f.label, "kind": f.kind, "required": not need.endswith("?"), "choices": [list(each) for each in f.choices],
            "help": f.help}


def _make(one: Subject, step: str, by: Any, given: dict[str, Any], key: str) -> Status:
    if step not in one.make:
        raise Refused(no("no_step", f"{one.label}不能以“{step}”新建，可用：{'、'.join(one.make)}", "step"))
    return _answer(one, one.make[step](by=by, given=given, key=key))


def _routes(name: str, one: Subject) -> None:
    """The addresses of a subject."""
    if one.make:
        _of_making(name, one)

    @router.get(f"/{name}/{{subject_id}}/steps", auth=Bearer(_READ, _WRITE), response={200: day_schemas.SubjectSteps, **schemas.WRONG},
                operation_id=f"read_{name}_steps", summary=f"{one.label}：可办与不可办的步骤（含理由、所需内容），办理经过")
    def read(request: door.Request, subject_id: str):
        return _bar(one, one.open_page(id_or_none(subject_id), request.actor))

    @router.post(f"/{name}/{{subject_id}}/steps", auth=Bearer(_WRITE), response=_TAKEN, operation_id=f"take_{name}_step",
                 summary=f"{one.label}：办理一个步骤")
    def take(request: door.Request, subject_id: str, given: schemas.StepIn, idempotency_key: Header[str] = ""):
        key = one_key(given.idempotency_key, idempotency_key)
        return _answer(one, one.take(id_or_none(subject_id), step=given.step, by=request.actor, given=given.told, key=key))


def _of_making(name: str, one: Subject) -> None:
    @router.post(f"/{name}/steps", auth=Bearer(_WRITE), response=_TAKEN, operation_id=f"make_{name}",
                 summary=f"{one.label}：新建（{'、'.join(one.kind.procedure[step].label for step in one.make)}）")
    def make(request: door.Request, given: schemas.StepIn, idempotency_key: Header[str] = ""):
        return _make(one, given.step, request.actor, given.given, one_key(given.idempotency_key, idempotency_key))


# --- with files ---------------------------------------------------------------------------------


def _with_files(given: str, file: list[UploadedFile]) -> dict[str, Any]:
    """`given` as JSON, and the files that came beside it."""
    found = given_of_form(given)
    if FIELD in found:
        raise Invalid({FIELD: "文件放在 file 里，与步骤一起上传"})
    return {**found, FIELD: [Upload(each.name or "", each.read()) for each in file]}


def _routes_of_files(name: str, one: Subject) -> None:
    """A file comes with the step that takes it, or not at all."""
    if one.made_with_files:
        _of_making_with_files(name, one)

    @router.post(f"/{name}/{{subject_id}}/files", auth=Bearer(_WRITE), response=_TAKEN, operation_id=f"take_{name}_step_with_files",
                 url_name=f"take_{name}_step_with_files",                 summary=f"{one.label}：办理一个步骤，并附文件（file，可多个）")
    def take(request: door.Request, subject_id: str, file: File[list[UploadedFile]], step: Form[str], given: Form[str] = "", idempotency_key: Header[str] = ""):
        require(request, _FILES)
        return _answer(one, one.take(id_or_none(subject_id), step=step, by=request.actor, given=_with_files(given, file), key=idempotency_key.strip()))


def _of_making_with_files(name: str, one: Subject) -> None:
    @router.post(f"/{name}/files", auth=Bearer(_WRITE), response=_TAKEN, operation_id=f"make_{name}_with_files",
                 url_name=f"make_{name}_with_files",                 summary=f"{one.label}：新建，并附文件（file，可多个）")
    def make(request: door.Request, file: File[list[UploadedFile]], step: Form[str], given: Form[str] = "", idempotency_key: Header[str] = ""):
        require(request, _FILES)
        return _make(one, step, request.actor, _with_files(given, file), idempotency_key.strip())


def foreign(request: door.Request, subject_id: str = ""):
    """Before files are read: the answer to a token that may bring none, or whose person may not see the subject."""
    one = SUBJECTS[request.path_info.split("/")[3]]
    for scope in (_WRITE, _FILES):
        if scope not in request.actor.scopes:
            return no_scope(request, Unauthorised(scope))
    try:
        if subject_id:
            one.open_page(id_or_none(subject_id), request.actor)
    except Refused as wrong:
        return refused(request, wrong)
    except Invalid as wrong:
        return invalid(request, wrong)
    return None


for _name, _one in SUBJECTS.items():
    _routes(_name, _one)
    if _one.takes_files:
        _routes_of_files(_name, _one)
