"""Logs: one line per event to standard error, as JSON unless a person is watching."""

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import TextIO

import structlog
from structlog.typing import Processor

_TALKATIVE = ("jira", "urllib3", "requests")
"""Libraries whose debug lines contain bodies, and with them customers' texts."""

_NOSY = ("httpx2", "httpcore2", "uvicorn.access")
"""Libraries whose ordinary lines contain addresses with their query strings."""

_FRAMES = 8

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def configure_logging(*, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send structlog's and the standard library's records the same way; safe to call again."""
    target = stream if stream is not None else sys.stderr
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(target),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    for name in _NOSY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def _renderers(target: TextIO) -> list[Processor]:
    if target.isatty():
        return [structlog.dev.ConsoleRenderer()]
    # Without locals: they would put customers' texts into the log.
    tracebacks = structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    )
    return [tracebacks, structlog.processors.JSONRenderer()]


def where(error: Exception) -> Mapping[str, object]:
    """The kind of an error and where it came from; its message may hold a customer's text."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "error": type(error).__name__,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
