"""Prove: what the contacts since a fix say of it, for people and for its ticket."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.issues import Issue
from bridge.steps.context import Context
from bridge.steps.still_coming import StillComing, still_coming, still_words
from bridge.store import Store
from bridge.store.issues import IssueSummary
from models.proof import MOST_DAYS, Proof, prove

_DAY = timedelta(days=1)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class FixProof:
    """A shipped fix and what came after it."""

    fixed_in: str
    shipped_at: datetime
    proof: Proof | None
    """None while it is too early, or when nothing came before the fix."""
    still: StillComing
    lately: int
    """Contacts that came after the last whole day that is compared; they count with that day."""
    days_to_ticket: float | None
    """From the first contact to the ticket; None without one."""
    days_to_release: float | None
    """From the first contact until customers could have the fix."""
    quiet_days: float
    """Since the fix, or since the last contact after it."""


def prove_fix(
    summary: IssueSummary, *, store: Store, context: Context, now: datetime
) -> FixProof | None:
    """How the contacts of an issue came before and after its last fix; None before any shipped."""
    issue = summary.issue
    if issue.shipped_at is None or issue.fixed_in is None:
        return None
    first, last = summary.first_seen_at, summary.last_seen_at
    tickets = [one.id for one in store.tickets.of_issue(issue.id)]
    since = max(issue.shipped_at, last) if last else issue.shipped_at
    return FixProof(
        fixed_in=issue.fixed_in,
        shipped_at=issue.shipped_at,
        proof=_proof(issue, issue.shipped_at, first, store=store, now=now),
        still=still_coming(issue, issue.shipped_at, now, store=store, context=context),
        lately=_lately(issue, issue.shipped_at, store=store, now=now),
        days_to_ticket=_days(first, store.after_fix.first_filed_at(tickets)),
        days_to_release=_days(first, issue.shipped_at),
        quiet_days=max(0.0, (now - since) / _DAY),
    )


def _proof(
    issue: Issue, shipped_at: datetime, first: datetime | None, *, store: Store, now: datetime
) -> Proof | None:
    """Whole days on either side; the day of the first contact is none."""
    if first is None:
        return None
    before = min(MOST_DAYS, (shipped_at - first) // _DAY)
    after = min(MOST_DAYS, (now - shipped_at) // _DAY)
    if before < 1 or after < 1:
        return None
    reads = store.after_fix
    old = reads.days(issue.product_id, issue.id, since=shipped_at - before * _DAY, count=before)
    new = reads.days(issue.product_id, issue.id, since=shipped_at, count=after)
    return prove(old.on_issue, new.on_issue, old.others, new.others)


def _lately(issue: Issue, shipped_at: datetime, *, store: Store, now: datetime) -> int:
    """What came since the last whole day that is compared."""
    whole = max(0, min(MOST_DAYS, (now - shipped_at) // _DAY))
    count = (now - shipped_at) // _DAY + 1 - whole
    reads = store.after_fix
    since = shipped_at + whole * _DAY
    found = reads.days(issue.product_id, issue.id, since=since, count=max(0, count))
    return int(found.on_issue.sum())


def _days(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max(0.0, (end - start) / _DAY)


def proof_words(found: FixProof) -> list[str]:
    """The proof in sentences, as the ticket and the page tell it."""
    told = []
    proof = found.proof
    if proof is None:
        told.append("There is not enough before or after the fix to compare yet.")
    else:
        told.append(
            f"{_WEEK * proof.before / proof.days_before:.1f} contacts a week before"
            f" {found.fixed_in}, {_WEEK * proof.after / proof.days_after:.1f} since."
        )
        told.append(_avoided(proof))
        told.append(_compared(found, proof))
    if found.still.total:
        told.append(still_words(found.still))
    times = [
        f"{_counted(days, 'day')} from the first contact to {what}"
        for days, what in ((found.days_to_ticket, "the ticket"), (found.days_to_release, "the fix"))
        if days is not None
    ]
    if times:
        told.append(f"{', '.join(times)}, quiet for {_counted(found.quiet_days, 'day')}.")
    return told


def _avoided(proof: Proof) -> str:
    if proof.is_proven:
        lies = f"between {proof.least_avoided:.0f} and {proof.most_avoided:.0f}"
        return f"About {proof.avoided:.0f} contacts avoided in {proof.days_after} days ({lies})."
    lies = f"from {_fewer(proof.least_avoided)} to {_fewer(proof.most_avoided)}"
    return (
        f"In {proof.days_after} days {proof.after} came where {proof.expected:.0f} were to be"
        f" expected: that is within normal variation ({lies})."
    )


def _compared(found: FixProof, proof: Proof) -> str:
    """What is counted: whole days only, so that a day that has just begun does not look quiet."""
    told = (
        f"Compared are whole days: {_counted(proof.days_before, 'day')} before the fix with"
        f" {proof.before}, {_counted(proof.days_after, 'day')} since with {proof.after}"
    )
    if not found.lately:
        return f"{told}."
    more = f"{found.lately} more came" if proof.after else f"{found.lately} came"
    return f"{told}; {more} after these days, not compared yet."


def _fewer(avoided: float) -> str:
    """`12 fewer`, `8 more`, `none fewer`."""
    number = round(avoided)
    if number == 0:
        return "none fewer"
    return f"{number} fewer" if number > 0 else f"{-number} more"


def _counted(number: float, of: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number:.0f} {of}" if round(number) == 1 else f"{number:.0f} {of}s"
