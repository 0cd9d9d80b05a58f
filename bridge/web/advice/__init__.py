"""All workarounds of a product, and the tasks that they bring."""

from bridge.web.advice.pages import router

__all__ = ["router"]
