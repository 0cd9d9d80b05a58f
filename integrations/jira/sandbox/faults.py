"""Misbehaviour on demand: lost answers, errors before and after the commit, slow answers."""

import re
import time
from collections import deque
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.fault_kinds import KINDS, Exchange

_DEFAULT_SECONDS = {"hang": 60.0, "slow": 1.0, "late_commit": 5.0}


@dataclass(slots=True)
class Fault:
    """The next `count` calls whose `METHOD /path` or `/path` matches go wrong."""

    route: re.Pattern[str]
    kind: str
    count: int
    seconds: float

    def matches(self, method: str, path: str) -> bool:
        """Whether this call is meant."""
        return self.count > 0 and bool(
            self.route.search(path) or self.route.search(f"{method} {path}")
        )


@dataclass(slots=True)
class Faults:
    """What is armed, and the calls that came in, for tests to look at."""

    armed: list[Fault] = field(default_factory=list)
    calls: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=10_000))

    def arm(self, body: dict[str, object]) -> Fault:
        """Arm one from `{"route", "kind", "count"?, "seconds"?}`, else 400."""
        kind, count = body.get("kind"), body.get("count", 1)
        if not isinstance(kind, str) or kind not in KINDS:
            raise JiraRefusal(400, f"'kind' must be one of: {', '.join(sorted(KINDS))}.")
        seconds = body.get("seconds", _DEFAULT_SECONDS.get(kind, 0.0))
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise JiraRefusal(400, "'count' must be a whole number from 1.")
        if not isinstance(seconds, int | float) or not 0 <= seconds <= 3_600:
            raise JiraRefusal(400, "'seconds' must lie between 0 and 3600.")
        try:
            route = re.compile(str(body["route"]))
        except (KeyError, re.error) as error:
            raise JiraRefusal(400, "'route' must be a regular expression.") from error
        fault = Fault(route, kind, count, float(seconds))
        self.armed.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this call, used up by one; none for the control plane."""
        if path.startswith("/_sandbox"):
            return None
        fault = next((item for item in self.armed if item.matches(method, path)), None)
        if fault is not None:
            fault.count -= 1
            self.armed = [item for item in self.armed if item.count > 0]
        return fault


class FaultLayer:
    """The outermost layer of the application: it decides what becomes of each call."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        fault = self.faults.take(method, path)
        entry: dict[str, object] = {"method": method, "path": path, "status": None, "fault": None}
        entry["at"] = time.time()
        if path.startswith("/rest/"):
            self.faults.calls.append(entry)

        async def record(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        if fault is None:
            await self.app(scope, receive, record)
            return
        entry["fault"] = fault.kind
        exchange = Exchange(self.app, scope, receive, record, fault.seconds)
        await KINDS[fault.kind](exchange)
