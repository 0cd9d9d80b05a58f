"""The issue finder as a scikit-learn estimator, for people who work in Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from models.clues import Fixed
from models.clustering import ALONE, consolidate
from models.encoders.base import Encoder
from models.links import Links
from models.matching import find_center, place
from models.settings import FinderSettings
from models.texts import says_enough
from models.vectors import BoolArray, IntArray, Vector, Vectors, grow_mean, unit_rows
from models.whole import group_all

__all__ = ["IssueFinder"]

Pairs = Sequence[Sequence[int]]


class IssueFinder(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Groups contacts into recurring issues, all at once or as they arrive.

    `fit` groups everything at once (`models.whole`), `partial_fit` by the thresholds of a stream.
    Takes texts (then `encoder` is needed) or unit vectors, shape (contacts, dimensions). Labels
    are whole numbers that stay with their issue for life; -1 is left alone. `partial_fit` places
    each contact at once and looks at the loose ones together after every `consolidate_every`
    contacts; an issue of `fixed_from` contacts is fixed, its members never move again.

    Fitted: `labels_` for all contacts so far, `center_`, `vectors_`.
    """

    def __init__(
        self,
        encoder: Encoder | None = None,
        *,
        settings: FinderSettings | None = None,
        consolidate_every: int = 200,
        fixed_from: int = 5,
    ) -> None:
        self.encoder = encoder
        self.settings = settings
        self.consolidate_every = consolidate_every
        self.fixed_from = fixed_from

    def fit(
        self,
        X: Sequence[str] | Vectors,
        y: object = None,
        *,
        texts: Sequence[str] | None = None,
        must_link: Pairs = (),
        cannot_link: Pairs = (),
    ) -> IssueFinder:
        """Group these contacts at once, forgetting all earlier ones; y is ignored.

        texts: what the vectors in X are of, so that words count beside them, as they do where X
        is texts. must_link, cannot_link: pairs of row numbers that are, or are not, about one
        issue.
        """
        texts = _texts_of(X) if texts is None else list(texts)
        vectors, usable = self._read(X, is_first=True, least=1)
        if texts is not None and len(texts) != len(vectors):
            raise ValueError(f"{len(vectors)} contacts have {len(texts)} texts")
        self._start(vectors.shape[1])
        self._append(vectors, usable)
        self._tie(must_link, cannot_link)
        self._group_all(texts)
        self._keep_links()
        return self

    def partial_fit(
        self,
        X: Sequence[str] | Vectors,
        y: object = None,
        *,
        must_link: Pairs = (),
        cannot_link: Pairs = (),
    ) -> IssueFinder:
        """Take contacts in order of arrival; y is ignored.

        must_link, cannot_link: further pairs, as row numbers among all contacts so far.
        """
        is_first = not hasattr(self, "labels_")
        vectors, usable = self._read(X, is_first=is_first)
        if is_first:
            self._start(vectors.shape[1])
        start = len(self.labels_)
        self._append(vectors, usable)
        self._tie(must_link, cannot_link)
        for row in range(start, len(self.labels_)):
            if self._usable[row]:
                self._place(row)
            if (row + 1) % self.consolidate_every == 0:
                self._consolidate(row + 1)
        self._keep_links()
        return self

    def predict(self, X: Sequence[str] | Vectors) -> IntArray:
        """The issue each contact would join now, -1 for none; nothing is learned."""
        check_is_fitted(self, "labels_", msg="fit the IssueFinder before predict")
        vectors, usable = self._read(X)
        labels = np.full(len(vectors), ALONE, dtype=np.int64)
        for row in np.flatnonzero(usable):
            labels[row] = self._nearest(vectors[row])
        return labels

    def consolidate(self) -> IssueFinder:
        """Look at all loose contacts together now."""
        self._consolidate()
        self._keep_links()
        return self

    def _read(
        self, contacts: Sequence[str] | Vectors, *, is_first: bool = False, least: int = 0
    ) -> tuple[Vectors, BoolArray]:
        """Unit rows, and for each whether it says enough to be grouped.

        is_first: these contacts settle the number of dimensions. least: fewer contacts are refused.
        """
        texts = _texts_of(contacts)
        if texts is None:
            vectors = validate_data(
                self, contacts, reset=is_first, dtype=np.float32, ensure_min_samples=least
            )
            return unit_rows(vectors), np.ones(len(vectors), dtype=bool)
        if self.encoder is None:
            raise ValueError("texts need an encoder: IssueFinder(encoder=...)")
        return self.encoder.encode(texts), np.array([says_enough(text) for text in texts])

    def _start(self, dimensions: int) -> None:
        self.n_features_in_ = dimensions
        self.vectors_ = np.zeros((0, dimensions), dtype=np.float32)
        self.labels_ = np.zeros(0, dtype=np.int64)
        self.center_ = np.zeros(dimensions, dtype=np.float32)
        self._usable = np.zeros(0, dtype=bool)
        self._means: dict[int, Vector] = {}
        self._next = 0
        self._links = Links()

    def _append(self, vectors: Vectors, usable: BoolArray) -> None:
        self.vectors_ = np.concatenate([self.vectors_, vectors])
        self._usable = np.concatenate([self._usable, usable])
        alone = np.full(len(vectors), ALONE, dtype=np.int64)
        self.labels_ = np.concatenate([self.labels_, alone])

    def _tie(self, must_link: Pairs, cannot_link: Pairs) -> None:
        links = self._links.with_more(must_link, cannot_link)
        links.check(len(self.labels_))
        self._links = links

    def _keep_links(self) -> None:
        if self._links.together or self._links.apart:
            self.labels_ = self._links.keep(self.labels_, self.vectors_)
            self._next = max(self._next, int(self.labels_.max()) + 1)
            self._learn_means()

    def _place(self, row: int) -> None:
        """Join the nearest living issue, or stay alone; only contacts up to this row are seen."""
        chosen = self._chosen_settings()
        before = np.flatnonzero(self._usable[: row + 1])
        if len(before) <= chosen.center_contacts:
            self.center_ = find_center(self.vectors_[before], settings=chosen)
        label = self._nearest(self.vectors_[row])
        if label != ALONE:
            count = int((self.labels_ == label).sum())
            self._means[label] = grow_mean(self._means[label], count, self.vectors_[row])
            self.labels_[row] = label

    def _nearest(self, vector: Vector) -> int:
        labels = sorted(self._means)
        means = self._mean_rows(labels)
        placement = place(
            vector,
            Fixed(means, self._sizes(labels)),
            center=self.center_,
            settings=self._chosen_settings(),
        )
        return ALONE if placement.group is None else labels[placement.group]

    def _group_all(self, texts: Sequence[str] | None) -> None:
        """Group everything at once, with no issue before."""
        chosen = self._chosen_settings()
        rows = np.flatnonzero(self._usable)
        self.center_ = find_center(self.vectors_[rows], settings=chosen)
        self.labels_[rows] = group_all(
            self.vectors_[rows],
            center=self.center_,
            settings=chosen,
            texts=None if texts is None else [texts[int(row)] for row in rows],
        )
        self._next = int(self.labels_.max()) + 1
        self._learn_means()

    def _consolidate(self, end: int | None = None) -> None:
        """Regroup what is loose among the first `end` contacts."""
        chosen = self._chosen_settings()
        usable = np.flatnonzero(self._usable[:end])
        self.center_ = find_center(self.vectors_[usable], settings=chosen)
        fixed = self._fixed()
        loose = usable[~np.isin(self.labels_[usable], np.array(fixed, dtype=np.int64))]
        if len(loose) == 0:
            return
        regrouping = consolidate(
            self.vectors_[loose],
            Fixed(self._mean_rows(fixed), self._sizes(fixed)),
            current=self.labels_[loose],
            center=self.center_,
            settings=chosen,
        )
        joins = regrouping.joined >= 0
        self.labels_[loose] = self._lasting(regrouping.candidates, self.labels_[loose])
        self.labels_[loose[joins]] = np.array(fixed, dtype=np.int64)[regrouping.joined[joins]]
        self._learn_means()

    def _learn_means(self) -> None:
        self._means = {
            int(label): self.vectors_[self.labels_ == label].mean(axis=0)
            for label in np.unique(self.labels_[self.labels_ >= 0])
        }

    def _fixed(self) -> list[int]:
        labels, counts = np.unique(self.labels_[self.labels_ >= 0], return_counts=True)
        return [int(label) for label in labels[counts >= self.fixed_from]]

    def _mean_rows(self, labels: list[int]) -> Vectors:
        rows = np.zeros((len(labels), self.vectors_.shape[1]), dtype=np.float32)
        for row, label in enumerate(labels):
            rows[row] = self._means[label]
        return rows

    def _sizes(self, labels: list[int]) -> IntArray:
        return np.array([int((self.labels_ == label).sum()) for label in labels], dtype=np.int64)

    def _lasting(self, candidates: IntArray, current: IntArray) -> IntArray:
        """New candidates get labels that no issue ever had."""
        labels = candidates.copy()
        for number in np.unique(candidates[candidates >= 0]):
            if number not in current:
                labels[candidates == number] = self._next
                self._next += 1
        return labels

    def _chosen_settings(self) -> FinderSettings:
        return self.settings or FinderSettings()


def _texts_of(contacts: Sequence[str] | Vectors) -> list[str] | None:
    """The texts in a list, an array or a column of a table; None when these are vectors."""
    if getattr(contacts, "ndim", 1) != 1 or not any(isinstance(one, str) for one in contacts):
        return None
    strange = next((row for row, one in enumerate(contacts) if not isinstance(one, str)), None)
    if strange is not None:
        raise ValueError(f"contact {strange} is no text")
    return [str(text) for text in contacts]
