"""Notices: what a person is told, and that they have read it."""

from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.responses import Response

from bridge.api import present
from bridge.api.bodies import Nothing
from bridge.api.deps import (
    BODY_ANSWERS,
    Recipient,
    answers,
    area,
    json_only,
)
from bridge.api.idempotency import OnceDep
from bridge.api.message_schemas import AllReadIn, AllReadOut
from bridge.api.paging import PageDep, page_of
from bridge.api.schemas import NoticeOut, NoticePage
from bridge.api.wire import MOST_ID, Text
from bridge.domain.errors import NotAllowed, NotFound
from bridge.domain.permissions import Action
from bridge.steps.notify import acknowledge as read_notice
from bridge.steps.notify import acknowledge_all as read_all
from bridge.wiring.access import Caller

router = area("notices")

RecipientQuery = Annotated[
    Text | None, Query(max_length=400, description="An e-mail address; leads may ask for others'.")
]


@router.get("/notices", summary="Read an inbox", responses=answers())
def list_notices(
    call: Recipient,
    page: PageDep,
    recipient: RecipientQuery = None,
) -> NoticePage:
    """Newest first: the caller's own, or all of them for a lead's token that is nobody's."""
    found = call.store.notices.of_person(
        call.product.id,
        _whose(call.caller, recipient),
        limit=page.limit + 1,
        before=page.after(),
    )
    items, after = page_of(found, page, lambda one: (one.id,))
    return NoticePage(items=present.notices(items, call.product.id, call.store), next=after)


@router.post(
    "/notices/{id}/acknowledge",
    summary="Say that it was read",
    response_model=NoticeOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def acknowledge(
    notice_id: Annotated[int, Path(alias="id", ge=1, le=MOST_ID)],
    call: Recipient,
    once: OnceDep,
    body: Nothing | None = None,
) -> Response:
    """The first time counts; again changes nothing."""

    def do() -> tuple[int, NoticeOut]:
        notice = call.store.notices.get(call.product.id, notice_id)
        if not (notice.recipient == call.caller.email or call.caller.may(Action.READ_ANY_INBOX)):
            raise NotFound("no such notice")
        read_notice(notice, store=call.store, now=call.now)
        read = call.store.notices.get(call.product.id, notice_id)
        return 200, present.notices([read], call.product.id, call.store)[0]

    return once.run(call, do)


@router.post(
    "/notices/acknowledge",
    summary="Say that all were read",
    response_model=AllReadOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def acknowledge_all(call: Recipient, once: OnceDep, body: AllReadIn | None = None) -> Response:
    """The caller's own, up to the one named; those that came since stay unread."""

    def do() -> tuple[int, AllReadOut]:
        if call.caller.email is None:
            raise NotAllowed("this token belongs to nobody, so it has no inbox")
        reader = call.store.people.known(call.caller.email)
        last = body.up_to if body and body.up_to else MOST_ID
        count = read_all(reader.id, call.product.id, up_to=last, store=call.store, now=call.now)
        return 200, AllReadOut(acknowledged=count)

    return once.run(call, do)


def _whose(caller: Caller, recipient: str | None) -> str | None:
    """Whose inbox is meant; None means everybody's."""
    asked = recipient.strip().lower() if recipient is not None else caller.email
    if asked is not None and asked == caller.email:
        return asked
    if not caller.may(Action.READ_ANY_INBOX):
        raise NotAllowed(
            "only leads and admins read other people's notices"
            if recipient is not None
            else "this token belongs to nobody, so it has no inbox"
        )
    return asked
