"""Whom a letter cannot reach, for a person who reaches them in another way."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.customers import IdentityKind
from bridge.domain.letters import BY_HAND, LetterState
from bridge.steps.letter_sending import NO_WORDS
from bridge.store import Store
from bridge.store.letters import Letter

_COLUMNS = ("customer", "name", "account", "why", "fixed", "version", "known_by")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_KINDS = {
    IdentityKind.ACCOUNT_NUMBER: "account number",
    IdentityKind.EXTERNAL_ID: "id",
    IdentityKind.EMAIL: "mailbox",
    IdentityKind.PHONE: "phone",
    IdentityKind.HANDLE: "handle",
}


@dataclass(frozen=True, slots=True)
class ByHand:
    """A customer whom a person may call, or answer where they wrote."""

    customer_id: int
    name: str | None
    account: str | None
    why: str
    fixed: tuple[str, ...]
    """What was fixed, in words for customers; never the issue's own name or title."""
    versions: tuple[str, ...]
    known_by: tuple[str, ...]
    """`phone +49…`, `handle zendesk:mia`."""


def by_hand(letter: Letter, store: Store) -> list[ByHand]:
    """Everybody without an address of their own, and those whose mail was refused."""
    readers = [
        one
        for one in store.addressees.of_letter(
            letter.id, [LetterState.SUPPRESSED, LetterState.FAILED]
        )
        if one.state is LetterState.FAILED or one.why in BY_HAND
    ]
    people = {
        one.customer_id: one for one in store.affected.by_id([r.customer_id for r in readers])
    }
    words = {one.issue_id: one.words for one in store.letters.issues(letter.id)}
    found = []
    for one in readers:
        person = people[one.customer_id]
        titles = []
        for fix in one.fixes:
            told = words.get(fix.issue_id, {}).get(one.language)
            titles.append(told.title if told and told.title else NO_WORDS)
        found.append(
            ByHand(
                customer_id=one.customer_id,
                name=person.name,
                account=person.account,
                why=one.reason or one.state.value,
                fixed=tuple(titles),
                versions=tuple(dict.fromkeys(fix.version for fix in one.fixes)),
                known_by=tuple(f"{_KINDS[i.kind]} {i.key}" for i in person.identities),
            )
        )
    return found


def as_csv(rows: Sequence[ByHand]) -> str:
    """A table for spreadsheets; what they would take for a formula is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = (
            *(row.customer_id, row.name or "", row.account or "", row.why),
            *("; ".join(row.fixed), "; ".join(row.versions), "; ".join(row.known_by)),
        )
        writer.writerow([_plain(str(cell)) for cell in cells])
    return out.getvalue()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
