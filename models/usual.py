"""Is this week's number more than is usual? Against the weeks before, by chance alone."""

from collections.abc import Sequence

from scipy.special import bdtrc

LEAST_WEEKS = 2
"""Fewer weeks before show nothing usual."""

LEAST_CONTACTS = 3
_LEAST_RATIO = 1.5
_LEAST_LIKELY = 0.01


def is_more_than_usual(number: int, before: Sequence[int]) -> bool:
    """Whether a count is half more than the mean before, and chance seldom does that.

    Were each week alike, the contacts of all of them would fall into the last one like tosses of a
    die with as many sides as there are weeks: one in a hundred falls so often or oftener by chance.
    """
    if len(before) < LEAST_WEEKS or number < LEAST_CONTACTS:
        return False
    together = number + sum(before)
    if number < _LEAST_RATIO * sum(before) / len(before):
        return False
    chance = float(bdtrc(number - 1, together, 1 / (len(before) + 1)))
    return chance < _LEAST_LIKELY
