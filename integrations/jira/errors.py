"""The border where Jira's troubles become the bridge's few errors, with their cause."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from jira.exceptions import JIRAError
from pydantic import BaseModel, Field, ValidationError
from requests.exceptions import TooManyRedirects

from bridge.domain.errors import AnswerLost, Refused, SignInRefused, TryAgainLater
from integrations.pace import RateLimited, Reach

_MAX_SENTENCES = 500
_DEFINITE_REFUSALS = frozenset({400, 404, 413})
_WORTH_REPEATING = frozenset({408, 425, 429})
_DENIED_REASON = "x-authentication-denied-reason"
_LIMIT_REASON = "ratelimit-reason"
_PER_ISSUE = "jira-per-issue"
_QUOTA = "jira-quota"


class ReadAgain(TryAgainLater):
    """An edit may not have come through: read the ticket again before the next one.

    The same edit once more could undo what somebody else has done meanwhile.
    """


class Conflict(ReadAgain):
    """Somebody changed the same thing at the same time."""

    is_everywhere = False


class Missing(Refused):
    """There is no such thing, or our account may not see it."""


class Forbidden(SignInRefused):
    """Our account is known and may not do this: nothing is wrong with the sign-in itself."""


class NotJson(ValueError):
    """A web page came where data should be."""


class _ErrorBody(BaseModel):
    """Jira's envelope of errors; its sentences follow the language of the account."""

    messages: list[str] = Field(default_factory=list, alias="errorMessages")
    fields: dict[str, str] = Field(default_factory=dict, alias="errors")

    def in_words(self) -> str:
        """All sentences in one line."""
        named = [f"{name}: {sentence}" for name, sentence in self.fields.items()]
        return " ".join("; ".join([*self.messages, *named]).split())[:_MAX_SENTENCES]


@contextmanager
def repeatable_call() -> Iterator[None]:
    """Map the errors of a call that may be repeated: what is not a refusal is worth a retry."""
    try:
        yield
    except JIRAError as error:
        raise _of_repeatable(error) from _without_bodies(error)
    except TooManyRedirects as error:
        raise Refused(
            "Jira answered with a redirect: use the site's own address in the connection"
        ) from error
    except requests.RequestException as error:
        raise TryAgainLater(_in_words(error)) from error
    except ValueError as error:
        raise TryAgainLater(_in_words(error)) from error


@contextmanager
def single_call() -> Iterator[None]:
    """Map the errors of a call that must not be repeated: any doubt is a lost answer.

    A connection that never came about raises TryAgainLater inside (`integrations.http`) and
    passes through unchanged.
    """
    try:
        yield
    except JIRAError as error:
        raise _of_single(error) from _without_bodies(error)
    except (requests.RequestException, ValueError) as error:
        raise AnswerLost(f"the answer was lost: {_in_words(error)}") from error


def _in_words(error: Exception) -> str:
    """What went wrong with an answer that cannot be used."""
    if isinstance(error, requests.Timeout):
        return "Jira did not answer in time"
    if isinstance(error, NotJson):
        return (
            "Jira's address answered with a web page instead of data: perhaps a proxy or a "
            "sign-in page stands in between"
        )
    if isinstance(error, requests.RequestException):
        return "the connection to Jira broke before its answer was there"
    return "Jira's answer could not be read: it is cut off or not what is documented"


def _of_repeatable(error: JIRAError) -> TryAgainLater | Refused:
    status = _status(error)
    if _is_signed_out(error):
        return _sign_in_refused(error)
    if status == 409:
        return Conflict("Jira answered 409: somebody edits the same ticket")
    if status is None or status in _WORTH_REPEATING or status >= 500:
        return _busy(error)
    return _refused(error)


def _of_single(error: JIRAError) -> TryAgainLater | Refused | AnswerLost:
    status = _status(error)
    if status in _DEFINITE_REFUSALS:
        return _refused(error)
    if _is_signed_out(error) or status == 403:
        return _sign_in_refused(error)
    if status == 429:
        return _busy(error)
    return AnswerLost(f"Jira answered {status}: the ticket may exist or not")


def _refused(error: JIRAError) -> Refused:
    body = _body(error)
    message = f"Jira refused ({_status(error)}): {body.in_words() or 'no reason given'}"
    kind = Missing if _status(error) == 404 else Refused
    return kind(message, fields=body.fields)


def _is_signed_out(error: JIRAError) -> bool:
    status = _status(error)
    return status == 401 or (status == 403 and _DENIED_REASON in _headers(error))


def _sign_in_refused(error: JIRAError) -> SignInRefused:
    kind: type[SignInRefused]
    words = _body(error).in_words() or "check the account, its token and its permissions"
    if _is_signed_out(error):
        told, kind = "Jira did not accept our account", SignInRefused
    else:
        told, kind = "Jira does not let our account do this", Forbidden
    return kind(f"{told} ({_status(error)}): {words}", retry_after_seconds=_retry_after(error))


def _busy(error: JIRAError) -> TryAgainLater:
    status, wish = _status(error), _retry_after(error)
    if status == 429:
        return RateLimited(
            "Jira answered 429: too many calls", reach=_reach(error), retry_after_seconds=wish
        )
    message = f"Jira answered {status}" if status else "no answer from Jira"
    return TryAgainLater(message, retry_after_seconds=wish)


def _reach(error: JIRAError) -> Reach:
    """What a 429 holds up; a gateway that gives no reason means the endpoint it guards."""
    reason = _headers(error).get(_LIMIT_REASON, "").casefold()
    if reason.startswith(_PER_ISSUE):
        return Reach.ITEM
    return Reach.CONNECTION if reason.startswith(_QUOTA) else Reach.ENDPOINT


def _status(error: JIRAError) -> int | None:
    status = error.status_code
    return status if isinstance(status, int) else None


def _response(error: JIRAError) -> requests.Response | None:
    response = error.response
    return response if isinstance(response, requests.Response) else None


def _headers(error: JIRAError) -> dict[str, str]:
    response = _response(error)
    return {} if response is None else {k.lower(): v for k, v in response.headers.items()}


def _retry_after(error: JIRAError) -> float | None:
    """Seconds, whether the header gives seconds or a date."""
    given = _headers(error).get("retry-after", "").strip()
    try:
        if given.replace(".", "", 1).isdecimal():
            return float(given)
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _body(error: JIRAError) -> _ErrorBody:
    response = _response(error)
    try:
        return _ErrorBody.model_validate_json(response.content if response is not None else b"{}")
    except ValidationError:
        return _ErrorBody()


def _without_bodies(error: JIRAError) -> JIRAError:
    """The library's error prints headers and bodies, which must not reach a log."""
    error.response = None
    error.request = None
    error.text = None
    error.args = ()
    return error
