"""Secrets and signatures of Standard Webhooks 1.0.0, symmetric (v1).

Thirty lines of HMAC instead of a dependency: we only sign, and the published vectors prove it.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from bridge.domain.errors import InvalidInput

PREFIX = "whsec_"
_FEWEST_BYTES, _MOST_BYTES = 24, 64


def key_of(secret: str) -> bytes:
    """The key in a secret; raises InvalidInput, in words, for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("a secret is whsec_ and base64", pointer="/secret") from error
    if not secret.startswith(PREFIX) or not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise InvalidInput("a secret is whsec_ and 24 to 64 bytes in base64", pointer="/secret")
    return key


def secret_of(random_bytes: bytes) -> str:
    """The secret that holds this key."""
    return PREFIX + base64.b64encode(random_bytes).decode()


def signature(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of webhook-signature: one signature for each secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_sign(key_of(secret), signed)}" for secret in secrets)


def _sign(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
