"""Who is likely to meet a problem: what affected customers share, and others do not."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from bridge.domain.customers import FACT_NAMES, Facts

LEAST_KNOWN = 3
"""Of fewer affected customers nothing is said."""
_SHARE = 0.8
_MOST_VERSIONS = 5
_LEAST_OF_A_VERSION = 2
_Z = 2.576
"""99 in 100: five facts are looked at, and one of them is soon alike by chance."""


@dataclass(frozen=True, slots=True)
class SharedFact:
    """A fact that nearly all affected customers have in common."""

    name: str
    values: tuple[str, ...]
    """One, or for versions several."""
    affected: int
    """Affected customers who have it,"""
    affected_known: int
    """of so many of whom the fact is known."""
    others: int
    """The same for everybody else the directory tells of."""
    others_known: int

    @property
    def is_telling(self) -> bool:
        """Whether it is commoner among the affected than chance would have it."""
        if not self.others_known:
            return False
        return _lower_share(self.affected, self.affected_known) > self.others / self.others_known

    @property
    def words(self) -> str:
        """`platform ios: 5 of 5 affected customers, 12 of 60 others`."""
        return (
            f"{self.name} {' or '.join(self.values)}:"
            f" {self.affected} of {self.affected_known} affected customers,"
            f" {self.others} of {self.others_known} others"
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the affected share, or why nobody can be named by it."""

    shared: tuple[SharedFact, ...]
    refusal: str = ""
    """Why nobody is named; empty where the facts do tell."""
    fitting: int = 0
    """How many others have all of it."""
    perhaps: int = 0
    """How many more may have it: a shared fact is not known of them."""


def pattern_of(
    affected: Sequence[Facts],
    others: Mapping[Facts, int],
    *,
    has_fix: Callable[[str], bool],
) -> Pattern:
    """The facts that affected customers share, with how common they are among all others.

    others: how many of the other customers are alike in all that is known. has_fix: whether a
    version is without the problem, so that nobody is expected to meet it there.
    """
    if len(affected) < LEAST_KNOWN:
        return Pattern((), f"fewer than {LEAST_KNOWN} customers are affected")
    found = (_shared(name, affected, others, has_fix) for name in FACT_NAMES)
    shared = tuple(one for one in found if one is not None)
    if not shared:
        return Pattern((), "the affected customers have no known fact in common")
    if not others:
        return Pattern(shared, "the directory tells nothing of anybody else")
    if not any(one.is_telling for one in shared):
        return Pattern(shared, "what the affected customers share is as common among all others")
    fitting = perhaps = 0
    for facts, count in others.items():
        if facts.version is not None and has_fix(facts.version):
            continue
        values = [(facts.get(one.name), one.values) for one in shared]
        if all(value in wanted for value, wanted in values):
            fitting += count
        elif all(value is None or value in wanted for value, wanted in values):
            perhaps += count
    return Pattern(shared, "", fitting, perhaps)


def _shared(
    name: str,
    affected: Sequence[Facts],
    others: Mapping[Facts, int],
    has_fix: Callable[[str], bool],
) -> SharedFact | None:
    known = Counter(value for one in affected if (value := one.get(name)))
    if known.total() < LEAST_KNOWN:
        return None
    chosen = [value for value, _ in sorted(known.items(), key=lambda item: (-item[1], item[0]))]
    if name == "version":
        # A version that one customer alone named says as much about the customer.
        chosen = [one for one in chosen if known[one] >= _LEAST_OF_A_VERSION and not has_fix(one)]
        chosen = chosen[:_MOST_VERSIONS]
    else:
        chosen = chosen[:1]
    have = sum(known[value] for value in chosen)
    if have < LEAST_KNOWN or have < _SHARE * known.total():
        return None
    others_known = {facts: count for facts, count in others.items() if facts.get(name)}
    return SharedFact(
        name=name,
        values=tuple(sorted(chosen)),
        affected=have,
        affected_known=known.total(),
        others=sum(count for facts, count in others_known.items() if facts.get(name) in chosen),
        others_known=sum(others_known.values()),
    )


def _lower_share(count: int, total: int) -> float:
    """The lower end of Wilson's interval for a share."""
    share, square = count / total, _Z * _Z
    middle = share + square / (2 * total)
    spread = _Z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    return (middle - spread) / (1 + square / total)
