"""Zendesk: macros and Guide articles that hold workarounds."""
