"""Name an issue from its members: a title in the customers' own words, and its key terms."""

from collections.abc import Sequence

import numpy as np

from bridge.domain.contacts import ProductId
from bridge.domain.issues import IssueId
from bridge.steps.context import Context
from bridge.store import Store
from models.naming import key_terms, title

_MOST_MEMBERS = 60


def rename(issue_id: IssueId, product_id: ProductId, *, store: Store, context: Context) -> None:
    """Write the machine's newest title and terms."""
    members = store.vectors.of_issue(issue_id, context.encoder().name, limit=_MOST_MEMBERS)
    if not members:
        return
    # Oldest first: of equally typical sentences the first one said keeps the title stable.
    members.reverse()
    texts = [text for _, text, _, _ in members]
    vectors = np.array([vector for _, _, _, vector in members], dtype=np.float32)
    elsewhere = context.word_use(store, product_id)
    kinds = context.kinds(store, product_id)

    reader = context.reader(store, product_id)

    def states(clauses: Sequence[str]) -> list[float]:
        return kinds.states(clauses, context.clause_vectors(clauses, reader))

    name = title(texts, vectors, elsewhere, states=states)
    store.issues.rename(issue_id, name, key_terms(texts, elsewhere))
