"""Do contacts in other languages meet their issue in English, and what does that cost on English?

python -m benchmarks.languages
"""

from collections import defaultdict
from collections.abc import Sequence

from benchmarks.encoders import neighbor_accuracy
from benchmarks.loading import default_encoder
from benchmarks.measuring import LabelledContact, labelled, middle, record, vectors_of
from models import IssueFinder
from models.encoders.base import Encoder, EncoderError
from models.evaluation import ami
from models.languages import level_languages

_KINDS = {"default": "minilm", "multilingual": "multilingual"}
_ENGLISH = "en"


def main() -> None:
    """One row an encoder."""
    for row, kind in _KINDS.items():
        try:
            encoder = default_encoder(kind)
        except EncoderError as error:
            print(f"{row} is left out: {error}")
            continue
        record("languages", row, {**_pairs(encoder), **_english(encoder)})


def _pairs(encoder: Encoder) -> dict[str, str]:
    """Share of (English, other) pairs of one sentence in the same group, over all and each."""
    contacts = labelled("xsid_valid")
    vectors = vectors_of("xsid_valid", contacts, encoder)
    levelled = level_languages(vectors, [contact.language for contact in contacts])
    groups = IssueFinder().fit(levelled).labels_
    english = {
        sentence(contact): int(group)
        for contact, group in zip(contacts, groups, strict=True)
        if contact.language == _ENGLISH
    }
    met: dict[str, list[bool]] = defaultdict(list)
    for contact, group in zip(contacts, groups, strict=True):
        if contact.language != _ENGLISH:
            met[contact.language].append(bool(group >= 0 and english[sentence(contact)] == group))
    every = [one for pairs in met.values() for one in pairs]
    cells = {"encoder": f"`{encoder.name}`", "pairs that meet": _share(every)}
    return cells | {language: _share(pairs) for language, pairs in sorted(met.items())}


def _english(encoder: Encoder) -> dict[str, str]:
    contacts = labelled("banking77")
    vectors = vectors_of("banking77", contacts, encoder)
    labels = [contact.label for contact in contacts]
    groups = [None if group < 0 else int(group) for group in IssueFinder().fit(vectors).labels_]
    return {
        "banking77 k-NN": middle([neighbor_accuracy(vectors, labels)]),
        "banking77 AMI": middle([ami(labels, groups)]),
    }


def sentence(contact: LabelledContact) -> int:
    """The number of the parallel sentence; English rows carry it in their id only."""
    return int(contact.id.rsplit("-", 1)[1])


def _share(values: Sequence[bool]) -> str:
    return middle([sum(values) / len(values)])


if __name__ == "__main__":
    main()
