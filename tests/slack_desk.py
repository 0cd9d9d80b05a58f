"""A Slack-shaped server on loopback: it keeps messages, answers as Slack does, and stumbles."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "xoxb-a-token"
PEOPLE = {"ada@support.example": "U1"}


@dataclass
class SlackDesk:
    """What the workspace holds, and what goes wrong next."""

    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By channel, newest first."""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    troubles: deque[str] = field(default_factory=deque)
    """For the next chat.postMessage: lost (kept, no answer), busy, error_500, or Slack's word."""
    people: dict[str, str] = field(default_factory=lambda: dict(PEOPLE))
    """Members' ids by address."""
    url: str = ""

    def answer(self, method: str, args: dict[str, Any], token: str) -> tuple[int, Any]:
        """Status and body; None drops the connection."""
        self.calls.append((method, args))
        if token != f"Bearer {TOKEN}":
            return 200, {"ok": False, "error": "invalid_auth"}
        if method == "users.lookupByEmail":
            known = self.people.get(args["email"])
            if known is None:
                return 200, {"ok": False, "error": "users_not_found"}
            return 200, {"ok": True, "user": {"id": known, "name": "ada"}}
        if method == "conversations.open":
            return 200, {"ok": True, "channel": {"id": f"D-{args['users']}"}}
        if method == "conversations.history":
            return 200, {"ok": True, "messages": self.messages.get(args["channel"], [])}
        return self._post(args)

    def _post(self, args: dict[str, Any]) -> tuple[int, Any]:
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble == "busy":
            return 429, {"ok": False, "error": "ratelimited"}
        if trouble not in (None, "lost", "error_500"):
            return 200, {"ok": False, "error": trouble}
        ts = f"1700000000.{sum(map(len, self.messages.values())):06}"
        kept = {"ts": ts, "text": args["text"], "blocks": args["blocks"]}
        kept["metadata"] = args.get("metadata", {})
        self.messages.setdefault(args["channel"], []).insert(0, kept)
        if trouble == "lost":
            return 0, None
        if trouble == "error_500":
            return 500, {}
        return 200, {"ok": True, "channel": args["channel"], "ts": ts}


@contextmanager
def slack_desk() -> Iterator[SlackDesk]:
    """A running one."""
    desk = SlackDesk()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {
                name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()
            }
            self._reply(query)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self._reply(json.loads(self.rfile.read(length)))

        def _reply(self, args: dict[str, Any]) -> None:
            method = urlsplit(self.path).path.removeprefix("/api/")
            status, body = desk.answer(method, args, self.headers.get("Authorization", ""))
            if body is None:
                self.close_connection = True
                return
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if status == 429:
                self.send_header("Retry-After", "30")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    desk.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
