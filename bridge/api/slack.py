"""Slack's interactivity: the button below a message says that its notices were read."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.api.deps import BodyDep, StoreDep, answers, application_of
from bridge.api.metrics import metrics_of
from bridge.domain.errors import BadSignature, InvalidInput, NotFound, UnknownEvent
from bridge.steps.notify import acknowledge
from bridge.wiring.slack import SLACK, pressed_messages

_MOST_DIGITS = 18

router = APIRouter(prefix="/webhooks/slack", tags=["webhooks"])


@router.post(
    "/{connection}/actions",
    summary="A button in Slack was pressed",
    responses=answers(413),
    response_class=Response,
)
def press(connection: str, request: Request, body: BodyDep, store: StoreDep) -> Response:
    """Signed by Slack instead of a token, at most five minutes ago; the first press counts."""
    if not (connection.isascii() and connection.isdecimal() and len(connection) <= _MOST_DIGITS):
        raise NotFound("no such connection")
    found = store.connections.named(SLACK, connection)
    context = application_of(request).context
    now, headers = context.now(), dict(request.headers.items())
    try:
        messages = pressed_messages(found, headers, body, secrets=context.secrets, now=now)
    except BadSignature:
        metrics_of(request).note_delivery(SLACK, "bad_signature")
        raise
    except UnknownEvent as error:
        metrics_of(request).note_delivery(SLACK, "unknown_event")
        raise InvalidInput(str(error)) from error
    for message_id in messages:
        for notice_id in store.notices.in_message(found.id, message_id):
            notice = store.notices.get(found.product_id, notice_id)
            acknowledge(notice, store=store, now=now)
    metrics_of(request).note_delivery(SLACK, "stored" if messages else "known")
    return Response(status_code=200)
