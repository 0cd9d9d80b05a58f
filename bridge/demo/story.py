"""The story the demo tells: an invented product, its releases, its support team, its problems."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.demo.topics import TOPICS, Area, Topic, TopicKind

__all__ = [
    "AGENTS",
    "LEAD",
    "OUTAGE_DAY",
    "OUTAGE_HOURS",
    "PRODUCT_NAME",
    "RELEASES",
    "STORY_DAYS",
    "TOPICS",
    "VISITOR_EMAIL",
    "Area",
    "DemoRelease",
    "Person",
    "Topic",
    "TopicKind",
    "outage_moment",
    "progress",
    "release_moments",
    "story_start",
    "weekday_at",
]

PRODUCT_NAME = "Wrenrota"
"""Bookings, rotas, jobs on the phone and invoices for small service companies."""
FIRST_VERSION = "5.0"
STORY_DAYS = 84
OUTAGE_DAY = 37
OUTAGE_HOURS = 4.6


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the support team; areas and languages say which contacts they tend to take."""

    email: str
    name: str
    areas: tuple[Area, ...] = ()
    langs: tuple[str, ...] = ("en",)


@dataclass(frozen=True, slots=True)
class DemoRelease:
    """A version that reaches customers `day` days after the story begins."""

    version: str
    day: int


def _agent(name: str, areas: tuple[Area, ...], langs: tuple[str, ...] = ("en",)) -> Person:
    local = name.lower().replace(" ", ".").translate(_PLAIN)
    return Person(f"{local}@wrenrota.example", name, areas, langs)


_PLAIN = str.maketrans("áäéíñóöøúüć", "aaeinooouuc")

VISITOR_EMAIL = "admin@wrenrota.example"
"""Who looks at the demo."""
LEAD = Person("marguerite.osei@wrenrota.example", "Marguerite Osei")
AGENTS: tuple[Person, ...] = (
    _agent("Tobias Lindqvist", ("account",)),
    _agent("Priya Raman", ("billing", "reports")),
    _agent("Callum Drever", ("crew_app",)),
    _agent("Annika Vogt", ("calendar", "booking"), ("de",)),
    _agent("Jonas Haberland", ("billing", "account"), ("de",)),
    _agent("Mei Castellanos", ("booking", "crew_app"), ("es", "en")),
    _agent("Iker Zubiri", ("billing", "calendar"), ("es",)),
    _agent("Nadia Benhaddou", ("calendar",), ("en", "es")),
    _agent("Oluwaseun Adair", ("reports", "crew_app")),
    _agent("Hana Kowalczyk", ("account", "booking"), ("en", "de")),
    _agent("Rhys Penhallow", ("billing",)),
    _agent("Sofía Mirković", ("crew_app", "reports"), ("es", "de")),
)
RELEASES: tuple[DemoRelease, ...] = (DemoRelease("5.1", 23), DemoRelease("5.2", 51))


def story_start(anchor: datetime) -> datetime:
    """The first moment of the twelve weeks that end at `anchor`."""
    return anchor - timedelta(days=STORY_DAYS)


def progress(last: datetime, day: datetime, anchor: datetime) -> str:
    """What to say of how far the past is played; empty but every three weeks.

    On a busy machine all of it takes long, and silence looks like a standstill.
    """
    before, weeks = ((one - story_start(anchor)) // timedelta(weeks=3) * 3 for one in (last, day))
    return f"{weeks} weeks of {STORY_DAYS // 7} are played" if weeks > before else ""


def release_moments(anchor: datetime) -> dict[str, datetime]:
    """When each release reached customers: a working morning, version to aware moment."""
    return {release.version: weekday_at(anchor, release.day, hour=9) for release in RELEASES}


def outage_moment(anchor: datetime) -> datetime:
    """When the outage began."""
    return weekday_at(anchor, OUTAGE_DAY, hour=8)


def weekday_at(anchor: datetime, day: int, *, hour: int) -> datetime:
    """That day of the story at that hour, moved to Monday when it falls on a weekend."""
    moment = (story_start(anchor) + timedelta(days=day)).replace(
        hour=hour, minute=0, second=0, microsecond=0
    )
    return moment + timedelta(days=max(0, 7 - moment.weekday()) if moment.weekday() > 4 else 0)
