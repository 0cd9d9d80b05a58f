"""Recurring questions that are worth an article."""

from bridge.web.faq.pages import router

__all__ = ["router"]
