"""Buttons in Slack: who pressed what, once it is sure that Slack says so."""

import json
from collections.abc import Mapping
from datetime import datetime

from bridge.domain.errors import BadSignature
from bridge.store.connections import Connection
from bridge.store.secrets import Secrets
from integrations.slack.interaction import acknowledged, verify

SLACK = "slack"


def pressed_messages(
    connection: Connection,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Secrets,
    now: datetime,
) -> list[str]:
    """The ids of the messages that somebody says to have read.

    Raises BadSignature for what Slack has not signed in the last five minutes, UnknownEvent for
    what is no press of a button.
    """
    secret = json.loads(secrets.decrypt(connection.sealed)).get("signing_secret")
    if not secret:
        raise BadSignature("no signing secret is kept for this Slack app")
    verify(headers, body, str(secret), now)
    return acknowledged(body)
