"""Reports that were made, who gets them, and what became of each mail."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.reports import Report, ReportKind, ReportPlan
from bridge.store.tables import OutgoingRow, ReportPlanRow, ReportRow

_REPORT = TypeAdapter(Report)
_TEMPLATE = 1
_OVER = ("sent", "failed", "unknown")


@dataclass(frozen=True, slots=True)
class Sending:
    """A report on its way to one person."""

    id: int
    product_id: ProductId
    event: str
    recipient: str
    state: str
    attempts: int
    reason: str | None


class Reports:
    """Reads and keeps reports."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, product_id: ProductId, kind: ReportKind, name: str) -> Report | None:
        """What was said about that week or day, if anything was."""
        query = select(ReportRow.content).where(
            ReportRow.product_id == product_id,
            ReportRow.kind == kind.value,
            ReportRow.name == name,
        )
        content = self._session.scalars(query).first()
        return None if content is None else _REPORT.validate_python(content)

    def before(self, product_id: ProductId, kind: ReportKind, name: str) -> Report | None:
        """The last one that was made about an earlier time."""
        query = (
            select(ReportRow.content)
            .where(
                ReportRow.product_id == product_id,
                ReportRow.kind == kind.value,
                ReportRow.name < name,
            )
            .order_by(ReportRow.name.desc())
            .limit(1)
        )
        content = self._session.scalars(query).first()
        return None if content is None else _REPORT.validate_python(content)

    def keep(self, product_id: ProductId, report: Report) -> Report:
        """Keep it, once: what another process said first stays, and is returned."""
        values = {
            "product_id": product_id,
            "kind": report.kind.value,
            "name": report.name,
            "content": as_json(report),
            "made_at": report.made_at,
        }
        self._session.execute(insert(ReportRow).values(values).on_conflict_do_nothing())
        return self.find(product_id, report.kind, report.name) or report

    def names(self, product_id: ProductId, kind: ReportKind, *, limit: int) -> list[str]:
        """The weeks or days that were reported, newest first."""
        query = (
            select(ReportRow.name)
            .where(ReportRow.product_id == product_id, ReportRow.kind == kind.value)
            .order_by(ReportRow.name.desc())
            .limit(limit)
        )
        return list(self._session.scalars(query))

    def plan(self, product_id: ProductId, kind: ReportKind) -> ReportPlan:
        """Who gets it when; nobody unless somebody said so."""
        row = self._session.get(ReportPlanRow, (product_id, kind.value), populate_existing=True)
        return ReportPlan(kind) if row is None else _plan(row)

    def set_plan(self, product_id: ProductId, plan: ReportPlan, *, now: datetime) -> None:
        """Say who gets it when, from now on."""
        values = {
            "recipients": list(plan.recipients),
            "weekday": plan.weekday,
            "hour": plan.hour,
            "since": now,
        }
        statement = insert(ReportPlanRow).values(
            product_id=product_id, kind=plan.kind.value, **values
        )
        self._session.execute(
            statement.on_conflict_do_update(index_elements=["product_id", "kind"], set_=values)
        )

    def plans(self) -> list[tuple[ProductId, ReportPlan]]:
        """Every plan of every product."""
        query = select(ReportPlanRow).order_by(ReportPlanRow.product_id, ReportPlanRow.kind)
        return [(ProductId(row.product_id), _plan(row)) for row in self._session.scalars(query)]

    def plan_sending(
        self, product_id: ProductId, report: Report, *, recipient: str, channel: str, now: datetime
    ) -> int | None:
        """The mail to one person; None when it was planned before: each gets it once."""
        statement = insert(OutgoingRow).values(
            product_id=product_id,
            event=event_of(product_id, report.kind, report.name),
            bundle=event_of(product_id, report.kind, report.name),
            subject=report.title,
            # The mail is made anew from the report with every try.
            text=f"The {report.kind} report {report.name} is ready: see the page Reports.",
            recipient=recipient,
            channel=channel,
            template_version=_TEMPLATE,
            state="planned",
            created_at=now,
        )
        new = self._session.scalars(statement.on_conflict_do_nothing().returning(OutgoingRow.id))
        return new.first()

    def sendings(self, product_id: ProductId, kind: ReportKind, name: str) -> list[Sending]:
        """To whom it went, and what became of it."""
        query = (
            select(OutgoingRow)
            .where(OutgoingRow.event == event_of(product_id, kind, name))
            .order_by(OutgoingRow.id)
        )
        return [_sending(row) for row in self._session.scalars(query)]

    def take_sending(self, sending_id: int) -> Sending | None:
        """The mail that is to be sent now, noted as being sent; None when it is over."""
        query = select(OutgoingRow).where(OutgoingRow.id == sending_id).with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        if row is None or row.state in _OVER:
            return None
        row.state, row.attempts = "sending", row.attempts + 1
        self._session.flush()
        return _sending(row)

    def plan_again(self, sending_id: int) -> None:
        """It failed or may be lost: another series of tries begins."""
        self._session.execute(
            update(OutgoingRow)
            .where(OutgoingRow.id == sending_id, OutgoingRow.state.in_(("failed", "unknown")))
            .values(state="planned", attempts=0, reason=None)
        )

    def note_sending(
        self, sending_id: int, state: str, *, reason: str | None = None, receipt: str | None = None
    ) -> None:
        """Say what became of it: planned (again), sent, failed or unknown."""
        self._session.execute(
            update(OutgoingRow)
            .where(OutgoingRow.id == sending_id)
            .values(state=state, reason=reason, receipt=receipt)
        )


def event_of(product_id: ProductId, kind: ReportKind, name: str) -> str:
    """The stable name of a report among all outgoing messages."""
    return f"report-{product_id}-{kind}-{name}"


def report_named(event: str) -> tuple[ReportKind, str] | None:
    """The report that an outgoing message carries; None for any other message."""
    word, *rest = event.split("-", 3)
    if word != "report" or len(rest) != 3:
        return None
    return ReportKind(rest[1]), rest[2]


def as_json(report: Report) -> dict[str, object]:
    """The report as it is stored, and as the API tells it."""
    found = _REPORT.dump_python(report, mode="json")
    assert isinstance(found, dict)
    return found


def _plan(row: ReportPlanRow) -> ReportPlan:
    return ReportPlan(
        kind=ReportKind(row.kind),
        recipients=tuple(row.recipients),
        weekday=row.weekday,
        hour=row.hour,
        since=row.since,
    )


def _sending(row: OutgoingRow) -> Sending:
    return Sending(
        id=row.id,
        product_id=ProductId(row.product_id),
        event=row.event,
        recipient=row.recipient,
        state=row.state,
        attempts=row.attempts,
        reason=row.reason,
    )
