"""Contacts in several languages: take away what tells the languages apart, not the problems."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from models.vectors import Vectors, unit_rows

LEAST_CONTACTS = 30
"""Fewer contacts do not tell what their language has in common."""


def level_languages(vectors: Vectors, languages: Sequence[str | None]) -> Vectors:
    """Move each language's mean onto that of the commonest one; gives unit rows.

    vectors: unit rows, shape (contacts, dimensions). languages: one a row, None where unknown.
    An encoder of one language finds all texts in another one alike, because they are in that
    language; what is left is how they differ from each other. Rows of unknown and of rare
    languages stay as they are.
    """
    known = Counter(language for language in languages if language is not None)
    common = [language for language, count in known.most_common() if count >= LEAST_CONTACTS]
    if len(common) < 2:
        return vectors
    of_row = np.array([language or "" for language in languages])
    levelled = np.array(vectors, dtype=np.float32)
    target = levelled[of_row == common[0]].mean(axis=0)
    for language in common[1:]:
        rows = of_row == language
        levelled[rows] += target - levelled[rows].mean(axis=0)
    return unit_rows(levelled)
