"""Letters to customers: what they say, and how a product writes them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import FIXED, Issue, IssueId
from bridge.domain.letters import FixWords, LetterKind, LetterPlan, LetterState, LetterText
from bridge.store.lineage import lineage
from bridge.store.tables import (
    AddresseeRow,
    IssueRow,
    LetterIssueRow,
    LetterPlanRow,
    LetterRow,
    OutgoingRow,
)

_LOCK = 7302 << 32
_TEXTS = TypeAdapter(dict[str, LetterText])
_PLANNED = TypeAdapter(dict[LetterKind, dict[str, LetterText]])
_WORDS = TypeAdapter(dict[str, FixWords])


@dataclass(frozen=True, slots=True)
class Letter:
    """What affected customers are told of the fixes in one release."""

    id: int
    product_id: ProductId
    kind: LetterKind
    version: str
    texts: Mapping[str, LetterText]
    edition: int
    """One more with each change of what it says."""
    approved_edition: int | None
    approved_by: str | None
    created_by: str
    created_at: datetime
    begun_at: datetime | None
    """When the first of it was handed over to be sent."""
    dropped_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether further fixes of the release still join it."""
        return self.begun_at is None and self.dropped_at is None


@dataclass(frozen=True, slots=True)
class LetterIssue:
    """An issue that a letter tells of."""

    issue_id: IssueId
    episode: int
    words: Mapping[str, FixWords]
    """By language."""


class Letters:
    """Reads and changes letters as a whole; `addressees` has the customers they are for."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self, product_id: ProductId) -> None:
        """Until the block ends nobody else drafts letters of the product."""
        self._session.execute(select(func.pg_advisory_xact_lock(_LOCK + product_id)))

    def plan(self, product_id: ProductId) -> LetterPlan:
        """How the product writes; the project's way unless somebody said otherwise."""
        row = self._session.get(LetterPlanRow, product_id, populate_existing=True)
        if row is None:
            return LetterPlan()
        texts = _PLANNED.validate_python(row.texts)
        return LetterPlan(row.reply_to, row.language, row.check_in_days, texts)

    def set_plan(self, product_id: ProductId, plan: LetterPlan) -> None:
        """Write so from now on."""
        values = {
            "reply_to": plan.reply_to,
            "language": plan.language,
            "check_in_days": plan.check_in_days,
            "texts": {kind.value: _as_json(texts) for kind, texts in plan.texts.items()},
        }
        statement = insert(LetterPlanRow).values(product_id=product_id, **values)
        self._session.execute(
            statement.on_conflict_do_update(index_elements=["product_id"], set_=values)
        )

    def find_open(self, product_id: ProductId, kind: LetterKind, version: str) -> Letter | None:
        """The letter about that release which further fixes join."""
        query = select(LetterRow).where(
            LetterRow.product_id == product_id,
            LetterRow.kind == kind.value,
            LetterRow.version == version,
            LetterRow.begun_at.is_(None),
            LetterRow.dropped_at.is_(None),
        )
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        return _letter(row) if row else None

    def add(  # noqa: PLR0913 - a letter is told by all of these
        self,
        product_id: ProductId,
        kind: LetterKind,
        version: str,
        *,
        texts: Mapping[str, LetterText],
        author: str,
        now: datetime,
    ) -> Letter:
        """A new draft."""
        row = LetterRow(
            product_id=product_id,
            kind=kind.value,
            version=version,
            texts=_as_json(texts),
            created_by=author,
            created_at=now,
        )
        self._session.add(row)
        self._session.flush()
        return _letter(row)

    def get(self, product_id: ProductId, letter_id: int, *, lock: bool = False) -> Letter:
        """The letter of that id in that product, locked until the block ends if asked."""
        query = select(LetterRow).where(
            LetterRow.id == letter_id, LetterRow.product_id == product_id
        )
        if lock:
            query = query.with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        if row is None:
            raise NotFound("no such letter")
        return _letter(row)

    def all(
        self, product_id: ProductId, *, limit: int | None = None, before: int | None = None
    ) -> list[Letter]:
        """The product's letters, newest first; dropped ones are left out."""
        query = (
            select(LetterRow)
            .where(LetterRow.product_id == product_id, LetterRow.dropped_at.is_(None))
            .order_by(LetterRow.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(LetterRow.id < before)
        return [_letter(row) for row in self._session.scalars(query)]

    def issues(self, letter_id: int) -> list[LetterIssue]:
        """What a letter tells of, oldest issue first."""
        query = (
            select(LetterIssueRow)
            .where(LetterIssueRow.letter_id == letter_id)
            .order_by(LetterIssueRow.issue_id)
            .execution_options(populate_existing=True)
        )
        return [
            LetterIssue(IssueId(row.issue_id), row.episode, _WORDS.validate_python(row.words))
            for row in self._session.scalars(query)
        ]

    def save_issue(self, letter_id: int, issue: Issue, words: Mapping[str, FixWords]) -> None:
        """Tell of that fix too, in these words."""
        values = {
            "episode": issue.episode,
            "words": {language: asdict(one) for language, one in words.items()},
        }
        statement = insert(LetterIssueRow).values(letter_id=letter_id, issue_id=issue.id, **values)
        self._session.execute(
            statement.on_conflict_do_update(index_elements=["letter_id", "issue_id"], set_=values)
        )

    def unasked(self, product_id: ProductId, *, since: datetime, until: datetime) -> list[IssueId]:
        """Issues fixed in that time about whose present fix no check-in was ever drafted."""
        asked = (
            select(LetterIssueRow.letter_id)
            .join(LetterRow, LetterRow.id == LetterIssueRow.letter_id)
            .where(
                LetterRow.kind == LetterKind.CHECK_IN.value,
                LetterIssueRow.issue_id == IssueRow.id,
                LetterIssueRow.episode == IssueRow.episode,
            )
        )
        query = (
            select(IssueRow.id)
            .where(
                IssueRow.product_id == product_id,
                IssueRow.merged_into.is_(None),
                IssueRow.state.in_([state.value for state in FIXED]),
                IssueRow.shipped_at > since,
                IssueRow.shipped_at <= until,
                ~asked.exists(),
            )
            .order_by(IssueRow.id)
        )
        return [IssueId(value) for value in self._session.scalars(query)]

    def count_to_read(self, product_id: ProductId) -> int:
        """How many letters a person has to read before customers get them.

        What is approved was read, and what tells of no standing fix says nothing.
        """
        drafted = select(AddresseeRow.id).where(
            AddresseeRow.letter_id == LetterRow.id,
            AddresseeRow.state == LetterState.DRAFTED.value,
        )
        standing = (
            select(IssueRow.id)
            .join(LetterIssueRow, LetterIssueRow.issue_id == IssueRow.id)
            .where(
                LetterIssueRow.letter_id == LetterRow.id,
                LetterIssueRow.episode == IssueRow.episode,
                IssueRow.merged_into.is_(None),
                IssueRow.state.in_([state.value for state in FIXED]),
            )
        )
        query = select(func.count()).where(
            LetterRow.product_id == product_id,
            LetterRow.dropped_at.is_(None),
            drafted.exists(),
            or_(LetterRow.kind == LetterKind.CORRECTION.value, standing.exists()),
        )
        return self._session.scalars(query).one()

    def of_issue(self, issue_id: IssueId) -> list[Letter]:
        """The letters that tell of an issue, or of one that was merged into it, newest first."""
        family = select(lineage([issue_id]).c.member)
        told = select(LetterIssueRow.letter_id).where(LetterIssueRow.issue_id.in_(family))
        query = (
            select(LetterRow)
            .where(LetterRow.id.in_(told), LetterRow.dropped_at.is_(None))
            .order_by(LetterRow.id.desc())
        )
        return [_letter(row) for row in self._session.scalars(query)]

    def edit(self, letter_id: int, texts: Mapping[str, LetterText]) -> None:
        """Say it in other words: another edition, which nobody has approved."""
        self._change(
            letter_id,
            texts=_as_json(texts),
            edition=LetterRow.edition + 1,
            approved_edition=None,
            approved_by=None,
        )

    def approve(self, letter_id: int, *, by: str) -> None:
        """A person has read what it says now."""
        self._change(letter_id, approved_edition=LetterRow.edition, approved_by=by)

    def begin(self, letter_id: int, *, now: datetime) -> None:
        """Some of it is handed over to be sent."""
        self._change(letter_id, begun_at=func.coalesce(LetterRow.begun_at, now))

    def drop(self, letter_id: int, *, now: datetime) -> None:
        """It is not wanted any more; nobody counts as told by it."""
        self._change(letter_id, dropped_at=now)

    def half_planned(self) -> list[tuple[ProductId, int]]:
        """(product, letter) where customers wait for their message, in case its job was lost."""
        query = (
            select(AddresseeRow.product_id, AddresseeRow.letter_id)
            .outerjoin(OutgoingRow, OutgoingRow.addressee_id == AddresseeRow.id)
            .where(AddresseeRow.state == LetterState.SENDING.value, OutgoingRow.id.is_(None))
            .distinct()
        )
        return [(ProductId(row[0]), row[1]) for row in self._session.execute(query)]

    def _change(self, letter_id: int, **values: object) -> None:
        self._session.execute(update(LetterRow).where(LetterRow.id == letter_id).values(**values))


def _as_json(texts: Mapping[str, LetterText]) -> dict[str, object]:
    return {language: asdict(text) for language, text in texts.items()}


def _letter(row: LetterRow) -> Letter:
    return Letter(
        id=row.id,
        product_id=ProductId(row.product_id),
        kind=LetterKind(row.kind),
        version=row.version,
        texts=_TEXTS.validate_python(row.texts),
        edition=row.edition,
        approved_edition=row.approved_edition,
        approved_by=row.approved_by,
        created_by=row.created_by,
        created_at=row.created_at,
        begun_at=row.begun_at,
        dropped_at=row.dropped_at,
    )
