"""What every request passes first: an id, the size limit, safe headers, one log line.

Written as plain ASGI so that it sees everything, also what the framework answers by itself.
"""

import time
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.api.errors import make_problem, problem_response
from bridge.api.metrics import Metrics
from bridge.wiring.logging import where

_OPEN_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

log = structlog.get_logger()


class Door:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, metrics: Metrics) -> None:
        self._app = app
        self._most = max_body_bytes
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; nothing that goes wrong inside leaves without an answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope["bridge.request_id"] = request_id
        answer = _Answer(scope, send, request_id)
        limited = _Limited(receive, self._most)
        started = time.perf_counter()
        try:
            if _declared_length(scope) > self._most:
                await _refuse(413, scope, receive, answer.send)
            else:
                await self._app(scope, limited.receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort: an id, and nothing else
            log.error("a request failed", request_id=request_id, **where(error))
            if answer.status is None:
                await _refuse(500, scope, receive, answer.send)
        finally:
            self._tell(scope, answer.status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int | None, seconds: float) -> None:
        route = route_template(scope)
        self._metrics.note_request(scope["method"], route, status or 0, seconds)
        if route in _QUIET:
            return
        log.info(
            "request",
            method=scope["method"][:10],
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            request_id=scope["bridge.request_id"],
            token_id=scope.get("bridge.token_id"),
        )


class _Limited:
    """Counts what really comes in, whatever Content-Length said."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413)
        return message


class _Answer:
    """Adds headers to the answer and remembers its status."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._scope = scope
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._complete(MutableHeaders(scope=message))
        await self._send(message)

    def _complete(self, headers: MutableHeaders) -> None:
        headers["X-Request-ID"] = self._request_id
        for name, value in _OPEN_HEADERS.items():
            # Pages have a policy of their own, which lets their style sheet in.
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        if self._scope.get("scheme") == "https":
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def route_template(scope: Scope) -> str:
    """The path of the route that answered, with its parameters unfilled: a bounded label."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "other"


async def _refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    problem = make_problem(status, request_id=scope["bridge.request_id"])
    # Closing tells the sender not to go on with a body nobody reads.
    response = problem_response(problem, headers={"Connection": "close"})
    await response(scope, receive, send)


def _declared_length(scope: Scope) -> int:
    given = Headers(scope=scope).get("content-length", "0")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 20 else 0
