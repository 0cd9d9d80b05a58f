"""Try a connection to Zendesk step by step, without writing anything."""

from collections.abc import Callable

from pydantic import BaseModel, TypeAdapter

from bridge.domain.errors import NotConfigured, OutsideError, SignInRefused
from bridge.ports import CheckStep
from integrations.http import TlsFailed, check_address
from integrations.zendesk.client import ZendeskClient
from integrations.zendesk.settings import ZendeskSettings

_NOT_TRIED = "not tried: mend the step before first"


class _User(BaseModel):
    id: int | None = None
    role: str = ""


class _Me(BaseModel):
    user: _User


class _Something(BaseModel):
    pass


_ME = TypeAdapter(_Me)
_ANYTHING = TypeAdapter(_Something)


def check(settings: ZendeskSettings) -> list[CheckStep]:
    """The named steps; later ones wait for earlier ones. A step may be ok and carry advice."""
    client = ZendeskClient(settings)
    tries: list[tuple[str, Callable[[], str]]] = [
        ("address", lambda: _address(settings)),
        ("sign_in", lambda: _sign_in(client)),
        ("macros", lambda: _macros(client)),
        ("articles", lambda: _articles(client)),
    ]
    steps: list[CheckStep] = []
    try:
        for name, try_it in tries:
            if any(not step.ok for step in steps):
                steps.append(CheckStep(name, ok=False, fix=_NOT_TRIED))
            else:
                steps.append(_step(name, try_it))
    finally:
        client.close()
    return steps


def _step(name: str, try_it: Callable[[], str]) -> CheckStep:
    try:
        return CheckStep(name, ok=True, fix=try_it())
    except SignInRefused as error:
        return CheckStep(name, ok=False, fix=f"{error}. Check the e-mail, make a new API token")
    except TlsFailed as error:
        return CheckStep(name, ok=False, fix=f"{error}. The certificate must fit the address")
    except (OutsideError, NotConfigured) as error:
        return CheckStep(name, ok=False, fix=str(error))


def _address(settings: ZendeskSettings) -> str:
    check_address(settings.url, allow_private=settings.allow_private)
    return ""


def _sign_in(client: ZendeskClient) -> str:
    """Zendesk answers strangers too here: as a user without an id."""
    me = client.get(_ME, "users/me").user
    if not me.id:
        raise SignInRefused("Zendesk does not know this e-mail with this token")
    if me.role == "end-user":
        raise NotConfigured("this is the account of a customer: use one of an agent or admin")
    return "" if me.role == "admin" else "not an admin: shared macros may be read only"


def _macros(client: ZendeskClient) -> str:
    client.get(_ANYTHING, "macros", params={"page[size]": "1"})
    return ""


def _articles(client: ZendeskClient) -> str:
    try:
        client.get(_ANYTHING, "help_center/articles", params={"page[size]": "1"})
    except OutsideError as error:
        return f"no articles ({error}): macros work without"
    return ""
