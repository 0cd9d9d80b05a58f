"""Review: the machine's questions, one at a time."""

from bridge.web.triage.pages import router

__all__ = ["router"]
