"""The API keeps to its own OpenAPI document: requests drawn from it, lawful and not, by a program of each kind. No answer is 5xx, and
each has a status, a type and a shape that the document names. MINSHENG_HEAVY=1 asks oftener."""

import os
import random

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES
from minsheng.api.views import api
from minsheng.cases.rules import Kind, State
from minsheng.cases.rules.procedure import PROCEDURE

MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 20 if os.environ.get("MINSHENG_HEAVY") == "1" else 8  # of each operation and mode
WHO = ("agent", "dispatcher", "water", "supervisor", "callback_clerk")
OPERATIONS = {o["operationId"]: (path, method.upper()) for path, methods in api.get_openapi_schema()["paths"].items() for method, o in methods.items()}


@pytest.fixture
def tokens(cast) -> list[str]:
    """Of programs that may do what their person may, of one with another scope alone, and of none."""
    made = [accounts.make_token(person=cast.people[who], name="程序", scopes=scopes, by=accounts.COMMAND_LINE, setup=True)[1]
            for who, scopes in [*((who, SCOPES) for who in WHO), ("water", ["measures.read"])]]
    return [*made, "ms_none"]


@pytest.fixture
def app():
    """The program itself, on this test's connection: that lies in a transaction which is undone, as with Django's own client."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in signals:
        signal.connect(close_old_connections)


def sharpened(case, refs: list[str], tokens: list[str], dice) -> str:
    """By chance alone nobody names a case that is there, a kind of request, or a step and what it needs. The token to send it with."""
    token = dice.choice(tokens)
    if "ref" in case.path_parameters and dice.random() < 0.7:
        case.path_parameters["ref"] = dice.choice(refs)
    if not isinstance(case.body, dict) or dice.random() < 0.3:
        return token
    if "narrative" in case.body:
        token = tokens[WHO.index("agent")]
        case.body |= {"kind": dice.choice(list(Kind)).value, "narrative": "幸福路小区停水两天"} | dict.fromkeys({"category", "district", "complained_unit"} & set(case.body), "")
    if "step" in case.body and dice.random() < 0.5:
        case.path_parameters["ref"], case.body = refs[0], {"step": "mark_urgent", "given": {"reason": "家中有卧床老人"}}
        return tokens[WHO.index("dispatcher")]
    if "step" in case.body:
        case.body |= {"step": dice.choice(PROCEDURE.rows).name, "given": {"reason": "有新情况"}}
    return token


def test_every_operation_answers_as_the_document_says(cast, tokens, app):
    refs = [cast.at_state(state).number for state in (State.PENDING_REVIEW, State.IN_PROGRESS, State.PENDING_CALLBACK, State.CLOSED)]
    document = schemathesis.openapi.from_dict(api.get_openapi_schema())
    document.app = app
    answered = {name: asked(document[path][method], tokens, refs) for name, (path, method) in OPERATIONS.items()}
    assert set().union(*answered.values()) >= {200, 401, 404, 422}, answered


def asked(operation, tokens: list[str], refs: list[str]) -> set[int]:
    """With which statuses it answered. Nothing is kept of what was sent."""
    answered, dice = set(), random.Random(operation.path)

    @settings(max_examples=EXAMPLES * len(MODES), derandomize=True, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(case=st.one_of([operation.as_strategy(generation_mode=mode) for mode in MODES]))
    def ask(case):
        token = sharpened(case, refs, tokens, dice)
        with transaction.atomic():
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            transaction.set_rollback(True)
        answered.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    ask()
    return answered
