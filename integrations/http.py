"""Outgoing HTTP that reaches only what it may: address guard and connection errors."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError

from bridge.domain.errors import Refused, TryAgainLater

Resolver = Callable[[str, int], Iterable[str]]
"""Host name and port to numeric addresses; raises OSError for unknown names."""

_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class NotConnected(TryAgainLater):
    """No connection came about, so not one byte of the request was sent."""


class TlsFailed(NotConnected):
    """The server answered, but its TLS was not acceptable."""


def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver for the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def check_address(url: str, *, allow_private: bool, resolver: Resolver = resolve) -> None:
    """Raise Refused, in words, unless an outgoing request to this address is allowed.

    Without `allow_private` only https to public addresses is; every address of the name counts.
    """
    parts = check_form(url, allow_private=allow_private)
    host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]
    try:
        addresses = list(resolver(host, port))
    except (OSError, UnicodeError) as error:
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            raise TryAgainLater(f"the name {host} cannot be looked up now") from error
        raise Refused(f"the name {host} cannot be resolved: check the spelling") from error
    if not addresses:
        raise Refused(f"the name {host} has no address")
    if not allow_private:
        for address in addresses:
            require_public(address)


def check_form(url: str, *, allow_private: bool) -> SplitResult:
    """Raise Refused, in words, for an address that is refused whatever its name resolves to."""
    parts = _split(url)
    require_scheme(parts.scheme, allow_private=allow_private)
    if not allow_private:
        with suppress(ValueError):  # a name, not a number
            require_public(parts.hostname or "")
    return parts


def require_scheme(scheme: str, *, allow_private: bool) -> None:
    """Raise Refused for plain HTTP unless the connection allows private addresses."""
    if scheme != "https" and not allow_private:
        raise Refused("the address must start with https://")


def require_public(address: str) -> None:
    """Raise Refused for any numeric address that is not on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    for candidate in (ip, *_embedded(ip)):
        if not candidate.is_global or candidate.is_multicast:
            raise Refused(
                f"{address} is a private or local address: "
                "allow private addresses on the connection if that is meant"
            )


def is_loopback(url: str) -> bool:
    """Whether the address names this very machine, which no proxy can reach for us."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("the address is not a valid URL") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == 0:
        raise Refused("the address must look like https://your-site.example")
    if parts.username is not None or parts.password is not None:
        raise Refused("the address must not carry a user name or password")
    return parts


def _embedded(ip: _IPAddress) -> list[_IPAddress]:
    """IPv4 addresses that an IPv6 address carries inside and that would be reached instead."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    inside: list[_IPAddress] = [a for a in (ip.ipv4_mapped, ip.sixtofour) if a is not None]
    if ip.teredo is not None:
        inside.extend(ip.teredo)
    if ip in _NAT64:
        inside.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return inside


class _Connection(HTTPConnection):
    """Checks the peer's address before the first byte and names failures to connect as such."""

    allow_private: ClassVar[bool] = False

    def connect(self) -> None:
        try:
            super().connect()
        except (SSLError, ssl.SSLError) as error:
            raise TlsFailed(f"TLS with {self.host} failed: {_tls_reason(error)}") from error
        except (OSError, HTTPError) as error:
            raise NotConnected(f"cannot connect to {self.host}: {_reason(error)}") from error

    def _new_conn(self) -> socket.socket:
        # The peer of the open socket is what counts: a name may resolve differently each time.
        sock = super()._new_conn()
        if not self.allow_private and self.proxy is None:
            try:
                require_public(str(sock.getpeername()[0]))
            except Refused:
                sock.close()
                raise
        return sock


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _PrivateConnection(_Connection):
    allow_private = True


class _PrivateTlsConnection(_PrivateConnection, HTTPSConnection):
    allow_private = True


def _tls_reason(error: Exception) -> str:
    return str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or error)


def _reason(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    return str(getattr(cause, "strerror", "") or cause)


class GuardedAdapter(HTTPAdapter):
    """Transport of a requests session that refuses private addresses and plain HTTP.

    Failing to connect raises NotConnected: then, and only then, surely nothing was sent.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        super().__init__()

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str,
        proxies: dict[str, str] | None = None,
        cert: str | tuple[str, str] | None = None,
    ) -> HTTPConnectionPool:
        """The pool for this request, with our own connections inside."""
        require_scheme(urlsplit(request.url or "").scheme, allow_private=self._allow_private)
        pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        if pool.scheme == "https":
            pool.ConnectionCls = _PrivateTlsConnection if self._allow_private else _TlsConnection
        else:
            pool.ConnectionCls = _PrivateConnection if self._allow_private else _Connection
        return pool
