"""Proof that a form was sent from our own pages."""

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from bridge.domain.errors import NotAllowed


def require_same_origin(request: Request, public_url: str) -> None:
    """Raise NotAllowed unless the browser says that the form came from this very site."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        raise NotAllowed("this form was sent from another site, so nothing was done")
    origin = request.headers.get("origin")
    if origin is None:
        if site is None:
            raise NotAllowed("the browser does not say where this form came from: nothing was done")
        return
    if not is_ours(origin, request, public_url):
        raise NotAllowed("this form was sent from another site, so nothing was done")


def is_ours(address: str, request: Request, public_url: str) -> bool:
    """Whether an address is of this site, by the name it was asked under or its public one."""
    ours = {request.headers.get("host", ""), urlsplit(public_url).netloc}
    return urlsplit(address).netloc in ours - {""}


def require_token(given: str, expected: str) -> None:
    """Raise NotAllowed unless the form carries the token of the session."""
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise NotAllowed("this page belongs to an older session: load it again, then repeat")
