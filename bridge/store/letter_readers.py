"""Whom letters are for: a look at who is affected is written down, and what stands of it stays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from bridge.domain.issues import IssueState
from bridge.domain.letters import FixTold, LetterKind, LetterState, Why
from bridge.store.addressees import Addressee, Addressees
from bridge.store.arrays import is_any
from bridge.store.identities import living_customer
from bridge.store.letters import Letter, LetterIssue
from bridge.store.lineage import lineage
from bridge.store.tables import (
    AddresseeFixRow,
    AddresseeRow,
    CustomerRow,
    DecisionRow,
    OutgoingRow,
)

_S = LetterState
_IS_FINAL = or_(
    OutgoingRow.id.is_not(None),
    AddresseeRow.state == _S.SENDING.value,
    AddresseeRow.why == Why.TAKEN_OFF.value,
)
"""What a new look at who is affected leaves alone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A customer a letter is for, as a look at who is affected finds them."""

    customer_id: int
    email: str | None
    name: str | None
    language: str
    state: LetterState
    why: Why | None = None
    reason: str | None = None
    fixes: tuple[FixTold, ...] = ()


class LetterReaders:
    """Writes down whom a letter is for."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def told(
        self, kind: LetterKind, issues: Iterable[LetterIssue], *, letter_id: int
    ) -> set[tuple[int, int]]:
        """(issue, customer) of those whom another letter of the kind, or this one, has told.

        Or will: what is drafted elsewhere counts too, and what was told of an issue that was merged
        into one of these, unless that was before its present episode. What this letter may still
        change does not.
        """
        episodes: dict[int, int] = {one.issue_id: one.episode for one in issues}
        began = self._began(episodes)
        family = lineage(episodes)
        query = (
            select(
                family.c.root,
                family.c.member,
                AddresseeFixRow.episode,
                living_customer(),
                OutgoingRow.sent_at,
            )
            .select_from(AddresseeFixRow)
            .join(family, family.c.member == AddresseeFixRow.issue_id)
            .join(AddresseeRow, AddresseeRow.id == AddresseeFixRow.addressee_id)
            .join(CustomerRow, CustomerRow.id == AddresseeFixRow.customer_id)
            .outerjoin(OutgoingRow, OutgoingRow.addressee_id == AddresseeRow.id)
            .where(
                AddresseeFixRow.kind == kind.value,
                or_(AddresseeRow.letter_id != letter_id, _IS_FINAL),
            )
        )
        return {
            (root, customer_id)
            for root, member, episode, customer_id, sent_at in self._session.execute(query)
            if (
                episode == episodes[root]
                if member == root
                else sent_at is None or root not in began or sent_at >= began[root]
            )
        }

    def _began(self, episodes: Mapping[int, int]) -> dict[int, datetime]:
        """Since when each issue is in that episode, where it fell into it."""
        query = (
            select(DecisionRow.issue_id, func.max(DecisionRow.at))
            .where(
                is_any(DecisionRow.issue_id, list(episodes)),
                DecisionRow.after["episode"].astext.is_not(None),
                DecisionRow.action.in_([state.value for state in IssueState]),
            )
            .group_by(DecisionRow.issue_id)
        )
        return {issue_id: at for issue_id, at in self._session.execute(query) if issue_id}

    def settle(
        self,
        letter: Letter,
        wanted: Sequence[Wanted],
        fallen: Mapping[int, str],
        *,
        now: datetime,
    ) -> None:
        """Make the letter be for these; who is being written to, or was taken off, stays.

        An approval holds where nothing changes for a customer. fallen: customers whose fix does
        not hold any more, with the reason: they stay too, and are not written to.
        """
        final = set(
            self._session.scalars(
                select(AddresseeRow.id)
                .outerjoin(OutgoingRow, OutgoingRow.addressee_id == AddresseeRow.id)
                .where(AddresseeRow.letter_id == letter.id, _IS_FINAL)
            )
        )
        kept = {one.customer_id: one for one in Addressees(self._session).of_letter(letter.id)}
        fresh = []
        for one in wanted:
            known = kept.pop(one.customer_id, None)
            if known is None:
                fresh.append(one)
            elif known.id not in final:
                self._update(letter, known, one)
        left = [one for one in kept.values() if one.id not in final]
        for reader in left:
            if reader.customer_id in fallen:
                self._let_fall(reader.id, fallen[reader.customer_id])
        gone = [reader.id for reader in left if reader.customer_id not in fallen]
        self._session.execute(delete(AddresseeRow).where(is_any(AddresseeRow.id, gone)))
        self._add(letter, fresh, now=now)

    def _update(self, letter: Letter, known: Addressee, wanted: Wanted) -> None:
        is_approved = known.state is _S.APPROVED and wanted.state is _S.DRAFTED
        if is_approved and _is_as(known, wanted):
            return
        self._session.execute(
            update(AddresseeRow).where(AddresseeRow.id == known.id).values(**_values(wanted))
        )
        self._session.execute(
            delete(AddresseeFixRow).where(AddresseeFixRow.addressee_id == known.id)
        )
        self._add_fixes(letter, {wanted.customer_id: known.id}, [wanted])

    def _let_fall(self, addressee_id: int, reason: str) -> None:
        self._session.execute(
            update(AddresseeRow)
            .where(AddresseeRow.id == addressee_id)
            .values(state=_S.SUPPRESSED.value, why=Why.NOT_FIXED.value, reason=reason)
        )
        Addressees(self._session).untell([addressee_id])

    def _add(self, letter: Letter, fresh: Sequence[Wanted], *, now: datetime) -> None:
        if not fresh:
            return
        names = {"product_id": letter.product_id, "letter_id": letter.id, "created_at": now}
        rows = [{**names, "customer_id": one.customer_id, **_values(one)} for one in fresh]
        made = insert(AddresseeRow).returning(AddresseeRow.customer_id, AddresseeRow.id)
        ids = {row[0]: row[1] for row in self._session.execute(made, rows)}
        self._add_fixes(letter, ids, fresh)

    def _add_fixes(self, letter: Letter, ids: Mapping[int, int], wanted: Sequence[Wanted]) -> None:
        rows = [
            {
                "addressee_id": ids[one.customer_id],
                "customer_id": one.customer_id,
                "kind": letter.kind.value,
                "issue_id": fix.issue_id,
                "episode": fix.episode,
                "version": fix.version,
                "has_it": fix.has_it,
            }
            for one in wanted
            for fix in one.fixes
        ]
        if rows:
            self._session.execute(insert(AddresseeFixRow), rows)

    def forget(self, letter_id: int) -> None:
        """The letter is for nobody any more."""
        self._session.execute(delete(AddresseeRow).where(AddresseeRow.letter_id == letter_id))


def _is_as(known: Addressee, wanted: Wanted) -> bool:
    """Whether the letter would say the same to the same address."""
    return (known.email, known.name, known.language, known.fixes) == (
        wanted.email,
        wanted.name,
        wanted.language,
        wanted.fixes,
    )


def _values(one: Wanted) -> dict[str, object]:
    return {
        "email": one.email,
        "name": one.name,
        "language": one.language,
        "state": one.state.value,
        "why": one.why.value if one.why else None,
        "reason": one.reason,
    }
