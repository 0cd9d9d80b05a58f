"""Turns what a customer has to say into a mail, a chat, a call or a form as they come in."""
# ruff: noqa: SIM905 - a list of words reads best as words

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.demo.addresses import phone_text
from bridge.demo.manners import MANNERS
from bridge.demo.slots import MONTHS, WEEKDAYS, Scene
from bridge.demo.story import PRODUCT_NAME, Person
from bridge.demo.wordings import Manners

# Numbers that card companies publish for tests; nobody can be charged on them.
_TEST_CARDS = (
    "4111 1111 1111 1111",
    "5555 5555 5555 4444",
    "4242-4242-4242-4242",
    "378282246310005",
)


@dataclass(frozen=True, slots=True)
class Quote:
    """The agent's earlier answer that hangs under a reply."""

    agent: Person
    written_at: datetime
    is_solution: bool


def dress(body: str, scene: Scene, *, channel: str, quote: Quote | None, rng: random.Random) -> str:
    """The whole contact as it comes in on that channel."""
    manners = MANNERS[scene.customer.lang]
    if channel == "email":
        return _mail(body, scene, manners, quote=quote, rng=rng)
    if channel == "chat":
        return _chat(body, manners, rng)
    if channel == "phone":
        return _call(body, scene, manners, quote=quote, rng=rng)
    if rng.random() < 0.35:
        return f"{body}\n\n{rng.choice(manners.closings)}, {scene.customer.name}"
    return body


def card_line(lang: str, rng: random.Random) -> str:
    """A careless sentence with a payment number in it, for redaction to find."""
    return rng.choice(MANNERS[lang].card_lines).format(card=rng.choice(_TEST_CARDS))


def _mail(
    body: str, scene: Scene, manners: Manners, *, quote: Quote | None, rng: random.Random
) -> str:
    customer = scene.customer
    greeting = rng.choice(manners.greetings) if rng.random() < 0.88 else ""
    if customer.lang == "de" and greeting:
        body = _lower_start(body)
    closing = f"{rng.choice(manners.closings)}\n{rng.choice((customer.first, customer.name))}"
    parts = [greeting, body, closing if rng.random() < 0.85 else ""]
    draw = rng.random()
    if draw < 0.42:
        parts.append(_signature(scene, manners, rng))
    elif draw < 0.52:
        parts.append(rng.choice(manners.device_lines))
    if quote is not None:
        parts.append(_quoted(scene, quote, manners, rng))
    return "\n\n".join(part for part in parts if part)


def _lower_start(body: str) -> str:
    """After the comma of a German greeting the sentence goes on in small letters, but for nouns."""
    first = body.split(" ", 1)[0]
    if first in _GERMAN_SMALL_WORDS:
        return body[0].lower() + body[1:]
    return body


_GERMAN_SMALL_WORDS = frozenset(
    (
        "Ich Wir Der Die Das Seit Auf In Im Bei Mit Nach Wenn Warum Wann Unsere Unser "
        "Mein Meine Alle Jeder Jede Jeden Aus Auch Ist Können Könnten Gibt Leider Sobald "
        "Beim Von Diese Was Wird Für Neue Laut Schon Trotz Welche Zweimal Nichts Mitten "
        "Kaum Ständig Es Bitte Eine Endlich Schön Super Danke Hiermit Wo Wie Lässt Kann "
        "Bieten Perfekt Vielen Zwei Per Sie"
    ).split()
)


def _signature(scene: Scene, manners: Manners, rng: random.Random) -> str:
    customer = scene.customer
    lines = ["-- ", customer.name]
    if customer.account is not None:
        lines.append(f"{rng.choice(manners.roles)} | {customer.account.name}")
    if customer.phone is not None:
        lines.append(f"{manners.phone_word} {phone_text(customer, rng)}")
    lines.append(customer.email)
    if customer.account is not None:
        lines.append(f"www.{customer.account.domains[0]}")
    if rng.random() < 0.15:
        lines += ["", manners.disclaimer]
    return "\n".join(lines)


def _quoted(scene: Scene, quote: Quote, manners: Manners, rng: random.Random) -> str:
    lang, at = scene.customer.lang, quote.written_at
    month = MONTHS[lang][at.month - 1]
    date = {
        "en": f"{at.day} {month[:3]} {at.year}",
        "de": f"{at.day}. {month} {at.year}",
        "es": f"{at.day} de {month} de {at.year}",
    }[lang]
    header = manners.quote_header.format(
        weekday=WEEKDAYS[lang][at.weekday()][: 3 if lang == "en" else None],
        date=date,
        time=f"{at:%H:%M}",
        sender=f"{quote.agent.name} ({PRODUCT_NAME}) <{quote.agent.email}>",
    )
    answers = manners.solving_answers if quote.is_solution else manners.quoted_answers
    answer = rng.choice(answers).format(
        first=scene.customer.first, agent=quote.agent.name.split()[0]
    )
    return "\n".join([header, *(f"> {line}".rstrip() for line in answer.splitlines())])


def quote_before(
    moment: datetime, agent: Person, rng: random.Random, *, is_solution: bool
) -> Quote:
    """An answer the agent gave in the last morning before that moment."""
    minutes = rng.randrange(8 * 60, 11 * 60)
    answered_on = moment if moment.hour >= 12 else moment - timedelta(days=1)
    answered_on -= timedelta(days=max(0, answered_on.weekday() - 4))
    midnight = answered_on.replace(hour=0, minute=0, second=0, microsecond=0)
    return Quote(agent, midnight + timedelta(minutes=minutes), is_solution)


def _chat(body: str, manners: Manners, rng: random.Random) -> str:
    text = _mistyped(body, rng) if rng.random() < 0.25 else body
    if rng.random() < 0.5:
        text = text.lower()
    if rng.random() < 0.5 and text.endswith("."):
        text = text[:-1]
    if rng.random() < 0.45:
        text = f"{rng.choice(manners.chat_openers)}\n{text}"
    return text


def _mistyped(body: str, rng: random.Random) -> str:
    """Two letters of one longer word swapped."""
    words = body.split(" ")
    long_ones = [place for place, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long_ones:
        return body
    place = rng.choice(long_ones)
    word = words[place]
    cut = rng.randrange(1, len(word) - 2)
    words[place] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words)


def _call(
    body: str, scene: Scene, manners: Manners, *, quote: Quote | None, rng: random.Random
) -> str:
    customer = scene.customer
    openers = manners.call_openers if customer.account else manners.private_call_openers
    company = customer.account.name if customer.account else ""
    opener = rng.choice(openers).format(name=customer.name, company=company)
    spoken = f"{rng.choice(manners.fillers)} {body}" if rng.random() < 0.6 else body
    if quote is not None and rng.random() < 0.25:
        return manners.call_dialogue.format(
            agent=quote.agent.name.split()[0],
            opener=opener,
            body=spoken,
            account_number=customer.account_number,
        )
    closers = manners.call_closers if customer.phone else manners.call_closers[-2:]
    closer = rng.choice(closers).format(phone=phone_text(customer, rng))
    return " ".join(part for part in (opener, spoken, closer) if part)
