"""What customers had to do for their problems: contacts, changes of channel, waiting."""

from sqlalchemy import ColumnElement, Double, case, cast, func, select
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.issues import IssueId, IssueState
from bridge.domain.satisfaction import Journeys
from bridge.store.issue_impact import journeys_of
from bridge.store.ratings import Period
from bridge.store.tables import IssueRow

_DAY_SECONDS = 86_400
_NO_PROBLEM = (IssueState.DISMISSED.value,)


class JourneyReads:
    """Reads the journeys of customers, one a customer and problem."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_issue(self, product_id: ProductId, issue_id: IssueId) -> Journeys:
        """The journeys of one problem."""
        return self._read(product_id, IssueRow.id == issue_id, Period())

    def of_product(self, product_id: ProductId, period: Period) -> Journeys:
        """Those of every problem whose last contact lies in the period."""
        condition = IssueRow.merged_into.is_(None) & IssueRow.state.not_in(_NO_PROBLEM)
        return self._read(product_id, condition, period)

    def _read(
        self, product_id: ProductId, condition: ColumnElement[bool], period: Period
    ) -> Journeys:
        one = journeys_of(product_id, condition)
        end = case(
            (
                IssueRow.shipped_at >= one.c.first_at,
                func.greatest(IssueRow.shipped_at, one.c.last_at),
            ),
            else_=one.c.last_at,
        )
        days = cast(func.extract("epoch", end - one.c.first_at), Double) / _DAY_SECONDS
        query = (
            select(
                func.count(),
                func.coalesce(func.sum(one.c.contacts), 0),
                func.count().filter(one.c.contacts > 1),
                func.coalesce(func.sum(one.c.switches), 0),
                func.percentile_cont(0.5).within_group(days),
            )
            .select_from(one)
            .join(IssueRow, IssueRow.id == one.c.issue_id)
            .where(one.c.who.is_not(None), period.holds(one.c.last_at))
        )
        count, contacts, repeated, switches, median = self._session.execute(query).one()
        return Journeys(count, int(contacts), repeated, int(switches), median)
