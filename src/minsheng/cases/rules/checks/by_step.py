"""Which steps put which checks: each is `(facts, values, world) -> {field: sentence}`."""

from __future__ import annotations

from minsheng.cases.rules import CaseFacts, Standing
from minsheng.cases.rules.checks.closing import answers_fit, ground_fits, party_is, reached_somehow
from minsheng.cases.rules.checks.intake import answer_says_why, emergency_was_handed_on, proof_of_transfer
from minsheng.cases.rules.checks.requester import something_answered, who_speaks
from minsheng.cases.rules.checks.review import calm_says_why, complained_can_be_named, lead_can_keep, master_takes, not_released
from minsheng.cases.rules.checks.shared import Check, Given, World, lawful_time, readers_of, unit_can_take
from minsheng.cases.rules.checks.tasks import below_own_unit, within_own_limit
from minsheng.cases.rules.checks.unit import reply_says_why, waiver_is_borne_out
from minsheng.cases.rules.fields import FIELDS

CHECKS: dict[str, tuple[Check, ...]] = {
    "dispatch": (unit_can_take("lead"), unit_can_take("co_units"), not_released, lead_can_keep, readers_of("lead", "co_units")),
    "night_dispatch": (unit_can_take("lead"), unit_can_take("co_units"), not_released, lead_can_keep, readers_of("lead", "co_units")),
    "rule_consult": (unit_can_take("lead"), unit_can_take("co_units"), lead_can_keep),
    "add_co": (unit_can_take("co_unit"), within_own_limit),
    "assign_task": (unit_can_take("task_unit"), below_own_unit, within_own_limit),
    "county_dispatch": (unit_can_take("task_unit"), below_own_unit, within_own_limit),
    "answer": (answer_says_why,),
    "transfer": (proof_of_transfer,),
    "decline": (emergency_was_handed_on,),
    "triage": (calm_says_why,),
    "name_readers": (readers_of(),),
    "waive_contact": (waiver_is_borne_out,),
    "draft_reply": (reply_says_why,),
    "merge": (master_takes,),
    "record_callback": (party_is(Standing.CALL, Standing.NUMBER, Standing.NO_NUMBER, sentence="这位诉求人已完成回访"), reached_somehow,
                        answers_fit),
    "give_number": (party_is(Standing.NUMBER, Standing.NO_NUMBER, sentence="这位诉求人有号码可以拨打"),),
    "no_number": (party_is(Standing.NUMBER, sentence="这位诉求人的号码没有报错"),),
    "ask_no_callback": (ground_fits,),
    "answer_callback": (something_answered,),
    **dict.fromkeys(("phone_correct", "phone_withdraw", "phone_rate", "phone_secrecy", "new_code"), (who_speaks,)),
    "name_complained": (complained_can_be_named,),
}


def check(step: str, case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """All errors of what was given, by field; the first check of a field wins."""
    times = (FIELDS[name] for name in given if FIELDS[name].kind == "datetime")
    errors = {f.name: sentence for f in times if (sentence := lawful_time(f, given, world))}
    for rule in CHECKS.get(step, ()):
        for name, sentence in rule(case, given, world).items():
            errors.setdefault(name, sentence)
    return errors
