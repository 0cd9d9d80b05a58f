"""The rules that need no database: issue moves and version order."""

from datetime import UTC, datetime

import pytest

from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidMove
from bridge.domain.fixes import is_at_least, version_key
from bridge.domain.issues import MOVES, Issue, IssueId, IssueState


def an_issue(state: IssueState) -> Issue:
    return Issue(
        id=IssueId(1),
        product_id=ProductId(1),
        number=42,
        state=state,
        title="Card is declined",
        outcome=None,
        episode=1,
        version=1,
        merged_into=None,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        fixed_in=None,
        shipped_at=None,
        snoozed_until=None,
    )


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(IssueState)
    assert all(moves for moves in MOVES.values())


def test_a_forbidden_move_says_what_is_possible() -> None:
    with pytest.raises(InvalidMove, match=r"ISS-42 is dismissed; .*candidate"):
        an_issue(IssueState.DISMISSED).require_move(IssueState.FILED)
    with pytest.raises(InvalidMove, match=r"ISS-42 is in progress; .*"):
        an_issue(IssueState.IN_PROGRESS).require_move(IssueState.DISMISSED)


def test_resolved_is_not_shipped() -> None:
    assert not an_issue(IssueState.DECLINED).can_move(IssueState.SHIPPED)
    assert an_issue(IssueState.RESOLVED).can_move(IssueState.SHIPPED)


def test_versions_sort_as_numbers() -> None:
    ordered = ["4.9", "4.10", "5.0-rc1", "5.0", "5.0.1", "5.1"]
    assert sorted(reversed(ordered), key=lambda v: version_key(v) or ()) == ordered
    assert version_key("v4.1") == version_key("4.1.0")


def test_versions_without_a_number_do_not_compare() -> None:
    assert is_at_least("next", "4.1") is None
    assert is_at_least("4.1", "4.1") is True
    assert is_at_least("4.0.9", "4.1") is False
