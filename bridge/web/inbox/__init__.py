"""A person's own notices, and how they are told."""

from bridge.web.inbox.pages import router
from bridge.web.inbox.settings import router as settings_router

__all__ = ["router", "settings_router"]
