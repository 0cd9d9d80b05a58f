"""Garbage collection for a long run of many short-lived rows."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 50_000


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for cycles less often, for the length of a block.

    What is loaded by now stays loaded, and rows die young: looking for cycles at every turn took
    a tenth of the time.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
