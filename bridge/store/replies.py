"""What agents answered, and who wrote again after it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text as SqlText
from sqlalchemy import and_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from bridge.domain.contacts import ContactId, ProductId, RedactedText
from bridge.domain.faq import SentAnswer
from bridge.domain.issues import IssueId
from bridge.store.identities import living_customer
from bridge.store.tables import AssignmentRow, ContactRow, CustomerRow, ReplyRow

QUIET = timedelta(days=7)
"""Who writes again later has another question."""
_MOST = 500


class Replies:
    """Keeps answers of agents and reads what came of them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def contact_of(
        self, product_id: ProductId, source: str, *, contact: str | None, conversation: str | None
    ) -> tuple[ContactId, str | None] | None:
        """The contact that is answered, and the customer's name: the newest of a conversation."""
        query = (
            select(ContactRow.id, CustomerRow.name)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(ContactRow.product_id == product_id, ContactRow.source == source)
            .order_by(ContactRow.occurred_at.desc(), ContactRow.id.desc())
            .limit(1)
        )
        if contact is not None:
            query = query.where(ContactRow.external_id == contact)
        else:
            query = query.where(ContactRow.conversation == conversation)
        row = self._session.execute(query).first()
        return None if row is None else (ContactId(row[0]), row[1])

    def save(  # noqa: PLR0913 - a reply is told by all of these
        self,
        product_id: ProductId,
        source: str,
        external_id: str,
        *,
        contact_id: ContactId,
        text: RedactedText,
        agent_id: int | None,
        sent_at: datetime,
        now: datetime,
    ) -> bool:
        """Keep it; what is known under that id stays as it is. True when it is new."""
        told = {"contact_id": contact_id, "text": text, "agent_id": agent_id, "sent_at": sent_at}
        names = {"product_id": product_id, "source": source, "external_id": external_id}
        added = insert(ReplyRow).values(**names, **told, created_at=now)
        new = added.on_conflict_do_nothing().returning(ReplyRow.id)
        return self._session.scalars(new).first() is not None

    def of_issue(self, issue_id: IssueId, *, until: datetime) -> list[SentAnswer]:
        """The newest answers to contacts on an issue that customers had time to come back from.

        Somebody wrote again who wrote on the same issue, or in the same conversation, within the
        time after the answer.
        """
        who: Any = case(
            (CustomerRow.is_shared.is_(False), cast(living_customer(), SqlText)),
            else_=func.concat("contact ", ContactRow.id),
        )
        query = (
            select(ReplyRow.text, who, ReplyRow.sent_at, _wrote_again(issue_id))
            .join(ContactRow, ContactRow.id == ReplyRow.contact_id)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                AssignmentRow.part == 0,
                ReplyRow.sent_at <= until - QUIET,
            )
            .order_by(ReplyRow.sent_at.desc())
            .limit(_MOST)
        )
        return [
            SentAnswer(RedactedText(row[0]), row[1], row[2], row[3])
            for row in self._session.execute(query)
        ]


def _wrote_again(issue_id: IssueId) -> Any:  # noqa: ANN401 - a column
    later, placed, person = aliased(ContactRow), aliased(AssignmentRow), aliased(CustomerRow)
    same_person = and_(
        placed.id.is_not(None),
        func.coalesce(person.merged_into, person.id) == living_customer(),
        person.is_shared.is_(False),
    )
    same_conversation = and_(
        later.source == ContactRow.source, later.conversation == ContactRow.conversation
    )
    return (
        select(later.id)
        .outerjoin(person, person.id == later.customer_id)
        .outerjoin(
            placed,
            (placed.contact_id == later.id)
            & (placed.issue_id == issue_id)
            & placed.ended_at.is_(None),
        )
        .where(
            later.product_id == ReplyRow.product_id,
            later.occurred_at > ReplyRow.sent_at,
            later.occurred_at <= ReplyRow.sent_at + QUIET,
            or_(same_person, same_conversation),
        )
        .correlate(ReplyRow, ContactRow, CustomerRow)
        .exists()
    )
