"""Versions of a Jira project as the bridge sees them."""

from datetime import UTC, datetime, time

from bridge.domain.tickets import TrackerVersion
from integrations.jira.answers import Version


def to_version(version: Version) -> TrackerVersion:
    """A version; Jira gives the release as a date, which we take as its first moment in UTC."""
    day = version.release_date if version.released else None
    return TrackerVersion(
        remote_id=version.id,
        name=version.name,
        is_released=version.released,
        released_at=datetime.combine(day, time.min, UTC) if day else None,
    )
