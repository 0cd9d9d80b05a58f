"""Webhooks: prove the sender, keep the envelope, answer; the work happens in a job."""

import hashlib

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from bridge.api.deps import BodyDep, StoreDep, answers, application_of
from bridge.api.errors import problem_of, problem_response, request_id_of
from bridge.api.metrics import metrics_of
from bridge.api.schemas import Received
from bridge.domain.errors import BadSignature, NotFound
from bridge.ports import WebhookRequest
from bridge.steps.context import Context
from bridge.steps.signals import pack, receive_soon
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.wiring.signals import secrets_of

_MOST_ID_DIGITS = 18
_MOST_EVENT_ID = 200

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post(
    "/{integration}/{connection}",
    summary="Deliver an event",
    status_code=202,
    response_model=Received,
    responses=answers(413),
)
def deliver(
    integration: str,
    connection: str,
    request: Request,
    body: BodyDep,
    store: StoreDep,
) -> Response:
    """Signed by the sender instead of a token; the same event twice is kept once."""
    context = application_of(request).context
    now = context.now()
    found = _connection(integration, connection, store, context)
    signal = context.signals.get(integration)
    webhook = signal or context.webhooks[integration]
    metrics = metrics_of(request)
    envelope = WebhookRequest(headers=dict(request.headers.items()), body=body)
    try:
        webhook.verify(envelope, secrets_of(found, context.secrets), now)
    except BadSignature as error:
        metrics.note_delivery(integration, "bad_signature")
        store.deliveries.note_refusal(found.id, now=now)
        # Answered, not raised: the block has to commit.
        return problem_response(problem_of(error, request_id=request_id_of(request)))
    delivery_id = store.connections.store_delivery(
        found.id,
        _bounded(webhook.event_id(envelope)),
        sealed=context.secrets.encrypt(pack(envelope, signal) if signal else body),
        now=now,
    )
    if delivery_id is not None:
        receive_soon(delivery_id, store=store)
    result = "known" if delivery_id is None else "stored"
    metrics.note_delivery(integration, result)
    return JSONResponse({"result": result}, 202)


def _connection(integration: str, name: str, store: Store, context: Context) -> Connection:
    is_number = name.isascii() and name.isdecimal() and len(name) <= _MOST_ID_DIGITS
    is_known = integration in context.webhooks or integration in context.signals
    if not is_known or not is_number:
        raise NotFound("no such connection")
    return store.connections.named(integration, name)


def _bounded(event_id: str) -> str:
    """The sender's id, or its hash when it is longer or stranger than an id has to be."""
    if len(event_id) <= _MOST_EVENT_ID and event_id.isprintable():
        return event_id
    return hashlib.sha256(event_id.encode(errors="surrogatepass")).hexdigest()
