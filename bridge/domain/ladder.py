"""The fix ladder: how far a fix has come on its way to customers. Facts in, rungs out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.domain.issues import FIXED, TO_BE_DONE, IssueState, Outcome
from bridge.domain.ladder_facts import LadderFacts, Moved, Reach, ReleaseFact

_NAMES = {"resolved": "Resolved as fixed", "reached": "Reached customers"}


class RungKind(StrEnum):
    """The rungs, from the bottom."""

    DONE = "merged_or_done"
    RESOLVED = "resolved"
    RELEASED = "released"
    ROLLED_OUT = "rolled_out"
    REACHED = "reached"
    QUIET = "quiet"
    VERIFIED = "verified"

    @property
    def words(self) -> str:
        """As readers see it."""
        return _NAMES.get(self.value, self.value.replace("_", " ").capitalize())


class RungState(StrEnum):
    """Whether a rung is reached."""

    DONE = "done"
    NOW = "now"
    WAITING = "waiting"
    TAKEN_BACK = "taken_back"
    """It was reached, and is not any more."""

    @property
    def words(self) -> str:
        """As readers see it."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung as it is now."""

    kind: RungKind
    state: RungState
    why: str
    at: datetime | None = None
    """When it was reached, or taken back; None where that is not known, or not yet so."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Engineering closed the ticket without a fix: there is nothing to climb."""

    outcome: Outcome
    at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs, and what stands instead of them."""

    rungs: tuple[Rung, ...]
    ending: Ending | None
    followed: str | None
    """Tickets that were closed as duplicates, and what they were followed to."""


_S = IssueState
_RESOLVED = frozenset({_S.RESOLVED, *FIXED})
_ENDINGS: Mapping[Outcome, str] = {
    Outcome.WONT_FIX: "it will not be fixed: agents were told, workarounds stay",
    Outcome.CANNOT_REPRODUCE: "engineering cannot reproduce it: agents were told, workarounds stay",
    Outcome.DUPLICATE: "its ticket is a duplicate, and is followed to the one that stands for it",
}


def ladder(facts: LadderFacts) -> Ladder:
    """Where the fix stands, rung by rung."""
    one = _Climb(facts)
    upper = (one.rolled_out(), one.reached(), one.quiet(), one.verified())
    released = one.released()
    lower = (_in_order(one.done(), released), _in_order(one.resolved(), released))
    return Ladder((*lower, released, *upper), one.ending(), facts.followed)


def _in_order(rung: Rung, released: Rung) -> Rung:
    """The rung, with a word where it was reached after the release: it reads wrong else."""
    if rung.at is None or released.at is None or released.state is not RungState.DONE:
        return rung
    if rung.state is not RungState.DONE or rung.at <= released.at:
        return rung
    return replace(rung, why=f"{rung.why}; told after the release was out")


class _Climb:
    """Builds the rungs of one ladder."""

    def __init__(self, facts: LadderFacts) -> None:
        self._facts = facts
        self._out = [one for one in facts.releases if one.withdrawn_at is None]
        down = [number for number, one in enumerate(facts.moves) if _is_down(one)]
        since = facts.moves[down[-1] + 1 :] if down else ()
        is_up = facts.state in FIXED or any(one.new in FIXED for one in since)
        self._fallen = facts.moves[down[-1]] if down and not is_up else None
        """The move that took the last fix back, as long as no other one has shipped."""
        self._is_back = self._fallen is not None and self._fallen.new is _S.REGRESSED
        """It was out, and did not hold: what is out stays out."""

    def done(self) -> Rung:
        """Engineering has merged it, or closed its ticket."""
        ticket, state = self._facts.ticket, self._facts.state
        if ticket is not None and ticket.is_done:
            why = f"{ticket.key} is {ticket.status}"
            return Rung(RungKind.DONE, RungState.DONE, why, self._closed_at())
        if state in _RESOLVED:
            at = self._closed_at() or self._reached_at(_S.SHIPPED)
            why = "the release says so"
            if ticket is not None:
                why += f"; {ticket.key} is still open: {ticket.status}"
            return Rung(RungKind.DONE, RungState.DONE, why, at)
        if ticket is None:
            return Rung(RungKind.DONE, RungState.WAITING, "it has no ticket yet")
        return Rung(RungKind.DONE, RungState.NOW, f"{ticket.key} is {ticket.status}")

    def resolved(self) -> Rung:
        """Engineering says that it is fixed."""
        if self._facts.state in _RESOLVED:
            closed_at = self._closed_at()
            why = "engineering says so" if closed_at else "the release says so"
            at = closed_at or self._reached_at(_S.SHIPPED)
            return Rung(RungKind.RESOLVED, RungState.DONE, why, at)
        ticket, said_at = self._facts.ticket, self._closed_at()
        if self._is_back and ticket is not None and ticket.is_done and said_at is not None:
            why = "engineering said so, before it came back"
            return Rung(RungKind.RESOLVED, RungState.DONE, why, said_at)
        return self._not_reached(RungKind.RESOLVED, "engineering has not resolved it as fixed")

    def released(self) -> Rung:
        """It is in a version that somebody can get."""
        if self._out:
            first = min(self._out, key=lambda one: one.shipped_at)
            why = f"in {' and '.join(one.version for one in self._out)}"
            if all(one.is_former for one in self._out):
                why += ", which is out and did not end it"
            return Rung(RungKind.RELEASED, RungState.DONE, why, first.shipped_at)
        gone = [one for one in self._facts.releases if one.withdrawn_at is not None]
        if gone and self._fallen is None:
            last = max(gone, key=lambda one: one.shipped_at)
            why = f"{last.version} was taken back"
            return Rung(RungKind.RELEASED, RungState.TAKEN_BACK, why, last.withdrawn_at)
        ticket = self._facts.ticket
        names = ", ".join(ticket.waits_for) if ticket else ""
        why = "no version with it is out"
        why += f": {ticket.key} names {names}" if names and ticket else ""
        is_next = self._facts.state is _S.RESOLVED
        return self._not_reached(RungKind.RELEASED, why, is_next=is_next)

    def rolled_out(self) -> Rung:
        """Everybody it is meant for can get it."""
        if not self._out:
            return self._not_reached(RungKind.ROLLED_OUT, "nothing to roll out yet")
        told = "; ".join(_rollout_words(one) for one in self._out)
        full = self._facts.full_percent
        if all(one.percent >= full for one in self._out):
            at = max(one.complete_at or one.shipped_at for one in self._out)
            return Rung(RungKind.ROLLED_OUT, RungState.DONE, told, at)
        return Rung(RungKind.ROLLED_OUT, RungState.NOW, told)

    def reached(self) -> Rung:
        """The customers who met it have it."""
        if not self._out:
            return self._not_reached(RungKind.REACHED, "no customer can have it yet")
        reach = self._facts.reach
        state = RungState.DONE if 0 < reach.total == reach.have else RungState.NOW
        why = _reach_words(reach)
        if all(one.is_former for one in self._out):
            why += "; whoever has it can meet it again"
        return Rung(RungKind.REACHED, state, why)

    def quiet(self) -> Rung:
        """Nobody who has the fix has written about it for long enough."""
        quiet, needed = self._facts.quiet, self._facts.quiet_needed
        if self._is_back and self._fallen is not None:
            return Rung(RungKind.QUIET, RungState.TAKEN_BACK, self._fallen.reason, self._fallen.at)
        if self._facts.state not in FIXED or quiet is None:
            return self._not_reached(RungKind.QUIET, "counts from the fix", was=_S.VERIFIED)
        why = f"nobody known to have the fix wrote for {_days(quiet)}, it takes {_days(needed)}"
        if self._facts.still_coming:
            why += f"; {_contacts(self._facts.still_coming)} came after the fix in all"
        state = RungState.DONE if quiet >= needed else RungState.NOW
        return Rung(RungKind.QUIET, state, why)

    def verified(self) -> Rung:
        """The fix holds."""
        if self._facts.state is _S.VERIFIED:
            at = self._reached_at(_S.VERIFIED)
            return Rung(RungKind.VERIFIED, RungState.DONE, self._verified_words(), at)
        why = f"{_days(self._facts.quiet_needed)} after the fix, unless it comes back"
        return self._not_reached(RungKind.VERIFIED, why, was=_S.VERIFIED)

    def _verified_words(self) -> str:
        """What it rests on, so that it does not say more than the numbers do."""
        needed = _days(self._facts.quiet_needed)
        why = f"for {needed} after the fix nobody known to have it wrote"
        if self._facts.is_proven is None:
            return why
        if self._facts.is_proven:
            return f"{why}, and fewer contacts came than before"
        return f"{why}; that fewer contacts come than would have anyway is not proven"

    def ending(self) -> Ending | None:
        """Why there will be no fix."""
        outcome = self._facts.outcome
        why = _ENDINGS.get(outcome) if outcome else None
        if self._facts.state is not _S.DECLINED or outcome is None or why is None:
            return None
        return Ending(outcome, self._reached_at(_S.DECLINED), why)

    def _not_reached(
        self,
        kind: RungKind,
        why: str,
        *,
        is_next: bool = False,
        was: IssueState = _S.SHIPPED,
    ) -> Rung:
        """A rung that is ahead, or was taken back; `was`: where the issue stood on it."""
        fallen = self._fallen
        if fallen is not None and (was is _S.SHIPPED or fallen.old is was):
            return Rung(kind, RungState.TAKEN_BACK, fallen.reason, fallen.at)
        return Rung(kind, RungState.NOW if is_next else RungState.WAITING, why)

    def _closed_at(self) -> datetime | None:
        """When engineering was done last, unless it has taken that up again since.

        A step down to resolved is none.
        """
        closed_at = None
        for one in self._facts.moves:
            if one.new in TO_BE_DONE:
                closed_at = None
            elif one.new in (_S.RESOLVED, _S.DECLINED) and not _is_down(one):
                closed_at = one.at
        return closed_at

    def _reached_at(self, state: IssueState) -> datetime | None:
        found = [one.at for one in self._facts.moves if one.new is state]
        return found[-1] if found else None


def _is_down(one: Moved) -> bool:
    return one.old in FIXED and one.new not in FIXED


def _contacts(count: int) -> str:
    return "1 contact" if count == 1 else f"{count} contacts"


def _rollout_words(one: ReleaseFact) -> str:
    share = "everybody" if one.percent >= 100 else f"{one.percent} % of customers"
    whom = f" ({', '.join(one.parts)})" if one.parts else ""
    return f"{one.version} to {share}{whom}"


def _reach_words(reach: Reach) -> str:
    if not reach.total:
        return "no known customer met it"
    rest = [
        f"{count} {words}"
        for count, words in (
            (reach.lack, "without the fix"),
            (reach.waiting, "not rolled out to yet"),
            (reach.unknown, "unknown"),
        )
        if count
    ]
    told = f"{reach.have} of {reach.total} affected customers"
    return f"{told}: {', '.join(rest)}" if rest else told


def _days(time: timedelta) -> str:
    days = time // timedelta(days=1)
    return "1 day" if days == 1 else f"{days} days"
