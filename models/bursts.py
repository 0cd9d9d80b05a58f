"""A burst: many alike contacts within hours are an issue at once, whenever grouping runs next."""

from dataclasses import dataclass

import numpy as np

from models.matching import group_similarity
from models.settings import FinderSettings
from models.vectors import IntArray, Vector, Vectors, centered


@dataclass(frozen=True, slots=True)
class Burst:
    """Rows of contacts that came together and are alike, and their similarity to the newest."""

    rows: IntArray
    similarities: Vector


def find_burst(
    newest: int, recent: Vectors, customers: IntArray, *, center: Vector, settings: FinderSettings
) -> Burst | None:
    """The burst that the newest contact is part of, if there is one.

    recent: unit rows of the contacts of the last hours that are on no issue. customers: who
    wrote each, -1 for nobody known.
    """
    if len(recent) < settings.burst_contacts:
        return None
    space = centered(recent, center)
    similarities = space @ space[newest]
    rows = np.flatnonzero(similarities >= settings.burst_similarity)
    people = set(customers[rows].tolist()) - {-1}
    if len(rows) < settings.burst_contacts or len(people) < settings.burst_customers:
        return None
    return Burst(rows.astype(np.int64), np.asarray(similarities[rows], dtype=np.float32))


def known_burst(
    members: Vectors, young: Vectors, *, center: Vector, settings: FinderSettings
) -> int | None:
    """Row of the burst that began a short while ago and reaches these contacts.

    members: unit rows of a burst's contacts. young: plain means of the bursts of the last hours.
    """
    space = centered(members, center)
    reached = [group_similarity(space, mean, center) for mean in young]
    if not reached or max(reached) < settings.burst_reach:
        return None
    return int(np.argmax(reached))
