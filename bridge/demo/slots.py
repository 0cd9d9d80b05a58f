"""Fills the slots of a sentence with names, days and sums that fit the customer and the moment."""
# ruff: noqa: SIM905 - a list of words reads best as words

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.demo.customers import Customer
from bridge.demo.names import FIRST_NAMES, LAST_NAMES

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS = {
    "en": tuple(
        (
            "January February March April May June July August September October November December"
        ).split()
    ),
    "de": tuple(
        (
            "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
        ).split()
    ),
    "es": tuple(
        (
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
            "diciembre"
        ).split()
    ),
}
_SINCE = {
    "en": ("for about a week", "for a few days", "since {day}", "for two weeks now"),
    "de": ("seit etwa einer Woche", "seit ein paar Tagen", "seit {day}", "seit zwei Wochen"),
    "es": (
        "desde hace una semana",
        "desde hace unos días",
        "desde el {day}",
        "desde hace dos semanas",
    ),
}
_ANDROIDS = ("Pixel 7", "Galaxy S22", "Galaxy A54", "Fairphone", "Moto G")
_TABLETS = ("iPad", "Galaxy Tab", "Surface")
_PHONES = (*_ANDROIDS, "iPhone 13", "iPhone SE", "iPhone 15")
_DEVICES = {
    "android-push-silent": _ANDROIDS,
    "battery-drain": _ANDROIDS,
    "signature-pad": _TABLETS,
}
_BROWSERS = ("Chrome", "Firefox", "Edge", "Safari")


@dataclass(frozen=True, slots=True)
class Scene:
    """Who says something, when, and about which topic."""

    customer: Customer
    moment: datetime
    slug: str | None = None


def fill(template: str, scene: Scene, rng: random.Random) -> str:
    """The sentence with every slot filled; a sentence without slots costs nothing."""
    if "{" not in template:
        return template
    customer, lang = scene.customer, scene.customer.lang
    day = WEEKDAYS[lang][_last_working_day(scene.moment, rng).weekday()]
    return template.format(
        day=day,
        since=rng.choice(_SINCE[lang]).format(day=day),
        month=MONTHS[lang][(scene.moment - timedelta(days=30)).month - 1],
        who=rng.choice(FIRST_NAMES[lang]),
        client=_client(lang, rng),
        amount=_amount(customer, rng),
        time=_time(customer, rng),
        town=customer.town,
        n=rng.randint(3, 9),
        big=rng.randrange(120, 980),
        device=rng.choice(_DEVICES.get(scene.slug or "", _PHONES)),
        browser=rng.choice(_BROWSERS),
        job=rng.choice(customer.trade.jobs or ("visit",)),
    )


def _last_working_day(moment: datetime, rng: random.Random) -> datetime:
    day = moment - timedelta(days=rng.randint(1, 3))
    return day - timedelta(days=max(0, day.weekday() - 4))


def _client(lang: str, rng: random.Random) -> str:
    """A woman throughout, so that "her" in a sentence is right."""
    last = rng.choice(LAST_NAMES[lang])
    if lang == "es":
        return f"{rng.choice(('Carmen', 'Elena', 'Inés', 'Marta', 'Pilar', 'Rocío'))} {last}"
    return f"{'Frau' if lang == 'de' else rng.choice(('Mrs', 'Ms'))} {last}"


def _amount(customer: Customer, rng: random.Random) -> str:
    pounds, pence = rng.randint(24, 480), rng.choice((0, 50, 80, 90))
    if customer.lang == "en":
        return f"{'$' if customer.country == 'US' else '£'}{pounds}.{pence:02d}"
    return f"{pounds},{pence:02d} €"


def _time(customer: Customer, rng: random.Random) -> str:
    hour, minute = rng.randint(7, 17), rng.choice((0, 15, 30, 45))
    if customer.country == "US":
        return f"{(hour - 1) % 12 + 1}:{minute:02d} {'am' if hour < 12 else 'pm'}"
    return f"{hour}:{minute:02d}"
