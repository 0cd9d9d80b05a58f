"""One new contact against the living issues: join the nearest, or stay alone."""

from dataclasses import dataclass

import numpy as np

from models.settings import FinderSettings
from models.vectors import Vector, Vectors, centered, distinct_rows, mean_members


@dataclass(frozen=True, slots=True)
class Placement:
    """What happens to one new contact, and why."""

    group: int | None
    """Row of the issue it joins; None leaves it unassigned."""

    similarity: float
    """Mean similarity to the contacts of the nearest issue; 0.0 if there is none."""

    threshold: float
    """What the similarity had to reach."""

    nearest: int | None = None
    """Row of the nearest issue, joined or not."""

    runner_up: int | None = None
    """Row of the second nearest issue."""

    runner_up_similarity: float | None = None


def find_center(vectors: Vectors, *, settings: FinderSettings) -> Vector:
    """What the contacts of a product have in common, learned from its first ones.

    vectors: unit rows in order of arrival; only the first `settings.center_contacts` count, so
    that later contacts never change an earlier decision. Each subject has one vote: a burst in
    the first hours must not pass for what all contacts share. Few contacts pull only a little.
    """
    first = np.asarray(vectors[: settings.center_contacts], dtype=np.float32)
    subjects = first[distinct_rows(first, settings.subject_similarity)]
    return np.asarray(subjects.sum(axis=0) / (len(subjects) + _SHRINK), dtype=np.float32)


_SHRINK = 20
"""So many imaginary contacts at zero keep the centre of a young product near zero."""


def place(
    vector: Vector, centroids: Vectors, *, center: Vector, settings: FinderSettings
) -> Placement:
    """Choose the issue a new contact joins, or none.

    What counts is the mean similarity to an issue's contacts, which its mean vector tells.
    vector: unit row, shape (dimensions,). centroids: plain means of the members' unit rows,
    shape (issues, dimensions). center: from `find_center`, zeros for none.
    """
    threshold = settings.join_threshold
    if len(centroids) == 0:
        return Placement(group=None, similarity=0.0, threshold=threshold)
    similarities = mean_members(centroids, center) @ centered(vector, center)
    order = np.argsort(-similarities, kind="stable")[:2]
    best = int(order[0])
    similarity = float(similarities[best])
    second = int(order[1]) if len(order) > 1 else None
    return Placement(
        group=best if similarity >= threshold else None,
        similarity=similarity,
        threshold=threshold,
        nearest=best,
        runner_up=second,
        runner_up_similarity=None if second is None else float(similarities[second]),
    )
