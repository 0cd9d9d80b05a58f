"""Reports: the week for engineering, the day for leads."""

from bridge.web.reports.pages import router

__all__ = ["router"]
