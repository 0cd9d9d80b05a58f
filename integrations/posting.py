"""One POST or GET to an address that people gave: guarded, bounded, never redirected."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests

from bridge.domain.errors import AnswerLost, TryAgainLater
from integrations.http import GuardedAdapter, check_address

_MOST_BYTES = 256 * 1024
_CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def retry_after(self, now_seconds: float) -> float | None:
        """The wish in Retry-After, in seconds from now."""
        given = self.headers.get("Retry-After", "").strip()
        if given.isdecimal():
            return float(given)
        try:
            return max(parsedate_to_datetime(given).timestamp() - now_seconds, 0) if given else None
        except ValueError:
            return None


class Poster:
    """Requests to one outside system."""

    def __init__(self, *, allow_private: bool, read_seconds: float = 20.0) -> None:
        self._allow_private = allow_private
        self._timeout = (_CONNECT_SECONDS, read_seconds)
        self._session = requests.Session()
        # A proxy of the environment would reach what we must not.
        self._session.trust_env = False
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, GuardedAdapter(allow_private=allow_private))

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send it once.

        Raises Refused (the address may not be reached), TryAgainLater (nothing was sent) or
        AnswerLost.
        """
        return self._ask(requests.Request("POST", url, headers=dict(headers), data=body))

    def get(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Ask once; raises what `post` raises, TryAgainLater where the answer was lost."""
        try:
            asked = requests.Request("GET", url, headers=dict(headers), params=dict(params))
            return self._ask(asked)
        except AnswerLost as error:
            raise TryAgainLater(str(error)) from error

    def _ask(self, request: requests.Request) -> Answer:
        check_address(str(request.url), allow_private=self._allow_private)
        prepared = self._session.prepare_request(request)
        with _lost_answers():
            response = self._session.send(
                prepared, timeout=self._timeout, allow_redirects=False, stream=True
            )
            try:
                # A huge or endless answer is not read to its end.
                body = next(response.iter_content(_MOST_BYTES), b"")
            finally:
                response.close()
        return Answer(response.status_code, response.headers, bytes(body))


@contextmanager
def _lost_answers() -> Iterator[None]:
    """What breaks once there is a connection may have come through."""
    try:
        yield
    except requests.Timeout as error:
        raise AnswerLost("no answer came in time") from error
    except requests.RequestException as error:
        raise AnswerLost("the connection broke before the answer came") from error
