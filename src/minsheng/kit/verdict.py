"""A yes or a no that can say why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Truthy when allowed; a refusal carries a code for programs and a reason for people (Chinese source string)."""

    allowed: bool
    code: str = ""
    reason: str = ""
    field: str = ""

    def __bool__(self) -> bool:
        return self.allowed


YES = Verdict(True)


def no(code: str, reason: str, field: str = "") -> Verdict:
    return Verdict(False, code, reason, field)


class Refused(Exception):
    """An action was asked for that the rules refuse. Nothing was written. Screens show `.verdict.reason`; the API answers 409."""

    def __init__(self, verdict: Verdict):
        super().__init__(verdict.reason)
        self.verdict = verdict


class Invalid(Exception):
    """What was given does not fit: `errors` maps a field's name to a sentence that says what to do. Nothing was written."""

    def __init__(self, errors: dict[str, str]):
        super().__init__("；".join(errors.values()))
        self.errors = errors
