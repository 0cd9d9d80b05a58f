"""Contacts on no issue: what customers and strangers send besides their problems."""

import random
from collections.abc import Iterator
from dataclasses import replace

from bridge.demo.cases import CaseWriter, Draft, Thread
from bridge.demo.crowd import Crowd, pick_agent, pick_channel
from bridge.demo.customers import plain
from bridge.demo.names import FIRST_NAMES, LAST_NAMES
from bridge.demo.notes import CHATTER, NOTES, ChatterKind
from bridge.demo.slots import Scene, fill
from bridge.demo.timeline import Timeline
from bridge.demo.wordings import Note
from bridge.domain.contacts import CustomerReceived

_NOTE_COUNT = 250
_CHATTER_COUNTS: dict[ChatterKind, int] = {"thanks": 105, "absence": 42, "hello": 48, "spam": 36}
# Fewer German and Spanish texts than English ones: more of them would mean copies.
_LANG_WEIGHTS = {"en": 0.7, "de": 0.19, "es": 0.11}
_STRANGER_DOMAINS = ("quickpost.example", "webmail.example", "bigideas.example", "sendwell.example")


class SmallTalk:
    """Writes notes and chatter."""

    def __init__(
        self, writer: CaseWriter, crowd: Crowd, timeline: Timeline, rng: random.Random
    ) -> None:
        self._writer = writer
        self._crowd = crowd
        self._timeline = timeline
        self._rng = rng

    def write_notes(self) -> Iterator[Draft]:
        """Questions, ideas, praise, pitches, applications, wrong numbers."""
        bags: dict[str, list[Note]] = {lang: [] for lang in NOTES}
        for moment in self._timeline.moments(None, _NOTE_COUNT, self._rng):
            lang = self._lang()
            if not bags[lang]:
                bags[lang] = self._rng.sample(NOTES[lang], len(NOTES[lang]))
            note = bags[lang].pop()
            scene = Scene(self._crowd.anybody(lang), moment)
            channel = pick_channel(scene, self._rng)
            if channel in ("chat", "phone") and not _is_askable(note):
                channel = "email"
            yield self._draft(scene, note, channel)

    def write_chatter(self) -> Iterator[Draft]:
        """Thanks, absences, bare hellos and spam: bare texts, never dressed up."""
        for kind, count in _CHATTER_COUNTS.items():
            for moment in self._timeline.moments(None, count, self._rng):
                lang = self._lang()
                note = self._rng.choice(CHATTER[lang][kind])
                scene = Scene(self._crowd.anybody(lang), moment)
                channel = {"absence": "email", "spam": "email", "hello": "chat"}.get(
                    kind, self._rng.choice(("email", "chat"))
                )
                draft = self._draft(scene, replace(note, is_from_stranger=kind == "spam"), channel)
                if kind != "thanks" or channel == "chat":
                    draft = replace(draft, text=fill(note.text, scene, self._rng))
                has_agent = kind == "thanks" or self._rng.random() < 0.3
                yield draft if has_agent else replace(draft, agent=None)

    def _lang(self) -> str:
        return self._rng.choices(list(_LANG_WEIGHTS), list(_LANG_WEIGHTS.values()))[0]

    def _draft(self, scene: Scene, note: Note, channel: str) -> Draft:
        scene = self._as_stranger(scene) if note.is_from_stranger else scene
        is_reply = note.subject.startswith(("Re:", "AW:", "RE:"))
        thread = Thread(
            channel,
            note.subject,
            pick_agent(None, scene.customer.lang, self._rng),
            self._writer.new_conversation(),
            is_again=is_reply,
            is_solved=is_reply,
        )
        draft = self._writer.draft(scene, fill(note.text, scene, self._rng), thread)
        if not note.is_from_stranger:
            return draft
        customer = CustomerReceived(email=scene.customer.email, name=scene.customer.name)
        return replace(draft, customer=customer, version=None)

    def _as_stranger(self, scene: Scene) -> Scene:
        """The same scene with somebody who has no account."""
        rng, lang = self._rng, scene.customer.lang
        first, last = rng.choice(FIRST_NAMES[lang]), rng.choice(LAST_NAMES[lang])
        local = f"{plain(first)[0]}.{plain(last)}{rng.randrange(10, 99)}"
        email = f"{local}@{rng.choice(_STRANGER_DOMAINS)}"
        stranger = replace(
            scene.customer,
            key=f"stranger-{email}",
            first=first,
            last=last,
            email=email,
            phone=None,
            account=None,
        )
        return replace(scene, customer=stranger)


def _is_askable(note: Note) -> bool:
    """Short questions are asked in a chat or on the phone; the rest are letters."""
    return note.text.endswith("?") and not note.is_from_stranger
