"""Connections to outside systems, what they delivered, and how far polling has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.tickets import TRACKERS, FilingPolicy
from bridge.store.tables import ConnectionRow, CursorRow, DeliveryRow

FIELDS = TypeAdapter(dict[str, JsonValue])
"""What people gave for fields of tickets, as it is stored."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured outside system of one product; `sealed` holds its encrypted secrets."""

    id: int
    product_id: ProductId
    integration: str
    name: str
    config: Mapping[str, object]
    sealed: bytes = field(repr=False)
    paused_until: datetime | None
    trouble: str | None
    disabled_at: datetime | None = None

    @property
    def fields(self) -> dict[str, JsonValue]:
        """Values for fields of each ticket, by id or name."""
        return FIELDS.validate_python(self.config.get("fields") or {})

    @property
    def policy(self) -> FilingPolicy:
        """What follows on a request whose ticket was not found by two looks."""
        return FilingPolicy(str(self.config.get("policy", FilingPolicy.RETRY)))


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored inbound envelope; `sealed` is the encrypted body."""

    id: int
    connection_id: int
    sealed: bytes = field(repr=False)
    state: str


class Connections:
    """Reads and changes connections, deliveries and cursors."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save(
        self,
        product_id: ProductId,
        integration: str,
        *,
        name: str,
        config: Mapping[str, object],
        sealed: bytes,
    ) -> Connection:
        """Add the connection, or replace the one of that name."""
        values = {"config": dict(config), "secrets": sealed, "paused_until": None, "trouble": None}
        statement = insert(ConnectionRow).values(
            product_id=product_id, integration=integration, name=name, **values
        )
        connection_id = self._session.scalars(
            statement.on_conflict_do_update(
                index_elements=["product_id", "integration", "name"], set_=values
            ).returning(ConnectionRow.id)
        ).one()
        return self.get(connection_id)

    def add(
        self,
        product_id: ProductId,
        integration: str,
        *,
        name: str,
        config: Mapping[str, object],
        sealed: bytes,
    ) -> Connection | None:
        """The new connection; None when there is one of that name."""
        statement = (
            insert(ConnectionRow)
            .values(
                product_id=product_id,
                integration=integration,
                name=name,
                config=dict(config),
                secrets=sealed,
            )
            .on_conflict_do_nothing()
            .returning(ConnectionRow.id)
        )
        added = self._session.scalars(statement).first()
        return None if added is None else self.get(added)

    def keep_fields(self, connection_id: int, fields: Mapping[str, str]) -> None:
        """Values for fields of every ticket from now on; those of other fields stay.

        An empty one takes a value back.
        """
        row = self._session.get_one(
            ConnectionRow, connection_id, populate_existing=True, with_for_update=True
        )
        kept = {**_connection(row).fields, **fields}
        filled = {name: value for name, value in kept.items() if value != ""}
        row.config = {**row.config, "fields": filled}

    def get(self, connection_id: int) -> Connection:
        """The connection of that id."""
        row = self._session.get(ConnectionRow, connection_id, populate_existing=True)
        if row is None:
            raise NotFound("no such connection")
        return _connection(row)

    def of_product(self, product_id: ProductId, integration: str) -> Connection | None:
        """The product's first connection to that kind of system."""
        query = (
            select(ConnectionRow)
            .where(ConnectionRow.product_id == product_id, ConnectionRow.integration == integration)
            .order_by(ConnectionRow.id)
        )
        row = self._session.scalars(query).first()
        return _connection(row) if row else None

    def named(self, integration: str, name: str) -> Connection:
        """The connection as webhook addresses name it: by its id."""
        row = self._session.get(ConnectionRow, int(name)) if name.isdecimal() else None
        if row is None or row.integration != integration:
            raise NotFound("no such connection")
        return _connection(row)

    def all_of(self, product_id: ProductId) -> list[Connection]:
        """Every connection of a product, oldest first."""
        query = select(ConnectionRow).where(ConnectionRow.product_id == product_id)
        return [_connection(row) for row in self._session.scalars(query.order_by(ConnectionRow.id))]

    def all(self, integrations: Sequence[str] = ()) -> list[Connection]:
        """Every connection of every product, or those to such systems only, oldest first."""
        query = select(ConnectionRow).order_by(ConnectionRow.id)
        if integrations:
            query = query.where(ConnectionRow.integration.in_(integrations))
        return [_connection(row) for row in self._session.scalars(query)]

    def trackers(self) -> list[Connection]:
        """Every connection to an engineering tracker, oldest first."""
        return self.all(TRACKERS)

    def of_kind(self, product_id: ProductId, *integrations: str) -> list[Connection]:
        """The product's connections to systems of these kinds, oldest first."""
        query = (
            select(ConnectionRow)
            .where(
                ConnectionRow.product_id == product_id,
                ConnectionRow.integration.in_(integrations),
            )
            .order_by(ConnectionRow.id)
        )
        return [_connection(row) for row in self._session.scalars(query)]

    def forget(self, connection_id: int) -> None:
        """Delete the connection with all that waits to be sent there."""
        self._session.execute(delete(ConnectionRow).where(ConnectionRow.id == connection_id))

    def pause(self, connection_id: int, *, until: datetime, trouble: str) -> None:
        """Leave the system alone until then, and say why."""
        self._session.execute(
            update(ConnectionRow)
            .where(ConnectionRow.id == connection_id)
            .values(paused_until=until, trouble=trouble)
        )

    def note_trouble(self, connection_id: int, trouble: str) -> None:
        """Say what is wrong; nothing is held up by that."""
        self._session.execute(
            update(ConnectionRow).where(ConnectionRow.id == connection_id).values(trouble=trouble)
        )

    def disable(self, connection_id: int, *, reason: str, now: datetime) -> None:
        """Send nothing there until a person enables it again; the first reason stays."""
        self._session.execute(
            update(ConnectionRow)
            .where(ConnectionRow.id == connection_id, ConnectionRow.disabled_at.is_(None))
            .values(disabled_at=now, trouble=reason)
        )

    def enable(self, connection_id: int) -> None:
        """Send there again."""
        self._session.execute(
            update(ConnectionRow)
            .where(ConnectionRow.id == connection_id)
            .values(disabled_at=None, trouble=None, paused_until=None)
        )

    def configure(self, connection_id: int, config: Mapping[str, object]) -> None:
        """Replace what was set up, and neither the secrets nor the trouble."""
        self._session.execute(
            update(ConnectionRow)
            .where(ConnectionRow.id == connection_id)
            .values(config=dict(config))
        )

    def reseal(self, connection_id: int, sealed: bytes) -> None:
        """Replace the secrets, and nothing else."""
        self._session.execute(
            update(ConnectionRow).where(ConnectionRow.id == connection_id).values(secrets=sealed)
        )

    def mark_healthy(self, connection_id: int) -> None:
        """It answered: forget the trouble."""
        self._session.execute(
            update(ConnectionRow)
            .where(ConnectionRow.id == connection_id, ConnectionRow.trouble.is_not(None))
            .values(paused_until=None, trouble=None)
        )

    def store_delivery(
        self, connection_id: int, event_id: str, *, sealed: bytes, now: datetime
    ) -> int | None:
        """The id of the stored envelope; None when that event is stored already."""
        statement = (
            insert(DeliveryRow)
            .values(
                connection_id=connection_id,
                event_id=event_id,
                body=sealed,
                state="received",
                received_at=now,
            )
            .on_conflict_do_nothing()
            .returning(DeliveryRow.id)
        )
        return self._session.scalars(statement).first()

    def delivery(self, delivery_id: int) -> Delivery:
        """A stored envelope."""
        row = self._session.get(DeliveryRow, delivery_id)
        if row is None:
            raise NotFound("no such delivery")
        return Delivery(row.id, row.connection_id, row.body, row.state)

    def finish_delivery(self, delivery_id: int, state: str, *, reason: str | None = None) -> None:
        """Say what became of an envelope: done, ignored or failed."""
        self._session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery_id)
            .values(state=state, reason=reason)
        )

    def drop_deliveries(self, *, before: datetime) -> None:
        """Forget envelopes older than that, but for those that wait for a day to come."""
        self._session.execute(
            delete(DeliveryRow).where(
                DeliveryRow.received_at < before, DeliveryRow.state != "waiting"
            )
        )

    def cursor(self, connection_id: int, stream: str) -> datetime | None:
        """How far polling has come."""
        row = self._session.get(CursorRow, (connection_id, stream))
        return row.value if row else None

    def move_cursor(self, connection_id: int, stream: str, value: datetime) -> None:
        """Note how far polling has come."""
        statement = insert(CursorRow).values(
            connection_id=connection_id, stream=stream, value=value
        )
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["connection_id", "stream"], set_={"value": value}
            )
        )


def _connection(row: ConnectionRow) -> Connection:
    return Connection(
        id=row.id,
        product_id=ProductId(row.product_id),
        integration=row.integration,
        name=row.name,
        config=row.config,
        sealed=row.secrets,
        paused_until=row.paused_until,
        trouble=row.trouble,
        disabled_at=row.disabled_at,
    )
