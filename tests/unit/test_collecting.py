"""A long run looks for garbage less often, and leaves things as they were."""

import gc

import pytest

from bridge.wiring.collecting import collecting_seldom


def test_the_usual_rhythm_returns_even_after_an_error() -> None:
    usual, frozen = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(KeyError):
        _fail_inside(usual[0], frozen)
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0


def _fail_inside(usual: int, frozen: int) -> None:
    with collecting_seldom():
        assert gc.get_threshold()[0] > usual
        assert gc.get_freeze_count() > frozen
        raise KeyError
