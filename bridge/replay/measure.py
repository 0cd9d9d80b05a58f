"""What a replay costs: wall time, processor time and memory of this process and its children."""

import threading
import time
from types import TracebackType
from typing import Self

import psutil

_EVERY_SECONDS = 3.0
"""Adding up the pages of a large process takes long: twice a second was a thirtieth of a replay."""


class Meter:
    """Samples the process tree every three seconds while it is entered.

    Wall time is that of the block. Processor time counts from the start of this process: its
    imports are part of what a replay costs.
    """

    def __init__(self) -> None:
        self._me = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="meter", daemon=True)
        self._cpu: dict[int, float] = {}
        self._started = 0.0
        self.peak_pss_bytes = 0
        self.wall_seconds = 0.0
        self.cpu_seconds = 0.0

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.read()
        self._stop.set()
        self._thread.join()

    def read(self) -> None:
        """Bring the figures up to date."""
        self._look()
        self.wall_seconds = time.monotonic() - self._started
        self.cpu_seconds = sum(self._cpu.values())

    def _sample(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        """One look; a process that ended keeps the processor time of the last look at it."""
        pss = 0
        for process in [self._me, *self._tree()]:
            try:
                times = process.cpu_times()
                self._cpu[process.pid] = times.user + times.system
                pss += _memory(process)
            except psutil.Error:
                continue
        self.peak_pss_bytes = max(self.peak_pss_bytes, pss)

    def _tree(self) -> list[psutil.Process]:
        """Our children, and the embedded server, which is nobody's child."""
        children = self._me.children(recursive=True)
        servers = [one for pid in self.also if (one := _living(pid)) is not None]
        return children + servers + [child for one in servers for child in _children(one)]

    also: tuple[int, ...] = ()
    """Further processes to count with their children."""


def _living(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _memory(process: psutil.Process) -> int:
    """Shared pages divided among their users where the system tells, else resident memory."""
    full = process.memory_full_info() if hasattr(process, "memory_full_info") else None
    pss = getattr(full, "pss", None)
    return int(pss) if pss is not None else int(process.memory_info().rss)
