"""The kinds of misbehaviour: what the sandbox does, and what the caller sees of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integrations.jira.sandbox.catalog import SEVERITY_FIELD

_TOO_MANY = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0"}
_REQUIRED = SEVERITY_FIELD
"""A field that an administrator makes mandatory while we look elsewhere."""


@dataclass(frozen=True, slots=True)
class Exchange:
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

    async def answer_twice(self) -> None:
        """Answer, and send the very same bytes once more on the same connection."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(self.scope, self.receive, keep)
        start, *parts = messages
        body = b"".join(part.get("body", b"") for part in parts)
        lines = [b"HTTP/1.1 %d Again" % start["status"]]
        lines += [name + b": " + value for name, value in start["headers"]]
        await self.send(start)
        # The length is in a header, so what follows the body is a second answer already.
        await self.send({"type": "http.response.body", "body": body, "more_body": True})
        self.transport().write(b"\r\n".join([*lines, b"", body]))
        await self.send({"type": "http.response.body", "body": b""})

    def transport(self) -> asyncio.Transport:
        """The connection under the call."""
        transport = self.scope.get("state", {}).get("transport")
        if not isinstance(transport, asyncio.Transport):
            raise RuntimeError("faults of the connection need the sandbox's own server")
        return transport

    async def drop(self) -> None:
        """Close the connection without a byte of answer."""
        self.transport().abort()
        # Returning before the server has seen the loss would make it answer a 500.
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def answer(
        self,
        status: int,
        headers: dict[str, str] | None = None,
        *,
        fields: dict[str, str] | None = None,
    ) -> None:
        """Answer in Jira's error shape, with one sentence for all or one for each field."""
        messages = [] if fields else [f"Fault: {status}"]
        body = json.dumps({"errorMessages": messages, "errors": fields or {}}).encode()
        await self.reply(status, body, {"Content-Type": "application/json", **(headers or {})})

    async def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Answer with these bytes."""
        sent = {**headers, "Content-Length": str(len(body))}
        pairs = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": pairs})
        await self.send({"type": "http.response.body", "body": body})


Behaviour = Callable[[Exchange], Awaitable[None]]


def _error(status: int, *, commits: bool = False, retry_after: bool = False) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        if commits:
            await exchange.commit()
        await exchange.answer(status, {"Retry-After": "1"} if retry_after else None)

    return behave


async def _drop_before_commit(exchange: Exchange) -> None:
    await exchange.drop()


async def _drop_after_commit(exchange: Exchange) -> None:
    await exchange.commit()
    await exchange.drop()


async def _answer_twice(exchange: Exchange) -> None:
    await exchange.answer_twice()


def _rate_limited(reason: str) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(
            429, {**_TOO_MANY, "Retry-After": "1", "RateLimit-Reason": f"jira-{reason}"}
        )

    return behave


async def _rate_limited_gateway(exchange: Exchange) -> None:
    """Something in front of Jira says no, and does not say how long."""
    await exchange.reply(429, b"Too Many Requests", {"Content-Type": "text/plain"})


def _required_field(sentence: str) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(400, fields={_REQUIRED: sentence})

    return behave


async def _hang(exchange: Exchange) -> None:
    await asyncio.sleep(exchange.seconds)
    await exchange.drop()


async def _whole(receive: Receive) -> Receive:
    """The request as it has come, for a time when its caller may be gone."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    remaining = iter(messages)

    async def replay() -> Message:
        return next(remaining, {"type": "http.disconnect"})

    return replay


async def _slow(exchange: Exchange) -> None:
    """The work is done, and answered, `seconds` later, whether anybody waits for it or not."""
    replay = await _whole(exchange.receive)
    await asyncio.sleep(exchange.seconds)
    await exchange.app(exchange.scope, replay, exchange.send)


async def _html_body(exchange: Exchange) -> None:
    await exchange.reply(
        502, b"<html><body>Bad gateway</body></html>", {"Content-Type": "text/html"}
    )


async def _html_after_commit(exchange: Exchange) -> None:
    await exchange.commit()
    await exchange.reply(
        200, b"<html><body>One moment</body></html>", {"Content-Type": "text/html"}
    )


async def _empty_body(exchange: Exchange) -> None:
    await exchange.commit()
    await exchange.reply(201, b"", {"Content-Type": "application/json"})


async def _truncated_json(exchange: Exchange) -> None:
    await exchange.commit()
    await exchange.reply(201, b'{"id":"100', {"Content-Type": "application/json"})


async def _late_commit(exchange: Exchange) -> None:
    """The connection is lost at once, the work is done `seconds` later."""
    replay = await _whole(exchange.receive)

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
    "error_401": _error(401),
    "error_403": _error(403),
    "error_404": _error(404),
    "error_409": _error(409),
    "error_413": _error(413),
    "required_field": _required_field("Severity is required."),
    "required_field_localised": _required_field("Schweregrad ist erforderlich."),
    "rate_limited": _rate_limited("burst-based"),
    "rate_limited_per_issue": _rate_limited("per-issue-on-write"),
    "rate_limited_quota": _rate_limited("quota-tenant-based"),
    "rate_limited_gateway": _rate_limited_gateway,
    "answer_twice": _answer_twice,
    "hang": _hang,
    "slow": _slow,
    "html_body": _html_body,
    "html_after_commit": _html_after_commit,
    "empty_body": _empty_body,
    "truncated_json": _truncated_json,
    "late_commit": _late_commit,
}
