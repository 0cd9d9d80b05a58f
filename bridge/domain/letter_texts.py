"""The project's own texts of letters, in three languages; products and letters may change them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bridge.domain.correction_texts import TEXTS as CORRECTIONS
from bridge.domain.correction_texts import corrected
from bridge.domain.letters import (
    FixTold,
    FixWords,
    LetterKind,
    LetterLinks,
    LetterText,
    fill,
)

_FIX, _CHECK_IN = LetterKind.FIX, LetterKind.CHECK_IN

TEXTS: Mapping[LetterKind, Mapping[str, LetterText]] = MappingProxyType(
    {
        _FIX: {
            "en": LetterText(
                "{product}: what you told us about is fixed",
                "{greeting}\n\n"
                "You wrote to us about a problem with {product}. Thank you: it helped us to find"
                " it. It is fixed now.\n\n"
                "{fixes}\n\n{notes}\n\n{still_broken}\n\n"
                "Your support team\n\n-- \n{opt_out}",
            ),
            "de": LetterText(
                "{product}: Was Sie uns gemeldet haben, ist behoben",
                "{greeting}\n\n"
                "Sie haben uns wegen eines Problems mit {product} geschrieben. Danke: Das hat uns"
                " geholfen, es zu finden. Jetzt ist es behoben.\n\n"
                "{fixes}\n\n{notes}\n\n{still_broken}\n\n"
                "Ihr Support-Team\n\n-- \n{opt_out}",
            ),
            "es": LetterText(
                "{product}: hemos corregido lo que nos contó",
                "{greeting}\n\n"
                "Nos escribió por un problema con {product}. Gracias: nos ayudó a encontrarlo."
                " Ya está corregido.\n\n"
                "{fixes}\n\n{notes}\n\n{still_broken}\n\n"
                "Su equipo de soporte\n\n-- \n{opt_out}",
            ),
        },
        _CHECK_IN: {
            "en": LetterText(
                "{product}: is all well now?",
                "{greeting}\n\n"
                "Some days ago we fixed a problem with {product} that you had told us about.\n\n"
                "{fixes}\n\n{question}\n\n{notes}\n\n{still_broken}\n\n"
                "Your support team\n\n-- \n{opt_out}",
            ),
            "de": LetterText(
                "{product}: Ist jetzt alles in Ordnung?",
                "{greeting}\n\n"
                "vor einigen Tagen haben wir ein Problem mit {product} behoben, von dem Sie uns"
                " berichtet hatten.\n\n"
                "{fixes}\n\n{question}\n\n{notes}\n\n{still_broken}\n\n"
                "Ihr Support-Team\n\n-- \n{opt_out}",
            ),
            "es": LetterText(
                "{product}: ¿va todo bien ahora?",
                "{greeting}\n\n"
                "Hace unos días corregimos un problema con {product} del que usted nos"
                " habló.\n\n"
                "{fixes}\n\n{question}\n\n{notes}\n\n{still_broken}\n\n"
                "Su equipo de soporte\n\n-- \n{opt_out}",
            ),
        },
        LetterKind.CORRECTION: CORRECTIONS,
    }
)


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences that placeholders stand for."""

    greeting: str
    greeting_unnamed: str
    fixed_in: str
    has_it: str
    update: str
    not_known: str
    no_workaround: str
    still_broken: str
    question: str
    opt_out: str


SENTENCES: Mapping[str, Sentences] = MappingProxyType(
    {
        "en": Sentences(
            greeting="Hello {name},",
            greeting_unnamed="Hello,",
            fixed_in="Fixed in version {version}.",
            has_it="The version that you use has it.",
            update="Please update to it.",
            not_known="If you use an older version, please update.",
            no_workaround="You do not need this any more: {text}",
            still_broken="Does it still happen? Tell us here:\n{link}",
            question="How easy was it to get this solved? One click and one button:\n{link}",
            opt_out="You want no more letters like this one? One click and one button:\n{link}",
        ),
        "de": Sentences(
            greeting="Guten Tag {name},",
            greeting_unnamed="Guten Tag,",
            fixed_in="Behoben in Version {version}.",
            has_it="Ihre Version enthält die Korrektur bereits.",
            update="Bitte aktualisieren Sie darauf.",
            not_known="Falls Sie eine ältere Version verwenden, aktualisieren Sie bitte.",
            no_workaround="Das brauchen Sie nicht mehr: {text}",
            still_broken="Tritt es noch auf? Sagen Sie es uns hier:\n{link}",
            question="Wie einfach war es, dafür Hilfe zu bekommen? Ein Klick, ein Knopf:\n{link}",
            opt_out="Sie möchten keine solchen Briefe mehr? Ein Klick, ein Knopf:\n{link}",
        ),
        "es": Sentences(
            greeting="Hola, {name}:",
            greeting_unnamed="Hola:",
            fixed_in="Corregido en la versión {version}.",
            has_it="La versión que usa ya lo incluye.",
            update="Por favor, actualice a ella.",
            not_known="Si usa una versión anterior, por favor, actualice.",
            no_workaround="Ya no necesita esto: {text}",
            still_broken="¿Sigue ocurriendo? Cuéntenoslo aquí:\n{link}",
            question="¿Fue fácil conseguir una solución? Un clic y un botón:\n{link}",
            opt_out="¿No quiere más cartas como esta? Un clic y un botón:\n{link}",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class ToCustomer:
    """One customer's letter before it is written out."""

    product: str
    language: str
    name: str | None
    fixes: Sequence[tuple[FixTold, FixWords]]
    links: LetterLinks
    is_correction: bool = False


def write_out(text: LetterText, to: ToCustomer) -> tuple[str, str]:
    """Subject and text of one customer's letter."""
    say = SENTENCES[to.language]
    greeting = fill(say.greeting, {"name": to.name}) if to.name else say.greeting_unnamed
    values = {
        "greeting": greeting,
        "product": to.product,
        "fixes": "\n\n".join(
            corrected(told, words, to.language) if to.is_correction else _fix(told, words, say)
            for told, words in to.fixes
        ),
        "notes": text.notes,
        "still_broken": fill(say.still_broken, {"link": to.links.still_broken}),
        "question": fill(say.question, {"link": to.links.effort}),
        "opt_out": fill(say.opt_out, {"link": to.links.stop}),
    }
    return " ".join(fill(text.subject, values).split()), fill(text.body, values)


def _fix(told: FixTold, words: FixWords, say: Sentences) -> str:
    advice = say.not_known
    if told.has_it is not None:
        advice = say.has_it if told.has_it else say.update
    lines = [f"* {words.title}", f"{fill(say.fixed_in, {'version': told.version})} {advice}"]
    return "\n  ".join([*lines, *words.note.splitlines()])


def first_words(
    title: str, language: str, *, instead: str | None, no_longer: str | None
) -> dict[str, FixWords]:
    """Words for a fix out of what was written for customers before, for a lead to look at.

    They are in the product's language; what others read, a person writes. instead: what to tell
    customers after the fix; no_longer: the workaround they were told.
    """
    said = fill(SENTENCES[language].no_workaround, {"text": no_longer}) if no_longer else ""
    return {language: FixWords(title, instead or said)}
