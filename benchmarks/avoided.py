"""Contacts avoided: how often the interval holds the true number, on made-up series.

python -m benchmarks.avoided     writes the table of docs/after-the-fix.md
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.measuring import ROOT
from models.proof import Proof, prove
from models.vectors import FloatArray, IntArray

DOCUMENT = ROOT / "docs" / "after-the-fix.md"
RUNS = 500
_BEGIN, _END = "<!-- avoided -->\n", "<!-- end of avoided -->"
_HEAD = (
    "a day",
    "weeks before",
    "days after",
    "the fix takes away",
    "what else",
    "interval holds the truth",
    "*contacts fell* is said",
)
_RHYTHM = np.array([1.3, 1.2, 1.1, 1.1, 1.0, 0.3, 0.2])


@dataclass(frozen=True, slots=True)
class Series:
    """A made-up issue; `effect` is the share of its contacts that the fix takes away."""

    rate: float = 2
    """Contacts a day at the fix, over the week."""
    effect: float = 0.8
    weeks: int = 8
    days: int = 28
    others: float = 60
    """Contacts a day about other things."""
    swing: float = 0.0
    """How much one week differs from another beyond chance."""
    bunching: float = 0.0
    """The same for days: the variance of a day's rate as a share of its square."""
    step: float = 1.0
    """What all contacts of the product grow by at the fix."""
    trend: float = 0.0
    """What is gained or lost a week before the fix, in natural logarithms."""
    is_shared: bool = False
    """The product's other contacts have that trend too."""

    @property
    def name(self) -> str:
        """What it is, in one line."""
        return ", ".join(self.cells())

    def cells(self) -> list[str]:
        """What it is, as it stands in the table."""
        more = []
        if self.others != _USUAL_OTHERS:
            more.append(f"{self.others:g} others a day")
        if self.swing:
            more.append(f"weeks differ by {self.swing:.0%} beyond chance")
        if self.bunching:
            more.append("contacts come in bunches")
        if self.step != 1:
            more.append("the product grows by half at the fix")
        if self.trend:
            way = "growing" if self.trend > 0 else "declining"
            more.append(f"{way} {abs(self.trend):.0%} a week{', as all do' * self.is_shared}")
        what = (f"{self.rate:g}", str(self.weeks), str(self.days), f"{self.effect:.0%}")
        return [*what, ", ".join(more) or "chance alone"]

    def truth(self) -> float:
        """Contacts avoided, on average."""
        return float(self._usual()[7 * self.weeks :].sum()) * self.effect

    def draw(self, rng: np.random.Generator) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Daily counts as `prove` takes them."""
        start, rates = 7 * self.weeks, self._usual()
        fixed = np.where(np.arange(len(rates)) < start, 1.0, 1 - self.effect)
        weeks = np.exp(rng.normal(0, self.swing, len(rates) // 7 + 1) - self.swing**2 / 2)
        rates = rates * fixed * np.repeat(weeks, 7)[: len(rates)]
        if self.bunching:
            rates = rates * rng.gamma(1 / self.bunching, self.bunching, len(rates))
        level = self._level() if self.is_shared else self._step()
        own, others = rng.poisson(rates), rng.poisson(self.others * self._rhythm() * level)
        return own[:start], own[start:], others[:start], others[start:]

    def prove(self, rng: np.random.Generator) -> Proof:
        """What is said of one draw."""
        found = prove(*self.draw(rng))
        if found is None:
            raise ValueError(f"too few days or contacts: {self.name}")
        return found

    def _usual(self) -> FloatArray:
        """What comes a day without a fix: growth stays where it is by then, a decline goes on."""
        return self.rate * self._rhythm() * self._level()

    def _level(self) -> FloatArray:
        weeks = (np.arange(7 * self.weeks + self.days) - 7 * self.weeks) / 7
        if self.trend > 0 and not self.is_shared:
            weeks = np.minimum(weeks, 0.0)
        return np.exp(self.trend * weeks) * self._step()

    def _step(self) -> FloatArray:
        days = np.arange(7 * self.weeks + self.days)
        return np.where(days < 7 * self.weeks, 1.0, self.step)

    def _rhythm(self) -> FloatArray:
        return np.resize(_RHYTHM / _RHYTHM.mean(), 7 * self.weeks + self.days)


_USUAL_OTHERS = Series().others

SERIES = (
    Series(),
    Series(weeks=4, days=14),
    Series(weeks=3, days=14),
    Series(rate=0.4, effect=0.9),
    Series(rate=10, effect=0.5, weeks=6, days=21, others=200),
    Series(effect=0),
    Series(effect=1),
    Series(rate=3, swing=0.3),
    Series(rate=3, weeks=4, days=14, swing=0.3),
    Series(rate=1, days=56, swing=0.2),
    Series(bunching=0.5),
    Series(step=1.5),
    Series(others=1),
    Series(trend=0.1, is_shared=True),
    Series(trend=-0.1, is_shared=True),
    Series(trend=0.05),
    Series(trend=0.1),
    Series(trend=0.2),
    Series(rate=10, trend=0.1),
    Series(rate=4, weeks=5, days=14, trend=0.1),
    Series(trend=-0.05),
    Series(trend=-0.1),
    Series(trend=-0.2),
    Series(rate=10, trend=-0.1),
    Series(trend=-0.1, effect=0),
)


@dataclass(frozen=True, slots=True)
class Held:
    """What came of many draws."""

    covered: float
    """Share of them whose interval holds the truth."""
    proven: float
    """Share of them that say that contacts fell."""


def held(series: Series, *, runs: int = RUNS, seed: int = 0) -> Held:
    """Draw and prove so often."""
    rng, truth = np.random.default_rng(seed), series.truth()
    proofs = [series.prove(rng) for _ in range(runs)]
    covered = [one.least_avoided <= truth <= one.most_avoided for one in proofs]
    return Held(float(np.mean(covered)), float(np.mean([one.is_proven for one in proofs])))


def main() -> None:
    """Measure all series, and put the table between its marks."""
    lines = [f"| {' | '.join(_HEAD)} |", "| --- " * len(_HEAD) + "|"]
    for series in SERIES:
        found = held(series)
        cells = [*series.cells(), f"{found.covered:.1%}", f"{found.proven:.1%}"]
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1])
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    table = "\n".join(lines) + "\n"
    DOCUMENT.write_text(before + _BEGIN + table + _END + rest.split(_END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
