"""A process that has imported everything and forks real workers and sandboxes on command.

Starting Python anew takes seconds, a fork takes milliseconds; the children are killed like any
other process. It reads one JSON line a command and answers one a child: started, ended.
Run by `tests.faults.floor` only.
"""

import json
import os
import select
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import bridge.wiring.channels as channels_wiring
import bridge.wiring.jira as jira_wiring
import bridge.worker as worker_module
import integrations.jira.client as client_module
from bridge.domain import messages
from bridge.settings import Settings
from bridge.steps import file, poll, reopen
from bridge.store import migrate
from bridge.store.connections import Connection
from bridge.store.secrets import Secrets
from bridge.wiring import build
from bridge.wiring.logging import configure_logging
from bridge.worker import Worker
from integrations.jira.sandbox.server import serve_forever
from integrations.jira.settings import JiraSettings
from integrations.slack.client import SlackSettings
from tests.faults.moments import Moments, arm

SCALE = 40
"""All waits of filing and the lag of the search index are shortened so, alike."""


def scale_waits() -> None:
    """Shorten the waits that are constants; those that are settings come by environment.

    The databases are clones of a migrated one, so that looking for migrations is time lost.
    """
    migrate.upgrade = lambda engine: None  # type: ignore[assignment,misc]
    file._WAIT /= SCALE
    file._SIGN_IN_WAIT /= SCALE
    poll._SIGN_IN_WAIT = timedelta(minutes=1) / SCALE
    reopen._AT_IT /= SCALE
    client_module.Patience = lambda: patience  # type: ignore[assignment,misc]
    worker_module._FIRST_WAIT_SECONDS = 1
    worker_module._LONGEST_WAIT_SECONDS = 300 // SCALE
    worker_module._STALLED_SECONDS = 3
    worker_module._HEARTBEAT_SECONDS = 1
    # One job at a time: the same moments come in the same order each time.
    worker_module._CONCURRENCY = 1
    settings_of = jira_wiring.jira_settings

    def scaled(connection: Connection, secrets: Secrets) -> JiraSettings:
        # Connecting to loopback takes no time, but this machine may be busy.
        return replace(
            settings_of(connection, secrets),
            connect_timeout_seconds=2.0,
            read_timeout_seconds=60 / SCALE,
        )

    jira_wiring.jira_settings = scaled
    waits = tuple(wait / SCALE for wait in messages._WAITS)
    messages._WAITS = waits  # type: ignore[assignment]
    # Slack's own pace, a call a second, would make a run of each minute of it.
    brisk = partial(SlackSettings, calls_per_second=1_000.0)
    channels_wiring.SlackSettings = brisk  # type: ignore[attr-defined,assignment]


patience = client_module.Patience(first_wait_seconds=2 / SCALE)


def work(command: Mapping[str, object]) -> None:
    """Be a worker, perhaps one that dies or falls asleep at a moment."""
    kill_at = command["kill_at"]
    assert kill_at is None or isinstance(kill_at, int)
    scale_waits()
    by = signal.SIGSTOP if command["sleeps"] else signal.SIGKILL
    path = command["path"]
    assert isinstance(path, list)
    arm(Moments(Path(str(command["log"])), kill_at, by), path)
    configure_logging()
    application = build(Settings())
    try:
        Worker(application).run_forever()
    finally:
        application.close()


def stand_in(command: Mapping[str, object]) -> None:
    """Be a sandbox; its address is written to a file once it answers."""
    announced = Path(str(command["log"]))

    def announce(facts: dict[str, str]) -> None:
        whole = announced.with_suffix(".part")
        whole.write_text(json.dumps(facts))
        whole.rename(announced)

    serve_forever(Path(str(command["state"])), announce, port=0, control=True)


def _child(command: Mapping[str, object]) -> None:
    """Never returns."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(0)
        os.dup2(os.open(f"{command['log']}.out", os.O_CREAT | os.O_WRONLY | os.O_APPEND), 1)
        os.dup2(1, 2)
        environment = command["environment"]
        assert isinstance(environment, dict)
        os.environ.update(environment)
        (stand_in if command["do"] == "sandbox" else work)(command)
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def _say(**facts: object) -> None:
    os.write(1, (json.dumps(facts) + "\n").encode())


def main() -> None:
    """Fork as told until standard input ends, then end the children."""
    running: dict[int, object] = {}
    waiting = b""
    while True:
        if select.select([0], [], [], 0.05)[0]:
            part = os.read(0, 65_536)
            if not part:
                break
            *lines, waiting = (waiting + part).split(b"\n")
            for line in lines:
                command = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    _child(command)
                running[pid] = command["id"]
                _say(id=command["id"], pid=pid)
        while running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            _say(id=running.pop(pid), code=os.waitstatus_to_exitcode(status))
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)


if __name__ == "__main__":
    main()
