"""The command that plays the support lead: what it is asked, how often, and what it answers."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.contacts import ContactId
from bridge.domain.errors import InvalidInput
from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue
from bridge.replay.reviewer import Reviewer
from tests.conftest import Pipeline
from tests.groups_bench import Groups
from tests.lead_script import a_lead

SAME, REAL = SuggestionKind.SAME, SuggestionKind.REAL


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


def ask(groups: Groups, kind: SuggestionKind, issue: Issue, other: Issue | None = None) -> None:
    """Something worth asking."""
    with groups.application.open() as store:
        store.suggestions.propose(
            groups.product.id,
            kind=kind,
            key=f"{issue.id}",
            issue_id=issue.id,
            other_id=other.id if other else None,
            worth=0.5,
            now=groups.pipeline.clock.moment,
        )


def review(groups: Groups, reviewer: Reviewer) -> None:
    """Let the command answer as much as it is allowed to."""
    reviewer.answer_all(
        groups.application,
        groups.product,
        day=12,
        names={ContactId(number): f"c{number}" for number in range(1, 100)},
        drain=lambda: groups.pipeline.queue.drain(groups.pipeline.clock.moment),
    )


def review_once(groups: Groups, command: str, *, pause: float = 0) -> None:
    """Start a command and let it answer after a pause."""
    with Reviewer(command, 5) as reviewer:
        time.sleep(pause)
        reviewer.allow(1.0)
        review(groups, reviewer)


def test_questions_have_the_documented_members_and_answers_count(
    groups: Groups, tmp_path: Path
) -> None:
    export, login = groups.issue("export", 10), groups.issue("login", 4)
    members = [f"c{one}" for one in groups.on(export)]
    others = [f"c{one}" for one in groups.on(login)]
    lead = a_lead(tmp_path, {"real": "no", "same": "yes"})
    with Reviewer(lead.command, 2) as reviewer:
        reviewer.allow(1.0)
        ask(groups, REAL, export)
        review(groups, reviewer)
        ask(groups, SAME, export, login)
        review(groups, reviewer)
    real, same = lead.asked()
    assert real == {"question": "real", "a": members, "day": 12}
    assert same == {"question": "same", "a": members[:8], "b": others, "day": 12}
    assert groups.now(login).merged_into == export.id
    with groups.application.open() as store:
        assert store.suggestions.was_rejected(groups.product.id, REAL, f"{export.id}")


@pytest.mark.parametrize("same", ["yes", "no"])
def test_a_split_is_asked_as_whether_both_sides_are_the_same(
    groups: Groups, tmp_path: Path, same: str
) -> None:
    export = groups.issue("export", 14)
    contacts = groups.on(export)
    with groups.application.open() as store:
        store.suggestions.propose(
            groups.product.id,
            kind=SuggestionKind.SPLIT,
            key="split",
            issue_id=export.id,
            contacts=contacts[:5],
            worth=0.5,
            now=groups.pipeline.clock.moment,
        )
    lead = a_lead(tmp_path, {"same": same})
    review_once(groups, lead.command)
    left, right = ([f"c{one}" for one in side] for side in (contacts[:5], contacts[5:13]))
    assert lead.asked() == [{"question": "same", "a": left, "b": right, "day": 12}]
    assert groups.on(export) == (contacts if same == "yes" else contacts[5:])


def test_one_contact_is_not_worth_a_question(groups: Groups, tmp_path: Path) -> None:
    export, (contact,) = groups.issue("export"), groups.contacts("login", 1)
    with groups.application.open() as store:
        store.suggestions.propose(
            groups.product.id,
            kind=SuggestionKind.BELONGS,
            key="belongs",
            issue_id=export.id,
            contact_id=contact,
            worth=0.5,
            now=groups.pipeline.clock.moment,
        )
        # Nor does the issue wait for the answer.
        assert not store.suggestions.is_asked(groups.product.id, export.id)
    lead = a_lead(tmp_path, {"belongs": "yes"})
    review_once(groups, lead.command)
    assert lead.asked() == []


def test_the_budget_is_spread_over_the_time_and_never_exceeded(
    groups: Groups, tmp_path: Path
) -> None:
    for number in range(6):
        ask(groups, REAL, groups.issue("export", 1 + number))
    lead, asked = a_lead(tmp_path, {"real": "no"}), []
    with Reviewer(lead.command, 5) as reviewer:
        for share in (0.0, 0.1, 0.4, 0.8, 1.0):
            reviewer.allow(share)
            review(groups, reviewer)
            asked.append(reviewer.asked)
            assert not reviewer.has_time()
    # A fifth of them is ahead.
    assert asked == [1, 1, 3, 5, 5]
    assert len(lead.asked()) == 5


def test_without_a_command_nobody_has_time() -> None:
    with Reviewer(None, 5) as reviewer:
        reviewer.allow(1.0)
        assert not reviewer.has_time()


def test_a_skip_counts_and_is_not_asked_again(groups: Groups, tmp_path: Path) -> None:
    export = groups.issue("export")
    lead = a_lead(tmp_path, {"real": "skip"})
    with Reviewer(lead.command, 5) as reviewer:
        reviewer.allow(1.0)
        for _ in range(3):
            # Each look at all contacts proposes it again.
            ask(groups, REAL, export)
            review(groups, reviewer)
        assert reviewer.asked == 1
    assert len(lead.asked()) == 1
    with groups.application.open() as store:
        assert not store.suggestions.is_asked(groups.product.id, export.id)


def test_a_question_that_was_open_for_too_long_is_not_asked(groups: Groups, tmp_path: Path) -> None:
    ask(groups, REAL, groups.issue("export"))
    clock = groups.pipeline.clock
    clock.advance(clock.moment + timedelta(days=31), groups.pipeline.queue)
    lead = a_lead(tmp_path, {"real": "no"})
    review_once(groups, lead.command)
    assert lead.asked() == []


@pytest.mark.parametrize("command", ["/no/such/program", "unclosed 'quote"])
def test_a_command_that_does_not_start_is_an_error(command: str) -> None:
    with pytest.raises(InvalidInput, match="does not start"), Reviewer(command, 1):
        pass


def test_a_command_that_ends_or_talks_nonsense_is_an_error(groups: Groups, tmp_path: Path) -> None:
    ask(groups, REAL, groups.issue("export"))
    told = {
        "leave": "the review command ended",
        "What?": "answered 'What.*not JSON",
        "maybe": "answered .*not yes, no or skip",
    }
    for answer, message in told.items():
        with pytest.raises(InvalidInput, match=message):
            review_once(groups, a_lead(tmp_path, {"real": answer}).command)
    # One that has ended before it is asked.
    with pytest.raises(InvalidInput, match="ended"):
        review_once(groups, "true", pause=0.3)
