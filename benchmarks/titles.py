"""Titles of issues: do they name the thing, and does each point at its own issue?

python -m benchmarks.titles

Issues are the labels of the sets, a few contacts of each. Titles are made of one half of them and
looked up among the middles of the other halves, so that no title meets the text it was taken from.
Our own sample contacts make many small issues: their writers told apart what states a problem from
what only stands beside it, so a title can be held against both.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import SequenceMatcher
from functools import partial

import numpy as np

from benchmarks.loading import default_encoder
from benchmarks.measuring import DATA, labelled, middle, record
from bridge.cleaning import clean
from bridge.demo.cases import SENTENCES
from bridge.demo.generate import generate_contacts
from bridge.demo.manners import MANNERS
from bridge.redaction import redact
from models.asides import AsideModel
from models.encoders.base import Encoder
from models.encoders.multilingual import MultilingualEncoder
from models.encoders.routed import taught_by
from models.naming import Sense, WordUse, title, word_use
from models.stop_words import without_stop_words
from models.texts import clauses, words
from models.vectors import Vectors, centered

_SETS = ("banking77", "clinc150", "bitext8k")
_EACH = 32
_LEAST = 8
_OTHERS = 12
_STEM = 5
_MOST_BYTES = 50_000
_ANCHOR = datetime(2026, 11, 28, tzinfo=UTC)
_FEW = 4
_CLOSE = 8
_SIBLING = " #"

Issues = Mapping[str, Sequence[str]]


class Titles:
    """Names issues as the product does, or by words alone."""

    def __init__(self, issues: Issues, firsts: Mapping[str, bool], encoder: Encoder) -> None:
        self.names = list(issues)
        self._halves = {name: texts[: len(texts) // 2] for name, texts in issues.items()}
        self._firsts = firsts
        self._encoder = encoder
        self._asides = AsideModel.of_own_examples(encoder)
        raw = {name: encoder.encode(half) for name, half in self._halves.items()}
        self._center = np.concatenate(list(raw.values())).mean(axis=0)
        self._vectors = {name: centered(rows, self._center) for name, rows in raw.items()}
        self._middles = self._middles_of(self._vectors)
        other = {name: texts[len(texts) // 2 :] for name, texts in issues.items()}
        unseen = {name: self._rows(texts) for name, texts in other.items()}
        self._unseen = self._middles_of(unseen)
        self._use: WordUse = word_use([text for half in self._halves.values() for text in half])

    def made(self, *, by_sense: bool) -> list[str]:
        """A title for each issue, in the order of their names."""
        return [self._title(place, by_sense=by_sense) for place in range(len(self.names))]

    def own_first(self, titles: Sequence[str]) -> list[bool]:
        """Whether the issue whose unseen contacts are nearest to a title is about its subject."""
        found = (self._rows(titles) @ self._unseen.T).argmax(axis=1)
        about = [name.split(_SIBLING)[0] for name in self.names]
        return [about[place] == about[row] for row, place in enumerate(found.tolist())]

    def _title(self, place: int, *, by_sense: bool) -> str:
        name = self.names[place]
        texts, vectors = self._halves[name], self._vectors[name]
        if not by_sense:
            return title(texts, vectors, self._use)
        nearest = np.argsort(-(self._middles @ self._middles[place]))
        others = self._middles[nearest[nearest != place][:_OTHERS]]
        sense = Sense(
            self._rows, others, lambda said: self._asides.points(said, self._encoder.encode(said))
        )
        first = [self._firsts.get(text, True) for text in texts]
        return title(texts, vectors, self._use, sense=sense, first=first)

    def _rows(self, texts: Sequence[str]) -> Vectors:
        return centered(self._encoder.encode(texts), self._center)

    def _middles_of(self, rows: Mapping[str, Vectors]) -> Vectors:
        means = np.array([rows[name].mean(axis=0) for name in self.names], dtype=np.float32)
        return centered(means, np.zeros(means.shape[1], dtype=np.float32))


@dataclass(frozen=True, slots=True)
class _Case:
    row: str
    issues: Issues
    right: Callable[[str, str], float]
    """How right a title is for a label, from 0 to 1."""
    column: str = "words of the label in the title"
    firsts: Mapping[str, bool] = field(default_factory=dict)


def main() -> None:
    """One table: the labelled sets, the stream, and the demo's own contacts by language."""
    encoder = default_encoder(threads=2)
    for name in _SETS:
        groups: dict[str, list[str]] = defaultdict(list)
        for one in labelled(name):
            if not one.is_out_of_scope:
                groups[one.label].append(one.text)
        _measure(_Case(name, _some(groups), _names_label), encoder)
    _measure(_Case("stream_dev", _some(_stream()), _names_label), encoder)
    samples = {language: _sample(language) for language in SENTENCES}
    every = [text for own, _ in samples.values() for texts in own.values() for text in texts]
    reader = taught_by(every, encoder, MultilingualEncoder(threads=2))
    for language, (own, firsts) in samples.items():
        _measure(
            _Case(
                f"our own sample contacts, {_FEW} an issue, {language}",
                _small(own),
                partial(_is_beside, _written(language)),
                "stands beside the problem",
                firsts,
            ),
            reader,
        )


def _measure(case: _Case, encoder: Encoder) -> None:
    titles = Titles(case.issues, case.firsts, encoder)
    cells = {"issues": str(len(titles.names))}
    for by_sense, suffix in ((False, ", words alone"), (True, "")):
        made = titles.made(by_sense=by_sense)
        shares = [case.right(name, one) for name, one in zip(titles.names, made, strict=True)]
        cells[case.column + suffix] = middle([float(np.mean(shares))])
        cells["own issue first" + suffix] = middle([float(np.mean(titles.own_first(made)))])
    record("titles", case.row, cells)


def _some(groups: Mapping[str, Sequence[str]]) -> Issues:
    """As many contacts of each issue as a young one has, the same at each run."""
    rng = np.random.default_rng(0)
    found = {}
    for name in sorted(groups):
        texts = [groups[name][row] for row in rng.permutation(len(groups[name]))[:_EACH]]
        if len(texts) >= _LEAST:
            found[name] = texts
    return found


def _names_label(label: str, found: str) -> float:
    """The share of a label's words whose beginnings stand in the title."""
    told = words(label.replace("_", " "))
    wanted = {word[:_STEM].rstrip("s") for word in without_stop_words(told) or told}
    have = {word[:_STEM].rstrip("s") for word in words(found)}
    return len(wanted & have) / max(1, len(wanted))


def _stream() -> dict[str, list[str]]:
    with gzip.open(DATA / "stream_dev.gold.jsonl.gz", "rt", encoding="utf-8") as lines:
        issue_of = {row["id"]: row["issue"] for row in map(json.loads, lines)}
    groups: dict[str, list[str]] = defaultdict(list)
    with gzip.open(DATA / "stream_dev.contacts.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if issue_of[row["id"]] is not None:
                groups[issue_of[row["id"]]].append(_clean(row["text"], row.get("subject")))
    return groups


def _sample(language: str) -> tuple[dict[str, list[str]], dict[str, bool]]:
    """The demo's contacts of a language by topic, and which a customer wrote first."""
    groups: dict[str, list[str]] = defaultdict(list)
    firsts: dict[str, bool] = {}
    seen: set[tuple[str, str]] = set()
    for one in generate_contacts(anchor=_ANCHOR):
        if one.topic is not None and one.received.lang == language:
            text = _clean(one.received.text, one.received.subject)
            key = (one.topic, one.customer)
            firsts[text] = key not in seen or firsts.get(text, False)
            seen.add(key)
            groups[one.topic].append(text)
    return groups, firsts


def _small(groups: Mapping[str, Sequence[str]]) -> Issues:
    """As many small issues of each subject as there are contacts for, two halves each."""
    rng = np.random.default_rng(0)
    found = {}
    for name in sorted(groups):
        order = rng.permutation(len(groups[name]))
        for number in range(len(order) // (2 * _FEW)):
            rows = order[number * 2 * _FEW : (number + 1) * 2 * _FEW]
            found[f"{name}{_SIBLING}{number}"] = [groups[name][row] for row in rows]
    return found


def _written(language: str) -> dict[str, float]:
    """The sentences contacts are made of, and whether each stands beside the problem."""
    wordings, manners = SENTENCES[language].values(), MANNERS[language]
    beside = [one for each in wordings for one in each.more]
    beside += [*manners.context, *manners.follow_ups, *manners.follow_up_openers]
    written = {clause.lower(): 1.0 for one in beside for clause in clauses(one)}
    stated = [one for each in wordings for one in each.said]
    return written | {clause.lower(): 0.0 for one in stated for clause in clauses(one)}


def _is_beside(written: Mapping[str, float], _label: str, found: str) -> float:
    """Whether the sentence that a title comes from, typed wrongly or cut, stands beside."""
    title_words, start = set(words(found)), found.lower().rstrip("…")
    shared = {
        one: len(title_words & set(words(one))) / len({*words(one)} or {""}) for one in written
    }
    close = sorted(shared, key=lambda one: -shared[one])[:_CLOSE]
    source = max(close, key=lambda one: SequenceMatcher(None, one[: len(start)], start).ratio())
    return written[source]


def _clean(text: str, subject: str | None) -> str:
    return redact(clean(text, subject=subject, max_bytes=_MOST_BYTES).text)


if __name__ == "__main__":
    main()
