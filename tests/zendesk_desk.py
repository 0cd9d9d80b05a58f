"""A stand-in for the parts of Zendesk that hold workarounds: a real server that keeps state.

It checks the sign-in, refuses what Zendesk refuses, and can lose answers, ask to slow down and
fail; described in our own words from the public documentation.
"""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

EMAIL, TOKEN = "bot@acme.example", "zendesk-token"
_SIGN_IN = "Basic " + base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
_MACRO = re.compile(r"/api/v2/macros/(\d+)")
_TRANSLATION = re.compile(r"/api/v2/help_center/articles/(\d+)/translations/([\w-]+)")
Answer = tuple[int, Any]


@dataclass
class Desk:
    """What the account has, and what goes wrong next."""

    url: str = ""
    role: str = "admin"
    macros: dict[int, dict[str, Any]] = field(default_factory=dict)
    articles: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)
    """(method, kind): `lost` answers after the change, `dropped` before, `slow`, `500`."""
    requests: list[str] = field(default_factory=list)
    before_put: Any = None
    """Called once, just before a PUT is looked at: somebody else is faster."""

    def add_macro(self, number: int, text: str, *, uses: int = 0) -> str:
        """A macro that answers with a text; returns its address in the admin centre."""
        self.macros[number] = {
            "id": number,
            "title": f"Macro {number}",
            "active": True,
            "usage_7d": uses // 4,
            "usage_30d": uses,
            "actions": [
                {"field": "comment_value", "value": ["channel:all", text]},
                {"field": "status", "value": "pending"},
            ],
        }
        return f"{self.url}/admin/workspaces/agent-workspace/macros/{number}"

    def add_article(self, number: int, body: str, *, locale: str = "en-us") -> str:
        """A published article; returns its address in the help centre."""
        address = f"{self.url}/hc/{locale}/articles/{number}-How-to"
        self.articles[number, locale] = {
            "id": number * 10,
            "locale": locale,
            "title": f"Article {number}",
            "body": f"<p>{body}</p>",
            "draft": False,
            "html_url": address,
        }
        return address

    def trouble(self, method: str) -> str:
        """What goes wrong with this request; empty for nothing."""
        if method == "PUT" and self.before_put is not None:
            act, self.before_put = self.before_put, None
            act()
        fault = next((one for one in self.faults if one[0] == method), None)
        if fault is None:
            return ""
        self.faults.remove(fault)
        return fault[1]

    def answer_stranger(self, address: str) -> Answer:
        """Who is not signed in is somebody without an id, and may do nothing."""
        if address.startswith("/api/v2/users/me"):
            return 200, {"user": {"id": None, "role": "end-user"}}
        return 401, {"error": "Couldn't authenticate you"}

    def answer(self, method: str, address: str, body: Any) -> Answer:
        """What Zendesk would say, with the change made."""
        parts = urlsplit(address)
        if parts.path == "/api/v2/users/me":
            return 200, {"user": {"id": 7, "role": self.role}}
        if parts.path == "/api/v2/help_center/articles":
            return 200, {"articles": []}
        if parts.path == "/api/v2/macros" and method == "GET":
            return self._list(parse_qs(parts.query))
        if parts.path == "/api/v2/macros/update_many" and method == "PUT":
            return self._switch_macros(body)
        if (macro := _MACRO.fullmatch(parts.path)) and method == "GET":
            found = self.macros.get(int(macro[1]))
            return (200, {"macro": found}) if found else (404, {"error": "RecordNotFound"})
        if article := _TRANSLATION.fullmatch(parts.path):
            known = self.articles.get((int(article[1]), article[2]))
            if known is None:
                return 404, {"error": "RecordNotFound"}
            if method == "PUT":
                known.update(body["translation"])
            return 200, {"translation": known}
        return 404, {"error": "InvalidEndpoint"}

    def _list(self, query: dict[str, list[str]]) -> Answer:
        size = int(query.get("page[size]", ["100"])[0])
        start = int(query.get("page[after]", ["0"])[0])
        every = [one for one in self.macros.values() if one["active"]]
        page = every[start : start + size]
        has_more = start + size < len(every)
        meta = {"has_more": has_more, "after_cursor": str(start + size) if has_more else None}
        return 200, {"macros": page, "meta": meta}

    def _switch_macros(self, body: Any) -> Answer:
        if self.role != "admin":
            return 403, {"error": "Forbidden"}
        for one in body["macros"]:
            if one["id"] not in self.macros:
                return 422, {"error": "RecordInvalid"}
            self.macros[one["id"]]["active"] = one["active"]  # it takes nothing else
        return 200, {"macros": list(self.macros.values())}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    desk: ClassVar[Desk]

    def do_GET(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.desk.requests.append(f"{self.command} {urlsplit(self.path).path}")
        kind = self.desk.trouble(self.command)
        if kind == "dropped":
            self.close_connection = True
            return
        if kind == "slow":
            self._say(429, {"error": "TooManyRequests"}, "Retry-After", "7")
            return
        if kind == "500":
            self._say(500, {"error": "InternalError"})
            return
        if self.headers.get("Authorization") == _SIGN_IN:
            status, told = self.desk.answer(self.command, self.path, json.loads(raw or b"null"))
        else:
            status, told = self.desk.answer_stranger(self.path)
        if kind == "lost":
            self.close_connection = True
            return
        self._say(status, told)

    def _say(self, status: int, body: object, *header: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if header:
            self.send_header(header[0], header[1])
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def zendesk_desk() -> Iterator[Desk]:
    """A running account on loopback."""
    desk = Desk()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"desk": desk}))
    server.daemon_threads = True
    desk.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
