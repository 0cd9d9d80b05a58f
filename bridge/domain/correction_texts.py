"""What customers read when a fix that they were told of does not hold, in three languages."""

from collections.abc import Mapping
from types import MappingProxyType

from bridge.domain.letters import FixTold, FixWords, LetterText, fill

TEXTS: Mapping[str, LetterText] = MappingProxyType(
    {
        "en": LetterText(
            "{product}: a correction to what we wrote",
            "{greeting}\n\n"
            "We wrote to you that a problem with {product} was fixed. That was too early: it is"
            " not fixed for everybody. We are sorry, and we are working on it again.\n\n"
            "{fixes}\n\n{notes}\n\n"
            "Your support team\n\n-- \n{opt_out}",
        ),
        "de": LetterText(
            "{product}: Berichtigung zu unserem Schreiben",
            "{greeting}\n\n"
            "wir haben Ihnen geschrieben, dass ein Problem mit {product} behoben ist. Das war zu"
            " früh: Es ist nicht für alle behoben. Das tut uns leid, und wir arbeiten wieder"
            " daran.\n\n"
            "{fixes}\n\n{notes}\n\n"
            "Ihr Support-Team\n\n-- \n{opt_out}",
        ),
        "es": LetterText(
            "{product}: una corrección a lo que le escribimos",
            "{greeting}\n\n"
            "Le escribimos que un problema con {product} estaba corregido. Fue demasiado pronto:"
            " no lo está para todos. Lo sentimos, y volvemos a trabajar en ello.\n\n"
            "{fixes}\n\n{notes}\n\n"
            "Su equipo de soporte\n\n-- \n{opt_out}",
        ),
    }
)
_TOLD: Mapping[str, str] = MappingProxyType(
    {
        "en": "We told you that version {version} has the fix. It does not help everybody.",
        "de": "Wir nannten Version {version} als behoben. Sie hilft nicht allen.",
        "es": "Le dijimos que la versión {version} lo corrige. No ayuda a todos.",
    }
)
_MEANWHILE: Mapping[str, str] = MappingProxyType(
    {
        "en": "What works meanwhile: {text}",
        "de": "Was bis dahin hilft: {text}",
        "es": "Lo que ayuda mientras tanto: {text}",
    }
)


def corrected(told: FixTold, words: FixWords, language: str) -> str:
    """One fix that does not hold, as a letter says it."""
    lines = [f"* {words.title}", fill(_TOLD[language], {"version": told.version})]
    return "\n  ".join([*lines, *words.note.splitlines()])


def first_correction(title: str, language: str, workaround: str | None) -> dict[str, FixWords]:
    """Words out of what was written for customers before, for a lead to look at.

    They are in the product's language; what others read, a person writes.
    """
    note = fill(_MEANWHILE[language], {"text": workaround}) if workaround else ""
    return {language: FixWords(title, note)}
