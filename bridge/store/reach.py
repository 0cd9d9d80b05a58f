"""Which version the affected customers of an issue are on, as far as anybody told us."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from bridge.domain.issues import Issue, IssueId
from bridge.domain.regression import ContactFacts
from bridge.store.arrays import is_any
from bridge.store.identities import living_customer
from bridge.store.known_versions import Named, strongest
from bridge.store.tables import AccountRow, AssignmentRow, ContactRow, CustomerRow

_ACCOUNT = func.coalesce(ContactRow.account_id, CustomerRow.account_id)


class Reached:
    """Reads what is known of the people behind an issue."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_customers(self, issue: Issue, *, now: datetime) -> Mapping[int, ContactFacts]:
        """Each known affected customer, as if they wrote now without naming a version."""
        rows = self._affected(issue.id)
        people = [person for person, _, _ in rows]
        accounts = sorted({account for _, account, _ in rows if account is not None})
        is_one = or_(is_any(CustomerRow.id, people), is_any(CustomerRow.merged_into, people))
        own = self._newest(living_customer(), is_one, now)
        said, colleagues = self._directory(accounts, now), {}
        if accounts:
            is_of_one = or_(
                is_any(ContactRow.account_id, accounts), is_any(CustomerRow.account_id, accounts)
            )
            colleagues = self._newest(_ACCOUNT, is_of_one, now)
        return {
            person: ContactFacts(
                now,
                strongest(own.get(person), said.get(account), colleagues.get(account)),
                platform,
            )
            for person, account, platform in rows
        }

    def _affected(self, issue_id: IssueId) -> list[tuple[int, int | None, str | None]]:
        """Each with the account and platform of the newest contact about the issue."""
        query = (
            select(living_customer(), _ACCOUNT, ContactRow.platform)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                CustomerRow.is_shared.is_(False),
            )
            .ext(distinct_on(living_customer()))
            .order_by(living_customer(), ContactRow.occurred_at.desc(), ContactRow.id.desc())
        )
        return [(row[0], row[1], row[2]) for row in self._session.execute(query)]

    def _newest(
        self, of: ColumnElement[int], is_meant: ColumnElement[bool], now: datetime
    ) -> dict[int | None, Named]:
        """The version that each named last, by what `of` tells apart."""
        query = (
            select(of, ContactRow.version, ContactRow.occurred_at)
            .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                is_meant,
                CustomerRow.is_shared.is_(False),
                ContactRow.version.is_not(None),
                ContactRow.occurred_at <= now,
            )
            .ext(distinct_on(of))
            .order_by(of, ContactRow.occurred_at.desc(), ContactRow.id.desc())
        )
        return {row[0]: (row[1], row[2]) for row in self._session.execute(query) if row[1]}

    def _directory(self, accounts: list[int], now: datetime) -> dict[int | None, Named]:
        query = select(AccountRow.id, AccountRow.version, AccountRow.version_at).where(
            is_any(AccountRow.id, accounts), AccountRow.version_at <= now
        )
        return {
            row[0]: (row[1], row[2]) for row in self._session.execute(query) if row[1] and row[2]
        }
