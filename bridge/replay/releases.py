"""Releases that a file names: fixes ship at their time, and whom that concerns is written down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bridge.domain.errors import InvalidInput, NotFound
from bridge.domain.issues import Issue, IssueId
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from bridge.store import Store
from bridge.wiring import Application
from bridge.wiring.directory import entry_of
from integrations.files.reading import read_rows
from integrations.files.shapes import moment_of, person_of, text_of

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Release:
    """A version that customers get, and the issues it fixes by the names of the file."""

    at: datetime
    version: str
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The customers who are counted on an issue when its fix ships."""

    at: datetime
    issue_id: IssueId
    customers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotShipped:
    """What a release should have fixed and did not, with the reason."""

    at: datetime
    cluster: str
    reason: str


def read_releases(path: Path) -> list[Release]:
    """The releases of a file, which must be in time order."""
    found: list[Release] = []
    for line in read_rows(path):
        where = f"{path.name} line {line.number}"
        if line.row is None:
            raise InvalidInput(f"{where}: {line.reason}")
        clusters = line.row.get("issues")
        if not isinstance(clusters, list):
            raise InvalidInput(f"{where}: issues must be a list")
        try:
            moment, version = moment_of(line.row, "ts"), text_of(line.row, "version")
        except InvalidInput as error:
            raise InvalidInput(f"{where}: {error}") from error
        if found and moment < found[-1].at:
            raise InvalidInput(f"{where}: releases must be in time order")
        found.append(Release(moment, version, tuple(str(one) for one in clusters)))
    return found


Names = Mapping[tuple[str, str], str]
"""How the directory names the person behind an identity, by its kind and key."""


def directory_names(path: Path, *, source: str, region: str) -> Names:
    """The names of everybody in a directory file."""
    found: dict[tuple[str, str], str] = {}
    for line in read_rows(path):
        if line.row is not None:
            person = person_of(line.row)
            for one in entry_of(person, source=source, region=region).identities:
                found[one.kind.value, one.key] = person.key
    return found


@dataclass(slots=True)
class Shipping:
    """Ships releases through the product's own step."""

    application: Application
    product: Product
    issue_of: Callable[[str], IssueId | None]
    """The issue that a file means by a name."""
    names: Names
    told: list[Told] = field(default_factory=list)
    not_shipped: list[NotShipped] = field(default_factory=list)

    def ship(self, release: Release) -> list[IssueId]:
        """Ship everything the release fixes, in one transaction; returns what that was."""
        cause = Cause(MACHINE, release.at, f"version {release.version} was released", "replay")
        with self.application.open() as store:
            wanted = {one: self._find(one, store) for one in release.clusters}
            ids = tuple(dict.fromkeys(one.id for one in wanted.values() if one is not None))
            news = ReleaseNews(release.version, release.at, issue_ids=ids)
            context = self.application.context
            answer = ship(news, self.product, store=store, context=context, cause=cause)
            reasons = {issue.id: reason for issue, reason in answer.not_shipped}
            for cluster, issue in wanted.items():
                reason = reasons.get(issue.id) if issue else "there is no such issue"
                if reason is not None:
                    self.not_shipped.append(NotShipped(release.at, cluster, reason))
            return [issue.id for issue in answer.shipped]

    def note_told(self, release: Release, shipped: Sequence[IssueId]) -> None:
        """Write down who is counted on these issues once the jobs of the release are done."""
        with self.application.open() as store:
            for issue_id in shipped:
                customers = tuple(self._customers(issue_id, store))
                self.told.append(Told(release.at, issue_id, customers))

    def _find(self, cluster: str, store: Store) -> Issue | None:
        issue_id = self.issue_of(cluster)
        if issue_id is None:
            return None
        survivors = store.issues.survivors(self.product.id)
        try:
            return store.issues.get(self.product.id, survivors.get(issue_id, issue_id))
        except NotFound:
            return None

    def _customers(self, issue_id: IssueId, store: Store) -> Sequence[str]:
        """Those counted on the issue: as the directory names them, else by an identity."""
        ids: list[int] = []
        while page := store.customers.affected(issue_id, limit=_PAGE, after=ids[-1] if ids else 0):
            ids += [one.id for one in page]
        found = []
        for identities in store.customers.identities(ids).values():
            keys = [(one.kind.value, one.key) for one in identities]
            known = sorted({self.names[key] for key in keys if key in self.names})
            found.append(known[0] if known else min(key for _, key in keys))
        return sorted(found)


def by_number(cluster: str) -> IssueId | None:
    """The issue of a replay's own files: its id."""
    return IssueId(int(cluster)) if cluster.isdecimal() else None
