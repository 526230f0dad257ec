"""Leader days and topics as the API gives them: what is public, and beside it what a reader of the ledger sees."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Schema
from pydantic import Field

from minsheng.api.schemas import FieldOut


class Page(Schema):
    after: str = Field("", max_length=400, description="上一页的 next")
    size: int = Field(50, ge=1, le=200)


class LedgerFilters(Page):
    """As the ledger's page is narrowed; with the scope public.read alone only `period`."""

    period: str = Field("", max_length=400, description="期的 id，可用逗号并列")
    state: str = Field("", max_length=20, description="结果，如 open kept late withdrawn")
    unit: str = Field("", max_length=60, description="责任单位的代码或编号，含其下级")
    overdue: str = Field("", max_length=5, description="1：只要已过日期还没有核验结论的")
    owed: str = Field("", max_length=5, description="1：只要应兑现的：已兑现、未按期兑现、已过日期还没有核验结论的")


class DeskOut(Schema):
    unit: str = Field(description="机构代码")
    unit_name: str
    theme: str
    starts: datetime
    ends: datetime
    leader: str | None = Field(description="接听领导；只读公开内容的密钥为 null")


class PeriodRow(Schema):
    id: str
    year: int
    number: int
    theme: str
    state: str
    state_label: str
    starts: datetime | None
    desks: list[DeskOut]


class PeriodPage(Schema):
    items: list[PeriodRow]
    next: str


class PublicPart(Schema):
    """What was checked and signed to be public; corrected later, never removed."""

    matter: str
    progress: str
    due: date | None
    published_at: datetime
    corrected_at: datetime | None


class Ledgered(Schema):
    """A line of the ledger. `case`: its number, for who may see the commitment."""

    state: str
    state_label: str
    what: str
    owner: str
    source: str
    made_on: date
    first_due: date | None
    due: date | None
    extensions: int
    overdue: bool
    done_on: date | None
    cause: str
    finding: str
    case: str


class CommitmentRow(Schema):
    id: str
    period: str
    unit: str = Field(description="责任单位的机构代码")
    unit_name: str
    public: PublicPart | None = Field(description="null：没有公开")
    ledger: Ledgered | None = Field(description="null：密钥只读公开内容")


class CommitmentPage(Schema):
    items: list[CommitmentRow]
    next: str


class TopicRow(Schema):
    id: str
    name: str
    category: str
    district: str
    lead: str
    state: str
    state_label: str
    measures: str
    since: date | None
    until: date | None
    ended_on: date | None
    finding: str


class PhrasesRow(Schema):
    """A list of stock phrases that the check of replies leaves out."""

    id: str
    state: str
    state_label: str
    since: date | None
    phrases: list[str]
    reason: str
    signed_at: datetime | None
    signed_by: str


class PhrasesPage(Schema):
    """`held`: the phrases of today."""

    held: list[str]
    items: list[PhrasesRow]
    next: str


class TopicPage(Schema):
    items: list[TopicRow]
    next: str


class SubjectStep(Schema):
    """A step that was taken. `subject`: what it was taken on, or what it made."""

    id: str
    subject: str
    step: str
    seq: int
    state: str
    state_label: str
    at: datetime


class OpenStep(Schema):
    """`reason`: why it is shut, as the page says it."""

    step: str
    label: str
    open: bool
    code: str
    reason: str
    needs: list[FieldOut]


class Told(Schema):
    at: datetime
    label: str
    by: str
    text: str


class SubjectSteps(Schema):
    id: str
    state: str
    state_label: str
    steps: list[OpenStep]
    timeline: list[Told]
