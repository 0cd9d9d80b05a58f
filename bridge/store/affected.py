"""Affected customers as a letter needs them: who they are, and what is known of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute, Session

from bridge.domain.contacts import ProductId
from bridge.domain.customers import Identity
from bridge.domain.issues import IssueId
from bridge.domain.reach import KnownOfCustomer
from bridge.store.arrays import is_any
from bridge.store.customers import Customers
from bridge.store.identities import living_customer
from bridge.store.tables import AccountRow, AssignmentRow, ContactRow, CustomerFactRow, CustomerRow


@dataclass(frozen=True, slots=True)
class Affected:
    """A customer on some issues, with what is known of them."""

    customer_id: int
    name: str | None
    account: str | None
    is_shared: bool
    """A mailbox of many people, which is no customer."""
    language: str | None
    known: KnownOfCustomer
    issues: frozenset[IssueId]
    unsure: frozenset[IssueId] = frozenset()
    """Those of them that they are on by contacts that joined at even odds alone."""
    identities: Sequence[Identity] = field(default=(), repr=False)
    """The one learned last comes last."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody said of themselves last, and when."""

    value: str | None = None
    at: datetime | None = None


_NOTHING = _Said()


@dataclass(frozen=True, slots=True)
class ContactName:
    """A contact as its source knows it."""

    source: str
    external_id: str


class AffectedCustomers:
    """Reads who is affected by issues; nothing anybody wrote."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_issues(self, issue_ids: Collection[IssueId]) -> list[Affected]:
        """Everybody with a living assignment to one of these issues, by id."""
        homes: dict[int, set[IssueId]] = defaultdict(set)
        unsure: dict[int, set[IssueId]] = defaultdict(set)
        who = living_customer()
        query = (
            select(AssignmentRow.issue_id, who, func.bool_and(AssignmentRow.is_late))
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(AssignmentRow.issue_id.in_(issue_ids), AssignmentRow.ended_at.is_(None))
            .group_by(AssignmentRow.issue_id, who)
        )
        for issue_id, customer_id, is_unsure in self._session.execute(query):
            homes[customer_id].add(IssueId(issue_id))
            if is_unsure:
                unsure[customer_id].add(IssueId(issue_id))
        return [
            replace(one, unsure=frozenset(unsure[one.customer_id]))
            for one in self._described(homes)
        ]

    def by_id(self, customer_ids: Collection[int]) -> list[Affected]:
        """These customers with what is known of them, whatever they are affected by."""
        return self._described({one: set() for one in customer_ids})

    def newest_contact(
        self, customer_id: int, issue_ids: Collection[IssueId]
    ) -> ContactName | None:
        """The customer's newest contact on one of these issues."""
        query = (
            select(ContactRow.source, ContactRow.external_id)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                living_customer() == _survivor(customer_id),
                AssignmentRow.issue_id.in_(issue_ids),
                AssignmentRow.ended_at.is_(None),
            )
            .order_by(ContactRow.occurred_at.desc(), ContactRow.id.desc())
            .limit(1)
        )
        row = self._session.execute(query).first()
        return ContactName(row[0], row[1]) if row else None

    def answers_since(
        self, product_id: ProductId, source: str, conversation: str, *, since: datetime
    ) -> int:
        """How many contacts of a conversation came since a moment."""
        query = select(func.count()).where(
            ContactRow.product_id == product_id,
            ContactRow.source == source,
            ContactRow.conversation == conversation,
            ContactRow.occurred_at > since,
        )
        return self._session.scalars(query).one()

    def _described(self, homes: Mapping[int, Iterable[IssueId]]) -> list[Affected]:
        ids = sorted(homes)
        if not ids:
            return []
        account = func.coalesce(AccountRow.name, AccountRow.key)
        query = (
            select(
                CustomerRow.id,
                CustomerRow.name,
                CustomerRow.is_shared,
                account.label("account"),
                func.coalesce(CustomerFactRow.version, AccountRow.version).label("version"),
                CustomerFactRow.version_at,
                func.coalesce(CustomerFactRow.platform, AccountRow.platform).label("platform"),
                CustomerFactRow.region,
                CustomerFactRow.language,
            )
            .outerjoin(AccountRow, AccountRow.id == CustomerRow.account_id)
            .outerjoin(CustomerFactRow, CustomerFactRow.customer_id == CustomerRow.id)
            .where(is_any(CustomerRow.id, ids))
            .order_by(CustomerRow.id)
        )
        held = Customers(self._session).identities(ids)
        versions = self._newest(ContactRow.version, ids)
        platforms = self._newest(ContactRow.platform, ids)
        languages = self._newest(ContactRow.lang, ids)
        return [
            Affected(
                customer_id=row.id,
                name=row.name,
                account=row.account,
                is_shared=row.is_shared,
                language=languages.get(row.id, _NOTHING).value or row.language,
                known=KnownOfCustomer(
                    _version(versions.get(row.id, _NOTHING), row.version, row.version_at),
                    platforms.get(row.id, _NOTHING).value or row.platform,
                    row.region,
                ),
                issues=frozenset(homes[row.id]),
                identities=held[row.id],
            )
            for row in self._session.execute(query)
        ]

    def _newest(
        self, column: InstrumentedAttribute[str | None], ids: Sequence[int]
    ) -> Mapping[int, _Said]:
        """What each of these people said last, and when."""
        who = living_customer()
        query: Select[*tuple[Any, ...]] = (
            select(who, column, ContactRow.occurred_at)
            .join(ContactRow, ContactRow.customer_id == CustomerRow.id)
            .where(
                or_(is_any(CustomerRow.id, ids), CustomerRow.merged_into.in_(ids)),
                column.is_not(None),
            )
            .ext(distinct_on(who))
            .order_by(who, ContactRow.occurred_at.desc(), ContactRow.id.desc())
        )
        return {row[0]: _Said(row[1], row[2]) for row in self._session.execute(query)}


def _version(said: _Said, listed: str | None, listed_at: datetime | None) -> str | None:
    """The version in a customer's newest contact, unless the directory knows a later one."""
    is_later = said.at is not None and listed_at is not None and listed_at > said.at
    return listed if is_later else said.value or listed


def _survivor(customer_id: int) -> Any:  # noqa: ANN401 - a scalar subquery
    return select(living_customer()).where(CustomerRow.id == customer_id).scalar_subquery()
