"""Does a contact show that a shipped fix does not hold? Facts in, a verdict with its reason out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.domain.fixes import carrier_of, version_key


class Evidence(StrEnum):
    """What a contact on a fixed issue says about the fix."""

    NONE = "none"
    POSSIBLE = "possible_return"
    REGRESSION = "regression"


class VersionSource(StrEnum):
    """Where the version of a contact is known from; the strongest first."""

    CONTACT = "contact"
    CUSTOMER = "customer"
    """The customer's newest contact before this one that names a version."""
    DIRECTORY = "directory"
    """What the directory says of the customer, else of the account."""
    ACCOUNT = "account"
    """The newest contact of anybody in the account: a colleague may run another version."""


class Compared(StrEnum):
    """How the version of a contact was held against the fix."""

    NOTHING = "nothing"
    SAME = "same version"
    ORDER = "order of versions"
    RELEASE_DATES = "release dates"
    FIRST_SEEN = "the day the version was first seen"
    ROLLOUT = "the day the roll-out was complete"


_HAS_FIX = {
    "yes": "has the fix",
    "no": "without the fix",
    "not_yet": "not rolled out to yet",
    "unknown": "version unknown",
}


class HasFix(StrEnum):
    """Whether whoever wrote had the fix."""

    YES = "yes"
    NO = "no"
    NOT_YET = "not_yet"
    """The roll-out has not reached everybody."""
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """As a word about a customer."""
        return _HAS_FIX[self.value]


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version, where it is known from, and since when it surely exists."""

    version: str
    source: VersionSource
    seen_at: datetime
    shipped_at: datetime | None = None
    """When this version was released, where we were told."""
    first_seen_at: datetime | None = None
    """When the first contact named it."""


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What counts about a contact."""

    occurred_at: datetime
    known: KnownVersion | None = None
    platform: str | None = None
    component: str = ""
    """Empty where the contact does not say which part it is about."""
    is_form: bool = False
    """It was written into the form behind a letter: whoever has the link may say anything there."""


@dataclass(frozen=True, slots=True)
class FixedVersion:
    """A release that has the fix; there is one for each branch it was put into."""

    version: str
    shipped_at: datetime
    """When the first customers could get it."""
    complete_at: datetime | None
    """When the roll-out reached everybody it is meant for; None while it has not."""
    percent: int = 100
    component: str = ""
    platforms: frozenset[str] = frozenset()
    """In lower case; empty for all."""
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, and how it was come to."""

    evidence: Evidence
    reason: str
    has_fix: HasFix = HasFix.UNKNOWN
    version: str | None = None
    """The version of whoever wrote, as far as it is known."""
    source: VersionSource | None = None
    fixed_in: str | None = None
    """The release that the version was held against."""
    compared: Compared = Compared.NOTHING
    is_settling: bool = False
    """It was written so soon after the roll-out that it takes more of its kind."""
    is_form: bool = False
    """It was written into a form: it weighs only beside a contact that came another way."""

    @property
    def weighs(self) -> bool:
        """Whether it speaks against the fix, by itself or beside others."""
        return self.evidence is Evidence.REGRESSION or (self.is_form and self.has_fix is HasFix.YES)


_NO_TIME = timedelta()


def judge(
    contact: ContactFacts,
    fixes: Sequence[FixedVersion],
    *,
    grace: timedelta,
    settling: timedelta = _NO_TIME,
) -> Finding:
    """Whether a contact contradicts the fix that these releases carry.

    Only whoever surely has the fix does. Whoever may have it, without a word about the version and
    long enough after the roll-out, makes it worth a look by a person; so does whoever says it in a
    form only. `settling`: how long after the roll-out people still write of what they met before.
    """
    found = _judged(contact, fixes, grace, settling)
    if not contact.is_form or found.evidence is not Evidence.REGRESSION:
        return replace(found, is_form=contact.is_form)
    reason = f"{found.reason}; it was written into the form of a letter, which nobody checks"
    return replace(
        found, evidence=Evidence.POSSIBLE, reason=f"{reason}: please check", is_form=True
    )


def _judged(
    contact: ContactFacts, fixes: Sequence[FixedVersion], grace: timedelta, settling: timedelta
) -> Finding:
    living = [one for one in fixes if not one.is_withdrawn]
    if not living:
        return Finding(Evidence.NONE, "no release with the fix is out", HasFix.NO)
    meant = [one for one in living if _is_meant_for(contact, one)]
    if not meant:
        where = ", ".join(sorted({_where(one) for one in living}))
        return Finding(Evidence.NONE, f"the fix is for {where} only", HasFix.NO)
    first = min(meant, key=lambda one: one.shipped_at)
    if contact.occurred_at <= first.shipped_at:
        reason = f"it was written before {first.version} shipped, whenever it arrived"
        return Finding(Evidence.NONE, reason, HasFix.NO, fixed_in=first.version)
    found = _by_version(contact, meant, settling) if contact.known else None
    return found or _by_rollout(contact, meant, grace)


def _is_meant_for(contact: ContactFacts, fix: FixedVersion) -> bool:
    elsewhere = contact.component and fix.component and contact.component != fix.component
    platform = (contact.platform or "").strip().lower()
    return not elsewhere and (not platform or not fix.platforms or platform in fix.platforms)


def _where(fix: FixedVersion) -> str:
    return " and ".join([*sorted(fix.platforms), *([fix.component] if fix.component else [])])


def _by_version(
    contact: ContactFacts, fixes: Sequence[FixedVersion], settling: timedelta
) -> Finding | None:
    """The verdict by a known version; None when it says nothing."""
    known = contact.known
    if known is None:
        return None
    held = _hold(known, fixes)
    if held is None:
        return None
    fix, has_it, compared = held

    def told(evidence: Evidence, reason: str, has_fix: HasFix) -> Finding:
        return Finding(
            evidence, reason, has_fix, known.version, known.source, fix.version, compared
        )

    who = _WHO[known.source].format(version=known.version)
    if not has_it:
        if known.source in _PAST and known.seen_at <= fix.shipped_at:
            # They may have updated since: it is not known to be their version any more.
            return None
        return told(Evidence.NONE, f"{who}, which is without the fix of {fix.version}", HasFix.NO)
    if contact.occurred_at <= fix.shipped_at:
        reason = f"it was written before {fix.version} shipped, whenever it arrived"
        return told(Evidence.NONE, reason, HasFix.NO)
    if compared is Compared.FIRST_SEEN:
        # A contact from an old build may be the first that names it.
        reason = f"{who}, first seen after {fix.version} shipped: please check"
        return told(Evidence.POSSIBLE, reason, HasFix.UNKNOWN)
    how = "the very version" if compared is Compared.SAME else f"by {compared} past {fix.version},"
    found = told(Evidence.REGRESSION, f"{who}, {how} that has the fix", HasFix.YES)
    settled_at = (fix.complete_at or fix.shipped_at) + settling
    return replace(found, is_settling=contact.occurred_at <= settled_at)


_PAST = (VersionSource.CUSTOMER, VersionSource.ACCOUNT)
_WHO = {
    VersionSource.CONTACT: "it names version {version}",
    VersionSource.CUSTOMER: "the customer was last seen on {version}",
    VersionSource.DIRECTORY: "the directory says that they are on {version}",
    VersionSource.ACCOUNT: "the account was last seen on {version}",
}


def _hold(
    known: KnownVersion, fixes: Sequence[FixedVersion]
) -> tuple[FixedVersion, bool, Compared] | None:
    """Hold a version against the fix: by the order of versions, else by dates; None if neither."""
    for fix in fixes:
        if fix.version.strip().lower() == known.version.strip().lower():
            return fix, True, Compared.SAME
    keys = {key: fix for fix in fixes if (key := version_key(fix.version)) is not None}
    ours = version_key(known.version)
    if ours is not None and keys:
        carrier = carrier_of(ours, list(keys))
        if carrier is not None:
            return keys[carrier], True, Compared.SAME if carrier == ours else Compared.ORDER
        if len(keys) == len(fixes):
            above = min((key for key in keys if key > ours), default=max(keys))
            return keys[above], False, Compared.ORDER
    newest = max(fixes, key=lambda one: one.shipped_at)
    if known.shipped_at is not None:
        return newest, known.shipped_at >= newest.shipped_at, Compared.RELEASE_DATES
    if known.first_seen_at is not None:
        return newest, known.first_seen_at > newest.shipped_at, Compared.FIRST_SEEN
    return None


def _by_rollout(contact: ContactFacts, fixes: Sequence[FixedVersion], grace: timedelta) -> Finding:
    """The verdict without a version that says anything: at most a possible return."""
    done = [(one.complete_at, one) for one in fixes if one.complete_at is not None]
    if not done or min(moment for moment, _ in done) >= contact.occurred_at:
        widest = max(fixes, key=lambda one: one.percent)
        reason = f"no version is known, and {widest.version} had not reached everybody"
        return Finding(Evidence.NONE, reason, HasFix.NOT_YET, fixed_in=widest.version)
    complete_at, fix = min(done, key=lambda one: one[0])
    days = f"{grace / timedelta(days=1):g} days"
    if contact.occurred_at <= complete_at + grace:
        reason = f"no version is known, and {fix.version} reached everybody less than {days} before"
        return Finding(
            Evidence.NONE, reason, HasFix.UNKNOWN, fixed_in=fix.version, compared=Compared.ROLLOUT
        )
    reason = (
        f"no version is known, and it came more than {days} after {fix.version} reached everybody:"
        " please check"
    )
    return Finding(
        Evidence.POSSIBLE, reason, HasFix.UNKNOWN, fixed_in=fix.version, compared=Compared.ROLLOUT
    )


def customers_needed(weekly_customers: float, share: float) -> int:
    """So many customers with the fix make a regression, at least one.

    People also write late, about what they met before they had the fix, and the more so the more
    of them had the problem: one of them says little where forty wrote each week.
    """
    return max(1, int(weekly_customers * share))


def weight_words(customers: int, needed: int) -> str:
    """How many customers contradict a fix in a week, beside how many it takes."""
    who = "1 customer" if customers == 1 else f"{customers} customers"
    verdict = "enough" if customers >= needed else "needed"
    bar = f"{needed} {'is' if needed == 1 else 'are'} {verdict}"
    return f"{who} with the fix wrote within a week, {bar}"


@dataclass(frozen=True, slots=True)
class Weight:
    """How many customers contradict a fix in a week, and how many it takes."""

    customers: int
    needed: int
    is_settling: bool = False
    """All of them wrote while it settled."""

    @property
    def is_enough(self) -> bool:
        """Whether the fix is overturned."""
        return self.customers >= self.needed

    @property
    def words(self) -> str:
        """The count beside the bar."""
        told = weight_words(self.customers, self.needed)
        return f"{told} while it settles" if self.is_settling else told


def weigh_customers(in_week: int, settled: int, *, weekly_customers: float, share: float) -> Weight:
    """How much speaks against a fix: customers of a week, and those of them past the settling.

    While it settles it takes as many as wrote in a usual week before the fix, two at least: then it
    has not helped.
    """
    needed = customers_needed(weekly_customers, share)
    as_before = max(2, needed, int(weekly_customers))
    if settled == 0 or in_week >= as_before:
        return Weight(in_week, as_before, is_settling=settled == 0)
    return Weight(settled, needed)
