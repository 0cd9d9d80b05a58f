"""Encode a replay's texts on the second core while the first one places contacts.

A vector depends on nothing but the text, so this looks at no later contact's fate. Batches are
fixed beforehand, so that a replay gives the same answer each time.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np

from bridge.cleaning import Cleaned, clean
from bridge.domain.contacts import ContactNature, ContactReceived
from bridge.redaction import redact
from bridge.steps.ingest import numbers_of
from models.encoders.base import Encoder
from models.vectors import Vector, Vectors

_BATCH = 32


class CleanOnce:
    """`clean` that hands what it found to who asks next, so that no text is cleaned twice."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str | None, int], Cleaned] = {}

    def ahead(self, raw: str, *, subject: str | None, max_bytes: int) -> Cleaned:
        """See clean; the answer is kept until it is asked for."""
        cleaned = clean(raw, subject=subject, max_bytes=max_bytes)
        self._found[raw, subject, max_bytes] = cleaned
        return cleaned

    def __call__(self, raw: str, *, subject: str | None, max_bytes: int) -> Cleaned:
        """See clean."""
        found = self._found.pop((raw, subject, max_bytes), None)
        return found or clean(raw, subject=subject, max_bytes=max_bytes)


def texts_of(
    received: Sequence[ContactReceived], cleaner: CleanOnce, *, region: str, max_bytes: int
) -> list[str]:
    """The distinct texts the pipeline will most likely ask for, in order.

    Names known only to the directory are not taken out here; such texts are encoded when met.
    """
    found: dict[str, None] = {}
    for contact in received:
        cleaned = cleaner.ahead(contact.text, subject=contact.subject, max_bytes=max_bytes)
        if cleaned.nature is ContactNature.MESSAGE:
            names = [contact.customer.display_name] if contact.customer.display_name else []
            text = redact(
                cleaned.text,
                known_names=names,
                known_numbers=numbers_of(contact.customer),
                region=region,
            )
            found[text] = None
    return list(found)


class EncoderAhead:
    """An encoder whose answers for known texts are made in a thread of their own."""

    def __init__(self, inner: Encoder, texts: Sequence[str]) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._met: dict[str, Vector] = {}
        self._batches = [list(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        self._vectors: dict[str, Future[Vector]] = {text: Future() for text in texts}
        threading.Thread(target=self._run, name="encoder", daemon=True).start()

    @property
    def name(self) -> str:
        """The name of the encoder behind."""
        return self._inner.name

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self._inner.dimensions

    def describe(self) -> str:
        """What runs."""
        return self._inner.describe()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows in the order of the texts; waits for those on their way."""
        self._meet(texts)
        rows = [
            coming.result() if (coming := self._vectors.get(text)) else self._met[text]
            for text in texts
        ]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dimensions)

    def _meet(self, texts: Sequence[str]) -> None:
        """Encode what was not foreseen together, and once: three models read our own sentences."""
        fresh = [
            text
            for text in dict.fromkeys(texts)
            if text not in self._vectors and text not in self._met
        ]
        if fresh:
            with self._lock:
                vectors = self._inner.encode(fresh)
            self._met.update(zip(fresh, vectors, strict=True))

    def _run(self) -> None:
        for batch in self._batches:
            try:
                with self._lock:
                    vectors = self._inner.encode(batch)
            except (ValueError, RuntimeError) as error:
                for text in batch:
                    self._vectors[text].set_exception(error)
                continue
            for text, vector in zip(batch, vectors, strict=True):
                self._vectors[text].set_result(vector)
