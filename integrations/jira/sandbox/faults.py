"""Misbehaviour on demand: lost answers, errors before and after the commit, slow answers."""

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integrations.jira.sandbox.errors import JiraRefusal

_DEFAULT_SECONDS = {"hang": 60.0, "slow": 1.0, "late_commit": 5.0}
_HEADERS_429 = {
    "Retry-After": "1",
    "X-RateLimit-Limit": "100",
    "X-RateLimit-Remaining": "0",
    "RateLimit-Reason": "jira-burst-based",
}


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


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One call on its way through the fault layer."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    seconds: float

    async def commit(self, receive: Receive | None = None) -> None:
        """Let the application do its work and swallow its answer."""

        async def swallow(message: Message) -> None:
            del message

        await self.app(self.scope, receive or self.receive, swallow)

    async def drop(self) -> None:
        """Close the connection without a byte of answer."""
        transport = self.scope.get("state", {}).get("transport")
        if transport is None:
            raise RuntimeError("faults that drop the connection need the sandbox's own server")
        transport.abort()
        # Returning before the server has seen the loss would make it answer a 500.
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        """Answer in Jira's error shape."""
        body = json.dumps({"errorMessages": [f"Fault: {status}"], "errors": {}}).encode()
        await self.reply(status, body, {"Content-Type": "application/json", **(headers or {})})

    async def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Answer with these bytes."""
        sent = {**headers, "Content-Length": str(len(body))}
        pairs = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": pairs})
        await self.send({"type": "http.response.body", "body": body})


Behaviour = Callable[[_Exchange], Awaitable[None]]


def _error(status: int, *, commits: bool = False, retry_after: bool = False) -> Behaviour:
    async def behave(exchange: _Exchange) -> None:
        if commits:
            await exchange.commit()
        await exchange.answer(status, {"Retry-After": "1"} if retry_after else None)

    return behave


async def _drop_before_commit(exchange: _Exchange) -> None:
    await exchange.drop()


async def _drop_after_commit(exchange: _Exchange) -> None:
    await exchange.commit()
    await exchange.drop()


async def _rate_limited(exchange: _Exchange) -> None:
    await exchange.answer(429, _HEADERS_429)


async def _hang(exchange: _Exchange) -> None:
    await asyncio.sleep(exchange.seconds)
    await exchange.drop()


async def _slow(exchange: _Exchange) -> None:
    await asyncio.sleep(exchange.seconds)
    await exchange.app(exchange.scope, exchange.receive, exchange.send)


async def _html_body(exchange: _Exchange) -> None:
    await exchange.reply(
        502, b"<html><body>Bad gateway</body></html>", {"Content-Type": "text/html"}
    )


async def _empty_body(exchange: _Exchange) -> None:
    await exchange.commit()
    await exchange.reply(201, b"", {"Content-Type": "application/json"})


async def _truncated_json(exchange: _Exchange) -> None:
    await exchange.commit()
    await exchange.reply(201, b'{"id":"100', {"Content-Type": "application/json"})


async def _late_commit(exchange: _Exchange) -> None:
    """The connection is lost at once, the work is done `seconds` later."""
    messages = [await exchange.receive()]
    while messages[-1].get("more_body"):
        messages.append(await exchange.receive())
    remaining = iter(messages)

    async def replay() -> Message:
        return next(remaining, {"type": "http.disconnect"})

    async def work() -> None:
        await asyncio.sleep(exchange.seconds)
        await exchange.commit(replay)

    task = asyncio.get_running_loop().create_task(work())
    _late.add(task)
    task.add_done_callback(_late.discard)
    await exchange.drop()


# The loop keeps only weak references to tasks.
_late: set[asyncio.Task[None]] = set()

KINDS: dict[str, Behaviour] = {
    "drop_before_commit": _drop_before_commit,
    "drop_after_commit": _drop_after_commit,
    "error_500": _error(500),
    "error_500_after_commit": _error(500, commits=True),
    "error_502": _error(502),
    "error_503": _error(503),
    "error_503_retry_after": _error(503, retry_after=True),
    "error_503_after_commit": _error(503, commits=True, retry_after=True),
    "rate_limited": _rate_limited,
    "hang": _hang,
    "slow": _slow,
    "html_body": _html_body,
    "empty_body": _empty_body,
    "truncated_json": _truncated_json,
    "late_commit": _late_commit,
}


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
        exchange = _Exchange(self.app, scope, receive, record, fault.seconds)
        await KINDS[fault.kind](exchange)
