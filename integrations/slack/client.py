"""Calls of Slack's Web API, and what their errors mean."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import TypeAdapter, ValidationError

from bridge.domain.errors import (
    AnswerLost,
    NotReachable,
    Refused,
    SignInRefused,
    TryAgainLater,
)
from integrations.pace import Call, RateLimiter
from integrations.posting import Answer, Poster

API_URL = "https://slack.com/api"
_JSON = TypeAdapter(dict[str, object])
_SIGN_IN = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"}
)
_UNSURE = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})
_UNKNOWN_PEOPLE = frozenset({"users_not_found", "user_not_found", "user_disabled"})
_FIXES = {
    "not_in_channel": "invite the app to the channel",
    "channel_not_found": "give the id of a channel that the app may see",
    "is_archived": "choose a channel that is not archived",
    "missing_scope": "give the app the scopes that the documentation names",
}


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """One workspace, and the app's token there."""

    token: str = field(repr=False)
    api_url: str = API_URL
    allow_private: bool = False
    """For a stand-in on this machine."""
    calls_per_second: float = 1.0
    """Slack takes about one message a second and channel."""


class SlackClient:
    """Signed-in calls, at the pace that Slack allows."""

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self._poster = Poster(allow_private=settings.allow_private)
        self._pace = RateLimiter(settings.calls_per_second)

    def write(self, method: str, body: Mapping[str, object]) -> dict[str, object]:
        """A call that changes something; raises AnswerLost when it may have done so."""
        self._pace.wait(Call(method, is_write=True))
        headers = {**self._signed_in, "Content-Type": "application/json; charset=utf-8"}
        return _read(self._poster.post(self._url(method), json.dumps(body).encode(), headers))

    def read(self, method: str, params: Mapping[str, str]) -> dict[str, object]:
        """A call that changes nothing; raises TryAgainLater when no answer came."""
        try:
            return _read(self._poster.get(self._url(method), params, self._signed_in))
        except AnswerLost as error:
            raise TryAgainLater(str(error)) from error

    @property
    def _signed_in(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._settings.token}"}

    def _url(self, method: str) -> str:
        return f"{self._settings.api_url.rstrip('/')}/{method}"


def _read(answer: Answer) -> dict[str, object]:
    """The answer's members; raises by what its error says, because most come with 200."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wish = answer.retry_after(time.time())
        raise TryAgainLater("Slack asks us to slow down", retry_after_seconds=wish)
    if answer.status >= 500:
        raise AnswerLost(f"Slack answered {answer.status}")
    try:
        members = _JSON.validate_json(answer.body)
    except ValidationError as error:
        raise AnswerLost(f"Slack answered {answer.status} without JSON") from error
    if members.get("ok") is True:
        return members
    name = str(members.get("error", f"status {answer.status}"))
    if name in _SIGN_IN:
        raise SignInRefused(f"Slack does not accept our token: {name}")
    if name in ("ratelimited", "rate_limited"):
        raise TryAgainLater("Slack asks us to slow down")
    if name in _UNSURE:
        raise AnswerLost(f"Slack stumbled: {name}")
    if name in _UNKNOWN_PEOPLE:
        raise NotReachable("this Slack workspace knows nobody of that address")
    raise Refused(f"Slack refused: {name}" + (f"; {_FIXES[name]}" if name in _FIXES else ""))
