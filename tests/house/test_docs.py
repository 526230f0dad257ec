"""Pages that the code writes are fresh, and the glossary knows every word that the code uses."""

import re
from pathlib import Path

import pytest

from minsheng.accounts.rules import Role
from minsheng.bulletins.rules import generated_docs as bulletins
from minsheng.cases import rules
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.cli import docs
from minsheng.field_work.rules import generated_docs as field_work
from minsheng.leader_days.rules.generated_docs import SUBJECTS
from minsheng.measures.score_rules import SCORING
from minsheng.month_end.rules import generated_docs as month_end
from minsheng.oversight.rules import generated_docs as oversight
from minsheng.proofs.rules import generated_docs as proofs
from minsheng.topics.rules import generated_docs as topics

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", docs.pages())
def test_a_generated_page_says_what_the_code_says(name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == docs.pages()[name], "run: ./minsheng docs"


def glossary() -> set[str]:
    return set(re.findall(r"`([a-z_0-9]+)`", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")))


def test_the_glossary_knows_every_room_role_state_and_step():
    rooms = {p.parent.name for p in (ROOT / "src" / "minsheng").glob("*/__init__.py")} - {"cli"}
    words = rooms | {r.value for r in Role} | {s.value for s in rules.State} | {s.name for s in PROCEDURE}
    words |= {step.name for procedure in (row[2] for row in (*SUBJECTS, *oversight.SUBJECTS, *field_work.SUBJECTS, *topics.SUBJECTS,
                                                                  *month_end.SUBJECTS, *bulletins.SUBJECTS, *proofs.SUBJECTS, ("", None, SCORING))) for step in procedure}
    words |= {k.value for k in rules.Kind} | {a.value for a in rules.Ask}
    assert words - glossary() == set()
