"""The operations of /api/v1. Each asks one action or one query; ids and numbers are both taken where a case is named."""

from __future__ import annotations

from ninja import File, Form, Header, NinjaAPI, Query, Status
from ninja.files import UploadedFile

from minsheng.api import catalogue, cti_views, day_steps, day_views, door, police_views, schemas, shapes
from minsheng.api.door import Bearer
from minsheng.cases import actions, queries
from minsheng.cases.actions import any_step, by_number
from minsheng.cases.actions import reveal_contact as numbers
from minsheng.cases.queries import case_page, feed, lists
from minsheng.followup import actions as callbacks
from minsheng.kit.paging import Page
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures import queries as measured
from minsheng.org import queries as org

api = NinjaAPI(
    title="民声 12345 接口", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api-1", parser=door.Json(),
    description="密钥放在请求头 Authorization: Bearer。出错一律返回 {\"error\": {\"code\", \"reason\", \"field\"}}；"
                "409 为按规则不能办，理由与页面上相同；422 为填写有误，errors 给出每一项。",
)
door.guard(api)
api.add_router("", day_views.router)
api.add_router("", day_steps.router)
api.add_router("", cti_views.router)
api.add_router("", police_views.router)
api.add_router("", catalogue.router)


def _unit_id(code: str, field: str) -> int | None:
    """The id of a unit named by its code or its id."""
    if not code:
        return None
    if unit := org.named(code):
        return unit.id
    raise Invalid({field: f"没有代码为“{code[:40]}”的机构"})


@api.post("/cases", auth=Bearer("cases.write"), response={201: schemas.Made, 200: schemas.Made, **schemas.WRONG}, operation_id="create_case",
          summary="登记并提交一件诉求")
def create_case(request: door.Request, given: schemas.CaseIn, idempotency_key: Header[str] = ""):
    """201 when made; 200 with the case made before when the key was used with the same content."""
    key = door.one_key(given.idempotency_key, idempotency_key)
    made = _create(
        by=request.actor, kind=given.kind, narrative=given.narrative, title=given.title, channel=given.channel, category=given.category,
        district=_unit_id(given.district, "district"), place=given.place, elements=given.elements, urgent=given.urgent or None,
        secrecy=given.secrecy, complained_unit=_unit_id(given.complained_unit, "complained_unit"),
        requester=actions.Requester(given.requester.name, given.requester.phone, given.requester.kind), language=given.language,
        original=given.original, key=(f"api:{request.actor.id}", key) if key else None, files=tuple(given.files),
    )
    return Status(200 if made.replayed else 201, shapes.made(made))


def _create(**content) -> actions.Created:
    """A number that cannot be read is named as the field that the sender filled."""
    try:
        return actions.create_case(**content)
    except Invalid as wrong:
        raise Invalid({"requester.phone" if name == "phone" else name: said for name, said in wrong.errors.items()}) from wrong


@api.get("/cases", auth=Bearer("cases.read"), response={200: schemas.CasePage, **schemas.WRONG}, operation_id="list_cases", summary="列表与搜索")
def list_cases(request: door.Request, filters: Query[schemas.Filters]):
    """Newest first, `order=due` the earliest limit first, `q` searches. Only what the token's person may see."""
    door.known(request, set(schemas.Filters.model_fields))
    read = lists.read_filters(request.GET)
    if filters.q:
        found = lists.search(request.actor, filters.q, read, filters.after, filters.size, by_number.sought(by=request.actor, text=filters.q)).page
    else:
        found = lists.listed(request.actor, read, filters.after, filters.size, by_due=filters.order == "due")
    return _paged(found)


def _paged(found: Page) -> dict:
    return {"items": [shapes.row(case) for case in found.rows], "next": found.next}


@api.get("/cases/{ref}", auth=Bearer("cases.read"), response={200: schemas.CaseFull, **schemas.WRONG}, operation_id="read_case", summary="读取一件")
def read_case(request: door.Request, ref: str):
    return shapes.full(case_page.open_case(queries.id_of(ref), request.actor))


@api.get("/cases/{ref}/steps", auth=Bearer("cases.read"), response={200: schemas.StepsOut, **schemas.WRONG}, operation_id="read_steps",
         summary="可办与不可办的步骤（含理由）、办理经过")
def read_steps(request: door.Request, ref: str):
    return shapes.steps(case_page.open_case(queries.id_of(ref), request.actor))


@api.post("/cases/{ref}/steps", auth=Bearer("steps.take"), response={201: schemas.Taken, 200: schemas.Taken, **schemas.WRONG}, operation_id="take_step",
          summary="办理一个步骤")
def take_step(request: door.Request, ref: str, given: schemas.StepIn, idempotency_key: Header[str] = ""):
    """409 with the reason that the screen shows; nothing is written then. `split` and `reopen` return the cases they made.

    201 when taken; 200 with the step taken before when the key was used with the same content.
    """
    taken = _take(queries.id_of(ref), given, request.actor, door.one_key(given.idempotency_key, idempotency_key))
    return Status(200 if taken.step.replayed else 201, shapes.taken(taken))


def foreign(request: door.Request, ref: str):
    """Before files are read: the answer to a token that may bring none, or whose person may not see the case."""
    try:
        door.require(request, "files.write")
        queries.get(queries.id_of(ref), request.actor)
    except Refused as refused:
        return door.refused(request, refused)
    except Invalid as wrong:
        return door.invalid(request, wrong)
    except door.Unauthorised as wrong:
        return door.no_scope(request, wrong)
    return None


def _take(case_id: int, given: schemas.StepIn, by, key: str) -> any_step.Taken:
    told = catalogue.with_ids(given.told)
    if given.step == "record_callback":
        return any_step.Taken(callbacks.write_down(case_id=case_id, by=by, given=told, key=key))
    return any_step.take(case_id=case_id, step=given.step, by=by, given=told, key=key)


@api.post("/cases/{ref}/files", auth=Bearer("files.write"), response={201: schemas.FileKept, 200: schemas.FileKept, **schemas.WRONG}, operation_id="attach_file",
          summary="上传附件，可同时办理用到它的步骤；单独上传的须在一天内用于步骤")
def attach_file(request: door.Request, ref: str, file: File[UploadedFile], step: Form[str] = "", given: Form[str] = "", idempotency_key: Header[str] = ""):
    """The file's id is given to a step in `files` (or `document`). With `step` (and `given` as JSON) both happen at once; with a key, once."""
    case_id, upload = queries.id_of(ref), ((file.name or "", file.read()),)
    if not step:
        kept = any_step.keep(case_id=case_id, by=request.actor, uploads=upload)
        return Status(201, shapes.kept(kept[0]))
    door.require(request, "steps.take")
    taken = any_step.take(case_id=case_id, step=step, by=request.actor, given=catalogue.with_ids(door.given_of_form(given)), uploads=upload, key=idempotency_key.strip())
    return Status(200 if taken.step.replayed else 201, shapes.kept(taken.files[0]) | {"taken": shapes.taken(taken)})


@api.post("/cases/{ref}/reveal", auth=Bearer("contacts.reveal"), response={200: schemas.Revealed, **schemas.WRONG}, operation_id="reveal",
          summary="查看诉求人姓名与完整号码")
def reveal(request: door.Request, ref: str, given: schemas.RevealIn):
    """Written to the ledger with the reason before anything is answered."""
    shown = numbers.reveal(case_id=queries.id_of(ref), by=request.actor, reason=given.reason)
    return {"name": shown.name, "phone": shown.phone}


@api.get("/steps", auth=Bearer("steps.follow"), response={200: schemas.FeedPage, **schemas.WRONG}, operation_id="follow_steps",
         summary="跟随全部工单的步骤：记住 next，不漏不重")
def follow_steps(request: door.Request, filters: Query[schemas.FeedFilters]):
    """Steps of the cases that the token's person may see, in the order in which they can be read: with `since` none is missed and
    none comes twice. Of one case `seq` says the order. A long transaction of the server delays all that comes after it.

    409 `cursor_lost` when a restore does not hold what was read: read from the beginning, pass over the ids that are known.
    Restricted cases are left out without the scope steps.follow_restricted. A step that was left out does not come later.
    """
    door.known(request, set(schemas.FeedFilters.model_fields))
    restricted = "steps.follow_restricted" in request.actor.scopes
    return shapes.feed(feed.followed_by(request.actor, filters.since, filters.size, restricted=restricted))


@api.get("/procedure", auth=Bearer("cases.read"), response={200: schemas.ProcedureOut, **schemas.WRONG}, operation_id="procedure",
         summary="全部状态、步骤及其所需内容")
def procedure(request: door.Request):
    return shapes.procedure()


@api.get("/measures", auth=Bearer("measures.read"), response={200: schemas.MeasuresOut, **schemas.WRONG}, operation_id="measures", summary="指标")
def measures(request: door.Request, filters: Query[schemas.MeasureFilters]):
    """`value` null: no data. Unit people get their own unit's figures only."""
    door.known(request, {field.alias or name for name, field in schemas.MeasureFilters.model_fields.items()})
    chosen, asked = [m for m in filters.measure.split(",") if m], measured.read_asked(request.GET)
    rows = measured.rows(asked, request.actor, chosen)
    beside = measured.beside(asked, request.actor) if not chosen or "composite" in chosen else []
    return {"rows": [row.as_dict() for row in rows], "beside": [row.as_dict() for row in beside]}
