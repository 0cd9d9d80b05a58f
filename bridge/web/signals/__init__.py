"""Ship signals: who tells what is out, and what came of it."""

from bridge.web.signals.pages import router

__all__ = ["router"]
