"""One new contact against the living issues: join the nearest, or stay alone."""

from dataclasses import dataclass

import numpy as np

from models.clues import Fixed
from models.evidence import steady_cohesion
from models.settings import FinderSettings
from models.vectors import Vector, Vectors, centered, distinct_rows, dots, mean_members


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
    vector: Vector,
    issues: Fixed,
    *,
    center: Vector,
    settings: FinderSettings,
    bonus: Vector | None = None,
) -> Placement:
    """Choose the issue a new contact joins, or none.

    What counts is the mean similarity to an issue's contacts, which its mean vector tells.
    vector: unit row, shape (dimensions,). center: from `find_center`, zeros for none. bonus: one
    number an issue, added to the similarity for what else ties the contact to that issue.
    """
    if len(issues.means) == 0:
        return Placement(group=None, similarity=0.0, threshold=settings.join_threshold)
    members = issues.members(center)
    similarities = dots(members, centered(vector, center))
    weighed = similarities if bonus is None else similarities + bonus
    order = np.argsort(-weighed, kind="stable")[:2]
    best = int(order[0])
    second = int(order[1]) if len(order) > 1 else None
    threshold = join_threshold(members[best], int(issues.sizes[best]), settings)
    if bonus is not None:
        threshold -= float(bonus[best])
    similarity = float(similarities[best])
    return Placement(
        group=best if similarity >= threshold else None,
        similarity=similarity,
        threshold=threshold,
        nearest=best,
        runner_up=second,
        runner_up_similarity=None if second is None else float(similarities[second]),
    )


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A contact that is nearly similar enough to its nearest issue."""

    row: int
    issue: int
    """Row of the issue."""

    similarity: float
    log_odds: float
    """That it belongs there."""


def near_misses(
    vectors: Vectors, issues: Fixed, *, center: Vector, settings: FinderSettings
) -> list[NearMiss]:
    """Contacts that are at most `settings.similar_margin` less similar than an issue asks for.

    vectors: unit rows. Each is compared with its nearest issue only.
    """
    if len(vectors) == 0 or len(issues.means) == 0:
        return []
    space, members = centered(vectors, center), issues.members(center)
    found = []
    for start in range(0, len(space), _BLOCK):
        similar = space[start : start + _BLOCK] @ members.T
        for row, nearest in enumerate(similar.argmax(axis=1).tolist(), start):
            similarity = float(similar[row - start, nearest])
            if similarity < settings.join_least - settings.similar_margin:
                continue
            needed = join_threshold(members[nearest], int(issues.sizes[nearest]), settings)
            margin = similarity - needed + settings.similar_margin
            if margin >= 0:
                # A unit of similarity weighs as much as between groups.
                odds = settings.same_weights[0] * margin
                found.append(NearMiss(row, nearest, similarity, odds))
    return found


_BLOCK = 256


def join_threshold(member_mean: Vector, size: int, settings: FinderSettings) -> float:
    """How similar a contact has to be: more for tight issues than for loose ones.

    member_mean: row of `mean_members`.
    """
    difference = steady_cohesion(member_mean, size, settings) - settings.usual_cohesion
    return max(settings.join_least, settings.join_threshold + settings.join_slope * difference)


def group_similarity(space: Vectors, mean: Vector, center: Vector) -> float:
    """Mean similarity of some contacts to the members of an issue.

    space: centred unit rows. mean: plain mean of the members' unit rows.
    """
    return float((space @ mean_members(mean[None], center)[0]).mean())
