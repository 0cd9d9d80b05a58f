"""How a person wants to be told outside the inbox."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from bridge.domain.errors import InvalidInput
from bridge.domain.messages import Preferences
from bridge.domain.people import User
from bridge.domain.permissions import Action
from bridge.steps.outside import channels_of
from bridge.web.pages import PageRoute, page, redirect
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(
    prefix="/inbox/settings",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.READ_OWN_INBOX)],
)

Hour = Annotated[Typed, Form(pattern="^([0-9]|1[0-9]|2[0-3])?$")]


@router.get("")
def show_settings(visit: VisitDep, saved: bool = False) -> Response:
    """The person's own, as they are."""
    return _settings_page(visit, saved=saved)


@router.post("")
def save_settings(  # noqa: PLR0913 - one parameter a field of the form
    visit: SubmissionDep,
    channels: Annotated[list[Typed], Form()] = [],  # noqa: B006 - FastAPI copies it
    rhythm: Annotated[Typed, Form(pattern="^(once|daily)$")] = "once",
    digest_hour: Hour = "",
    quiet_from: Hour = "",
    quiet_until: Hour = "",
    zone: Annotated[Typed, Form(max_length=60)] = "UTC",
) -> Response:
    """From now on; what waits already keeps its moment."""
    every = channels_of(visit.product.id, visit.store, visit.web.application.context)
    known = {one.name for one in every}
    try:
        wanted = Preferences(
            # Whoever takes all takes those too that come later.
            channels=None if known <= {*channels} else frozenset(channels) & known,
            digest_hour=int(digest_hour or 9) if rhythm == "daily" else None,
            quiet_from=_hour(quiet_from),
            quiet_until=_hour(quiet_until),
            zone=zone.strip() or "UTC",
        )
    except InvalidInput as error:
        return _settings_page(visit, trouble=str(error))
    visit.store.notices.prefer(_person(visit).id, wanted)
    return redirect(visit.address("/inbox/settings", saved="true"))


def _settings_page(visit: Visit, *, saved: bool = False, trouble: str | None = None) -> Response:
    visit.caller.require(Action.READ_OWN_INBOX)
    context = visit.web.application.context
    return page(
        visit,
        "notice_settings.html",
        wanted=visit.store.notices.preferences(_person(visit).id),
        channels=channels_of(visit.product.id, visit.store, context),
        saved=saved,
        trouble=trouble,
    )


def _person(visit: Visit) -> User:
    return visit.store.people.known(visit.email)


def _hour(text: str) -> int | None:
    return int(text) if text else None
