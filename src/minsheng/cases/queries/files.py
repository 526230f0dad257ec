"""Files of a case for those who may see it."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases import queries, rules
from minsheng.cases.models import Case, CaseFile
from minsheng.cases.queries import joined, words
from minsheng.files import queries as kept
from minsheng.files.models import StoredFile
from minsheng.kit.verdict import Refused, no


def open_file(*, case_id: int, file_id: int, by: Actor) -> tuple[StoredFile, object]:
    """(row, named as the reader may see it, open bytes). Refused "missing" when the bytes are gone or damaged.

    What a requester sent may show who they are: only for those who may see personal data.
    """
    case = queries.get(case_id, by)
    facts = queries.facts_of(case)
    of: Case | None = case
    row = CaseFile.objects.filter(case_id=case_id, file_id=file_id).select_related("file").first()
    if row is None:
        row, of = joined.file_of(case_id, file_id, by)
    if row is None or of is None or row.file.erased_at or rules.only_rules(facts, by):
        raise Refused(no("hidden", "没有这个附件，或已依法删除"))
    if row.slot == "requester" and not (answer := joined.may_open(row, facts, by)):
        raise Refused(answer)
    row.file.name = words.name_of(row, of, words.view_of(case, facts, by) if of is case else words.MASKED)
    try:
        return row.file, kept.open_whole(row.file)
    except kept.Missing as gone:
        raise Refused(no("missing", str(gone))) from gone


def kept_contents() -> dict[str, tuple[str, str]]:
    """Where every kept content lies -> (its digest, what to call it for a technician: number of the file and of its case, no name)."""
    said = {row.sha256: f"附件 {row.id}" for row in StoredFile.objects.filter(erased_at=None).only("id", "sha256").order_by("-id")}
    of_cases = CaseFile.objects.filter(file__erased_at=None).values_list("file__sha256", "file_id", "case__number").order_by("-id")
    said |= {sha256: f"附件 {id_}（工单 {number}）" for sha256, id_, number in of_cases}
    return {kept.lies_at(sha256): (sha256, name) for sha256, name in said.items()}
