"""Where the links in letters to customers lead; open to whoever has the letter."""

from bridge.web.mail.pages import router

__all__ = ["router"]
