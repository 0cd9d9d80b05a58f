"""Idempotency-Key (draft 07): a repeated POST gets the stored answer and does nothing twice."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from bridge.api.deps import BodyDep, Call, NowDep, StoreDep, request_hash
from bridge.api.errors import InFlight, KeyReused
from bridge.store import Store

_JSON = "application/json"

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Any text of your own; kept for 7 days together with the answer.",
        min_length=1,
        max_length=255,
    ),
]


class Once:
    """Runs a change once per key; the stored answer shares the transaction of its effect.

    Only answers that changed something are stored: after an error the same key may be sent again.
    """

    def __init__(
        self, store: Store, key: str | None, *, request_hash: bytes, now: datetime
    ) -> None:
        self._store = store
        self._key = key
        self._hash = request_hash
        self._now = now

    def run(self, call: Call, do: Callable[[], tuple[int, BaseModel]]) -> Response:
        """The answer (status, body) of `do`, or the one stored for this key.

        Raises InFlight while the first request runs, KeyReused when it had another body.
        """
        if self._key is None:
            status, answer = do()
            return Response(answer.model_dump_json(), status, media_type=_JSON)
        owner = f"token:{call.caller.token_id}"
        if not self._store.answers.take(owner, self._key):
            raise InFlight("the first request with this Idempotency-Key is still under way")
        stored = self._store.answers.claim(owner, self._key, request_hash=self._hash, now=self._now)
        if stored is None:
            status, answer = do()
            body = answer.model_dump_json().encode()
            self._store.answers.store(owner, self._key, status=status, body=body)
            return Response(body, status, media_type=_JSON)
        if stored.request_hash != self._hash:
            raise KeyReused("this Idempotency-Key was used for another request")
        if stored.status is None or stored.body is None:
            raise InFlight("the first request with this Idempotency-Key is still under way")
        headers = {"Idempotency-Replayed": "true"}
        return Response(stored.body, stored.status, headers, media_type=_JSON)


def _once(
    request: Request, store: StoreDep, now: NowDep, body: BodyDep, key: KeyHeader = None
) -> Once:
    # The draft writes the key as a quoted string; the bare form is common.
    bare = key.strip().strip('"') or None if key else None
    return Once(store, bare, request_hash=request_hash(request, body), now=now)


OnceDep = Annotated[Once, Depends(_once)]
