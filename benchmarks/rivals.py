"""Other ways to group, all on the vectors that they are given."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from benchmarks.loading import default_encoder
from models import IssueFinder
from models.kinds import KindModel
from models.settings import FinderSettings
from models.vectors import IntArray, Vectors, grow_mean, unit_rows

Method = Callable[[Sequence[str], Vectors, int, int], IntArray]
"""Texts, vectors, the true number of groups (for the one that is told) and a seed -> labels."""

ALONE = -1
_NEIGHBORS = 15
_LEADER = 0.6
_SMALL_TOPIC = 10  # BERTopic's default
_LARGE_TOPIC = 50


def ours(texts: Sequence[str], vectors: Vectors, _count: int, _seed: int) -> IntArray:
    """The issue finder with its defaults."""
    return np.asarray(IssueFinder().fit(vectors, texts=texts).labels_, dtype=np.int64)


def without_chatter(texts: Sequence[str], vectors: Vectors, _count: int, _seed: int) -> IntArray:
    """The issue finder on what is not surely chatter, as `bridge discover` does it."""
    settings = FinderSettings()
    judged = KindModel.of_own_examples(default_encoder()).judge(texts, vectors)
    kept = np.array([not one.is_chatter(settings) for one in judged])
    labels = np.full(len(texts), ALONE, dtype=np.int64)
    chosen = [text for text, keep in zip(texts, kept, strict=True) if keep]
    labels[kept] = IssueFinder().fit(vectors[kept], texts=chosen).labels_
    return labels


def bertopic(size: int, *, reduce: bool) -> Method:
    """BERTopic's defaults; `reduce` then gives each outlier to its most similar topic."""

    def group(texts: Sequence[str], vectors: Vectors, _count: int, seed: int) -> IntArray:
        from bertopic import BERTopic
        from umap import UMAP

        # Its own defaults, and a seed.
        reducer = UMAP(
            n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed
        )
        model = BERTopic(umap_model=reducer, min_topic_size=size)
        topics, _ = model.fit_transform(list(texts), vectors)
        if reduce and ALONE in topics:
            topics = model.reduce_outliers(
                list(texts), topics, strategy="embeddings", embeddings=vectors
            )
        return np.array(topics, dtype=np.int64)

    return group


def hdbscan(_texts: Sequence[str], vectors: Vectors, _count: int, seed: int) -> IntArray:
    """HDBSCAN on 15 principal components, noise given to the nearest centroid."""
    from hdbscan import HDBSCAN

    reduced = PCA(15, random_state=seed).fit_transform(vectors)
    labels = np.asarray(HDBSCAN(min_cluster_size=_SMALL_TOPIC).fit_predict(reduced), dtype=np.int64)
    groups = np.unique(labels[labels >= 0])
    if len(groups) == 0:
        return labels
    centroids = np.stack([reduced[labels == group].mean(axis=0) for group in groups])
    noise = np.flatnonzero(labels == ALONE)
    distances = ((reduced[noise, None, :] - centroids[None]) ** 2).sum(axis=2)
    labels[noise] = groups[distances.argmin(axis=1)]
    return labels


def leiden(resolution: float) -> Method:
    """Leiden communities of the graph of 15 nearest neighbours."""

    def group(_texts: Sequence[str], vectors: Vectors, _count: int, seed: int) -> IntArray:
        import igraph
        import leidenalg

        near = NearestNeighbors(n_neighbors=_NEIGHBORS + 1, metric="cosine", n_jobs=1).fit(vectors)
        distances, rows = near.kneighbors(vectors)
        ends = {
            (min(row, int(other)), max(row, int(other))): 1 - float(distance)
            for row in range(len(rows))
            for other, distance in zip(rows[row], distances[row], strict=True)
            if other != row
        }
        graph = igraph.Graph(len(rows), list(ends))
        found = leidenalg.find_partition(
            graph,
            leidenalg.RBConfigurationVertexPartition,
            weights=[max(weight, 1e-6) for weight in ends.values()],
            resolution_parameter=resolution,
            seed=seed,
        )
        return np.array(found.membership, dtype=np.int64)

    return group


def leader(_texts: Sequence[str], vectors: Vectors, _count: int, _seed: int) -> IntArray:
    """One pass: join the nearest group at .6 or found one."""
    means, counts = np.zeros_like(vectors), np.zeros(len(vectors), dtype=np.int64)
    labels = np.zeros(len(vectors), dtype=np.int64)
    rows = np.zeros_like(vectors)
    found = 0
    for number, vector in enumerate(vectors):
        similarities = rows[:found] @ vector
        label = int(similarities.argmax()) if found else 0
        if not found or similarities[label] < _LEADER:
            label, found = found, found + 1
        means[label] = grow_mean(means[label], int(counts[label]), vector)
        rows[label] = unit_rows(means[label])
        counts[label] += 1
        labels[number] = label
    return labels


def k_means(_texts: Sequence[str], vectors: Vectors, count: int, seed: int) -> IntArray:
    """k-means, told the true number."""
    model = KMeans(count, n_init=1, random_state=seed)
    return np.asarray(model.fit_predict(vectors), dtype=np.int64)


METHODS: Mapping[str, Method] = {
    "IssueFinder": ours,
    "IssueFinder, sure chatter left alone": without_chatter,
    "BERTopic, defaults": bertopic(_SMALL_TOPIC, reduce=False),
    "BERTopic, defaults, outliers reduced": bertopic(_SMALL_TOPIC, reduce=True),
    "BERTopic, topic size 50, outliers reduced": bertopic(_LARGE_TOPIC, reduce=True),
    "HDBSCAN on 15 components, noise assigned": hdbscan,
    "Leiden, 15 neighbours, resolution 1": leiden(1),
    "Leiden, 15 neighbours, resolution 4": leiden(4),
    "one-pass leader at .6": leader,
    "k-means, told the number": k_means,
}
