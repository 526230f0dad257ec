"""The door of the API: bearer tokens, scopes, and every error as {"error": {"code", "reason", "field"}}."""

from __future__ import annotations

import logging
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import HttpBearer

from minsheng.accounts import actions as accounts
from minsheng.accounts import queries as people
from minsheng.accounts.rules import SCOPES, Actor
from minsheng.kit import outage, read_values
from minsheng.kit.verdict import Invalid, Refused

log = logging.getLogger(__name__)


class Json(Parser):
    """Every body is clean at any depth before a schema looks at it."""

    def parse_body(self, request: HttpRequest):
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise Invalid({"body": "不收压缩过的内容，请原样发送"})
        return read_values.from_json(request.body)


class Unauthorised(Exception):
    """The token lives but lacks the scope."""

    def __init__(self, scope: str):
        super().__init__(scope)
        self.scope = scope


class Request(HttpRequest):
    """One whose token was read: `actor` is its person."""

    actor: Actor


class Bearer(HttpBearer):
    """`Authorization: Bearer ms_…` of a live token that has one of `scopes`; puts the Actor at request.actor."""

    openapi_scheme = "bearer"

    def __init__(self, *scopes: str):
        if unknown := set(scopes) - set(SCOPES):
            raise ValueError(f"unknown scopes {unknown}")
        super().__init__()
        self.scopes = scopes

    def authenticate(self, request: Request, token: str):
        found = people.by_token(token) if 8 < len(token) < 200 else None
        if found is None:
            return None
        row, request.actor = found
        if not request.actor.scopes & set(self.scopes):
            raise Unauthorised(self.scopes[-1])
        accounts.touch_token(token=row)
        return request.actor


def require(request: Request, scope: str) -> None:
    if scope not in request.actor.scopes:
        raise Unauthorised(scope)


def one_key(of_body: str, of_header: str) -> str:
    """The sender's key of a step, in the body or in the header."""
    header = of_header.strip()
    if of_body and header and of_body != header:
        raise Invalid({"idempotency_key": "请求头与内容中的幂等键不同"})
    return of_body or header


def given_of_form(text: str) -> dict:
    """What a step is given, as JSON beside the files of a form."""
    try:
        found = read_values.from_json(text or "{}")
    except read_values.BadValue:
        found = None
    if not isinstance(found, dict):
        raise Invalid({"given": "given 应为 JSON 对象"})
    return found


def known(request: HttpRequest, names: set[str]) -> None:
    """Invalid for what the query names beside these: never an unfiltered list."""
    if unknown := sorted(set(request.GET) - names):
        raise Invalid({name: f"没有“{name}”这个条件，可用：{'、'.join(sorted(names))}" for name in unknown})


def error(status: int, code: str, reason: str, field: str = "", **more) -> JsonResponse:
    answer = JsonResponse({"error": {"code": code, "reason": reason, "field": field}, **more}, status=status,
                          json_dumps_params={"ensure_ascii": False})
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="minsheng"'
    return answer


def refused(request: HttpRequest, wrong: Refused) -> HttpResponse:
    """What is not yours does not exist: 404. Every other refusal is 409 with the sentence that the screen shows."""
    answer = wrong.verdict
    return error(404 if answer.code == "hidden" else 409, answer.code, answer.reason, answer.field)


def invalid(request: HttpRequest, wrong: Invalid) -> HttpResponse:
    field, sentence = next(iter(wrong.errors.items()))
    return error(422, "invalid", sentence, field, errors=wrong.errors)


_SAID = {
    "missing": "请填写这一项", "extra_forbidden": "接口没有这一项，请检查拼写", "string_too_long": "最多 {max_length} 字", "int_parsing": "应为整数",
    "bool_parsing": "应为 true 或 false", "bool_type": "应为 true 或 false", "string_type": "应为文字", "dict_type": "应为对象",
    "int_type": "应为整数", "int_parsing_size": "应为整数，且不能过大", "int_from_float": "应为整数",
    "string_pattern_mismatch": "不在可填的范围内", "list_type": "应为列表", "less_than_equal": "不能大于 {le}", "greater_than_equal": "不能小于 {ge}",
    "too_long": "最多 {max_length} 项", "model_attributes_type": "应为对象，如 {{\"kind\": \"help\"}}", "model_type": "应为对象",
}


_NO_FILE = "没有收到文件：请在 multipart/form-data 的这一项里放文件，并写上文件名"


def _field_of(where: list | tuple) -> str:
    """The path inside the body or query, e.g. requester.phone: without where it came from and the name of our own argument."""
    inner = where[1:]
    return ".".join(str(part) for part in (inner[1:] if inner and inner[0] in ("given", "filters") else inner))


def misfit(request: HttpRequest, wrong: ValidationError) -> HttpResponse:
    """What pydantic found, in our words."""
    errors: dict[str, str] = {}
    for each in wrong.errors:
        errors.setdefault(_field_of(each["loc"]) or "body", _sentence(each))
    field, sentence = next(iter(errors.items()))
    return error(422, "invalid", sentence, field, errors=errors)


def _sentence(found: dict[str, Any]) -> str:
    if found["type"] == "missing" and found["loc"][0] == "file":
        return _NO_FILE
    if found["type"] in _SAID:
        return _SAID[found["type"]].format_map(found.get("ctx") or {})
    said = str(found.get("msg", "")).removeprefix("Value error, ")
    return said if said[:1] > "\u2e80" else "填写有误"


def http_error(request: HttpRequest, wrong: HttpError) -> HttpResponse:
    if isinstance(wrong.__cause__, Invalid):
        return invalid(request, wrong.__cause__)
    if wrong.status_code == 400:
        return error(400, "bad_json", "请求内容不是有效的 JSON（UTF-8 编码）")
    return error(wrong.status_code, "refused", wrong.message)


def no_token(request: HttpRequest, wrong: AuthenticationError) -> HttpResponse:
    return error(401, "no_token", "请在请求头 Authorization: Bearer 中给出有效的密钥；密钥在“我的账号”中建立，可能已过期或停用")


def no_scope(request: HttpRequest, wrong: Unauthorised) -> HttpResponse:
    return error(403, "no_scope", f"密钥没有“{SCOPES[wrong.scope]}”的范围：{wrong.scope}", wrong.scope)


def broken(request: HttpRequest, wrong: Exception) -> HttpResponse:
    """Our own fault: logged with its trace, and nothing of it in the answer."""
    if isinstance(wrong, RequestDataTooBig):
        return error(413, "too_large", "内容太大：一次最多 25 MB")
    if isinstance(wrong, SuspiciousOperation | UnicodeDecodeError | MultiPartParserError):
        return error(400, "bad_request", "请求格式有误")
    if request.META.get(outage.GIVEN_UP):  # nobody waits for this answer any more
        return error(503, **outage.error())
    if kind := outage.kind_of(wrong):
        return unavailable(kind, wrong)
    log.error("API error", extra={"request": request}, exc_info=wrong)
    return error(500, "broken", "系统出错，请稍后重试；如反复出现请联系系统管理员")


def unavailable(kind: str, wrong: Exception) -> HttpResponse:
    """Nothing of ours is broken: come again."""
    if kind == outage.BUSY:
        log.error("API met a conflict of locks", exc_info=wrong)
    else:
        outage.incident.begins(kind, str(wrong))
    answer = JsonResponse({"error": outage.error(kind)}, status=503, json_dumps_params={"ensure_ascii": False})
    answer.headers["Retry-After"] = str(outage.AGAIN_S)
    return answer


def guard(api: NinjaAPI) -> None:
    """Hang the handlers on the API."""
    for kind, handler in ((Refused, refused), (Invalid, invalid), (ValidationError, misfit), (HttpError, http_error),
                          (AuthenticationError, no_token), (Unauthorised, no_scope), (Exception, broken)):
        api.add_exception_handler(kind, handler)


@csrf_exempt
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    return error(404, "no_path", "没有这个接口；全部接口见 /api/v1/openapi.json")


def shaped(view):
    """A wrong method is answered in the same shape, too."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            allowed = response.headers.get("Allow", "")
            response = error(405, "method", f"这个接口只接受 {allowed}")
            response.headers["Allow"] = allowed
        return response

    answer.csrf_exempt = True
    return answer
