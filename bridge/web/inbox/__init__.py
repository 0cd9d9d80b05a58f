"""A person's own notices."""

from bridge.web.inbox.pages import router

__all__ = ["router"]
