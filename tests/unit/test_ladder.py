"""How far has the fix come? One row a situation, each rung with its reason in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bridge.domain.issues import IssueState, Outcome
from bridge.domain.ladder import RungKind, RungState, ladder
from bridge.domain.ladder_facts import LadderFacts, Moved, Reach, ReleaseFact, TicketFact
from bridge.web.words import next_rung, reached_words

DAY = timedelta(days=1)
START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
S = IssueState
NOBODY = Reach(0, 0, 0, 0)
MARKS = {
    RungState.DONE: "x",
    RungState.NOW: ">",
    RungState.WAITING: ".",
    RungState.TAKEN_BACK: "<",
}


def moves(*path: S, reason: str = "") -> list[Moved]:
    """A day between two states; `reason` of the last one."""
    return [
        Moved(START + day * DAY, old, new, reason if day == len(path) - 2 else "")
        for day, (old, new) in enumerate(pairwise(path))
    ]


def facts(*path: S, reason: str = "", **changes: object) -> LadderFacts:
    found = LadderFacts(
        state=path[-1],
        outcome=None,
        moves=moves(*path, reason=reason),
        ticket=TicketFact("FB-1", "in progress", is_done=False),
        releases=(),
        full_percent=100,
        reach=NOBODY,
        quiet=None,
        quiet_needed=14 * DAY,
    )
    return replace(found, **changes)  # type: ignore[arg-type]  # a builder's keyword arguments


TO_SHIPPED = (S.CONFIRMED, S.FILED, S.IN_PROGRESS, S.RESOLVED, S.SHIPPED)
DONE = TicketFact("FB-1", "done", is_done=True)
OUT = ReleaseFact("4.1", START + 3 * DAY, 100, START + 4 * DAY)


@dataclass(frozen=True)
class Case:
    name: str
    facts: LadderFacts
    marks: str
    """One mark a rung, from the bottom: reached, now, waiting, taken back."""
    whys: Sequence[str]
    """Each is the reason of some rung, in this order."""


CASES = (
    Case(
        "confirmed and not filed",
        facts(S.CANDIDATE, S.CONFIRMED, ticket=None),
        ".......",
        ["it has no ticket yet", "14 days after the fix, unless it comes back"],
    ),
    Case(
        "in progress",
        facts(S.CONFIRMED, S.FILED, S.IN_PROGRESS),
        ">......",
        ["FB-1 is in progress", "engineering has not resolved it as fixed"],
    ),
    Case(
        "resolved, and its version is not out",
        facts(*TO_SHIPPED[:4], ticket=replace(DONE, waits_for=("4.1", "4.2"))),
        "xx>....",
        ["FB-1 is done", "engineering says so", "no version with it is out: FB-1 names 4.1, 4.2"],
    ),
    Case(
        "rolling out",
        facts(
            *TO_SHIPPED[:4],
            ticket=DONE,
            releases=[replace(OUT, percent=40, complete_at=None, parts=("ios", "region EU"))],
            reach=Reach(3, 2, 5, 0),
        ),
        "xxx>>..",
        [
            "in 4.1",
            "4.1 to 40 % of customers (ios, region EU)",
            "3 of 10 affected customers: 2 without the fix, 5 not rolled out to yet",
        ],
    ),
    Case(
        "shipped to nearly everybody, where that counts as shipped",
        facts(
            *TO_SHIPPED,
            ticket=DONE,
            full_percent=95,
            releases=[replace(OUT, percent=95, complete_at=None)],
            reach=Reach(1, 0, 0, 1),
            quiet=3 * DAY,
        ),
        "xxxx>>.",
        [
            "4.1 to 95 % of customers",
            "1 of 2 affected customers: 1 unknown",
            "nobody known to have the fix wrote for 3 days, it takes 14 days",
        ],
    ),
    Case(
        "shipped on two branches, one of them on its way",
        facts(
            *TO_SHIPPED,
            ticket=DONE,
            releases=[OUT, replace(OUT, version="3.9", percent=10, complete_at=None)],
            quiet=DAY,
        ),
        "xxx>>>.",
        ["in 4.1 and 3.9", "4.1 to everybody; 3.9 to 10 % of customers"],
    ),
    Case(
        "shipped by a release that names it, without a ticket",
        facts(S.CONFIRMED, S.FILED, S.SHIPPED, ticket=None, releases=[OUT], quiet=DAY),
        "xxxx>>.",
        [
            "the release says so",
            "no known customer met it",
            "nobody known to have the fix wrote for 1 day",
        ],
    ),
    Case(
        "shipped by a release that names it, after engineering took it up again",
        facts(*TO_SHIPPED, S.REGRESSED, S.IN_PROGRESS, S.SHIPPED, releases=[OUT], quiet=DAY),
        "xxxx>>.",
        ["the release says so; FB-1 is still open: in progress", "the release says so", "in 4.1"],
    ),
    Case(
        "verified, and everybody has it",
        facts(
            *TO_SHIPPED,
            S.VERIFIED,
            ticket=DONE,
            releases=[OUT],
            reach=Reach(4, 0, 0, 0),
            quiet=20 * DAY,
        ),
        "xxxxxxx",
        [
            "4 of 4 affected customers",
            "wrote for 20 days",
            "for 14 days after the fix nobody known to have it wrote",
        ],
    ),
    Case(
        "the release was taken back",
        facts(
            *TO_SHIPPED,
            S.RESOLVED,
            reason="it lost settings",
            ticket=DONE,
            releases=[replace(OUT, withdrawn_at=START + 6 * DAY)],
        ),
        "xx<<<..",
        ["FB-1 is done", "it lost settings", "counts from the fix"],
    ),
    Case(
        "a verified fix was taken back",
        facts(*TO_SHIPPED, S.VERIFIED, S.RESOLVED, reason="it lost settings", ticket=DONE),
        "xx<<<<<",
        ["it lost settings"],
    ),
    Case(
        "taken back before it had reached enough of them",
        facts(
            *TO_SHIPPED[:4],
            ticket=DONE,
            releases=[replace(OUT, percent=10, withdrawn_at=START + 6 * DAY)],
        ),
        "xx<....",
        ["4.1 was taken back", "nothing to roll out yet"],
    ),
    Case(
        "verified, contacts still come, and its ticket is open",
        facts(
            *TO_SHIPPED,
            S.VERIFIED,
            ticket=TicketFact("FB-1", "to do", is_done=False),
            releases=[OUT],
            quiet=20 * DAY,
            still_coming=3,
            is_proven=False,
        ),
        "xxxx>xx",
        [
            "the release says so; FB-1 is still open: to do",
            "wrote for 20 days, it takes 14 days; 3 contacts came after the fix in all",
            "nobody known to have it wrote; that fewer contacts come than would have anyway is",
        ],
    ),
    Case(
        "verified and proven",
        facts(*TO_SHIPPED, S.VERIFIED, releases=[OUT], quiet=20 * DAY, is_proven=True),
        "xxxx>xx",
        ["nobody known to have it wrote, and fewer contacts came than before"],
    ),
    Case(
        "the ticket was closed after the release was out",
        facts(*TO_SHIPPED, ticket=DONE, releases=[replace(OUT, shipped_at=START)], quiet=DAY),
        "xxxx>>.",
        ["FB-1 is done; told after the release was out", "engineering says so; told after"],
    ),
    Case(
        "it came back, and the version is out all the same",
        facts(
            *TO_SHIPPED,
            S.REGRESSED,
            reason="a customer on 4.1 still has it",
            ticket=DONE,
            releases=[replace(OUT, is_former=True)],
            reach=Reach(2, 1, 0, 0),
        ),
        "xxxx><.",
        [
            "FB-1 is done",
            "engineering said so, before it came back",
            "in 4.1, which is out and did not end it",
            "4.1 to everybody",
            "2 of 3 affected customers: 1 without the fix; whoever has it can meet it again",
            "a customer on 4.1 still has it",
        ],
    ),
    Case(
        "a verified fix came back, and the ticket is worked on",
        facts(
            *TO_SHIPPED,
            S.VERIFIED,
            S.REGRESSED,
            S.IN_PROGRESS,
            releases=[replace(OUT, is_former=True)],
        ),
        "><xx><<",
        ["in 4.1, which is out and did not end it"],
    ),
    Case(
        "the ticket was opened again",
        facts(*TO_SHIPPED, S.IN_PROGRESS, reason="FB-1 was opened again"),
        "><<<<..",
        ["FB-1 is in progress", "FB-1 was opened again"],
    ),
    Case(
        "it came back, and the ticket stays done",
        facts(*TO_SHIPPED, S.REGRESSED, reason="a customer on 4.1 still has it", ticket=DONE),
        "xx<<<<.",
        ["FB-1 is done", "a customer on 4.1 still has it"],
    ),
    Case(
        "it came back, and was fixed once more",
        facts(
            *TO_SHIPPED,
            S.REGRESSED,
            S.IN_PROGRESS,
            S.RESOLVED,
            S.SHIPPED,
            ticket=DONE,
            releases=[replace(OUT, version="4.2")],
            quiet=timedelta(),
        ),
        "xxxx>>.",
        ["in 4.2", "wrote for 0 days"],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_rung_says_how_it_stands_and_why(case: Case) -> None:
    found = ladder(case.facts)
    assert [one.kind for one in found.rungs] == list(RungKind)
    assert "".join(MARKS[one.state] for one in found.rungs) == case.marks
    told = iter(one.why for one in found.rungs)
    for why in case.whys:
        assert any(why in one for one in told), f"{why!r} is not told, or not in this order"
    assert found.ending is None


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Outcome.WONT_FIX, "it will not be fixed: agents were told, workarounds stay"),
        (
            Outcome.CANNOT_REPRODUCE,
            "engineering cannot reproduce it: agents were told, workarounds stay",
        ),
        (
            Outcome.DUPLICATE,
            "its ticket is a duplicate, and is followed to the one that stands for it",
        ),
    ],
)
def test_a_ticket_closed_without_a_fix_ends_the_ladder(outcome: Outcome, why: str) -> None:
    found = ladder(facts(S.FILED, S.DECLINED, ticket=DONE, outcome=outcome))
    assert found.ending is not None
    assert (found.ending.outcome, found.ending.why) == (outcome, why)
    assert found.ending.at == START
    assert "".join(MARKS[one.state] for one in found.rungs) == "x......"


def test_each_rung_says_when_it_was_reached_and_when_it_was_taken_back() -> None:
    shipped = facts(*TO_SHIPPED, S.VERIFIED, ticket=DONE, releases=[OUT], quiet=20 * DAY)
    at = [one.at for one in ladder(shipped).rungs]
    resolved_at, verified_at = START + 2 * DAY, START + 4 * DAY
    assert at[:4] == [resolved_at, resolved_at, OUT.shipped_at, OUT.complete_at]
    assert at[6] == verified_at
    back = facts(*TO_SHIPPED, S.RESOLVED, reason="it lost settings", ticket=DONE)
    at = [one.at for one in ladder(back).rungs]
    assert at[:4] == [resolved_at, resolved_at, START + 4 * DAY, START + 4 * DAY]
    assert at[5:] == [None, None]


def test_what_engineering_said_of_an_earlier_try_is_no_word_about_this_one() -> None:
    again = facts(*TO_SHIPPED, S.REGRESSED, S.IN_PROGRESS, S.SHIPPED, releases=[OUT])
    rungs = ladder(again).rungs
    assert [one.at for one in rungs[:2]] == [START + 6 * DAY] * 2
    assert rungs[1].why.startswith("the release says so")


def test_a_duplicate_that_was_followed_is_told_beside_the_ladder() -> None:
    found = ladder(replace(CASES[1].facts, followed="FB-0 → FB-1"))
    assert found.followed == "FB-0 → FB-1"


def test_a_fix_that_did_not_hold_leads_back_to_engineering() -> None:
    out = [replace(OUT, is_former=True)]
    back = ladder(facts(*TO_SHIPPED, S.REGRESSED, ticket=DONE, releases=out))
    again = ladder(facts(*TO_SHIPPED, S.REGRESSED, S.IN_PROGRESS, releases=out))
    for one in (back, again):
        assert reached_words(one) == "A fix is out, but it did not end the problem."
    assert next_rung(back) is None, "the ticket is closed: nothing comes by itself"
    assert next_rung(again) is RungKind.DONE


def test_a_fix_that_holds_says_how_far_it_is_and_what_is_next() -> None:
    shipped = ladder(facts(*TO_SHIPPED, ticket=DONE, releases=[OUT], quiet=DAY))
    assert reached_words(shipped) == "The fix is rolled out to everybody."
    assert next_rung(shipped) is RungKind.REACHED
