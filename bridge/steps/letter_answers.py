"""What comes back from letters: no more of them, it is still broken, and how easy it was."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.contacts import ContactReceived, CustomerReceived, ProductId
from bridge.domain.errors import InvalidInput, NotAllowed, NotFound
from bridge.domain.fixes import version_key
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.letters import WHY_WORDS, LetterKind, Why, is_open_until
from bridge.domain.people import CUSTOMER, Actor
from bridge.domain.platforms import platform_in
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.steps.follow_up import refresh_soon
from bridge.steps.ingest import Ingested, IngestResult, ingest
from bridge.steps.letter_sending import SOURCE, effort_of
from bridge.steps.satisfaction import take_rating
from bridge.store import Store
from bridge.store.addressees import Addressee
from bridge.store.issues import Place
from bridge.store.opt_outs import forms_of

MOST_TEXT = 5_000
_NUMBERED = re.compile(r"[0-9]+(?:\.[0-9]+)+(?:-[0-9A-Za-z.]+)?")
_OPEN_DAYS = 180
_MOST_A_DAY = 5
_DAY = timedelta(days=1)
EASIEST = 7


class TooMany(NotAllowed):
    """So many answers to one letter came today that more must wait."""


@dataclass(frozen=True, slots=True)
class StillBroken:
    """What a customer says in answer to a letter."""

    text: str
    issue_id: IssueId | None = None
    """Which of the fixes; None where the letter has one only."""
    version: str | None = None


def _version_in(said: str | None) -> str | None:
    """`5.2` of `5.2 on iPhone`: people write more than a version; a bare `5` is one too."""
    words = (said or "").strip()
    found = _NUMBERED.search(words)
    if found is not None:
        return found[0]
    return words if version_key(words) is not None and len(words.split()) == 1 else None


def stop_letters(one: Addressee, *, source: str, store: Store, now: datetime) -> bool:
    """The customer wants no more letters; False when they said so before."""
    if one.email is None:
        raise NotFound("there is no such page")
    is_new = store.opt_outs.add(
        one.product_id, one.email, customer_id=one.customer_id, source=source, now=now
    )
    hold_letters_back(one.email, one.customer_id, one.product_id, store=store, now=now)
    if is_new:
        store.decisions.record(
            one.product_id,
            "opted_out",
            at=now,
            actor=Actor(CUSTOMER, f"letter {one.id}"),
            after={"letter": one.letter_id},
            origin=source,
        )
    return is_new


def hold_letters_back(
    email: str, customer_id: int | None, product_id: ProductId, *, store: Store, now: datetime
) -> None:
    """What waits for somebody who opted out is not sent."""
    letters = store.addressees.of_person(product_id, forms_of(email), customer_id)
    reason = WHY_WORDS[Why.OPTED_OUT]
    store.addressees.suppress(letters, Why.OPTED_OUT, reason)
    for outgoing_id in store.letter_messages.unsent(letters):
        store.letter_messages.hold_back(outgoing_id, reason, now=now)


def say_still_broken(
    one: Addressee, said: StillBroken, product: Product, *, store: Store, context: Context
) -> bool:
    """The answer becomes a contact on the issue; False when the same was said before.

    It goes the way of every contact, redacted first; only its place is given, by whom it is from.
    """
    now = context.now()
    if not said.text.strip() or len(said.text) > MOST_TEXT:
        raise InvalidInput(f"say in up to {MOST_TEXT:,} characters what happens", pointer="/text")
    told = [fix.issue_id for fix in one.fixes]
    issue_id = told[0] if said.issue_id is None and len(told) == 1 else said.issue_id
    if issue_id not in told or one.email is None:
        raise InvalidInput("say which of these still happens", pointer="/issue")
    _require_open(one, now)
    store.addressees.lock(one.id)
    conversation = f"letter-{one.id}"
    digest = hashlib.sha256(" ".join(said.text.split()).encode(errors="replace")).hexdigest()
    external_id = f"{conversation}-{digest[:16]}"
    if store.contacts.known(product.id, SOURCE, external_id) is not None:
        return False
    since = now - _DAY
    if store.affected.answers_since(product.id, SOURCE, conversation, since=since) >= _MOST_A_DAY:
        raise TooMany("we have several answers of yours from today and read them: please wait")
    received = ContactReceived(
        external_id=external_id,
        text=said.text,
        occurred_at=now,
        source=SOURCE,
        channel="web",
        lang=one.language,
        version=_version_in(said.version),
        platform=platform_in(said.version),
        customer=CustomerReceived(email=one.email),
        conversation=conversation,
    )
    # Locked first: whoever merges the issue away meanwhile takes the contact along.
    issue = store.issues.standing_for(product.id, issue_id, lock=True)
    issue = store.issues.get(product.id, issue.id, lock=True)
    ingested = ingest(received, product, store=store, context=context)
    if ingested.result is IngestResult.NEW and issue.state is not IssueState.DISMISSED:
        _place(ingested, issue, store=store, context=context)
    return ingested.result is IngestResult.NEW


def _place(ingested: Ingested, issue: Issue, *, store: Store, context: Context) -> None:
    reason = "the customer says so in answer to a letter"
    place = Place(ingested.contact_id, issue.id, 0.0, 0.0, "", CUSTOMER, reason)
    store.waiting.assign(issue.product_id, [place], now=context.now())
    # Thanks are no contact about it; only its words tell, which a job reads.
    store.enqueue("hear_answer", product_id=issue.product_id, contact_id=ingested.contact_id)
    refresh_soon(issue.id, store=store, context=context)


def answer_effort(
    one: Addressee, score: int, product: Product, *, store: Store, now: datetime
) -> None:
    """How easy it was, from 1 (hard) to 7 (easy); a later answer replaces the one before."""
    if not 1 <= score <= EASIEST:
        raise InvalidInput(f"choose a number from 1 to {EASIEST}", pointer="/score")
    if store.letters.get(product.id, one.letter_id).kind is not LetterKind.CHECK_IN:
        raise NotFound("there is no such page")
    _require_open(one, now)
    received = effort_of(one, store, offered_at=one.sent_at, score=score, answered_at=now)
    take_rating(received, product, store=store, now=now)


def _require_open(one: Addressee, now: datetime) -> None:
    if not is_open_until(one.sent_at, now, _OPEN_DAYS):
        raise NotAllowed("this letter is too old to answer: please write to us again")
