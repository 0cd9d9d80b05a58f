"""Ticket drafts and attempts for tests: `a_draft(customers=4)` and the rest is plausible."""

from datetime import UTC, datetime

from bridge.domain.contacts import RedactedText
from bridge.domain.tickets import Attempt, FilingId, Quote, TicketDraft, Urgency

SENT_AT = datetime(2026, 3, 9, 12, tzinfo=UTC)


def a_quote(text: str = "The app closes when I pay", version: str | None = "4.1") -> Quote:
    """A customer's sentence."""
    return Quote(RedactedText(text), datetime(2026, 3, 4, tzinfo=UTC), "email", version)


def a_draft(
    title: str = "Checkout closes the app",
    *,
    fingerprint: str = "shop/42/1",
    customers: int = 23,
    quotes: int = 3,
) -> TicketDraft:
    """What we would write into a ticket of ISS-42."""
    return TicketDraft(
        fingerprint=fingerprint,
        issue_name="ISS-42",
        title=RedactedText(title),
        customers=customers,
        accounts=7,
        contacts=41,
        anonymous=5,
        first_seen_at=datetime(2026, 3, 1, tzinfo=UTC),
        last_seen_at=datetime(2026, 3, 9, tzinfo=UTC),
        versions=("4.0", "4.1"),
        quotes=tuple(a_quote(f"Payment fails, case {number}") for number in range(quotes)),
        workaround=RedactedText("Pay in the browser."),
        urgency=Urgency.MEDIUM,
        link="https://bridge.example/issues/ISS-42",
    )


def an_attempt(number: int = 1, *, lower_bound: int = 0) -> Attempt:
    """One try of filing 7."""
    return Attempt(FilingId(7), number, f"token-{number}", lower_bound, SENT_AT)
