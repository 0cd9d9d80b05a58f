"""Who is looking at a page, in which product, inside which transaction."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Form, Query, Request
from fastapi.params import Depends as DependsMark
from pydantic import BeforeValidator

from bridge.cleaning import plain_text
from bridge.domain.errors import NotSignedIn
from bridge.domain.people import Role
from bridge.domain.permissions import Action
from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.steps.again import named
from bridge.steps.moves import Cause, personal_cause
from bridge.store import Store
from bridge.web.guard import require_same_origin, require_token
from bridge.wiring import Application
from bridge.wiring.access import Caller, caller_of_session

Typed = Annotated[str, BeforeValidator(plain_text)]
"""What a person typed into a form, without characters that nobody sees."""
_SEE_NAMES = (Role.ADMIN, Role.LEAD)


@dataclass(frozen=True, slots=True)
class Web:
    """What the pages need from the process."""

    application: Application

    @property
    def is_secure(self) -> bool:
        """Whether people reach the pages over TLS."""
        return self.application.settings.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the session cookie; browsers keep the prefixed one to this very host."""
        return "__Host-bridge_session" if self.is_secure else "bridge_session"


def web_of(request: Request) -> Web:
    """The pages' part of the process."""
    web = request.app.state.web
    if not isinstance(web, Web):
        raise TypeError("add_pages was not called on this app")
    return web


def _open(request: Request) -> Iterator[Store]:
    with web_of(request).application.open() as store:
        yield store


StoreDep = Annotated[Store, Depends(_open, scope="function")]
"""Its transaction is committed before the answer goes out."""


@dataclass(frozen=True)
class Visit:
    """One request of a signed-in person."""

    request: Request
    web: Web
    store: Store
    caller: Caller
    now: datetime
    secret: str = field(repr=False)

    @property
    def product(self) -> Product:
        """The product whose pages these are."""
        return self.caller.product

    @property
    def email(self) -> str:
        """Address of the person."""
        return self.caller.actor.name

    @property
    def sees_names(self) -> bool:
        """Whether customers are shown by name; others see a pseudonym."""
        return self.caller.role in _SEE_NAMES

    def named(self, name: str) -> str:
        """How somebody is called whom a record names; addresses are not shown around."""
        return named(name, self.store)

    def may(self, action: str) -> bool:
        """Whether this person may do that, by the action's name; templates ask it."""
        return self.caller.may(Action(action))

    @property
    def token(self) -> str:
        """Proof that a form came from a page of this session."""
        return token_of(self.secret)

    def products(self) -> list[Product]:
        """The products this person has a role in."""
        person = self.store.people.by_email(self.email)
        if person is None:
            return [self.product]
        role_of = self.store.people.role_of
        return [one for one in self.store.products.all() if role_of(person.id, one.id)]

    def cause(self, reason: str = "") -> Cause:
        """This person does it, now, on a page."""
        return personal_cause(
            self.caller.actor, self.product, at=self.now, reason=reason, origin="page"
        )

    def address(self, path: str, **query: object) -> str:
        """The address of a page, in this product; absent members are left out."""
        given = {key: str(value) for key, value in query.items() if value not in (None, "")}
        if self.product.slug != DEFAULT_PRODUCT:
            given["product"] = self.product.slug
        mark = "&" if "?" in path else "?"
        return f"{path}{mark}{urlencode(given)}" if given else path


def home_of(caller: Caller) -> str:
    """Where somebody begins: who talks to customers at the inbox, others at the list of issues."""
    talks = caller.may(Action.USE_WORKAROUNDS) and not caller.may(Action.REVIEW)
    return "/inbox" if talks else "/"


def token_of(secret: str) -> str:
    """The form token of a session; it does not give the session away."""
    return hashlib.sha256(f"form:{secret}".encode()).hexdigest()


def visit_of(request: Request, store: Store, product: str | None) -> Visit:
    """Who asks, by their session; raises NotSignedIn, NotFound or NotAllowed."""
    web = web_of(request)
    secret = request.cookies.get(web.cookie, "")
    now = web.application.context.now()
    if not secret:
        raise NotSignedIn("sign in first")
    caller = caller_of_session(secret, product or None, store=store, now=now)
    caller.require(Action.READ)
    return Visit(request, web, store, caller, now, secret)


def _visit(
    request: Request, store: StoreDep, product: Annotated[str | None, Query(max_length=60)] = None
) -> Visit:
    return visit_of(request, store, product)


VisitDep = Annotated[Visit, Depends(_visit, scope="function")]


def needs(action: Action) -> DependsMark:
    """For a router or a route: who may not do this is told so, whatever else was sent."""

    def check(visit: VisitDep) -> None:
        visit.caller.require(action)

    return DependsMark(check, scope="function")


def _submission(visit: VisitDep, token: Annotated[Typed, Form(max_length=100)] = "") -> Visit:
    require_same_origin(visit.request, visit.web.application.settings.public_url)
    require_token(token, visit.token)
    return visit


SubmissionDep = Annotated[Visit, Depends(_submission, scope="function")]
"""A form that came from one of our pages, of this very session."""
