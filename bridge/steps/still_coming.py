"""Still coming: contacts after a fix, counted by why they come all the same."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from bridge.domain.issues import Issue
from bridge.domain.regression import HasFix
from bridge.steps.context import Context
from bridge.steps.holding import fix_of, judge_since
from bridge.store import Store


@dataclass(frozen=True, slots=True)
class StillComing:
    """Contacts after the fix, by what is known of whoever wrote."""

    without_fix: int = 0
    """On an older version, or on a platform that the fix is not for."""
    not_rolled_out: int = 0
    """No version is known, and the roll-out had not reached everybody."""
    with_fix: int = 0
    """On the fixed version or a newer one: evidence against the fix."""
    unknown: int = 0
    """No version is known, or none that compares."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.without_fix + self.not_rolled_out + self.with_fix + self.unknown


def still_coming(
    issue: Issue, shipped_at: datetime, until: datetime, *, store: Store, context: Context
) -> StillComing:
    """The contacts between the two moments, each judged as a regression is."""
    product = store.products.get(issue.product_id)
    fix = fix_of(issue, product, store)
    judged = judge_since(fix, shipped_at, until, store=store, context=context)
    counts = Counter(one.finding.has_fix for one in judged)
    return StillComing(
        without_fix=counts[HasFix.NO],
        not_rolled_out=counts[HasFix.NOT_YET],
        with_fix=counts[HasFix.YES],
        unknown=counts[HasFix.UNKNOWN],
    )


def still_words(still: StillComing) -> str:
    """The counts in one sentence."""
    parts = [
        f"{count} {of}"
        for count, of in (
            (still.without_fix, "from versions without the fix"),
            (still.not_rolled_out, "before it was rolled out to everybody"),
            (still.unknown, "without a known version"),
            (still.with_fix, "although they had the fix"),
        )
        if count
    ]
    if not parts:
        return "No contact came after it."
    who = "1 contact" if still.total == 1 else f"{still.total} contacts"
    return f"{who} came after it: {', '.join(parts)}."
