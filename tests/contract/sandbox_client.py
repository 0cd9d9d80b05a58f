"""A plain HTTP client of the Jira sandbox, for the tests that look at single answers."""

import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx2

# Never used, as the sandbox speaks plain HTTP; the default one takes 0.1 s to make.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def adf(text: str) -> dict[str, object]:
    """A document of one paragraph."""
    content = [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]
    return {"type": "doc", "version": 1, "content": content}


def a_body(summary: object = "Login fails", **fields: Any) -> dict[str, Any]:
    """A create that the sandbox takes, unless `fields` break it."""
    needed = {"project": {"key": "FB"}, "issuetype": {"name": "Bug"}, "summary": summary}
    return {"fields": {**needed, **fields}}


class Api:
    """REST calls with the account of the sandbox; paths without a slash are under v3."""

    def __init__(self, account: Mapping[str, str]) -> None:
        """`account` is what `SandboxServer.describe` tells."""
        self.account = account
        self.url = account["url"]
        self.http = httpx2.Client(
            base_url=self.url,
            auth=(account["user"], account["token"]),
            timeout=10,
            verify=_NO_TLS,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def call(self, method: str, path: str, body: object = None, **query: str) -> httpx2.Response:
        """One request."""
        full = path if path.startswith("/") else f"/rest/api/3/{path}"
        if body is None:
            return self.http.request(method, full, params=query)
        return self.http.request(method, full, params=query, json=body)

    def create_as(self, auth: tuple[str, str] | None) -> httpx2.Response:
        """A create by somebody else, or by nobody."""
        who = httpx2.Auth() if auth is None else httpx2.BasicAuth(*auth)
        return self.http.post("/rest/api/3/issue", json=a_body(), auth=who)

    def get(self, path: str, **query: str) -> Any:
        """The JSON of a GET that must succeed."""
        response = self.call("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def create(self, summary: str = "Login fails", **fields: Any) -> str:
        """A new ticket's key."""
        response = self.call("POST", "issue", a_body(summary, **fields))
        assert response.status_code == 201, response.text
        return str(response.json()["key"])

    def search(self, jql: str) -> list[str]:
        """The keys found, in order."""
        found = self.call("POST", "search/jql", {"jql": jql, "fields": ["key"]})
        assert found.status_code == 200, found.text
        return [item["key"] for item in found.json()["issues"]]

    def truth(self) -> Any:
        """What the control plane says there is."""
        return self.get("/_sandbox/truth")

    def arm(self, route: str, kind: str, **more: object) -> None:
        """Arm a fault."""
        body = {"route": route, "kind": kind, **more}
        assert self.call("POST", "/_sandbox/faults", body).status_code == 201
