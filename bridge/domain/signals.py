"""What a sender's words mean here: which product, component, version and region a signal is about.

The mapping belongs to a connection. A signal that it does not cover is told in words and kept, so
that it can be read again once the mapping is mended.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter

from bridge.domain.errors import InvalidInput, NotFound
from bridge.domain.news import ShipEvent, ShipKind

DEFAULT_TAGS = (
    *("v{version}", "{version}", "release-{version}", "release/{version}"),
    *("{name}-v{version}", "{name}-{version}", "{name}@{version}"),
)
DEFAULT_ENVIRONMENTS = ("production", "prod", "live")
MOST_RULES = 200
_MOST_LETTERS = 200
_MOST_STARS = 3
_VERSION = r"\d+(?:\.\d+)+(?:[-+._]?[0-9a-z][0-9a-z.+_-]*)?|\d+"
"""A branch such as 123-export is no version."""
_REGION = r"[0-9a-z][0-9a-z._-]*"
_TOKEN = re.compile(r"(\*|\{version\}|\{region\}|\{name\})")


class Counts(StrEnum):
    """Which signals of a connection count."""

    BOTH = "both"
    RELEASES = "releases"
    DEPLOYMENTS = "deployments"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one repository or service of the sender is here."""

    source: str
    """Its name, perhaps with `*`."""
    component: str = ""
    tags: tuple[str, ...] = ()
    """How its tags hold the version; none: the usual ways."""
    product: str = ""
    """Short name of another product than the connection's."""
    is_ignored: bool = False
    """It is known, and of no interest."""

    def version_of(self, tag: str, source: str) -> str | None:
        """The version in a tag; None when it fits no way of writing it."""
        name = self.component or source.rpartition("/")[2][:_MOST_LETTERS]
        for pattern in self.tags or (("*",) if self.is_ignored else DEFAULT_TAGS):
            found = _compiled(pattern, name).fullmatch(tag)
            if found:
                return str(found.groupdict().get("version") or "")
        return None


@dataclass(frozen=True, slots=True)
class SignalMap:
    """How a connection's signals are read; the first rule that fits is the one."""

    rules: tuple[Rule, ...]
    environments: tuple[str, ...] = DEFAULT_ENVIRONMENTS
    """Where customers are, perhaps with `*` and `{region}`."""
    regions: tuple[str, ...] = ()
    """All there are: only when each of them has a version it has reached everybody."""
    counts: Counts = Counts.BOTH

    def with_rule(self, rule: Rule) -> "SignalMap":
        """This rule too, instead of the one of that source and component; narrow ones first."""
        others = [one for one in self.rules if _named(one) != _named(rule)]
        return replace(self, rules=tuple(sorted([*others, rule], key=_width)))

    def without_rule(self, source: str, component: str = "") -> "SignalMap":
        """All but the rules of that source and component."""
        kept = [one for one in self.rules if (one.source, one.component) != (source, component)]
        if len(kept) == len(self.rules):
            raise NotFound(f"no rule for {source[:80]}{f', {component[:80]}' if component else ''}")
        return replace(self, rules=tuple(kept))


def _named(rule: Rule) -> tuple[str, str, bool]:
    return rule.source, rule.component, rule.is_ignored


def _width(rule: Rule) -> tuple[bool, int, bool]:
    """Whole names before patterns, long patterns before short ones, some tags before all tags."""
    is_pattern = "*" in rule.source
    return is_pattern, -len(rule.source) if is_pattern else 0, not rule.tags


class Fate(StrEnum):
    """What becomes of a signal."""

    FOLLOW = "follow"
    IGNORE = "ignore"
    UNMAPPED = "unmapped"
    """Nothing says what it means here; mend the mapping and read it again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A signal in our own names, or why there is none."""

    fate: Fate
    event: ShipEvent
    product: str = ""
    """Short name of another product than the connection's."""
    reason: str = ""


def check(given: SignalMap) -> SignalMap:
    """The mapping, when it can be used; raises InvalidInput with the reason in words."""
    if not given.rules:
        raise InvalidInput("name at least one repository or service", pointer="/rules")
    if len(given.rules) > MOST_RULES:
        raise InvalidInput(f"at most {MOST_RULES} rules", pointer="/rules")
    for number, rule in enumerate(given.rules):
        _check_pattern(rule.source, f"/rules/{number}/source")
        for tag in rule.tags:
            _check_pattern(tag, f"/rules/{number}/tags")
            if "{version}" not in tag and not rule.is_ignored:
                words = f"{tag} does not say where the version stands: {{version}}"
                raise InvalidInput(words, pointer=f"/rules/{number}/tags")
    if not given.environments:
        raise InvalidInput("name at least one environment", pointer="/environments")
    for one in given.environments:
        _check_pattern(one, "/environments")
    regional = any("{region}" in one for one in given.environments)
    if given.regions and not regional:
        words = "regions are read from names of environments: one has to hold {region}"
        raise InvalidInput(words, pointer="/regions")
    return given


def read(event: ShipEvent, given: SignalMap) -> Reading:
    """What a signal means here."""
    rules = [one for one in given.rules if _fits(one.source, event.component)]
    if not rules:
        reason = f"nothing says what {event.component or 'a nameless source'} is here"
        return Reading(Fate.UNMAPPED, event, reason=reason)
    tag = _tag(event.version or event.back_to)
    rule, version = _first(rules, tag, event.component)
    if rule is not None and rule.is_ignored:
        return Reading(Fate.IGNORE, event, reason=f"ignored on purpose: {event.component}")
    is_deployment = bool(event.environment) or event.kind is ShipKind.DEPLOYED
    reason = _uncounted(is_deployment=is_deployment, given=given)
    if reason:
        return Reading(Fate.IGNORE, event, reason=reason)
    if is_deployment:
        region = _region_of(event.environment, given.environments)
        if region is None:
            known = ", ".join(given.environments)
            where = event.environment or "without a name"
            reason = f"the environment {where} does not count, only {known}"
            return Reading(Fate.IGNORE, event, reason=reason)
        event = replace(event, region=region or event.region)
        if given.regions and event.region.lower() not in _lower(given.regions):
            reason = f"the region {event.region or 'without a name'} is not among the known ones"
            return Reading(Fate.UNMAPPED, event, reason=reason)
    if rule is None and tag and not (is_deployment and event.commit):
        reason = f"{tag} of {event.component} holds no version, as the mapping reads tags"
        return Reading(Fate.UNMAPPED, event, reason=reason)
    ours = replace(
        event,
        component=(rule or rules[0]).component,
        version=version if event.version else "",
        back_to=version if event.back_to and not event.version else "",
    )
    return Reading(Fate.FOLLOW, ours, product=(rule or rules[0]).product)


@dataclass(frozen=True, slots=True)
class InRegion:
    """What was told of a version in one region."""

    region: str
    at: datetime
    takes_back: bool


def share_of(regions: Sequence[str], told: Iterable[InRegion]) -> int:
    """The percentage of regions whose last word is that customers have the version."""
    known = set(_lower(regions))
    return 100 * len(known & regions_having(told)) // len(known)


def regions_having(told: Iterable[InRegion]) -> frozenset[str]:
    """The regions, in lower case, whose last word is that customers have the version."""
    last = {one.region.lower(): not one.takes_back for one in sorted(told, key=attrgetter("at"))}
    return frozenset(region for region, has_it in last.items() if has_it)


def _uncounted(*, is_deployment: bool, given: SignalMap) -> str:
    if is_deployment and given.counts is Counts.RELEASES:
        return "deployments do not count here, only releases"
    if not is_deployment and given.counts is Counts.DEPLOYMENTS:
        return "releases do not count here, only deployments"
    return ""


def _first(rules: Sequence[Rule], tag: str, source: str) -> tuple[Rule | None, str]:
    for rule in rules:
        version = rule.version_of(tag, source)
        if version is not None and (tag or rule.is_ignored):
            return rule, version
    return None, ""


def _region_of(environment: str, patterns: Sequence[str]) -> str | None:
    """The region that the name of an environment says, perhaps none; None: it does not count."""
    for pattern in patterns:
        found = _compiled(pattern).fullmatch(environment[:_MOST_LETTERS])
        if found:
            return str(found.groupdict().get("region") or "")
    return None


def _tag(ref: str) -> str:
    """The name of a tag without what Git puts before it; none for a branch."""
    if ref.startswith("refs/heads/"):
        return ""
    return ref.removeprefix("refs/tags/")[:_MOST_LETTERS]


def _fits(pattern: str, name: str) -> bool:
    return _compiled(pattern).fullmatch(name[:_MOST_LETTERS]) is not None


def _check_pattern(pattern: str, pointer: str) -> None:
    if not pattern or len(pattern) > _MOST_LETTERS or pattern.count("*") > _MOST_STARS:
        words = f"has 1 to {_MOST_LETTERS} letters, at most {_MOST_STARS} of them *"
        raise InvalidInput(f"a pattern {words}", pointer=pointer)
    for name in ("{version}", "{region}"):
        if pattern.count(name) > 1:
            raise InvalidInput(f"{pattern} holds {name} twice", pointer=pointer)


@lru_cache(maxsize=1_000)
def _compiled(pattern: str, name: str = "") -> re.Pattern[str]:
    """A pattern of ours as a regular expression; letters' case makes no difference."""
    parts: Mapping[str, str] = {
        "*": ".*",
        "{version}": f"(?P<version>{_VERSION})",
        "{region}": f"(?P<region>{_REGION})",
        "{name}": re.escape(name),
    }
    text = "".join(parts.get(one, re.escape(one)) for one in _TOKEN.split(pattern))
    return re.compile(text, re.IGNORECASE | re.DOTALL | re.ASCII)


def _lower(names: Iterable[str]) -> list[str]:
    return [one.lower() for one in names]
