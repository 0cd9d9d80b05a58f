"""Payloads of systems that tell what is out, as they are kept in `tests/payloads`."""

import json
from pathlib import Path

from bridge.ports import WebhookRequest

PAYLOADS = Path(__file__).parent / "payloads"


def stored(integration: str, name: str) -> WebhookRequest:
    found = json.loads((PAYLOADS / integration / f"{name}.json").read_bytes())
    return WebhookRequest(found["headers"], json.dumps(found["body"]).encode())
