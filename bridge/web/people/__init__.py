"""Who uses a product, and inviting others."""

from bridge.web.people.pages import router

__all__ = ["router"]
