"""Contacts come in here, one by one or in batches."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fastapi import Depends, HTTPException, Request
from pydantic import ValidationError
from starlette.responses import Response

from bridge.api.bodies import ContactIn
from bridge.api.deps import (
    BODY_ANSWERS,
    BodyDep,
    Call,
    Sender,
    answers,
    area,
    json_only,
    require_type,
)
from bridge.api.errors import describe, make_problem, problem_of
from bridge.api.findings import words_of
from bridge.api.idempotency import OnceDep
from bridge.api.schemas import BatchItem, BatchOut, ContactOut
from bridge.domain.contacts import AccountReceived, ContactReceived, CustomerReceived, Rating
from bridge.domain.errors import BridgeError, InvalidInput, TryAgainLater
from bridge.steps.ingest import Ingested, IngestResult, ingest
from bridge.wiring.access import product_named

_MOST_ITEMS = 1_000
_JSON = "application/json"
_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
_BATCH_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {
                "schema": {
                    "type": "array",
                    "maxItems": _MOST_ITEMS,
                    "items": {"description": "A contact, as POST /contacts takes it."},
                }
            },
            _LINES[0]: {"schema": {"type": "string", "description": "One contact a line."}},
        },
    }
}

router = area("contacts")


@router.post(
    "/contacts",
    summary="Send a contact",
    status_code=201,
    response_model=ContactOut,
    responses={200: {"model": ContactOut, "description": "Known already."}, **BODY_ANSWERS},
    dependencies=[Depends(json_only)],
)
def add_contact(contact: ContactIn, call: Sender, once: OnceDep) -> Response:
    """201 for a new contact; 200 for a known one, where `result` says what became of it."""

    def add() -> tuple[int, ContactOut]:
        done = take_in(contact, call)
        return _status(done), _answer(contact, done)

    return once.run(call, add)


@router.post(
    "/contacts/batch",
    summary="Send up to 1,000 contacts",
    response_model=BatchOut,
    responses={**BODY_ANSWERS, **answers(400)},
    openapi_extra=_BATCH_BODY,
)
def add_contacts(request: Request, body: BodyDep, call: Sender, once: OnceDep) -> Response:
    """A JSON array, or one contact a line; each gets its own answer, in order."""
    kind = require_type(request, body, (_JSON, *_LINES))
    items = list(_lines(body)) if kind in _LINES else _array(body)

    def add() -> tuple[int, BatchOut]:
        done = [_take_item(index, item, call) for index, item in enumerate(items)]
        counts = Counter(str(one.status) for one in done)
        return 200, BatchOut(items=done, counts=dict(counts))

    return once.run(call, add)


def take_in(contact: ContactIn, call: Call) -> Ingested:
    """Store one contact, in the product it names or the caller's."""
    product = product_named(call.caller, contact.product, store=call.store)
    received = received_of(contact)
    try:
        with call.store.savepoint():
            return ingest(received, product, store=call.store, context=call.context)
    except TryAgainLater:
        # Another request stored the very same contact a moment ago: now it is known.
        with call.store.savepoint():
            return ingest(received, product, store=call.store, context=call.context)


def received_of(contact: ContactIn) -> ContactReceived:
    """What ingest takes, out of what came over the wire."""
    given, account, rated = contact.customer, contact.account, contact.satisfaction
    customer = CustomerReceived()
    if given is not None:
        members = given.model_dump(exclude={"external_ids"})
        customer = CustomerReceived(**members, external_ids=tuple(given.external_ids.items()))
    return ContactReceived(
        external_id=contact.external_id,
        text=contact.text,
        occurred_at=contact.occurred_at,
        source=contact.source,
        channel=contact.channel,
        updated_at=contact.updated_at,
        subject=contact.subject,
        lang=contact.lang,
        version=contact.version,
        platform=contact.platform,
        customer=customer,
        account=AccountReceived(
            account.key, account.name, account.tier, tuple(account.domains), account.owner
        )
        if account
        else None,
        agent_email=contact.agent.email if contact.agent else None,
        conversation=contact.conversation,
        rating=Rating(rated.metric, rated.score, rated.max) if rated else None,
    )


def _take_item(index: int, item: object, call: Call) -> BatchItem:
    """One item's answer: whatever is wrong with it stays with it."""
    name = item.get("external_id") if isinstance(item, dict) else None
    named = {"index": index, "external_id": name[:1_000] if isinstance(name, str) else None}
    try:
        if isinstance(item, _Unreadable):
            raise InvalidInput(item.reason)
        contact = ContactIn.model_validate(item)
        done = take_in(contact, call)
    except ValidationError as error:
        errors = [
            describe(
                ("body", *one["loc"]),
                kind=one["type"],
                words=words_of(one["type"], one["msg"], one.get("ctx") or {}),
            )
            for one in error.errors(include_url=False, include_input=False)
        ]
        problem = make_problem(422, errors=errors)
        return BatchItem.model_validate(named | {"status": 422, "problem": problem})
    except BridgeError as error:
        problem = problem_of(error)
        return BatchItem.model_validate(named | {"status": problem.status, "problem": problem})
    answer = {"status": _status(done), "id": done.contact_id, "result": done.result}
    return BatchItem.model_validate(named | answer)


class _Unreadable:
    """A line that is not JSON."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _array(body: bytes) -> list[Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the body is not JSON") from error
    if not isinstance(found, list):
        raise InvalidInput("the body must be an array of contacts")
    if len(found) > _MOST_ITEMS:
        raise _too_many()
    return found


def _lines(body: bytes) -> Iterator[object]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    if len(lines) > _MOST_ITEMS:
        raise _too_many()
    for line in lines:
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            yield _Unreadable("this line is not JSON")


def _too_many() -> HTTPException:
    return HTTPException(413, f"at most {_MOST_ITEMS} contacts at once: send them in parts")


def _status(done: Ingested) -> int:
    return 201 if done.result is IngestResult.NEW else 200


def _answer(contact: ContactIn, done: Ingested) -> ContactOut:
    return ContactOut(id=done.contact_id, external_id=contact.external_id, result=done.result)
