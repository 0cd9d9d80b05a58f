"""What is told of a single contact: its kind, and whether it states two problems.

python -m benchmarks.contacts
"""

from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import StratifiedKFold

from benchmarks.loading import default_encoder
from benchmarks.measuring import labelled, middle, record, vectors_of
from models.clues import Fixed
from models.encoders.base import Encoder
from models.kind_examples import EXAMPLES
from models.kinds import Kind, KindModel
from models.matching import find_center, place
from models.parts import are_apart, passages
from models.settings import FinderSettings
from models.vectors import IntArray, Vector, Vectors

_SEED = 0
_FOLDS = 10
_JOINED = 400
_SETS = ("banking77", "bitext8k", "askubuntu_webapps")
_BETWEEN = (". Also, ", ". Another thing: ", "\n\nSecond, ", ", and also ")


def main() -> None:
    """Two tables."""
    encoder, settings = default_encoder(threads=2), FinderSettings()
    record("kinds", "our own sentences, ten-fold", {"right of four": _right_of_four(encoder)})
    model = KindModel.of_own_examples(encoder)
    for name in _SETS:
        contacts = labelled(name)
        vectors = vectors_of(name, contacts, encoder)
        in_scope = [row for row, one in enumerate(contacts) if not one.is_out_of_scope]
        texts = [contacts[row].text for row in in_scope]
        found = model.judge(texts, vectors[in_scope])
        cells = {"taken for chatter for sure": _share([one.is_chatter(settings) for one in found])}
        record("kinds", f"{name}, in scope", cells)
    _two_problems(encoder, settings)


def _right_of_four(encoder: Encoder) -> str:
    """Accuracy on sentences that the model was not fitted to."""
    texts = [text for kind in Kind for text in EXAMPLES[kind]]
    kinds = np.array([place for place, kind in enumerate(Kind) for _ in EXAMPLES[kind]])
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    vectors = encoder.encode(texts)
    right = []
    for known, unseen in folds.split(texts, kinds):
        model = KindModel.of_examples([texts[row] for row in known], vectors[known], kinds[known])
        found = model.judge([texts[row] for row in unseen], vectors[unseen])
        right += [
            one.kind is list(Kind)[kinds[row]] for row, one in zip(unseen, found, strict=True)
        ]
    return _share(right)


def _two_problems(encoder: Encoder, settings: FinderSettings) -> None:
    """Texts of two labels in one contact, against issues made of other texts of each label."""
    contacts = [one for one in labelled("banking77") if len(one.text.split()) >= 4]
    rng = np.random.default_rng(_SEED)
    order = rng.permutation(len(contacts))
    known, unseen = order[: len(order) // 2], order[len(order) // 2 :]
    vectors = encoder.encode([contacts[row].text for row in known])
    center = find_center(vectors, settings=settings)
    labels = np.array([contacts[row].label for row in known])
    names = np.unique(labels)
    issues = Fixed(
        np.array([vectors[labels == name].mean(axis=0) for name in names], dtype=np.float32),
        np.array([(labels == name).sum() for name in names], dtype=np.int64),
    )
    for row_name, same in (("of two labels", False), ("of one label", True)):
        pairs = _pairs(unseen, [one.label for one in contacts], same=same, rng=rng)
        homes, apart = [], []
        for number, (one, other) in enumerate(pairs):
            words = contacts[other].text
            text = contacts[one].text.rstrip(".?! ") + _BETWEEN[number % len(_BETWEEN)] + words
            rows = _rows(text, encoder, center)
            places = [place(row, issues, center=center, settings=settings).group for row in rows]
            apart.append(len(rows) > 1)
            homes.append([home for home in places if home is not None])
        wanted = [{contacts[one].label, contacts[other].label} for one, other in pairs]
        found = [{str(names[home]) for home in of_one} for of_one in homes]
        record(
            "two problems",
            f"banking77, {len(pairs)} pairs of texts {row_name}",
            {
                "taken apart": _share(apart),
                "on both right issues": _share(
                    [f == w for f, w in zip(found, wanted, strict=True)]
                ),
                "on a wrong issue": _share(
                    [bool(f - w) for f, w in zip(found, wanted, strict=True)]
                ),
            },
        )


def _pairs(
    rows: IntArray, labels: Sequence[str], *, same: bool, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Pairs of rows of one label, or of two."""
    found: list[tuple[int, int]] = []
    while len(found) < _JOINED:
        one, other = (int(row) for row in rng.choice(rows, 2, replace=False))
        if (labels[one] == labels[other]) is same:
            found.append((one, other))
    return found


def _rows(text: str, encoder: Encoder, center: Vector) -> Vectors:
    """A vector for each problem it states, as the step takes it apart."""
    stated = passages(text)
    rows = encoder.encode(stated)
    return rows if len(stated) > 1 and are_apart(rows, center) else encoder.encode([text])


def _share(values: Sequence[bool]) -> str:
    return middle([sum(values) / len(values)])


if __name__ == "__main__":
    main()
