"""One HTTP call to the sandbox: who calls, what is sent, in which dialect."""

import base64
import binascii
import hmac
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NoReturn

from fastapi import Depends, Request
from fastapi.responses import Response

from integrations.jira.sandbox.bean import Wanted
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.records import Json
from integrations.jira.sandbox.site import Site
from integrations.jira.sandbox.store import Store

_LARGEST_BODY = 10_000_000
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Call:
    """What a route needs to know."""

    site: Site
    content: object
    """The parsed JSON body, None without one."""
    query: Mapping[str, str]
    has_body: bool

    @property
    def body(self) -> Json:
        """The body, which must be an object."""
        if not isinstance(self.content, dict):
            raise JiraRefusal(400, "Invalid request payload. Refer to the REST API documentation.")
        return self.content

    def refuse_unknown_members(self, *known: str) -> None:
        """400 when the body has a member that Jira does not know."""
        unknown = sorted(self.body.keys() - set(known))
        if unknown:
            raise JiraRefusal(400, f"Unrecognized member '{unknown[0]}' of the request body")

    def number(self, name: str, default: int) -> int:
        """A whole number of the query string."""
        try:
            return int(self.query.get(name, default))
        except ValueError as error:
            raise JiraRefusal(400, f"'{name}' must be a whole number.") from error

    def wanted(self, *, default: str = "*all") -> Wanted:
        """What the query string asks to see of a ticket."""
        return Wanted(
            fields=_split(self.query.get("fields") or default),
            properties=_split(self.query.get("properties", "")),
            expand=frozenset(_split(self.query.get("expand", ""))),
        )


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def answer(content: object, status: int = 200) -> Response:
    """A JSON answer as the REST API sends it."""
    return Response(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(),
        status,
        media_type="application/json;charset=UTF-8",
    )


def no_content(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status_code=status)


def site_of(request: Request) -> Site:
    """The site under the address that the caller used."""
    store: Store = request.app.state.store
    version = "2" if request.url.path.startswith("/rest/api/2/") else "3"
    return Site(store, str(request.base_url).rstrip("/"), version)


async def open_call(request: Request) -> Call:
    """A call by anybody."""
    raw = await request.body()
    return Call(site_of(request), _parsed(request, raw), request.query_params, bool(raw))


async def open_authenticated_call(request: Request) -> Call:
    """A call with the account's e-mail and token, else 401."""
    site = site_of(request)
    if not _is_authenticated(site.store, request.headers.get("authorization", "")):
        raise JiraRefusal(
            401,
            "Client must be authenticated to access this resource.",
            headers={"WWW-Authenticate": f'OAuth realm="{site.base}"'},
        )
    return await open_call(request)


def _is_authenticated(store: Store, header: str) -> bool:
    scheme, _, value = header.partition(" ")
    if scheme.casefold() != "basic":
        return False
    try:
        given = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    expected = f"{store.setting('user')}:{store.setting('token')}".encode()
    return hmac.compare_digest(given, expected)


def _parsed(request: Request, raw: bytes) -> object:
    if not raw:
        return None
    if len(raw) > _LARGEST_BODY:
        raise JiraRefusal(413, "The request body is too large.")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    is_rest = request.url.path.startswith("/rest/")
    if is_rest and media_type.casefold() != "application/json":
        raise JiraRefusal(415, "Unsupported Media Type")
    try:
        content: object = json.loads(raw.decode(), parse_constant=_no_constant, parse_float=_finite)
        # A lone surrogate cannot be stored, nor can NUL on the real site.
        json.dumps(content, ensure_ascii=False).encode()
        if _NUL.search(raw):
            raise ValueError("NUL")
    except (ValueError, RecursionError) as error:
        raise JiraRefusal(
            400, "There was an error parsing JSON. Check that your request body is valid."
        ) from error
    return content


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


AnyCall = Annotated[Call, Depends(open_call)]
KnownCall = Annotated[Call, Depends(open_authenticated_call)]
