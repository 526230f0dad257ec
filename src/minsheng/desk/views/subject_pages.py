"""What pages of subjects share: a page with the form of one step, a step taken, an empty form that makes one, a file that hangs on one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.shortcuts import redirect, render

from minsheng.desk import day_form, step_form
from minsheng.desk.views.case import hidden, kept_file
from minsheng.kit import form_key, toast
from minsheng.kit.step_fields import Field
from minsheng.kit.steps import Procedure
from minsheng.kit.verdict import Invalid, Refused


class SubjectPages:
    """
    template, url  of its page; the step is posted to the address called `url`-step, its files lie at `url`-file
    open_page      (id, actor) -> `kit.subject_page.SubjectPage`; Refused when there is none
    choices        (actor) -> of fields that are chosen from a list
    first          (page, step, actor) -> what an empty form begins with
    beside         (request, page) -> what its template shows that no query knows
    """

    def __init__(self, template: str, url: str, procedure: Procedure, fields: Mapping[str, Field], open_page: Callable[[int, Any], Any],
                 choices: Callable[[Any], Mapping[str, list]] = lambda by: {}, first: Callable[[Any, Any, Any], Mapping] = lambda page, step, by: {},
                 beside: Callable[[Any, Any], Mapping] = lambda request, page: {}):
        self.template, self.url, self.procedure, self.fields, self.open_page = template, url, procedure, fields, open_page
        self.choices, self.first, self.beside = choices, first, beside

    def draw(self, request, page, step=None, typed=None, errors=None, reason: str = "", status: int = 200):
        fields = step_form.draw(step, self.fields, self.choices(request.actor), typed, errors, self.first(page, step, request.actor)) if step else []
        bar = day_form.bar(page.steps, self.url, page.subject.id, bool(step))
        shown = {"page": page, "one": page.subject, "bar": bar, "step": step, "fields": fields, "errors": errors, "reason": reason,
                 "take_url": f"{self.url}-step", "file_url": f"{self.url}-file", "back": self.url, **self.beside(request, page)}
        return render(request, self.template, shown, status=status)

    def show(self, request, id_: int):
        """?step=NAME opens the form of that step under the bar."""
        try:
            page = self.open_page(id_, request.actor)
        except Refused as refused:
            return hidden(request, refused)
        step, shut = step_form.opened(page.steps, request.GET.get("step", ""), self.procedure)
        return self.draw(request, page, step, reason=shut)

    def take(self, request, id_: int, do: Callable[..., Any]):
        """The step that the button names. What was typed stays when it is refused; nothing is written then."""
        step = self.procedure.get(request.POST.get("step", ""))
        if step is None:
            return redirect(self.url, id_)
        said: dict[str, Any] = {}
        try:
            given = step_form.given(step, request.POST, fields=self.fields, uploads=request.FILES)
            do(step=step.name, by=request.actor, given=given, key=form_key.of(request.POST))
        except Refused as refused:
            said = {"reason": refused.verdict.reason, "status": 409}
        except Invalid as wrong:
            said = {"errors": wrong.errors, "status": 422}
        try:
            page = self.open_page(id_, request.actor)
        except Refused as refused:
            return hidden(request, refused)
        if said:
            return self.draw(request, page, step if step.asks else None, request.POST, **said)
        return toast.leave(redirect(self.url, id_), f"{step.label}：已记入，现为“{page.subject.get_state_display()}”")

    def new(self, request, step_name: str, title: str, make: Callable[..., Any], back: str, known: Mapping | None = None, first: Mapping | None = None,
            said: str = ""):
        """An empty form, or what was typed with what is wrong; made, its page. `known`: what the page fills in; `said`: then."""
        step, errors, reason = self.procedure[step_name], {}, ""
        if request.method == "POST":
            try:
                row = make(by=request.actor, given=step_form.given(step, request.POST, known, self.fields, request.FILES), key=form_key.of(request.POST))
                return toast.leave(redirect(self.url, row.subject_id), said or f"{step.label}：已记入")
            except Invalid as wrong:
                errors = wrong.errors
            except Refused as refused:
                reason = refused.verdict.reason
        typed = request.POST if request.method == "POST" else None
        fields = step_form.draw(step, self.fields, self.choices(request.actor), typed, errors, first, tuple(known or ()))
        shown = {"title": title, "step": step, "errors": errors, "reason": reason, "fields": fields, "back": back}
        return render(request, "desk/oversight/new.html", shown, status=422 if errors else 409 if reason else 200)

    def shut(self, request, **kwargs):
        """Before files are read: the answer to who may not see the subject (`kit.uploads.takes_files`)."""
        try:
            self.open_page(next(iter(kwargs.values())), request.actor)
        except Refused as refused:
            return hidden(request, refused)
        return None


def attachment(request, open_file: Callable[..., tuple[Any, Any]], *ids: int):
    """A kept file, as `open_file(*ids, by=…)` hands it out."""
    try:
        return kept_file(*open_file(*ids, by=request.actor))
    except Refused as refused:
        return hidden(request, refused)
