"""What people decided about issues, as examples of what states a problem and what does not."""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ContactNature, ProductId
from bridge.domain.issues import IssueState
from bridge.domain.people import CUSTOMER, MACHINE
from bridge.store.tables import AssignmentRow, ContactRow, DecisionRow, IssueRow, VectorRow
from bridge.store.trips import Statement, run
from bridge.store.vectors import EMBEDDING, Array, halves

NO_PROBLEM = "no_problem"
"""What a dismissal keeps when a person says that the contacts state no problem."""

_MOST_OF_ONE = 4
_LAST_DECISION = Statement(
    select(func.max(DecisionRow.seq)).where(
        DecisionRow.product_id == bindparam("product_id"),
        DecisionRow.actor_kind != MACHINE.kind,
    )
)


@dataclass(frozen=True, slots=True)
class TaughtContact:
    """A typical contact of an issue that a person decided about."""

    text: str
    vector: Array
    is_chatter: bool


@dataclass(frozen=True, slots=True)
class OpenContact:
    """A contact whose kind the machine may judge again."""

    id: ContactId
    text: str
    vector: Array
    nature: ContactNature


class Examples:
    """Reads the examples, and the contacts they are used on."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def last_decision(self, product_id: ProductId) -> int:
        """Number of the newest decision of a person, 0 for none."""
        row = run(self._session, _LAST_DECISION, {"product_id": product_id}).fetchone()
        return (row and row[0]) or 0

    def taught(self, product_id: ProductId, encoder: str, *, limit: int) -> list[TaughtContact]:
        """Up to `limit` contacts of the issues decided about last, a few of each issue.

        A confirmed issue is a real one; a dismissed one is chatter only if the person said so. An
        issue that is a candidate again, because the decision was undone, teaches nothing.
        """
        said_so = and_(
            DecisionRow.action == IssueState.DISMISSED.value,
            DecisionRow.after.has_key(NO_PROBLEM),
            IssueRow.state == IssueState.DISMISSED.value,
        )
        is_real = and_(
            DecisionRow.action == IssueState.CONFIRMED.value,
            IssueRow.state.not_in([IssueState.CANDIDATE.value, IssueState.DISMISSED.value]),
        )
        decided = (
            select(
                DecisionRow.issue_id,
                func.max(DecisionRow.seq).label("seq"),
                func.bool_or(case((said_so, True), else_=False)).label("is_chatter"),
            )
            .join(IssueRow, IssueRow.id == DecisionRow.issue_id)
            .where(
                DecisionRow.product_id == product_id,
                DecisionRow.actor_kind != MACHINE.kind,
                or_(said_so, is_real),
            )
            .group_by(DecisionRow.issue_id)
            .order_by(func.max(DecisionRow.seq).desc())
            .limit(limit)
            .subquery()
        )
        place = func.row_number().over(
            partition_by=AssignmentRow.issue_id,
            order_by=(AssignmentRow.similarity.desc(), AssignmentRow.contact_id),
        )
        members = (
            select(
                ContactRow.text,
                EMBEDDING.label("embedding"),
                decided.c.is_chatter,
                decided.c.seq,
                place.label("place"),
            )
            .select_from(decided)
            .join(AssignmentRow, AssignmentRow.issue_id == decided.c.issue_id)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .join(VectorRow, VectorRow.contact_id == ContactRow.id)
            .where(
                AssignmentRow.ended_at.is_(None),
                AssignmentRow.part == 0,
                # What a customer puts there themselves, nobody has read yet.
                AssignmentRow.actor != CUSTOMER,
                VectorRow.encoder == encoder,
            )
            .subquery()
        )
        query = (
            select(members.c.text, members.c.embedding, members.c.is_chatter)
            .where(members.c.place <= _MOST_OF_ONE)
            .order_by(members.c.seq.desc(), members.c.place)
            .limit(limit)
        )
        return [
            TaughtContact(text, halves(sent), is_chatter)
            for text, sent, is_chatter in self._session.execute(query)
        ]

    def judged_before(
        self, product_id: ProductId, encoder: str, *, limit: int
    ) -> list[OpenContact]:
        """The newest contacts that the finder has judged and that are on no issue."""
        on_issue = select(AssignmentRow.id).where(
            AssignmentRow.contact_id == ContactRow.id,
            AssignmentRow.ended_at.is_(None),
            AssignmentRow.part == 0,
        )
        query = (
            select(ContactRow.id, ContactRow.text, EMBEDDING, ContactRow.nature)
            .join(VectorRow, VectorRow.contact_id == ContactRow.id)
            .where(
                ContactRow.product_id == product_id,
                ContactRow.kind.is_not(None),
                VectorRow.encoder == encoder,
                ~on_issue.exists(),
            )
            .order_by(ContactRow.id.desc())
            .limit(limit)
        )
        return [
            OpenContact(ContactId(row[0]), row[1], halves(row[2]), ContactNature(row[3]))
            for row in self._session.execute(query)
        ]
