"""One fault run: some filings, one fault or one kill, and the sandbox's own truth at the end."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.certificates import a_certificate
from tests.faults.bench import a_bench
from tests.faults.floor import Floor
from tests.faults.scenario import Scenario, Verdict


def run(
    scenario: Scenario,
    floor: Floor,
    *,
    lag: int = 0,
    issues: int = 1,
    kill_at: int | None = None,
    sleeps: bool = False,
) -> Verdict:
    """File so many issues while that goes wrong, and say what there is in the end.

    The first worker is killed at the moment `kill_at`, or falls asleep there until another one
    has done its work.
    """
    began = time.monotonic()
    verdict = Verdict()
    with floor.database() as settings, ExitStack() as stack:
        bench = stack.enter_context(a_bench(scenario, floor, settings, lag=lag))
        bench.ask(issues, stack.enter_context(_door(scenario, settings.data_dir)))
        log = settings.data_dir / "moments"
        worker = bench.worker(log, kill_at, sleeps=sleeps)
        try:
            if sleeps:
                verdict.woke_early = bench.wait_beside(worker, log, kill_at or 0)
            bench.wait(worker, verdict, lag=lag)
        finally:
            bench.end_workers()
        bench.judge(verdict, issues)
        verdict.moments = log.read_text().splitlines()
    verdict.seconds = time.monotonic() - began
    return verdict


@contextmanager
def _door(scenario: Scenario, folder: Path) -> Iterator[str | None]:
    """A wrong address for the connection, if the scenario wants one."""
    if scenario.bad_door is None:
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        if scenario.bad_door == "refused":
            listener.close()
            yield f"http://127.0.0.1:{port}"
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(a_certificate(folder))
        threading.Thread(target=_shake_hands, args=(listener, context), daemon=True).start()
        yield f"https://127.0.0.1:{port}"


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Offer a certificate that nobody trusts, until the listener is closed."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()
