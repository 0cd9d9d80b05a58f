"""Typed calls to one Jira site: paced, timed out, repeated only where that is safe."""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import requests
import stamina
from jira import JIRA
from pydantic import JsonValue, TypeAdapter

from bridge.domain.errors import Refused, SignInRefused, TryAgainLater
from integrations.http import GuardedAdapter, is_loopback
from integrations.jira.answers import Permissions, Version
from integrations.jira.errors import (
    Conflict,
    Forbidden,
    Missing,
    NotJson,
    ReadAgain,
    repeatable_call,
    single_call,
)
from integrations.jira.settings import JiraSettings
from integrations.pace import Call, Pace, RateLimited, RateLimiter

API = "rest/api/3"
PROPERTY = "bridge"
"""Key of our entity property."""

T = TypeVar("T")
_PERMISSIONS = TypeAdapter(Permissions)
_VERSIONS = TypeAdapter(list[Version])
_ISSUE = re.compile(rf"{API}/issue/(\d+)(?=/|$)")
_NAME = re.compile(r"(?<=/)(?:\d+|[A-Z][A-Z0-9_]+)(?=/|$)")
"""Ids of issues, comments and versions, and keys of projects: what makes a path one of many."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a repeatable call is tried again."""

    tries: int = 4
    first_wait_seconds: float = 2.0
    """Doubled with each try."""
    longest_wait_seconds: float = 60.0
    """A longer wish of Jira's is not waited for here: the job comes back later."""
    jitter: float = 0.3
    draw: Callable[[float, float], float] = random.uniform

    def seconds(self, repeat: int, wish: float | None) -> float | None:
        """The wait before the given repeat (from 1), or None when it would be too long."""
        if wish is not None and wish > self.longest_wait_seconds:
            return None
        wait = self.first_wait_seconds * float(2 ** (repeat - 1))
        return max(wait * self.draw(1 - self.jitter, 1 + self.jitter), wish or 0.0)


class _Waits:
    """Backoff hook of one call: how long to wait after this error, or False to give up."""

    def __init__(self, patience: Patience, *, for_edit: bool = False) -> None:
        self._patience = patience
        self._for_edit = for_edit
        self._repeat = 0

    def __call__(self, error: Exception) -> bool | float:
        if not isinstance(error, TryAgainLater) or isinstance(error, SignInRefused):
            return False
        if isinstance(error, ReadAgain) is not self._for_edit:
            return False
        self._repeat += 1
        seconds = self._patience.seconds(self._repeat, error.retry_after_seconds)
        return False if seconds is None else seconds


class JiraClient:
    """The session of the `jira` library behind typed functions; making one sends nothing."""

    def __init__(
        self,
        settings: JiraSettings,
        *,
        patience: Patience | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._url = settings.base_url
        self._patience = patience or Patience()
        self._pace = pace or RateLimiter(settings.calls_per_second)
        # The library keeps its session private, yet most calls we need have no method there.
        self._session: requests.Session = _library_client(settings)._session
        # What may not be repeated travels on a connection of its own: on a used one there may be
        # bytes of an earlier answer, and one that Jira has closed looks like a lost answer.
        self._single: requests.Session = _library_client(settings)._session
        self._single.headers["Connection"] = "close"

    def close(self) -> None:
        """Give the open connections back."""
        self._session.close()
        self._single.close()

    def get(
        self,
        shape: TypeAdapter[T],
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
    ) -> T:
        """Read something; repeated on trouble."""
        return self._repeat(
            _call("GET", path),
            lambda: shape.validate_json(self._send("GET", path, params=params).content),
        )

    def ask(self, shape: TypeAdapter[T], path: str, *, body: JsonValue) -> T:
        """POST something that changes nothing, such as a search; repeated on trouble."""
        return self._repeat(
            _call("POST", path),
            lambda: shape.validate_json(self._send("POST", path, body=body).content),
        )

    def upsert(self, path: str, body: JsonValue) -> None:
        """POST something that Jira merges by an id of ours; repeated on trouble."""
        self._repeat(_call("POST", path), lambda: self._send("POST", path, body=body))

    def put(self, path: str, body: JsonValue) -> None:
        """Write something that is ours alone; repeated on trouble."""
        self._repeat(_call("PUT", path), lambda: self._send("PUT", path, body=body))

    def delete(self, path: str, *, params: Mapping[str, str | int] | None = None) -> None:
        """Delete something of ours; repeated on trouble, and done when it is gone already."""
        try:
            self._repeat(_call("DELETE", path), lambda: self._send("DELETE", path, params=params))
        except Missing:
            return

    def edit(self, path: str, body: JsonValue) -> None:
        """Write what was decided after a read: one request, then ReadAgain on any trouble."""
        call = _call("PUT", path)
        self._pace.wait(call)
        try:
            with self._reported(call), repeatable_call():
                self._send("PUT", path, body=body)
        except (SignInRefused, ReadAgain):
            raise
        except TryAgainLater as error:
            again = ReadAgain(str(error), retry_after_seconds=error.retry_after_seconds)
            again.is_everywhere = error.is_everywhere
            raise again from error

    def post_once(
        self,
        shape: TypeAdapter[T],
        path: str,
        *,
        body: JsonValue,
        may_send: Callable[[], bool] = lambda: True,
    ) -> T:
        """POST something new: one request, whatever happens; anything but 201 is an error.

        `may_send` is asked at the last moment; after a no nothing is sent: TryAgainLater.
        """
        call = _call("POST", path)
        self._pace.wait(call)
        if not may_send():
            raise TryAgainLater("the time for this request was over before it could be sent")
        with self._reported(call), single_call():
            response = self._single.request("POST", f"{self._url}/{path}", json=body)
            _require_data(response)
            if response.status_code != requests.codes.created:
                raise ValueError(f"status {response.status_code} instead of 201")
            return shape.validate_json(response.content)

    def read_and_edit(self, do: Callable[[], T]) -> T:
        """Read, decide and edit; all of it again when the edit did not come through."""
        waits = _Waits(self._patience, for_edit=True)
        for attempt in stamina.retry_context(waits, attempts=self._patience.tries, timeout=None):
            with attempt:
                return do()
        raise AssertionError("the last try either returns or raises")

    def move_once(self, path: str, body: JsonValue) -> None:
        """POST a transition: one request, since a repeat finds the way closed and is refused."""
        call = _call("POST", path)
        self._pace.wait(call)
        with self._reported(call), single_call():
            self._single.request("POST", f"{self._url}/{path}", json=body)

    def put_property(self, issue_id: str, value: JsonValue) -> None:
        """Write our entity property on an issue; repeated on trouble."""
        self.put(f"{API}/issue/{issue_id}/properties/{PROPERTY}", value)

    def versions(self, project: str) -> list[Version]:
        """All versions of the project; repeated on trouble."""
        return self.get(_VERSIONS, f"{API}/project/{project}/versions")

    def missing_permissions(self, project: str, wanted: tuple[str, ...]) -> list[str]:
        """Those of the wanted permissions that our account lacks in the project."""
        params = {"projectKey": project, "permissions": ",".join(wanted)}
        held = self.get(_PERMISSIONS, f"{API}/mypermissions", params=params).permissions
        return [key for key in wanted if key not in held or not held[key].have_permission]

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: JsonValue = None,
    ) -> requests.Response:
        response = self._session.request(
            method, f"{self._url}/{path}", params=params, json=body if body is not None else None
        )
        _require_data(response)
        return response

    def _repeat(self, call: Call, send: Callable[[], T]) -> T:
        """Run a repeatable call, waiting out trouble as long as patience lasts."""
        waits = _Waits(self._patience)
        for attempt in stamina.retry_context(waits, attempts=self._patience.tries, timeout=None):
            # Outside the attempt: a rest that the pace does not wait for is not waited for here.
            self._pace.wait(call)
            with attempt, self._reported(call), repeatable_call():
                return send()
        raise AssertionError("the last try either returns or raises")

    @contextmanager
    def _reported(self, call: Call) -> Iterator[None]:
        """Let the pace know what came of the call."""
        try:
            yield
        except (Refused, Conflict, Forbidden):
            self._pace.answered()
            raise
        except (RateLimited, SignInRefused) as error:
            self._pace.refused(call, error)
            raise
        else:
            self._pace.answered()


def _require_data(response: requests.Response) -> None:
    """Raise NotJson when a page answers, such as a proxy's, whatever its status says."""
    if "html" in response.headers.get("content-type", "").casefold():
        raise NotJson("a page instead of data")


def _call(method: str, path: str) -> Call:
    """What limits can hold a call up by: its endpoint, and the issue it is about."""
    issue = _ISSUE.match(path)
    return Call(
        endpoint=f"{method} {_NAME.sub('{}', path)}",
        item=issue[1] if issue else None,
        is_write=issue is not None and method != "GET",
    )


def _library_client(settings: JiraSettings) -> JIRA:
    """The library with its own retries, start-up request, redirects and log switched off.

    With its retries one create can make three tickets, and its log prints bodies.
    """
    library = JIRA(
        server=settings.base_url,
        options={"rest_api_version": "3"},
        basic_auth=(settings.user, settings.token) if settings.user else None,
        token_auth=None if settings.user else settings.token,
        get_server_info=False,
        max_retries=0,
        timeout=(settings.connect_timeout_seconds, settings.read_timeout_seconds),
        logging=False,
    )
    session: requests.Session = library._session
    session.max_redirects = 0
    session.trust_env = not is_loopback(settings.base_url)
    for prefix in ("https://", "http://"):
        session.mount(prefix, GuardedAdapter(allow_private=settings.allow_private))
    return library
