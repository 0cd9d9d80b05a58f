"""Messages beyond the inbox, whom they reach, and how each person wants to be told."""

from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.responses import Response

from bridge.api.bodies import Nothing
from bridge.api.deps import BODY_ANSWERS, Call, Postmaster, Recipient, answers, area, json_only
from bridge.api.idempotency import OnceDep
from bridge.api.issues import IssueIdPath
from bridge.api.message_schemas import (
    Following,
    NoticeSettings,
    NoticeSettingsIn,
    OutgoingOut,
    OutgoingPage,
)
from bridge.api.paging import PageDep, page_of
from bridge.api.wire import MOST_ID, issue_number
from bridge.domain.errors import NotAllowed
from bridge.domain.messages import MessageState, Preferences
from bridge.domain.people import User
from bridge.steps.notify import retry_message
from bridge.steps.outside import require_channels
from bridge.store.messages import Outgoing

router = area("messages")

States = Annotated[list[MessageState], Query(description="Repeat it for several.", max_length=10)]


@router.get("/outgoing", summary="List messages", responses=answers())
def list_outgoing(
    call: Postmaster,
    state: States = [],  # noqa: B006 - FastAPI copies it
    *,
    page: PageDep,
) -> OutgoingPage:
    """What went, or goes, to whom through which channel; newest first."""
    found = call.store.messages.search(
        call.product.id, state, limit=page.limit + 1, before=page.after()
    )
    items, after = page_of(found, page, lambda one: (one.id,))
    return OutgoingPage(items=[shown_message(one) for one in items], next=after)


@router.post(
    "/outgoing/{id}/retry",
    summary="Send it again",
    response_model=OutgoingOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def retry(
    outgoing_id: Annotated[int, Path(alias="id", ge=1, le=MOST_ID)],
    call: Postmaster,
    once: OnceDep,
    body: Nothing | None = None,
) -> Response:
    """As the same message, under its id; 409 unless it failed or may have been lost."""

    def do() -> tuple[int, OutgoingOut]:
        one = call.store.messages.get(call.product.id, outgoing_id)
        retry_message(one, store=call.store, now=call.now)
        return 200, shown_message(call.store.messages.get(call.product.id, outgoing_id))

    return once.run(call, do)


@router.get("/notices/settings", summary="How am I told?", responses=answers())
def show_settings(call: Recipient) -> NoticeSettings:
    """The caller's own; the inbox always tells."""
    return _settings(call.store.notices.preferences(_person(call).id))


@router.post(
    "/notices/settings",
    summary="Say how to be told",
    response_model=NoticeSettings,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def set_settings(body: NoticeSettingsIn, call: Recipient, once: OnceDep) -> Response:
    """From now on; what waits already keeps its moment."""

    def do() -> tuple[int, NoticeSettings]:
        require_channels(body.channels or (), call.product.id, call.store, call.context)
        wanted = Preferences(
            channels=None if body.channels is None else frozenset(body.channels),
            digest_hour=body.digest_hour,
            quiet_from=body.quiet_from,
            quiet_until=body.quiet_until,
            zone=body.zone,
        )
        call.store.notices.prefer(_person(call).id, wanted)
        return 200, _settings(wanted)

    return once.run(call, do)


@router.post(
    "/issues/{id}/follow",
    summary="Tell me about it",
    response_model=Following,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def follow(
    issue_id: IssueIdPath, call: Recipient, once: OnceDep, body: Nothing | None = None
) -> Response:
    """The caller gets the notices of the issue, whoever handled its contacts."""

    def do() -> tuple[int, Following]:
        issue = call.store.issues.by_number(call.product.id, issue_number(issue_id))
        call.store.notices.follow(_person(call).id, issue.id)
        return 200, Following(issue=issue.name, following=True)

    return once.run(call, do)


@router.post(
    "/issues/{id}/unfollow",
    summary="Do not tell me about it",
    response_model=Following,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def unfollow(
    issue_id: IssueIdPath, call: Recipient, once: OnceDep, body: Nothing | None = None
) -> Response:
    """Whoever is told for another reason still is."""

    def do() -> tuple[int, Following]:
        issue = call.store.issues.by_number(call.product.id, issue_number(issue_id))
        call.store.notices.unfollow(_person(call).id, issue.id)
        return 200, Following(issue=issue.name, following=False)

    return once.run(call, do)


def _person(call: Call) -> User:
    if call.caller.email is None:
        raise NotAllowed("this token belongs to nobody, so it has no inbox")
    return call.store.people.known(call.caller.email)


def _settings(one: Preferences) -> NoticeSettings:
    return NoticeSettings(
        channels=None if one.channels is None else sorted(one.channels),
        digest_hour=one.digest_hour,
        quiet_from=one.quiet_from,
        quiet_until=one.quiet_until,
        zone=one.zone,
    )


def shown_message(one: Outgoing) -> OutgoingOut:
    """A message as the API shows it."""
    return OutgoingOut(
        id=one.id,
        channel=one.channel,
        recipient=one.recipient,
        subject=one.subject,
        message_id=one.message_id,
        state=one.state,
        attempts=one.attempts,
        reason=one.reason,
        receipt=one.receipt,
        due_at=one.due_at,
        sent_at=one.sent_at,
        created_at=one.created_at,
    )
