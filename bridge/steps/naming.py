"""Name an issue from its members: a title in the customers' own words, and its key terms."""

import numpy as np

from bridge.domain.issues import IssueId
from bridge.store import Store
from models.naming import key_terms, title

_MOST_MEMBERS = 60


def rename(issue_id: IssueId, *, store: Store, encoder: str) -> None:
    """Write the machine's newest title and terms."""
    members = store.vectors.of_issue(issue_id, encoder, limit=_MOST_MEMBERS)
    if not members:
        return
    # Oldest first: of equally typical sentences the first one said keeps the title stable.
    members.reverse()
    texts = [text for _, text, _, _ in members]
    vectors = np.array([vector for _, _, _, vector in members], dtype=np.float32)
    store.issues.rename(issue_id, title(texts, vectors), key_terms(texts, []))
