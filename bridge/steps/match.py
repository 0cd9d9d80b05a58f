"""Match: which living issues is a text about, without storing it."""

from dataclasses import dataclass, replace

import numpy as np

from bridge.cleaning import clean
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.products import Product
from bridge.domain.workarounds import WorkaroundState
from bridge.redaction import Redactor
from bridge.steps.context import Context, rows_of
from bridge.store import Store
from models.vectors import centered, mean_members

_MOST = 5
_LOOSER = 0.7
"""A person looks at the answer, so less similarity is enough than for placing a contact."""


@dataclass(frozen=True, slots=True)
class Match:
    """An issue a text may be about."""

    issue: Issue
    similarity: float
    workaround: str | None = None
    """The newest one that may be offered."""
    fixed_in: str | None = None


def match_text(text: str, product: Product, *, store: Store, context: Context) -> list[Match]:
    """At most five issues, most similar first; dismissed ones are left out.

    The text is cleaned and redacted first, as a contact's would be. Raises TryAgainLater while
    there is no encoder.
    """
    cleaned = clean(text, subject=None, max_bytes=context.settings.max_text_bytes)
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
    vector = encoder.encode([redacted])[0]
    similarities = mean_members(means, center) @ centered(vector, center)
    least = context.finder.join_threshold * _LOOSER
    best = np.argsort(-similarities, kind="stable")[:_MOST]
    return [
        _match(centroids[row].issue_id, float(similarities[row]), product, store)
        for row in best
        if similarities[row] >= least
    ]


def _match(issue_id: IssueId, similarity: float, product: Product, store: Store) -> Match:
    issue = store.issues.get(product.id, issue_id)
    found = Match(issue, min(similarity, 1.0), fixed_in=issue.fixed_in)
    for one in store.workarounds.all(product.id, issue_id=issue_id):
        if one.state is WorkaroundState.ACTIVE:
            found = replace(found, workaround=one.text)
    return found
