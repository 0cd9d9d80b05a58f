"""Runs the migrations on the connection or URL that it is given."""

import os

from alembic import context
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.sql.schema import SchemaItem

from bridge.store.tables import Base


def include_object(
    item: SchemaItem, name: str | None, kind: str, reflected: bool, compare_to: SchemaItem | None
) -> bool:
    """Procrastinate's tables are its own business."""
    return not (kind == "table" and str(name).startswith("procrastinate_"))


def run(connection: Connection) -> None:
    """Apply what is missing, in one transaction, giving up on locks after a few seconds."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include_object,
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.execute("SET lock_timeout = '4s'")
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    url = context.config.get_main_option("sqlalchemy.url") or os.environ["DATABASE_URL"]
    with create_engine(url, poolclass=pool.NullPool, hide_parameters=True).connect() as opened:
        run(opened)
