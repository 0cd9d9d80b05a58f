"""Signing in with a one-time link, and out again."""

from bridge.web.sign_in.pages import router

__all__ = ["router"]
