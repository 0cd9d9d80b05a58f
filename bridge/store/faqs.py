"""Recurring questions, and what became of the article that would answer them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId, RedactedText
from bridge.domain.errors import NotFound
from bridge.domain.faq import AskedOften, BestAnswer, Faq, FaqState
from bridge.domain.issues import IssueId, IssueState
from bridge.store.identities import living_customer
from bridge.store.lineage import lineage
from bridge.store.tables import AssignmentRow, ContactRow, CustomerRow, FaqRow, IssueRow

_QUESTION = "question"
_MACHINES = (FaqState.OPEN.value, FaqState.WITHDRAWN.value)


class Faqs:
    """Reads and changes suggestions of articles."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def asked_often(self, product_id: ProductId) -> list[AskedOften]:
        """Every living issue with how many of its contacts are questions."""
        contacts = func.count(ContactRow.id.distinct())
        query = (
            select(
                IssueRow.id,
                IssueRow.title,
                contacts,
                contacts.filter(ContactRow.kind == _QUESTION),
                func.count(living_customer().distinct()).filter(ContactRow.kind == _QUESTION),
                IssueRow.key_terms,
            )
            .join(AssignmentRow, AssignmentRow.issue_id == IssueRow.id)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                IssueRow.product_id == product_id,
                IssueRow.merged_into.is_(None),
                IssueRow.state != IssueState.DISMISSED.value,
                AssignmentRow.ended_at.is_(None),
                ContactRow.kind.is_not(None),
            )
            .group_by(IssueRow.id)
            .order_by(IssueRow.id)
        )
        return [
            AskedOften(IssueId(row[0]), row[1], row[2], row[3], row[4], terms=tuple(row[5]))
            for row in self._session.execute(query)
        ]

    def texts_of(self, issue_id: IssueId, *, limit: int) -> list[RedactedText]:
        """What those contacts of an issue wrote that ask something and are most like it."""
        query = (
            select(ContactRow.text)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                ContactRow.kind == _QUESTION,
            )
            .order_by(AssignmentRow.similarity.desc(), ContactRow.id)
            .limit(limit)
        )
        return [RedactedText(one) for one in self._session.scalars(query)]

    def kept_for(self, issue_ids: Collection[IssueId]) -> set[IssueId]:
        """Those of these issues of which a merged one has a question that a person has had."""
        family = lineage(issue_ids)
        query = (
            select(family.c.root)
            .join(FaqRow, FaqRow.issue_id == family.c.member)
            .where(
                family.c.root != family.c.member,
                FaqRow.state.not_in(_MACHINES) | FaqRow.is_edited.is_(True),
            )
        )
        return {IssueId(one) for one in self._session.scalars(query)}

    def suggest(
        self,
        product_id: ProductId,
        asked: AskedOften,
        best: BestAnswer | None,
        *,
        question: RedactedText,
        now: datetime,
    ) -> None:
        """Suggest an article, or bring an untouched suggestion up to date.

        What a person has edited or decided stays as it is.
        """
        draft = {
            "question": question,
            "answer": best.text if best else "",
            "told": best.told if best else 0,
            "quiet": best.quiet if best else 0,
        }
        statement = insert(FaqRow).values(
            product_id=product_id,
            issue_id=asked.issue_id,
            state=FaqState.OPEN.value,
            is_edited=False,
            edition=1,
            created_at=now,
            updated_at=now,
            **draft,
        )
        self._session.execute(statement.on_conflict_do_nothing())
        is_untouched = FaqRow.state.in_(_MACHINES) & FaqRow.is_edited.is_(False)
        is_other = (FaqRow.answer != draft["answer"]) | (FaqRow.question != question)
        self._session.execute(
            update(FaqRow)
            .where(FaqRow.issue_id == asked.issue_id, is_untouched, is_other)
            .values(**draft, edition=FaqRow.edition + 1, updated_at=now)
            .execution_options(synchronize_session=False)
        )
        self._session.execute(
            update(FaqRow)
            .where(FaqRow.issue_id == asked.issue_id, FaqRow.state.in_(_MACHINES))
            .values(state=FaqState.OPEN.value, told=draft["told"], quiet=draft["quiet"])
            .execution_options(synchronize_session=False)
        )

    def withdraw_others(self, product_id: ProductId, issue_ids: Collection[IssueId]) -> None:
        """Take back the open suggestions of all other issues, unless a person works on them."""
        self._session.execute(
            update(FaqRow)
            .where(
                FaqRow.product_id == product_id,
                FaqRow.state == FaqState.OPEN.value,
                FaqRow.is_edited.is_(False),
                FaqRow.issue_id.not_in(issue_ids),
            )
            .values(state=FaqState.WITHDRAWN.value)
            .execution_options(synchronize_session=False)
        )

    def get(self, product_id: ProductId, faq_id: int, *, lock: bool = False) -> Faq:
        """The suggestion of that id in that product."""
        row = self._session.get(
            FaqRow, faq_id, populate_existing=True, with_for_update=lock or None
        )
        if row is None or row.product_id != product_id:
            raise NotFound("no such question")
        return _faq(row)

    def of_issues(self, issue_ids: Collection[IssueId]) -> dict[IssueId, Faq]:
        """The answers of these issues: suggested, wanted or out as an article."""
        offered = (FaqState.OPEN, FaqState.ACCEPTED, FaqState.PUBLISHED)
        query = select(FaqRow).where(
            FaqRow.issue_id.in_(issue_ids),
            FaqRow.state.in_([one.value for one in offered]),
            FaqRow.answer != "",
        )
        rows = self._session.scalars(query, execution_options={"populate_existing": True})
        return {IssueId(row.issue_id): _faq(row) for row in rows}

    def all(
        self,
        product_id: ProductId,
        states: Collection[FaqState],
        *,
        after: int = 0,
        limit: int | None = None,
    ) -> list[Faq]:
        """Those in one of these states, oldest first, after that id."""
        query = (
            select(FaqRow)
            .where(
                FaqRow.product_id == product_id,
                FaqRow.state.in_([one.value for one in states]),
                FaqRow.id > after,
            )
            .order_by(FaqRow.id)
            .limit(limit)
        )
        rows = self._session.scalars(query, execution_options={"populate_existing": True})
        return [_faq(row) for row in rows]

    def change(self, faq_id: int, *, now: datetime, **values: object) -> None:
        """Write what a person decided; another edition."""
        self._session.execute(
            update(FaqRow)
            .where(FaqRow.id == faq_id)
            .values(**values, edition=FaqRow.edition + 1, updated_at=now)
            .execution_options(synchronize_session=False)
        )


def _faq(row: FaqRow) -> Faq:
    return Faq(
        id=row.id,
        product_id=ProductId(row.product_id),
        issue_id=IssueId(row.issue_id),
        state=FaqState(row.state),
        question=RedactedText(row.question),
        answer=RedactedText(row.answer),
        told=row.told,
        quiet=row.quiet,
        is_edited=row.is_edited,
        edition=row.edition,
        link=row.link,
        published_at=row.published_at,
        reason=row.reason,
        decided_by=row.decided_by,
        created_at=row.created_at,
    )
