"""A stateful stand-in for a Jira Cloud site: REST v3, webhooks, pages, and faults on demand."""

from integrations.jira.sandbox.app import create_app
from integrations.jira.sandbox.server import SandboxServer, serve_forever

__all__ = ["SandboxServer", "create_app", "serve_forever"]
