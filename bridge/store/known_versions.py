"""Which version whoever wrote was on, as far as anybody told us."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from bridge.domain.contacts import LETTER_SOURCE, ContactId, ProductId
from bridge.domain.fixes import version_key
from bridge.domain.issues import Issue, IssueId
from bridge.domain.regression import ContactFacts, KnownVersion, VersionSource
from bridge.store.identities import living_customer
from bridge.store.tables import (
    AccountRow,
    AssignmentRow,
    ContactRow,
    CustomerFactRow,
    CustomerRow,
    ReleaseRow,
)

_WEEK = timedelta(days=7)
_MOST_WEEKS = 4
_PERSON = case((CustomerRow.is_shared.is_(False), living_customer()))
"""Nobody for a shared mailbox: many people on many versions write from it."""
_ACCOUNT = func.coalesce(ContactRow.account_id, CustomerRow.account_id)
Named = tuple[str, datetime]
"""A version, and when it was named."""


@dataclass(frozen=True, slots=True)
class Written:
    """A contact on an issue, with what is known of the version behind it."""

    contact_id: ContactId
    customer_id: int | None
    account_id: int | None
    facts: ContactFacts

    @property
    def who(self) -> tuple[str, int]:
        """What tells people apart; of an anonymous report nobody knows whose it is."""
        if self.customer_id is not None:
            return ("customer", self.customer_id)
        return ("contact", self.contact_id)


@dataclass(slots=True)
class _Seen:
    """The versions that somebody named, by the time they did."""

    moments: list[datetime]
    versions: list[str]

    def before(self, moment: datetime) -> Named | None:
        """The newest one up to a moment."""
        place = bisect_right(self.moments, moment)
        return (self.versions[place - 1], self.moments[place - 1]) if place else None


def strongest(
    own: Named | None, said: Named | None, colleague: Named | None
) -> KnownVersion | None:
    """What counts for somebody: the newer of the own word and the directory's, else a colleague's.

    The first two are as they were at the moment that is asked about.
    """
    if said is not None and (own is None or said[1] > own[1]):
        return KnownVersion(said[0], VersionSource.DIRECTORY, said[1])
    if own is not None:
        return KnownVersion(own[0], VersionSource.CUSTOMER, own[1])
    if colleague is not None:
        return KnownVersion(colleague[0], VersionSource.ACCOUNT, colleague[1])
    return None


class KnownVersions:
    """Reads the versions of contacts, customers and accounts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def written(
        self,
        issue: Issue,
        *,
        since: datetime,
        until: datetime | None = None,
        against: Iterable[str] = (),
    ) -> list[Written]:
        """The contacts on an issue after `since`, oldest first, each with its version.

        The version on the contact counts first, then the newer of what the customer named before
        and what the directory says of them, or else of the account, then what anybody of the
        account named before. Nothing told
        after the contact counts. `against`: versions that it will be held against; where one of
        them or of the contacts has no number, dates are read too.
        """
        found = self._on_issue(issue.id, since, until)
        lacking = [one for one in found if one.facts.known is None]
        if lacking:
            known = self._known(issue.product_id, lacking)
            found = [
                replace(one, facts=replace(one.facts, known=known.get(one.contact_id)))
                if one.facts.known is None
                else one
                for one in found
            ]
        named = {one.facts.known.version for one in found if one.facts.known}
        if any(version_key(version) is None for version in [*named, *against]):
            found = self._dated(issue.product_id, found, named)
        return found

    def weekly_customers(self, issue_id: IssueId, *, before: datetime) -> float:
        """Customers a week on an issue in the last four weeks before a moment."""
        since = before - _MOST_WEEKS * _WEEK
        query = (
            select(func.count(_PERSON.distinct()), func.min(ContactRow.occurred_at))
            .select_from(AssignmentRow)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                ContactRow.occurred_at > since,
                ContactRow.occurred_at <= before,
            )
        )
        row = self._session.execute(query).one()
        first: datetime | None = row[1]
        if first is None:
            return 0.0
        weeks: float = max(1.0, (before - first) / _WEEK)
        return row[0] / weeks

    def _on_issue(
        self, issue_id: IssueId, since: datetime, until: datetime | None
    ) -> list[Written]:
        query = (
            select(
                ContactRow.id,
                ContactRow.occurred_at,
                ContactRow.version,
                ContactRow.platform,
                ContactRow.source == LETTER_SOURCE,
                _PERSON,
                _ACCOUNT,
            )
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                ContactRow.occurred_at > since,
            )
            .distinct()
            .order_by(ContactRow.occurred_at, ContactRow.id)
        )
        if until is not None:
            query = query.where(ContactRow.occurred_at <= until)
        return [
            Written(
                ContactId(contact_id),
                customer_id,
                account_id,
                ContactFacts(
                    occurred_at,
                    KnownVersion(version, VersionSource.CONTACT, occurred_at) if version else None,
                    platform,
                    is_form=is_form,
                ),
            )
            for contact_id, occurred_at, version, platform, is_form, customer_id, account_id in (
                self._session.execute(query)
            )
        ]

    def _known(
        self, product_id: ProductId, lacking: Sequence[Written]
    ) -> Mapping[ContactId, KnownVersion]:
        accounts = {one.account_id for one in lacking if one.account_id is not None}
        people = {one.customer_id for one in lacking if one.customer_id is not None}
        until = max(one.facts.occurred_at for one in lacking)
        by_person, by_account = self._sightings(product_id, people, accounts, until)
        told = self._directory(accounts)
        told_of = self._directory_people(people)
        found = {}
        for one in lacking:
            moment = one.facts.occurred_at
            own = (
                by_person[one.customer_id].before(moment) if one.customer_id in by_person else None
            )
            said = told_of.get(one.customer_id) if one.customer_id is not None else None
            if said is None and one.account_id is not None:
                said = told.get(one.account_id)
            said = said if said is not None and said[1] <= moment else None
            colleague = None
            if one.account_id in by_account:
                colleague = by_account[one.account_id].before(moment)
            known = strongest(own, said, colleague)
            if known is not None:
                found[one.contact_id] = known
        return found

    def _sightings(
        self,
        product_id: ProductId,
        people: Collection[int],
        accounts: Collection[int],
        until: datetime,
    ) -> tuple[Mapping[int | None, _Seen], Mapping[int | None, _Seen]]:
        query = (
            select(ContactRow.occurred_at, ContactRow.version, _PERSON, _ACCOUNT)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                ContactRow.product_id == product_id,
                ContactRow.version.is_not(None),
                # What somebody wrote into a form tells nothing about other contacts.
                ContactRow.source != LETTER_SOURCE,
                ContactRow.occurred_at <= until,
                or_(
                    CustomerRow.id.in_(people),
                    CustomerRow.merged_into.in_(people),
                    _ACCOUNT.in_(accounts),
                ),
            )
            .order_by(ContactRow.occurred_at, ContactRow.id)
        )
        by_person: dict[int | None, _Seen] = defaultdict(lambda: _Seen([], []))
        by_account: dict[int | None, _Seen] = defaultdict(lambda: _Seen([], []))
        for moment, version, person, account in self._session.execute(query):
            for who, seen in ((person, by_person), (account, by_account)):
                if who is not None and version:
                    seen[who].moments.append(moment)
                    seen[who].versions.append(version)
        return by_person, by_account

    def _directory(self, accounts: Collection[int]) -> Mapping[int, tuple[str, datetime]]:
        query = select(AccountRow.id, AccountRow.version, AccountRow.version_at).where(
            AccountRow.id.in_(accounts),
            AccountRow.version.is_not(None),
            AccountRow.version_at.is_not(None),
        )
        return {
            row[0]: (row[1], row[2]) for row in self._session.execute(query) if row[1] and row[2]
        }

    def _directory_people(self, people: Collection[int]) -> Mapping[int, tuple[str, datetime]]:
        query = select(
            CustomerFactRow.customer_id, CustomerFactRow.version, CustomerFactRow.version_at
        ).where(
            CustomerFactRow.customer_id.in_(people),
            CustomerFactRow.version.is_not(None),
            CustomerFactRow.version_at.is_not(None),
        )
        return {
            row[0]: (row[1], row[2]) for row in self._session.execute(query) if row[1] and row[2]
        }

    def _dated(
        self, product_id: ProductId, found: Sequence[Written], named: Collection[str]
    ) -> list[Written]:
        shipped = {
            version: at
            for version, at in self._session.execute(
                select(ReleaseRow.version, func.min(ReleaseRow.shipped_at))
                .where(ReleaseRow.product_id == product_id, ReleaseRow.version.in_(named))
                .group_by(ReleaseRow.version)
            )
        }
        first_seen = {
            version: at
            for version, at in self._session.execute(
                select(ContactRow.version, func.min(ContactRow.occurred_at))
                .where(ContactRow.product_id == product_id, ContactRow.version.in_(named))
                .group_by(ContactRow.version)
            )
        }
        dated = []
        for one in found:
            known = one.facts.known
            if known is not None:
                known = replace(
                    known,
                    shipped_at=shipped.get(known.version),
                    first_seen_at=first_seen.get(known.version),
                )
            dated.append(replace(one, facts=replace(one.facts, known=known)))
        return dated
