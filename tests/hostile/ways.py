"""Every way in, found by looking: addresses by the resolver, fields by the forms on the pages and by what a view asks of its query,
steps by the procedure, operations by the API's own document, options by the parsers of the commands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import QueryDict
from django.urls import get_resolver, resolve

from minsheng.cases import queries as cases
from minsheng.cases.rules.fields import FIELDS
from minsheng.cases.rules.procedure import OF_REQUESTER, PROCEDURE
from tests.cast import PEOPLE
from tests.hostile.city import REASON, Town, hour


@dataclass
class Way:
    """One form, query, operation or step with its fields. `send(field, value)` puts the value there and plausible ones elsewhere."""

    name: str
    fields: list[str]
    send: Callable
    typed: bool = False  # takes JSON values, not texts alone
    asked: set[str] = field(default_factory=set)


# --- addresses ------------------------------------------------------------


class Recorder(QueryDict):
    """Notes which fields a view asks for."""

    asked: set[str]

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)

    def getlist(self, key, default=None):
        self.asked.add(key)
        return super().getlist(key, default)

    def __contains__(self, key):
        self.asked.add(key)
        return super().__contains__(key)


ASKED: set[str] = set()


class Recording:
    """A middleware for the tests alone, the last before the view."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.GET = _recorder(request.GET)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.method == "POST" and not request.path.startswith("/api/"):
            request.POST = _recorder(request.POST)


def _recorder(given: QueryDict) -> Recorder:
    made = Recorder(mutable=True)
    made.asked = set()
    for name, values in given.lists():
        made.setlist(name, values)
    made.asked = ASKED
    return made


@dataclass(frozen=True)
class Address:
    route: str
    parts: tuple[tuple[str, str], ...]  # (converter, name)
    view: Callable

    def filled(self, ids: dict) -> str:
        return re.sub(r"<(?:(\w+):)?(\w+)>", lambda m: str((ids.get(m[2]) or [1])[0]), self.route)


def addresses() -> list[Address]:
    """Every page and operation there is."""

    def walk(patterns, prefix=""):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            elif "(?P" not in route:
                yield Address("/" + route, tuple(re.findall(r"<(?:(\w+):)?(\w+)>", route)), pattern.callback)

    return list(walk(get_resolver().url_patterns))


def readers_of(address: Address) -> list[str]:
    """Those whose page it is; "" for anybody without an account."""
    needed = getattr(address.view, "needs", None)
    if needed is None:
        return [""]
    return [who for who, (_, _, roles) in PEOPLE.items() if not needed or set(roles) & set(needed)] or ["agent"]


# --- forms ------------------------------------------------------------


class Forms(HTMLParser):
    """The forms of a page: where they go, what stands in them."""

    def __init__(self, page: str, here: str):
        super().__init__()
        self.here, self.found, self.now, self.select = here, [], None, ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        a = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.now = {"action": a.get("action") or self.here, "method": a.get("method", "get").lower(), "fields": {}, "buttons": []}
            self.found.append(self.now)
        elif self.now is not None:
            self._inside(tag, a)

    def _inside(self, tag, a):
        name, fields = a.get("name", ""), self.now["fields"]
        if tag == "button" and a.get("type", "submit") == "submit":
            self.now["buttons"].append((name, a.get("value", "")))
        elif tag == "option" and self.select and (not fields.get(self.select) or "selected" in a):
            fields[self.select] = a.get("value", "") or fields.get(self.select, "")
        elif tag == "select" and name:
            self.select, fields[name] = name, ""
        elif tag == "textarea" and name:
            fields[name] = ""
        elif tag == "input" and name and a.get("type") not in ("file", "submit"):
            if a.get("type") not in ("radio", "checkbox") or "checked" in a or name not in fields:
                fields[name] = a.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.now = None
        if tag == "select":
            self.select = ""


def plausible(town: Town, name: str, kept: str) -> str:
    """What stands in a form, or what somebody would write there."""
    if kept or name.startswith("csrf"):
        return kept
    if name in FIELDS and FIELDS[name].kind in ("text", "long", "choice", "bool"):
        value = town.example(name, town.cases[1])
        return {True: "yes"}.get(value, str(value))
    return {"reason": REASON, "words": REASON, "ruling": REASON, "valid_from": "2025-02-01", "day": "2025-02-01", "on": "2025-02-01", "kind": "holiday",
            "starts": "2025-01-10T08:00", "ends": "2025-01-11T08:00", "value": "5wd", "phone": "13800000002", "why": REASON}.get(name, "")


def forms_of(town: Town, clients: dict) -> Iterator[Way]:
    """Every form that somebody finds on a page, once for each of its buttons."""
    seen: set = set()
    for address in addresses():
        if not address.route.startswith(("/api/", "/static/")):
            for who in readers_of(address)[:2]:
                for url, page in _pages(address, town, who, clients[who]):
                    for form in Forms(page.content.decode(), url.partition("?")[0]).found:
                        yield from _ways(town, who, clients[who], form, seen)


def _pages(address: Address, town: Town, who: str, client) -> Iterator[tuple[str, Any]]:
    for url in _urls(address, town, who):
        answer = client.get(url)
        if answer.status_code == 405:
            return
        if answer.status_code == 200 and "html" in answer.headers.get("Content-Type", ""):
            yield from ((url, page) for page in (answer, *_steps_of(address, client, answer)))


def _steps_of(address: Address, client, page) -> Iterator:
    """Of a subject's page the same with the form of each step that its bar opens. Steps of cases have ways of their own."""
    if "case_id" in {name for _, name in address.parts}:
        return
    for link in dict.fromkeys(re.findall(r'href="(/[^"?]*\?step=\w+)#step"', page.content.decode())):
        answer = client.get(link)
        if answer.status_code == 200:
            yield answer


def _urls(address: Address, town: Town, who: str) -> list[str]:
    """The address with a few of the things that it can be about; of cases one of each kind that this reader may open."""
    if not address.parts:
        return [address.filled(town.ids)]
    names = [name for _, name in address.parts]
    if "case_id" in names:
        mine = list(cases.visible(town.cast.actors[who]).filter(id__in=[c.id for c in town.cases]).values_list("id", "state")) if who else []
        one_each = {state: id_ for id_, state in mine}
        return [address.filled({**town.ids, "case_id": [id_]}) for id_ in list(one_each.values())[:5]]
    return [address.filled({**town.ids, name: [value]}) for name in names[-1:] for value in town.ids.get(name, [1])[:4]]


def _ways(town: Town, who: str, client, form: dict, seen: set) -> Iterator[Way]:
    action = urlsplit(form["action"])
    if action.netloc or not form["fields"] and not form["buttons"]:
        return
    for button in form["buttons"] or [("", "")]:
        fields = dict(form["fields"]) | ({button[0]: button[1]} if button[0] else {})
        route = _route(action.path)
        mark = (route, form["method"], tuple(sorted(fields)), button[1] if not button[1].isdecimal() else "")
        if mark in seen or action.path in ("/logout", "/language"):
            continue
        seen.add(mark)
        base = {name: plausible(town, name, kept) for name, kept in fields.items()} | dict(parse_qsl(action.query))
        yield Way(f"{form['method'].upper()} {route} [{button[1] or '-'}] as {who or 'anybody'}", sorted(base), _sender(client, form["method"], form["action"], base))


def _route(path: str) -> str:
    try:
        return resolve(path).route
    except Exception:  # noqa: BLE001  (a link to nowhere is another test's)
        return path


def _sender(client, method: str, url: str, base: dict) -> Callable:
    return lambda name, value: getattr(client, method)(url, {**base, name: value})


# --- queries ------------------------------------------------------------


def queries_of(town: Town, clients: dict) -> Iterator[Way]:
    """Every page with the fields that its view asks of the query."""
    for address in addresses():
        if address.route.startswith(("/api/", "/static/")):
            continue
        client, url = clients[readers_of(address)[0]], address.filled(town.ids)
        ASKED.clear()
        client.get(url)
        asked = sorted(ASKED - {"csrfmiddlewaretoken"})
        if asked:
            yield Way(f"QUERY {address.route}", asked, lambda name, value, client=client, url=url: client.get(url, {name: value}))


def paths_of(town: Town, clients: dict) -> Iterator[Way]:
    """Every part of every address."""
    for address in addresses():
        client = clients[readers_of(address)[0]]
        names = [name for _, name in address.parts]
        if names:
            yield Way(f"PATH {address.route}", names, lambda name, value, a=address, c=client: _visit(c, a, {**town.ids, name: [value]}))


def _visit(client, address: Address, ids: dict):
    from urllib.parse import quote

    url = quote(address.filled(ids)[:4000], safe="/", errors="replace")
    answer = client.get(url)
    return client.post(url) if answer.status_code == 405 else answer


# --- the API ------------------------------------------------------------


class Program:
    """A program with somebody's key."""

    def __init__(self, client, token: str):
        self.client, self.head = client, {"Authorization": f"Bearer {token}"}

    def send(self, method: str, url: str, body=None, query=None, headers=None, form=None):
        more = {"headers": self.head | (headers or {})}
        if form is not None:
            return self.client.post(url, form, **more)
        if method == "get":
            return self.client.get(url, query or {}, **more)
        return getattr(self.client, method)(url, json.dumps(body), content_type="application/json", **more)


BODY = {"kind": "help", "narrative": "幸福路停水两天", "title": "停水", "channel": "web", "category": "tap", "district": "town", "place": "幸福路1号",
        "elements": {"time": "夜间"}, "requester": {"name": "王小明", "phone": "13800000000", "kind": "person"}, "language": "zh", "files": []}


def operations(town: Town, program: Callable[[str], Program]) -> Iterator[Way]:
    """From the API's own document: each parameter and each property of each body, to any depth."""
    from minsheng.api.views import api

    document = api.get_openapi_schema()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            url, subject = _filled(path, town)
            who = "supervisor" if "measures" in path else "coordinator" if subject else "dispatcher"
            asked = [(p["name"], p["in"]) for p in operation.get("parameters", []) if p["in"] != "path"]
            if asked:
                yield Way(f"API {method} {path}", [name for name, _ in asked], _parameter(program(who), method, url, dict(asked)))
            body = operation.get("requestBody", {}).get("content", {})
            if "application/json" in body:
                fields = list(_properties(body["application/json"]["schema"], document))
                yield Way(f"API {method} {path} {{body}}", fields, _property(program("coordinator" if subject else "agent"), method, url, subject), typed=True)
            elif body:
                schema = next(iter(body.values()))["schema"]
                yield Way(f"API {method} {path} {{form}}", [n for n in _properties(schema, document) if n != "file"], _form(program("water"), url))


def _filled(path: str, town: Town) -> tuple[str, str]:
    """(the address about something that is there, the step that is sent to a subject of leader days or supervision; "" to a case)."""
    from minsheng.api.day_steps import SUBJECTS

    name = path.removeprefix("/api/v1/").split("/")[0]
    if name not in SUBJECTS:
        return re.sub(r"\{\w+\}", town.cases[1].number, path), ""
    one = SUBJECTS[name]
    makes, ids = next(iter(one.make), ""), town.ids[f"{one.kind.name}_id"]
    steps = [step.name for step in one.kind.procedure if step.name not in one.make]
    return path.replace("{subject_id}", str(ids[0])), steps[0] if "{" in path else makes


def _parameter(program: Program, method: str, url: str, kinds: dict) -> Callable:
    def send(name, value):
        if kinds[name] == "header":
            return program.send(method, url, BODY, headers={name: value.encode("utf-8", "replace").decode("latin1").replace("\n", " ").replace("\r", " ")})
        return program.send(method, url, query={name: value})

    return send


def _properties(schema: dict, document: dict, prefix: str = "") -> Iterator[str]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for each in schema.get("allOf", []):
        yield from _properties(each, document, prefix)
    for name, inner in schema.get("properties", {}).items():
        yield prefix + name
        yield from _properties(inner, document, f"{prefix}{name}.")


def _property(program: Program, method: str, url: str, takes: str = "") -> Callable:
    def send(name, value):
        body = json.loads(json.dumps(BODY if url.endswith("/cases") else {"step": takes or "mark_urgent", "given": {"reason": REASON}} if url.endswith("/steps") else {}))
        at = body
        *outer, last = name.split(".")
        for step in outer:
            at = at.setdefault(step, {})
        at[last] = value
        return program.send(method, url, body)

    return send


def _form(program: Program, url: str) -> Callable:
    return lambda name, value: program.send("post", url, form={"step": "", "given": "{}", name: value})


def steps_by_program(town: Town, program: Callable[[str], Program]) -> Iterator[Way]:
    """Every step of the procedure with every field that it asks for, by somebody who may take it now."""
    for step in PROCEDURE:
        found = town.who_may(step) if step.needs else None
        if found:
            who, case = found
            yield Way(f"STEP {step.name}", list(step.fields), _step(program(who), case, step.name, town.given(step, case)), typed=True)


def _step(program: Program, case, step: str, base: dict) -> Callable:
    def send(name, value):
        return program.send("post", f"/api/v1/cases/{case.id}/steps", {"step": step, "given": {**base, name: value}})

    return _at_its_hour(step, send)


def steps_on_pages(town: Town, clients: dict) -> Iterator[Way]:
    """The same by the form of the case page."""
    for step in PROCEDURE:
        found = town.who_may(step) if step.needs else None
        if found:
            who, case = found
            base = {n: _written(v) for n, v in town.given(step, case).items()}
            names = [n for n in step.fields if FIELDS[n].kind != "files"]
            send = _sender(clients[who], "post", f"/desk/case/{case.id}/step", {"step": step.name, **base})
            yield Way(f"PAGE {step.name}", names, _at_its_hour(step.name, send))


def _at_its_hour(step: str, send: Callable) -> Callable:
    def sent(name, value):
        with hour(step):
            return send(name, value)

    return sent


def _written(value) -> str:
    if isinstance(value, list):
        return "\n\n".join(part["narrative"] if isinstance(part, dict) else str(part) for part in value)
    return {True: "yes", False: "no"}.get(value, str(value)) if not isinstance(value, dict) else ""


# --- the citizen ------------------------------------------------------------

SENT = {"narrative": "幸福路停水两天", "kind": "help", "district": "", "place": "幸福路1号", "name": "王小明", "phone": "13800000000", "requester_kind": "person",
        "secrecy": "", "reply_language": "zh"}


def by_citizen(town: Town, new_client: Callable) -> Iterator[Way]:
    """The three pages of a request, sent to the end; number and code; every step of a requester."""

    def send(name, value):
        client = new_client()
        answer = None
        for url in ("/send", "/send/who", "/send/check"):
            answer = client.post(url, {**SENT, name: value})
            if answer.status_code != 302:
                break
        return answer

    yield Way("CITIZEN /send", [*SENT, "website", "language", "large", "clear"], send)
    case = next(c for c in town.cases if c.id in town.cast.codes and c.state == "in_progress")
    key = {"number": case.number, "code": town.cast.codes[case.id]}
    yield Way("CITIZEN /track", ["number", "code"], lambda name, value: new_client().post("/track", {**key, name: value}))
    yield Way("CITIZEN /ask", ["q"], lambda name, value: _follow(new_client(), value))
    for step in OF_REQUESTER:
        names = [n for n in PROCEDURE[step].fields if FIELDS[n].kind != "files"]

        def act(name, value, step=step):
            client = new_client()
            client.post("/track", key)
            return client.post(f"/case/{step}", {n: str(town.example(n, case)) for n in PROCEDURE[step].required} | {name: value})

        if names:
            yield Way(f"CITIZEN {step}", [*names, "large"], act)


def _follow(client, value):
    client.post("/ask", {"q": value})
    return client.get("/ask")
