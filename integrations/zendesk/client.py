"""Typed calls to one Zendesk account: paced, timed out, each error mapped once."""

from collections.abc import Mapping
from typing import TypeVar

import requests
from pydantic import JsonValue, TypeAdapter, ValidationError

from bridge.domain.errors import AnswerLost, Refused, SignInRefused, TryAgainLater
from integrations.http import GuardedAdapter, is_loopback
from integrations.pace import Call, Pace, RateLimited, RateLimiter, Reach
from integrations.zendesk.settings import ZendeskSettings

T = TypeVar("T")

_MOST_BYTES = 5_000_000
_MOST_WORDS = 300


class Missing(Refused):
    """There is no such thing, or our account may not see it."""


class ZendeskClient:
    """One signed-in session; making one sends nothing."""

    def __init__(self, settings: ZendeskSettings, *, pace: Pace | None = None) -> None:
        self._settings = settings
        self._pace = pace or RateLimiter(settings.calls_per_second)
        self._session = requests.Session()
        self._session.auth = (f"{settings.email}/token", settings.token)
        self._session.max_redirects = 0
        self._session.trust_env = not is_loopback(settings.base_url)
        for prefix in ("https://", "http://"):
            self._session.mount(prefix, GuardedAdapter(allow_private=settings.allow_private))

    def close(self) -> None:
        """Give the open connections back."""
        self._session.close()

    def get(
        self, shape: TypeAdapter[T], path: str, *, params: Mapping[str, str] | None = None
    ) -> T:
        """Read something; raises Missing, Refused, SignInRefused or TryAgainLater."""
        response = self._send("GET", path, params=params)
        try:
            return shape.validate_json(response.content)
        except ValidationError as error:
            raise TryAgainLater("the answer from Zendesk was not readable") from error

    def put(self, path: str, body: JsonValue) -> None:
        """Write an absolute value; raises AnswerLost too, when it may have been written."""
        self._send("PUT", path, body=body)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: JsonValue = None,
    ) -> requests.Response:
        call = Call(endpoint=f"{method} {path.split('/')[0]}", is_write=method != "GET")
        self._pace.wait(call)
        try:
            response = self._session.request(
                method,
                f"{self._settings.base_url}/api/v2/{path}",
                params=params,
                json=body,
                timeout=(
                    self._settings.connect_timeout_seconds,
                    self._settings.read_timeout_seconds,
                ),
            )
        except requests.TooManyRedirects as error:
            raise Refused("Zendesk answered with a redirect: use the account's address") from error
        except requests.RequestException as error:
            told = f"the answer from Zendesk was lost: {type(error).__name__}"
            raise (TryAgainLater(told) if method == "GET" else AnswerLost(told)) from error
        try:
            _require_good(response, method)
        except (RateLimited, SignInRefused) as error:
            self._pace.refused(call, error)
            raise
        self._pace.answered()
        return response


def _require_good(response: requests.Response, method: str) -> None:
    """Raise what an answer other than a good one means."""
    status = response.status_code
    if status < 300 and len(response.content) <= _MOST_BYTES:
        return
    if status == 429:
        wish = response.headers.get("Retry-After", "")
        raise RateLimited(
            "Zendesk asks to slow down",
            reach=Reach.CONNECTION,
            retry_after_seconds=float(wish) if wish.isdecimal() else None,
        )
    if status in (401, 403):
        raise SignInRefused(f"Zendesk does not let our account do this ({status})")
    if status == 404:
        raise Missing("Zendesk knows no such thing")
    if status == 409:
        raise TryAgainLater("Zendesk answered 409: somebody edits the same thing")
    if status >= 500 or status == 408:
        told = f"Zendesk answered {status}"
        raise TryAgainLater(told) if method == "GET" else AnswerLost(told)
    words = " ".join(response.text.split())[:_MOST_WORDS]
    raise Refused(f"Zendesk refused ({status}): {words or 'no reason given'}")
