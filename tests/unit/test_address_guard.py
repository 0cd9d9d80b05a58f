"""Outgoing requests reach public https addresses only."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bridge.domain.errors import Refused, TryAgainLater
from integrations.http import (
    GuardedAdapter,
    NotConnected,
    TlsFailed,
    check_address,
    check_form,
    require_public,
)
from tests.certificates import a_certificate

PUBLIC = "93.184.215.14"

BAD_ADDRESSES = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",  # noqa: S104 - a bad address, nothing binds to it
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.1.1",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.5",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a00:1::1",
]

BAD_URLS = [
    "",
    "jira.example.com",
    "http://jira.example.com",
    "ftp://jira.example.com",
    "file:///etc/passwd",
    "gopher://jira.example.com",
    "https://",
    "https://user:secret@jira.example.com",
    "https://jira.example.com:0",
    "https://jira.example.com:99999",
    "https://[::1",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_inside_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        require_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111"])
def test_a_public_address_is_accepted(address: str) -> None:
    require_public(address)


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_url_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        check_address(url, allow_private=False, resolver=lambda host, port: [PUBLIC])


def test_every_address_of_a_name_counts() -> None:
    with pytest.raises(Refused, match="private"):
        check_address(
            "https://jira.example.com",
            allow_private=False,
            resolver=lambda host, port: [PUBLIC, "10.0.0.1"],
        )


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"])
def test_another_spelling_of_loopback_is_seen_through(host: str) -> None:
    with pytest.raises(Refused):
        check_address(f"https://{host}", allow_private=False)


def test_a_private_address_is_allowed_where_the_connection_says_so() -> None:
    check_address("http://127.0.0.1:8100", allow_private=True)


def test_a_name_that_cannot_be_resolved_is_told_in_words() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("Name or service not known")

    with pytest.raises(Refused, match="cannot be resolved"):
        check_address("https://nowhere.example", allow_private=False, resolver=unknown)


def test_a_name_that_cannot_be_looked_up_just_now_is_tried_again() -> None:
    def away(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.raises(TryAgainLater, match="cannot be looked up now"):
        check_address("https://acme.example", allow_private=False, resolver=away)


@pytest.fixture
def open_port() -> Iterator[int]:
    """A port that accepts connections and counts nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server.getsockname()[1]


@pytest.fixture
def guarded() -> Iterator[requests.Session]:
    with _session(allow_private=False) as session:
        yield session


def _session(*, allow_private: bool) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    for prefix in ("https://", "http://"):
        session.mount(prefix, GuardedAdapter(allow_private=allow_private))
    return session


def test_the_peer_of_the_open_connection_is_checked(
    guarded: requests.Session, open_port: int
) -> None:
    # A name that resolved to a public address a moment ago may lead here now.
    with pytest.raises(Refused, match="private"):
        guarded.get(f"https://localhost:{open_port}/", timeout=2)


def test_plain_http_never_leaves_a_guarded_session(
    guarded: requests.Session, open_port: int
) -> None:
    with pytest.raises(Refused, match="https"):
        guarded.get(f"http://localhost:{open_port}/", timeout=2)


def test_a_refused_connection_says_that_nothing_was_sent(open_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with _session(allow_private=True) as session, pytest.raises(NotConnected):
        session.get(f"http://127.0.0.1:{port}/", timeout=2)


def test_a_failed_handshake_says_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        talker = threading.Thread(target=_answer_in_clear, args=(server,))
        talker.start()
        port = server.getsockname()[1]
        with _session(allow_private=True) as session, pytest.raises(TlsFailed):
            session.get(f"https://127.0.0.1:{port}/", timeout=2)
        talker.join(5)


def _answer_in_clear(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.recv(4096)


def test_a_connection_that_breaks_after_the_handshake_may_have_been_heard(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:
        talker = threading.Thread(target=_hear_and_hang_up, args=(server, context))
        talker.start()
        port = server.getsockname()[1]
        with (
            _session(allow_private=True) as session,
            pytest.raises(requests.ConnectionError) as caught,
        ):
            session.post(f"https://127.0.0.1:{port}/", timeout=5, verify=str(certificate))
        talker.join(5)
    assert not isinstance(caught.value, NotConnected)


def _hear_and_hang_up(server: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = server.accept()
    with context.wrap_socket(connection, server_side=True) as secure:
        secure.recv(4096)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.com/x", "the address must look like https://your-site.example"),
        ("crm", "the address must look like https://your-site.example"),
        ("http://example.com/hooks", "the address must start with https://"),
        ("https://10.0.0.7/hooks", "10.0.0.7 is a private or local address"),
        ("https://me:secret@example.com/", "must not carry a user name or password"),
    ],
)
def test_an_address_that_nothing_could_be_posted_to_is_refused_when_it_is_given(
    url: str, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        check_form(url, allow_private=False)
