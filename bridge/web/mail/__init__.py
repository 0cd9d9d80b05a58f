"""Where the links in letters to customers lead; open to whoever has the letter."""

from bridge.web.mail.pages import router, unknown_router

__all__ = ["router", "unknown_router"]
