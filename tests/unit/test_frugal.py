"""A long run looks for garbage seldom, multiplies on one core, and leaves things as they were."""

import gc

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from bridge.wiring.frugal import frugal


def algebra_threads() -> set[int]:
    """How many threads the libraries of numpy and scipy use."""
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_the_usual_ways_return_even_after_an_error() -> None:
    usual, frozen = gc.get_threshold(), gc.get_freeze_count()
    with threadpool_limits(limits=2, user_api="blas"):
        with pytest.raises(KeyError):
            _fail_inside(usual[0], frozen)
        assert algebra_threads() == {2}
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0


def _fail_inside(usual: int, frozen: int) -> None:
    with frugal():
        assert gc.get_threshold()[0] > usual
        assert gc.get_freeze_count() > frozen
        assert algebra_threads() == {1}
        raise KeyError
