"""Do contacts in other languages meet their issue in English, and what does that cost on English?

python -m benchmarks.languages
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from benchmarks.encoders import neighbor_accuracy
from benchmarks.loading import default_encoder
from benchmarks.measuring import LabelledContact, labelled, middle, record, vectors_of
from models import IssueFinder
from models.encoders.base import Encoder, EncoderError
from models.encoders.routed import taught_by
from models.evaluation import ami
from models.vectors import Vectors

_KINDS = {"default": "minilm", "multilingual": "multilingual"}
_ENGLISH = "en"
Read = Callable[[str, Sequence[LabelledContact], Encoder], Vectors]


def main() -> None:
    """One row an encoder."""
    for row, kind in _KINDS.items():
        try:
            encoder = default_encoder(kind)
        except EncoderError as error:
            print(f"{row} is left out: {error}")
            continue
        record("languages", row, {**_pairs(encoder, vectors_of), **_english(encoder)})
    try:
        own, foreign = default_encoder(), default_encoder("multilingual")
    except EncoderError as error:
        print(f"the translation is left out: {error}")
        return
    told = _pairs(own, lambda name, contacts, _: _translated(name, contacts, own, foreign))
    record("languages", "default, others translated", {**told, **_english(own)})


def _translated(
    name: str, contacts: Sequence[LabelledContact], own: Encoder, foreign: Encoder
) -> Vectors:
    """As `bridge discover` reads them: the English contacts of the set teach."""
    reader = taught_by([contact.text for contact in contacts], own, foreign)
    return reader.encode([contact.text for contact in contacts])


def _pairs(encoder: Encoder, read: Read) -> dict[str, str]:
    """Share of (English, other) pairs of one sentence in the same group, over all and each."""
    contacts = labelled("xsid_valid")
    groups = IssueFinder().fit(read("xsid_valid", contacts, encoder)).labels_
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
