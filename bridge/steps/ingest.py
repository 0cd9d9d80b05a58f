"""Ingest: a received contact is cleaned, tied to a customer, redacted and stored."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.cleaning import door_text
from bridge.domain.contacts import (
    AccountReceived,
    ContactId,
    ContactNature,
    ContactReceived,
    CustomerReceived,
    Rating,
)
from bridge.domain.errors import InvalidInput, TryAgainLater
from bridge.domain.fixes import MOST_VERSION
from bridge.domain.people import UserId
from bridge.domain.platforms import platform_in
from bridge.domain.products import Product
from bridge.redaction import Redactor
from bridge.steps.context import Context
from bridge.steps.follow_up import people_merged, recount_soon, refresh_soon
from bridge.steps.identify import Identified, identify
from bridge.steps.templates import note_lines, without_templates
from bridge.store import Store
from bridge.store.contacts import ContactDraft, KnownContact
from models.texts import says_enough

_MOST_NAME_BYTES = 400
_MOST_VERSION_BYTES = 4 * (MOST_VERSION + 1)
"""No character has more than four."""
_MOST_SUBJECT_BYTES = 2_000
_FUTURE = timedelta(days=1)
_EARLIEST_YEAR = 1990


class IngestResult(StrEnum):
    """What became of a contact at the door."""

    NEW = "new"
    UNCHANGED = "unchanged"
    UPDATED = "updated"
    IGNORED_DIFFERENCE = "ignored_difference"


@dataclass(frozen=True, slots=True)
class Ingested:
    """The answer to whoever sent the contact."""

    contact_id: ContactId
    result: IngestResult


def ingest(
    received: ContactReceived, product: Product, *, store: Store, context: Context
) -> Ingested:
    """Store a contact once, however often it is sent, and queue its assignment."""
    received = at_the_door(received, now=context.now())
    content_hash = context.secrets.fingerprint(_canonical(received))
    known = store.contacts.known(product.id, received.source, received.external_id)
    if known is not None and not _is_newer(received, known, content_hash):
        return _repeat(known, content_hash)
    identified = identify(received, product, store=store)
    draft = _draft(received, product, identified, store=store, context=context)
    draft = replace(draft, content_hash=content_hash)
    sealed = context.secrets.encrypt(
        json.dumps({"subject": received.subject, "text": received.text}).encode()
    )
    if known is not None:
        _replace(known, draft, sealed, product, store=store, context=context)
        result, contact_id = IngestResult.UPDATED, known.id
    else:
        added = store.contacts.add(product.id, draft, sealed=sealed)
        if added is None:
            # Another request stored it between our look and our insert.
            raise TryAgainLater("the same contact is being stored by another request")
        result, contact_id = IngestResult.NEW, added
    people_merged(store=store, context=context)
    if draft.placed_at is None:
        note_lines(contact_id, draft, product.id, store=store, context=context)
        store.enqueue("assign", once=f"assign:{product.id}", product_id=product.id)
    return Ingested(contact_id, result)


def at_the_door(received: ContactReceived, *, now: datetime) -> ContactReceived:
    """Bound and clean the short fields; refuse what makes no sense."""
    if not received.text.strip() and not (received.subject or "").strip():
        raise InvalidInput("a contact needs a text", pointer="/text")
    external_id = _short(received.external_id)
    if not external_id:
        raise InvalidInput("external_id must not be empty", pointer="/external_id")
    for pointer, moment in (
        ("/occurred_at", received.occurred_at),
        ("/updated_at", received.updated_at),
    ):
        if moment is None:
            continue
        if moment.year < _EARLIEST_YEAR or moment > now + _FUTURE:
            raise InvalidInput(
                f"{moment.isoformat()} is not a moment a contact can have", pointer=pointer
            )
    return replace(
        received,
        external_id=external_id,
        source=_short(received.source) or "api",
        channel=(_short(received.channel) or "other").lower(),
        subject=_short(received.subject, most=_MOST_SUBJECT_BYTES) or None,
        lang=_short(received.lang, most=20) or None,
        version=_named(received.version) or None,
        platform=_platform(received),
        conversation=_short(received.conversation) or None,
        rating=_clean_rating(received.rating),
        agent_email=_short(received.agent_email) or None,
        customer=_clean_customer(received.customer),
        account=_clean_account(received.account),
    )


def _platform(received: ContactReceived) -> str | None:
    """As it was given; else as the version or the channel names it."""
    given = _named(received.platform).lower()
    return given or platform_in(received.version, received.channel)


def _clean_customer(customer: CustomerReceived) -> CustomerReceived:
    return CustomerReceived(
        email=_short(customer.email) or None,
        phone=_short(customer.phone) or None,
        handle=_short(customer.handle) or None,
        display_name=_short(customer.display_name) or None,
        account_number=_short(customer.account_number) or None,
        external_ids=tuple(
            (_short(system), _short(key)) for system, key in customer.external_ids if _short(key)
        ),
        name=_short(customer.name) or None,
    )


def _clean_account(account: AccountReceived | None) -> AccountReceived | None:
    if account is None or not _short(account.key):
        return None
    return AccountReceived(
        key=_short(account.key),
        name=_short(account.name) or None,
        tier=_short(account.tier) or None,
        domains=tuple(_short(domain).lower() for domain in account.domains if _short(domain)),
        owner=_short(account.owner) or None,
    )


def _clean_rating(rating: Rating | None) -> Rating | None:
    metric = _short(rating.metric, most=20).lower() if rating else ""
    return replace(rating, metric=metric) if rating and metric else None


def _short(text: str | None, *, most: int = _MOST_NAME_BYTES) -> str:
    if not text:
        return ""
    return " ".join(door_text(text, max_bytes=most)[0].split())


def _named(text: str | None) -> str:
    """A version or a platform. So long a text names none, and the contact matters more."""
    whole = _short(text, most=_MOST_VERSION_BYTES)
    return whole if len(whole) <= MOST_VERSION else ""


def _canonical(received: ContactReceived) -> bytes:
    """The content as bytes, without the moment of the update."""
    told = repr(replace(received, updated_at=None))
    if received.rating is not None:
        told += repr(received.rating)
    if received.platform is not None:
        told += repr(received.platform)
    return told.encode(errors="surrogatepass")


def _is_newer(received: ContactReceived, known: KnownContact, content_hash: bytes) -> bool:
    if received.updated_at is None:
        return False
    if content_hash == known.content_hash and not known.is_set_aside:
        return False
    return known.updated_at is None or received.updated_at > known.updated_at


def _repeat(known: KnownContact, content_hash: bytes) -> Ingested:
    same = content_hash == known.content_hash
    return Ingested(known.id, IngestResult.UNCHANGED if same else IngestResult.IGNORED_DIFFERENCE)


def _draft(
    received: ContactReceived,
    product: Product,
    identified: Identified,
    *,
    store: Store,
    context: Context,
) -> ContactDraft:
    most = context.settings.max_text_bytes
    cleaned = context.clean(received.text, subject=received.subject, max_bytes=most)
    redactor = Redactor(
        known_names=identified.names,
        known_numbers=numbers_of(received.customer),
        region=product.region,
    )
    text = redactor.redact(cleaned.text)
    text = without_templates(text, product.id, store=store, context=context)
    subject = redactor.redact(received.subject or "")
    nature = cleaned.nature
    if nature is ContactNature.MESSAGE and not says_enough(text):
        nature = ContactNature.EMPTY
    return ContactDraft(
        source=received.source,
        external_id=received.external_id,
        channel=received.channel,
        occurred_at=received.occurred_at,
        updated_at=received.updated_at,
        content_hash=b"",
        subject=subject,
        text=text,
        text_hash=context.secrets.fingerprint(" ".join(text.casefold().split()).encode()),
        nature=nature,
        lang=received.lang,
        version=received.version,
        platform=received.platform,
        conversation=received.conversation,
        satisfaction_metric=received.rating.metric if received.rating else None,
        satisfaction=received.rating.share if received.rating else None,
        satisfaction_max=received.rating.max if received.rating else None,
        customer_id=identified.customer_id,
        account_id=identified.account_id,
        agent_id=_agent(received, product, store),
        placed_at=None if nature is ContactNature.MESSAGE else context.now(),
    )


def numbers_of(customer: CustomerReceived) -> list[str]:
    """What structured fields call the customer by number, to be taken out of the text."""
    given = [customer.account_number, *(key for _, key in customer.external_ids)]
    return [number for number in given if number]


def _agent(received: ContactReceived, product: Product, store: Store) -> UserId | None:
    if received.agent_email is None or "@" not in received.agent_email:
        return None
    return store.people.agent(received.agent_email, product.id)


def _replace(  # noqa: PLR0913 - one transaction needs all of it
    known: KnownContact,
    draft: ContactDraft,
    sealed: bytes,
    product: Product,
    *,
    store: Store,
    context: Context,
) -> None:
    """Overwrite; another text takes the contact back to the finder, and off the issue it is on.

    Where a person put it, it stays. One that was set aside is looked at again as it is.
    """
    homes = store.placements.of_contacts(product.id, [known.id])
    if draft.text_hash == known.text_hash and not known.is_set_aside:
        store.contacts.amend(known.id, draft, sealed=sealed)
    else:
        store.contacts.replace(known.id, draft, sealed=sealed)
        store.vectors.drop(known.id)
        store.foreign.drop(known.id)
        store.parts.drop(known.id)
        store.issues.take_off([known.id], now=context.now())
        for home in homes:
            recount_soon(home.issue_id, product.id, store=store)
    # Its issue counts one contact less, or another customer.
    for home in homes:
        refresh_soon(home.issue_id, store=store, context=context)
