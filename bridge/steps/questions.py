"""What a person sees of a suggestion: the question in words, and what speaks on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.contacts import Contact, ContactId, ProductId
from bridge.domain.grouping import Suggestion, SuggestionKind
from bridge.domain.issues import Issue, IssueId
from bridge.domain.tickets import ExistingTicket
from bridge.store import Store
from bridge.store.issues import IssueSummary

_QUOTES = 3
_MANY_QUOTES = 6
_LEAST_PLAUSIBLE = 0.35
"""Questions to which yes is less likely come last: they help the finder, and read as nonsense.

Over the demo's twelve weeks yes was right for 12 of 51 pairs of issues below it, 33 of 45 above.
"""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a question: an issue or a few contacts, with words of customers."""

    summary: IssueSummary | None
    """None for contacts that are on no issue, or may become one."""
    contacts: tuple[Contact, ...]
    contact_count: int
    home: Issue | None = None
    """Where a single contact is now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A suggestion with its evidence."""

    suggestion: Suggestion
    question: str
    left: Side
    right: Side | None
    """REAL and TICKET have one side only."""
    ticket: ExistingTicket | None = None
    """TICKET: the other side; none once it is gone from the tracker."""


def for_people(waiting: Sequence[Suggestion]) -> list[Suggestion]:
    """The order in which a person is asked: the most helpful first, the implausible ones last.

    waiting: the most helpful first. Programs that answer everything want that order.
    """
    # sorted() keeps the order of equals.
    return sorted(waiting, key=lambda one: not _is_plausible(one))


def _is_plausible(one: Suggestion) -> bool:
    return one.probability is None or one.probability >= _LEAST_PLAUSIBLE


def asked(suggestion: Suggestion, *, store: Store) -> Asked:
    """The suggestion as a person sees it."""
    product_id = suggestion.product_id
    issue = _summary(suggestion.issue_id, product_id, store)
    other = _summary(suggestion.other_id, product_id, store)
    name = issue.issue.name if issue else "an issue"
    match suggestion.kind:
        case SuggestionKind.SAME:
            other_name = other.issue.name if other else "another issue"
            question = f"Are {name} and {other_name} one issue?"
            return Asked(suggestion, question, _side(issue, store), _side(other, store))
        case SuggestionKind.BELONGS:
            chosen = [suggestion.contact_id] if suggestion.contact_id else []
            left = _contacts(chosen, product_id, store)
            right = _side(issue, store, without=chosen)
            return Asked(suggestion, f"Is this contact about {name}?", left, right)
        case SuggestionKind.REAL:
            question = f"Is {name} one recurring issue worth a ticket?"
            return Asked(suggestion, question, _side(issue, store, most=_MANY_QUOTES), None)
        case SuggestionKind.SPLIT:
            left = _contacts(suggestion.contacts, product_id, store)
            right = _side(issue, store, without=suggestion.contacts)
            question = f"Are these contacts of {name} an issue of their own?"
            return Asked(suggestion, question, left, right)
        case SuggestionKind.TICKET:
            ticket = store.existing.get(product_id, suggestion.existing_id or 0)
            key = ticket.ref.key if ticket else "a ticket"
            question = f"Is {key} about the same problem as {name}?"
            return Asked(suggestion, question, _side(issue, store), None, ticket)


def _summary(issue_id: IssueId | None, product_id: ProductId, store: Store) -> IssueSummary | None:
    return store.issues.summary(product_id, issue_id) if issue_id is not None else None


def _side(
    summary: IssueSummary | None,
    store: Store,
    *,
    most: int = _QUOTES,
    without: Sequence[ContactId] = (),
) -> Side:
    if summary is None:
        return Side(None, (), 0)
    issue = summary.issue
    chosen = store.placements.representatives(issue.id, limit=most, without=without)
    contacts = tuple(store.contacts.get(issue.product_id, one) for one in chosen)
    return Side(summary, contacts, summary.counts.contacts)


def _contacts(chosen: Sequence[ContactId], product_id: ProductId, store: Store) -> Side:
    shown = tuple(store.contacts.get(product_id, one) for one in chosen[:_QUOTES])
    placed = store.placements.of_contacts(product_id, chosen) if len(chosen) == 1 else []
    home = store.issues.get(product_id, placed[0].issue_id) if placed else None
    return Side(None, shown, len(chosen), home)
