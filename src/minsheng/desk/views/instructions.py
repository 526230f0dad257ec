"""Written instructions (领导批示) and the responsibility record (责任落实台账): lists, one with its steps, a new one."""

from __future__ import annotations

from functools import partial

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import unit_choices
from minsheng.desk.views.subject_pages import SubjectPages
from minsheng.kit.verdict import Invalid
from minsheng.oversight.actions import instructions as actions
from minsheng.oversight.queries import instructions as read
from minsheng.oversight.rules.instructions import DUTY, FIELDS, INSTRUCTION
from minsheng.oversight.rules.states import READERS

readers = needs(*sorted(READERS))


def _choices(by):
    return {"unit": unit_choices.handlers()}


INSTRUCTIONS = SubjectPages("desk/oversight/instruction.html", "instruction", INSTRUCTION, FIELDS, read.instruction, _choices)
DUTIES = SubjectPages("desk/oversight/duty.html", "duty", DUTY, FIELDS, read.duty, _choices)


def _listed(request, template: str, rows):
    try:
        page = rows(request.actor, request.GET.get("after", ""))
    except Invalid as wrong:
        return render(request, template, {"errors": wrong.errors}, status=422)
    return render(request, template, {"page": page, "rows": page.rows, "writes": Role.SUPERVISOR in request.actor.roles})


@never_cache
@readers
@require_safe
def instructions(request):
    return _listed(request, "desk/oversight/instructions.html", read.instructions)


@never_cache
@needs(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new_instruction(request):
    return INSTRUCTIONS.new(request, "report_matter", "呈报领导", actions.report_matter, "instructions")


@never_cache
@readers
@require_safe
def instruction(request, instruction_id: int):
    return INSTRUCTIONS.show(request, instruction_id)


@never_cache
@readers
@require_POST
def take_instruction(request, instruction_id: int):
    return INSTRUCTIONS.take(request, instruction_id, partial(actions.take_instruction, instruction_id=instruction_id))


@never_cache
@readers
@require_safe
def duties(request):
    return _listed(request, "desk/oversight/duties.html", read.duties)


@never_cache
@needs(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new_duty(request):
    return DUTIES.new(request, "open_duty", "列入责任落实台账", actions.open_duty, "duties")


@never_cache
@readers
@require_safe
def duty(request, duty_id: int):
    return DUTIES.show(request, duty_id)


@never_cache
@readers
@require_POST
def take_duty(request, duty_id: int):
    return DUTIES.take(request, duty_id, partial(actions.take_duty, duty_id=duty_id))


urls = [
    path("instructions", instructions, name="instructions"),
    path("instructions/new", new_instruction, name="instruction-new"),
    path("instructions/<int:instruction_id>", instruction, name="instruction"),
    path("instructions/<int:instruction_id>/step", take_instruction, name="instruction-step"),
    path("duties", duties, name="duties"),
    path("duties/new", new_duty, name="duty-new"),
    path("duties/<int:duty_id>", duty, name="duty"),
    path("duties/<int:duty_id>/step", take_duty, name="duty-step"),
]
