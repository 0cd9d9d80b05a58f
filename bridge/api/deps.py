"""What routes are handed: the open store, the caller and the clock."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bridge.api.errors import MEDIA_TYPE
from bridge.api.schemas import Problem
from bridge.api.wire import ShortText
from bridge.domain.errors import NotSignedIn
from bridge.domain.permissions import Action
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.steps.moves import Cause, personal_cause
from bridge.store import Store
from bridge.wiring import Application
from bridge.wiring.access import Caller, caller_of_token

PREFIX = "/api/v1"
_ORIGIN = "api"
_BEARER = HTTPBearer(auto_error=False, description="A token made with `bridge token create`.")
_JSON = ("application/json",)
_LONGEST_NAME = 60
_ANSWERS = {
    400: "The body could not be read.",
    401: "No token, or one that is not good any more.",
    403: "The token's role may not do this.",
    404: "No such thing in this product, or no such product.",
    409: "Not possible in this state, or the first request of this key is still under way.",
    412: "It changed since the version in If-Match.",
    413: "Too large.",
    415: "The body must be JSON.",
    422: "Invalid input; `errors` points at it.",
    503: "Try again after the seconds in Retry-After.",
}


def application_of(request: Request) -> Application:
    """The application this process serves."""
    found = request.app.state.application
    assert isinstance(found, Application)
    return found


def _open(request: Request) -> Iterator[Store]:
    with application_of(request).open() as store:
        yield store


def _context(request: Request) -> Context:
    return application_of(request).context


def _now(request: Request) -> datetime:
    return application_of(request).context.now()


# With the default scope the commit would come after the answer: a failing one would still be 200.
StoreDep = Annotated[Store, Depends(_open, scope="function")]
ContextDep = Annotated[Context, Depends(_context)]
NowDep = Annotated[datetime, Depends(_now)]
ProductQuery = Annotated[
    ShortText | None, Query(description="The token's product, else `default`, when absent.")
]


@dataclass(frozen=True)
class Call:
    """An allowed request: who is calling, and what a route needs to answer."""

    caller: Caller
    store: Store
    context: Context
    now: datetime

    @property
    def product(self) -> Product:
        """The product it is about."""
        return self.caller.product

    def cause(self, reason: str = "") -> Cause:
        """What is written beside a change made through this door."""
        return personal_cause(
            self.caller.actor, self.product, at=self.now, reason=reason, origin=_ORIGIN
        )


@dataclass(frozen=True)
class Allowed:
    """Lets a caller in whose role allows the action; every route declares one."""

    action: Action

    def __call__(
        self,
        request: Request,
        store: StoreDep,
        context: ContextDep,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
        product: ProductQuery = None,
    ) -> Call:
        """The call; raises NotSignedIn, NotFound or NotAllowed."""
        if credentials is None:
            raise NotSignedIn("send a token: Authorization: Bearer TOKEN")
        now = context.now()
        caller = caller_of_token(credentials.credentials, product, store=store, now=now)
        request.scope["bridge.token_id"] = caller.token_id
        caller.require(self.action)
        _refuse_unknown(request)
        return Call(caller, store, context, now)


Reader = Annotated[Call, Depends(Allowed(Action.READ))]
Sender = Annotated[Call, Depends(Allowed(Action.ADD_CONTACTS))]
Matcher = Annotated[Call, Depends(Allowed(Action.MATCH))]
Recipient = Annotated[Call, Depends(Allowed(Action.READ_OWN_INBOX))]
Postmaster = Annotated[Call, Depends(Allowed(Action.READ_MESSAGES))]
Reviewer = Annotated[Call, Depends(Allowed(Action.REVIEW))]
Filer = Annotated[Call, Depends(Allowed(Action.FILE))]
Shipper = Annotated[Call, Depends(Allowed(Action.SHIP))]
Helper = Annotated[Call, Depends(Allowed(Action.USE_WORKAROUNDS))]
Adviser = Annotated[Call, Depends(Allowed(Action.WRITE_WORKAROUNDS))]
Publisher = Annotated[Call, Depends(Allowed(Action.PUBLISH))]
Operator = Annotated[Call, Depends(Allowed(Action.OPERATE))]


class GuardedRoute(APIRoute):
    """A route that cannot be made without saying who may use it: denied by default."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - APIRoute's own
        super().__init__(*args, **kwargs)
        if not list(permissions_of(self.dependant)):
            raise TypeError(f"the route {self.path} declares no permission")
        self.query_names = frozenset(_query_names(self.dependant))


def _query_names(dependant: Dependant) -> Iterator[str]:
    """What a route and its dependencies read of the query."""
    yield from (one.alias for one in dependant.query_params)
    for further in dependant.dependencies:
        yield from _query_names(further)


def _refuse_unknown(request: Request) -> None:
    """Refuse query parameters that the route does not have: a slip of the pen is noticed."""
    route = request.scope["route"]
    if not isinstance(route, GuardedRoute):
        raise TypeError(f"{request.url.path} is no guarded route")
    unknown = dict.fromkeys(name for name in request.query_params if name not in route.query_names)
    if unknown:
        known = ", ".join(sorted(route.query_names))
        raise RequestValidationError(
            [
                {
                    "loc": ("query", name[:_LONGEST_NAME]),
                    "type": "unknown_parameter",
                    "msg": f"there is no such parameter here; there are: {known}",
                }
                for name in unknown
            ]
        )


def permissions_of(dependant: Dependant) -> Iterator[Action]:
    """The actions that a route's dependencies ask for."""
    for one in dependant.dependencies:
        if isinstance(one.call, Allowed):
            yield one.call.action
        yield from permissions_of(one)


async def body_of(request: Request) -> bytes:
    """The body as it came."""
    return await request.body()


BodyDep = Annotated[bytes, Depends(body_of)]


def json_only(request: Request, body: BodyDep) -> None:
    """Refuse a body that does not say it is JSON."""
    require_type(request, body, _JSON)


def require_type(request: Request, body: bytes, allowed: Sequence[str]) -> str:
    """The media type of the body; raises 415 when it is none of these."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and given not in allowed:
        raise HTTPException(415, f"send {' or '.join(allowed)}")
    return given


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route for the OpenAPI document; 401, 403, 404 and 503 are in all."""
    return {
        status: {
            "description": _ANSWERS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{_PROBLEM}"}}},
        }
        for status in sorted({401, 403, 404, 422, 503, *statuses})
    }


_PROBLEM = Problem.__name__
BODY_ANSWERS = answers(400, 409, 413, 415)


def area(name: str) -> APIRouter:
    """The router of one area, whose routes all need a token."""
    return APIRouter(prefix=PREFIX, tags=[name], route_class=GuardedRoute)


IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag of what you decided on.", max_length=200),
]


def request_hash(request: Request, body: bytes) -> bytes:
    """What makes two requests the same: method, address and body."""
    address = f"{request.method} {request.url.path}?{request.url.query}\n"
    return hashlib.sha256(address.encode() + body).digest()
