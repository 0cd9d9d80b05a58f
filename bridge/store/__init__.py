"""The only place that knows SQLAlchemy."""

from sqlalchemy import Engine

from bridge.store.engine import Store, make_engine, open_store

__all__ = ["Engine", "Store", "make_engine", "open_store"]
