"""The engineers of the demo: they work in the tracker like people, through its REST API."""

from datetime import datetime
from types import TracebackType
from typing import Self

import httpx2

from integrations.jira.sandbox import SandboxServer


class Engineering:
    """Somebody with a browser and an account on the sandbox."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self._project = sandbox.project
        self._client = httpx2.Client(
            base_url=f"{sandbox.url}/rest/api/3/", auth=(sandbox.user, sandbox.token), timeout=30
        )
        self._versions: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def plan_version(self, name: str) -> None:
        """Make a version that is not released yet."""
        made = self._call("POST", "version", {"name": name, "project": self._project})
        self._versions[name] = str(made["id"])

    def release(self, name: str, at: datetime) -> None:
        """Release a version."""
        body = {"released": True, "releaseDate": at.date().isoformat()}
        self._call("PUT", f"version/{self._versions[name]}", body)

    def unrelease(self, name: str) -> None:
        """Take a release back."""
        self._call("PUT", f"version/{self._versions[name]}", {"released": False})

    def reopen(self, key: str) -> None:
        """It is not done after all."""
        self._move(key, "To Do")

    def start(self, key: str) -> None:
        """Somebody works on the ticket now."""
        self._move(key, "In Progress")

    def finish(self, key: str, version: str | None) -> None:
        """The change is done and will be in that version."""
        if version is not None:
            field = [{"add": {"id": self._versions[version]}}]
            self._call("PUT", f"issue/{key}", {"update": {"fixVersions": field}})
        self._move(key, "Done", resolution="Done")

    def decline(self, key: str, resolution: str = "Won't Do") -> None:
        """It will stay as it is."""
        self._move(key, "Done", resolution=resolution)

    def _move(self, key: str, status: str, *, resolution: str | None = None) -> None:
        moves = self._call("GET", f"issue/{key}/transitions")["transitions"]
        if not isinstance(moves, list):
            raise TypeError("the tracker's transitions should be a list")
        wanted = next(move for move in moves if move["to"]["name"] == status)
        body: dict[str, object] = {"transition": {"id": wanted["id"]}}
        if resolution is not None:
            body["fields"] = {"resolution": {"name": resolution}}
        self._call("POST", f"issue/{key}/transitions", body)

    def _call(
        self, method: str, path: str, body: dict[str, object] | None = None
    ) -> dict[str, object]:
        answer = self._client.request(method, path, json=body)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}
