"""What was told about releases, in the order we heard it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.fixes import ReleaseId
from bridge.domain.news import ShipEvent, ShipKind
from bridge.store.tables import RolloutRow


@dataclass(frozen=True, slots=True)
class Rollout:
    """One thing that was told about a release."""

    kind: ShipKind
    source: str
    at: datetime
    percent: int | None
    environment: str
    audience: str
    region: str
    platform: str
    url: str

    @property
    def part(self) -> tuple[str, str, str, str]:
        """Whom it was about."""
        return self.environment, self.audience, self.region, self.platform


class Rollouts:
    """Writes and reads the history of releases."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, product_id: ProductId, release_id: ReleaseId | None, event: ShipEvent) -> bool:
        """Write a signal down; False when it was heard before.

        Without an id of its own it is news when it differs from the last word of its source.
        """
        if not event.id and release_id is not None:
            last = self.last_word(release_id, event.source)
            if last is not None and (last.kind, last.percent) == (event.kind, event.percent):
                return False
        statement = (
            insert(RolloutRow)
            .values(
                product_id=product_id,
                release_id=release_id,
                source=event.source,
                event_id=event.id or None,
                kind=event.kind.value,
                at=event.at,
                percent=event.percent,
                environment=event.environment,
                audience=event.audience,
                region=event.region,
                platform=event.platform,
                commit=event.commit,
                url=event.url,
            )
            .on_conflict_do_nothing()
            .returning(RolloutRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def last_word(self, release_id: ReleaseId, source: str) -> Rollout | None:
        """What a source said last about a release."""
        found = [one for one in self.of_release(release_id) if one.source == source]
        return found[-1] if found else None

    def of_release(self, release_id: ReleaseId) -> list[Rollout]:
        """Everything that was told about a release, in the order we heard it."""
        query = (
            select(RolloutRow)
            .where(RolloutRow.release_id == release_id)
            .order_by(RolloutRow.id)
            .execution_options(populate_existing=True)
        )
        return [
            Rollout(
                kind=ShipKind(row.kind),
                source=row.source,
                at=row.at,
                percent=row.percent,
                environment=row.environment,
                audience=row.audience,
                region=row.region,
                platform=row.platform,
                url=row.url,
            )
            for row in self._session.scalars(query)
        ]

    def deployments(
        self, product_id: ProductId, source: str, environment: str
    ) -> list[tuple[ReleaseId, datetime]]:
        """What a source has deployed to an environment, and when; the order they happened in."""
        query = (
            select(RolloutRow.release_id, RolloutRow.at)
            .where(
                RolloutRow.product_id == product_id,
                RolloutRow.source == source,
                RolloutRow.environment == environment,
                RolloutRow.kind == ShipKind.DEPLOYED.value,
                RolloutRow.release_id.is_not(None),
            )
            .order_by(RolloutRow.at, RolloutRow.id)
        )
        found = self._session.execute(query)
        return [(ReleaseId(release_id), at) for release_id, at in found if release_id is not None]
