"""Secrets at rest: AES-GCM for what must be read again, keyed hashes for what must only match."""

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bridge.domain.errors import NotConfigured

_NONCE_BYTES = 12


class Secrets:
    """Encrypts, decrypts and hashes with keys derived from the one secret key."""

    def __init__(self, key: bytes) -> None:
        """`key` is any string of at least 16 bytes."""
        if len(key) < 16:
            raise NotConfigured("the secret key must have at least 16 characters")
        self._cipher = AESGCM(_derive(key, b"bridge encryption"))
        self._hash_key = _derive(key, b"bridge hashing")
        self._sign_key = _derive(key, b"bridge signing")

    def encrypt(self, text: bytes) -> bytes:
        """A random nonce followed by the sealed bytes."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text, None)

    def decrypt(self, sealed: bytes) -> bytes:
        """The bytes that were sealed; NotConfigured when the key is another one."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        except InvalidTag as error:
            raise NotConfigured(
                "a stored secret does not open with this secret key: set the key it was made with"
            ) from error

    def fingerprint(self, text: bytes) -> bytes:
        """A keyed hash of 16 bytes: equal texts match, and guesses need the key."""
        return hashlib.blake2b(text, key=self._hash_key, digest_size=16).digest()

    def is_signed(self, text: bytes, signature: str) -> bool:
        """Whether `sign` gave this signature of the text."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode(errors="replace"))

    def sign(self, text: bytes) -> str:
        """Proof that we named this text, for links that carry no session: 32 hexadecimal digits."""
        return hashlib.blake2b(text, key=self._sign_key, digest_size=16).hexdigest()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def new_key() -> str:
    """A fresh secret key: 32 random bytes in URL-safe base64."""
    return urlsafe_b64encode(os.urandom(32)).decode()


def key_bytes(text: str) -> bytes:
    """The bytes of a key as configured: base64 of 32 bytes, or the text itself."""
    try:
        decoded = urlsafe_b64decode(text.strip().encode())
    except ValueError:
        return text.strip().encode()
    return decoded if len(decoded) == 32 else text.strip().encode()


def read_or_make_key(path: Path) -> str:
    """The key in the data folder, made there with mode 0600 on first use."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return path.read_text()
    own = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(new_key())
    try:
        # A link appears whole or not at all, and never replaces another process's key.
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
    return path.read_text()
