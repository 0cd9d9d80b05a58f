"""Match: which living issues is a text about, without storing it, and what to tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bridge.cleaning import clean
from bridge.domain.errors import TryAgainLater
from bridge.domain.issues import FIXED, Issue, IssueState
from bridge.domain.products import Product
from bridge.domain.scope import Asker
from bridge.domain.workarounds import (
    Audience,
    RetiredBy,
    Workaround,
    has_fix,
    offered,
    say_instead,
)
from bridge.identity import email_identity
from bridge.redaction import Redactor
from bridge.steps.context import Context, rows_of
from bridge.store import Store
from models.encoders.routed import CannotRead
from models.vectors import centered, mean_members

_MOST = 5
_LOOSER = 0.7
"""A person looks at the answer, so less similarity is enough than for placing a contact."""


@dataclass(frozen=True, slots=True)
class Match:
    """An issue a text may be about."""

    issue: Issue
    similarity: float
    is_likely: bool = True
    """It is as similar as a contact that joins the issue by itself."""
    workaround: Workaround | None = None
    """The best one that may be offered to this customer."""
    fixed_in: str | None = None
    say_instead: str | None = None
    """What to tell instead of a workaround: the fix is there for this customer, or may be."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a customer says, and what is known about them."""

    text: str
    asker: Asker = field(default_factory=Asker)
    email: str | None = None
    """Tells the version and the segment that were not given."""
    audience: Audience = Audience.INTERNAL
    """Who will read the answer."""


def match_text(
    question: Question, product: Product, *, store: Store, context: Context
) -> list[Match]:
    """At most five issues, most similar first; dismissed ones are left out.

    The text is cleaned and redacted first, as a contact's would be. Raises TryAgainLater while
    there is no encoder.
    """
    cleaned = clean(question.text, subject=None, max_bytes=context.settings.max_text_bytes)
    redacted = Redactor(region=product.region).redact(cleaned.text)
    if not redacted.strip():
        return []
    encoder = context.encoder()
    centroids = [
        one
        for one in store.vectors.centroids(product.id, encoder.name)
        if one.state is not IssueState.DISMISSED
    ]
    if not centroids:
        return []
    center = context.center(store, product.id)
    means = rows_of([one.mean for one in centroids], encoder.dimensions)
    try:
        vector = context.reader(store, product.id).encode([redacted])[0]
    except CannotRead as error:
        raise TryAgainLater(str(error)) from error
    similarities = mean_members(means, center) @ centered(vector, center)
    asker = known_asker(question, product, store=store)
    enough = context.finder.join_threshold
    best = np.argsort(-similarities, kind="stable")[:_MOST]
    return [
        answer(
            Match(
                store.issues.get(product.id, centroids[row].issue_id),
                min(float(similarities[row]), 1.0),
                is_likely=bool(similarities[row] >= enough),
            ),
            replace(question, asker=asker),
            store=store,
        )
        for row in best
        if similarities[row] >= enough * _LOOSER
    ]


def known_asker(question: Question, product: Product, *, store: Store) -> Asker:
    """What was said about the customer, and what we know besides; an unknown one adds nothing."""
    asker, identity = question.asker, email_identity(question.email)
    if identity is None:
        return asker
    owners = [one for one in store.customers.matches(product.id, [identity]) if one.is_exact]
    if not owners:
        return asker
    known = store.askers.of_customer(product.id, owners[0].customer_id)
    return replace(
        asker,
        version=asker.version or known.version,
        segment=asker.segment or known.segment,
    )


def answer(found: Match, question: Question, *, store: Store) -> Match:
    """The match with what this customer may be told."""
    issue, asker = found.issue, question.asker
    every = store.workarounds.all(issue.product_id, issue_id=issue.id)
    fitting = [one for one in offered(every, asker) if one.text_for(question.audience)]
    best = fitting[0] if fitting else None
    found = replace(found, workaround=best, fixed_in=issue.fixed_in)
    is_fixed = has_fix(issue, asker.version)
    waits = is_fixed is False and best is not None
    if issue.fixed_in is None or issue.state not in FIXED or waits:
        return found
    otherwise = say_instead(issue.fixed_in, has_it=is_fixed is True)
    return replace(found, say_instead=_written(every) or otherwise)


def _written(every: Sequence[Workaround]) -> str | None:
    """The sentence that somebody wrote last for after the fix."""
    written = [
        one.content.after_fix_text
        for one in every
        if one.retired_by is RetiredBy.FIX or one.content.scope.below is not None
    ]
    return next((one for one in reversed(written) if one), None)
