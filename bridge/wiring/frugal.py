"""How a process that works for long in many small steps spares the processor."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import scipy.linalg  # noqa: F401 - brings an algebra library of its own, which is to be limited too
from threadpoolctl import threadpool_limits

_SELDOM = 50_000


@contextmanager
def frugal() -> Iterator[None]:
    """Look for cycles seldom and multiply matrices on one core, for the length of a block.

    What is loaded by now stays loaded, and rows die young: looking for cycles at every turn took
    a tenth of the time. Our matrices are small: where two cores share one, each mostly waits for
    the other, and busily, which took a third of a replay's processor time.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_SELDOM)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
