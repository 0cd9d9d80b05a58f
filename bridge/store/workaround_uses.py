"""Uses of workarounds, and what came of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.errors import NotFound
from bridge.domain.issues import IssueId
from bridge.domain.people import UserId
from bridge.domain.workarounds import Evidence, UseResult, WorkaroundId
from bridge.store.tables import USE_DAY, WorkaroundRow, WorkaroundUseRow

_USE = WorkaroundUseRow
_UNKNOWN = UseResult.UNKNOWN.value


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a workaround."""

    contact_id: int | None
    user_id: int | None
    result: UseResult = UseResult.UNKNOWN


class WorkaroundUses:
    """Reads and changes uses."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, workaround_id: WorkaroundId, use: Use, *, now: datetime) -> int:
        """The id of the use; a second one for the same contact is the first one.

        So is a second one of the same person on the same day (UTC) where no contact is named. What
        came of it is overwritten only by something that is known.
        """
        statement = insert(_USE).values(
            workaround_id=workaround_id,
            contact_id=use.contact_id,
            user_id=use.user_id,
            used_at=now,
            result=use.result.value,
            result_at=None if use.result is UseResult.UNKNOWN else now,
        )
        # Something is always written, so that the id of a known row comes back too.
        changed = statement.on_conflict_do_update(
            **_same(use),
            set_={
                "result": func.coalesce(
                    func.nullif(statement.excluded.result, _UNKNOWN), _USE.result
                ),
                "result_at": func.coalesce(statement.excluded.result_at, _USE.result_at),
            },
        )
        return self._session.scalars(changed.returning(_USE.id)).one()

    def tell(
        self, workaround_id: WorkaroundId, use_id: int, result: UseResult, *, now: datetime
    ) -> None:
        """What came of a use; the last word counts. Raises NotFound."""
        statement = (
            update(_USE)
            .where(_USE.id == use_id, _USE.workaround_id == workaround_id)
            .values(result=result.value, result_at=now)
            .returning(_USE.id)
        )
        if self._session.scalars(statement).first() is None:
            raise NotFound("no such use of this workaround")

    def users_since(self, workaround_id: WorkaroundId, moment: datetime) -> list[UserId]:
        """Who used it since then."""
        query = (
            select(_USE.user_id)
            .where(
                _USE.workaround_id == workaround_id,
                _USE.user_id.is_not(None),
                _USE.used_at >= moment,
            )
            .distinct()
            .order_by(_USE.user_id)
        )
        return [UserId(one) for one in self._session.scalars(query) if one is not None]

    def users_on(self, issue_id: IssueId, *, since: datetime) -> list[int]:
        """Ids of people who used a workaround of the issue since then."""
        query = (
            select(WorkaroundUseRow.user_id)
            .join(WorkaroundRow, WorkaroundRow.id == WorkaroundUseRow.workaround_id)
            .where(
                WorkaroundRow.issue_id == issue_id,
                WorkaroundUseRow.user_id.is_not(None),
                WorkaroundUseRow.used_at >= since,
            )
            .distinct()
            .order_by(WorkaroundUseRow.user_id)
        )
        return [value for value in self._session.scalars(query) if value is not None]


def _same(use: Use) -> dict[str, Any]:
    """What two uses share that are one; the dictionary and its Any are SQLAlchemy's."""
    if use.contact_id is not None or use.user_id is None:
        return {"index_elements": ["workaround_id", "contact_id"]}
    is_bare = and_(_USE.contact_id.is_(None), _USE.user_id.is_not(None))
    return {"index_elements": [*("workaround_id", "user_id"), USE_DAY], "index_where": is_bare}


def evidence_of(session: Session, workaround_ids: Iterable[int]) -> Mapping[int, Evidence]:
    """How often each of these was used and what came of it; those never used are missing."""
    query = (
        select(
            _USE.workaround_id,
            func.count(),
            func.count().filter(_USE.result == UseResult.WORKED.value),
            func.count().filter(_USE.result == UseResult.DID_NOT.value),
        )
        .where(_USE.workaround_id.in_(list(workaround_ids)))
        .group_by(_USE.workaround_id)
    )
    return {row[0]: Evidence(row[1], row[2], row[3]) for row in session.execute(query)}
