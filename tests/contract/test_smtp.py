"""The notifier on a real SMTP server that accepts, refuses, stumbles and hangs up."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bridge.domain.errors import AnswerLost, Refused, SignInRefused, TryAgainLater
from bridge.ports import Message, Notifier
from integrations.smtp.notifier import SmtpNotifier
from integrations.smtp.settings import SmtpSettings
from tests.certificates import a_certificate
from tests.fakes import FakeNotifier

MESSAGE = Message(subject="ISS-42 is fixed in 4.2", text="Grüße, der Fehler ist behoben.\n")


@dataclass
class MailHost:
    """What arrived, and what the server says next."""

    mails: list[Envelope] = field(default_factory=list)
    on_recipient: str = "250 OK"
    on_data: str = "250 2.0.0 queued as 4711"
    hangs_up: bool = False

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse a recipient."""
        if self.on_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.on_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail, then answer or not."""
        if self.on_data.startswith("250"):
            self.mails.append(envelope)
        if self.hangs_up:
            server.transport.abort()
            await asyncio.sleep(0)
        return self.on_data

    def only_mail(self) -> EmailMessage:
        """The one mail that arrived."""
        (envelope,) = self.mails
        mail = message_from_bytes(envelope.content or b"", _class=EmailMessage, policy=default)
        assert isinstance(mail, EmailMessage)
        return mail


@contextmanager
def listening(host: MailHost, **options: object) -> Iterator[SmtpSettings]:
    """A mail server on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(host, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield SmtpSettings(
            host="127.0.0.1",
            port=port,
            sender="bridge@support.example",
            starttls=False,
            timeout_seconds=3,
        )
    finally:
        controller.stop()


@pytest.fixture
def host() -> MailHost:
    return MailHost()


@pytest.fixture
def settings(host: MailHost) -> Iterator[SmtpSettings]:
    with listening(host) as settings:
        yield settings


@pytest.mark.parametrize("kind", ["fake", "smtp"])
def test_a_message_is_carried_and_gives_a_receipt(kind: str, settings: SmtpSettings) -> None:
    notifier: Notifier = FakeNotifier() if kind == "fake" else SmtpNotifier(settings)
    assert notifier.send(MESSAGE, "agent@support.example", "notice-7")


def test_the_mail_says_what_it_is(host: MailHost, settings: SmtpSettings) -> None:
    receipt = SmtpNotifier(settings).send(MESSAGE, "agent@support.example", "notice-7")
    mail = host.only_mail()
    assert receipt == "250 2.0.0 queued as 4711"
    assert host.mails[0].rcpt_tos == ["agent@support.example"]
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Bridge-Notification-Id"] == "notice-7"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert mail.get_content().replace("\r\n", "\n") == MESSAGE.text


def test_the_same_message_keeps_its_id_and_others_differ(
    host: MailHost, settings: SmtpSettings
) -> None:
    for message_id in ("notice-7", "notice-7", "notice-8"):
        SmtpNotifier(settings).send(MESSAGE, "agent@support.example", message_id)
    ids = [
        message_from_bytes(envelope.content or b"", policy=default)["Message-ID"]
        for envelope in host.mails
    ]
    assert ids[0] == ids[1] != ids[2]
    assert str(ids[0]).endswith("@support.example>")


@pytest.mark.parametrize(
    ("on_recipient", "on_data", "error"),
    [
        ("550 no such user", "250 OK", Refused),
        ("450 mailbox busy", "250 OK", TryAgainLater),
        ("250 OK", "554 looks like spam", Refused),
        ("250 OK", "451 try later", TryAgainLater),
    ],
)
def test_a_refusal_says_whether_trying_again_helps(
    host: MailHost,
    settings: SmtpSettings,
    on_recipient: str,
    on_data: str,
    error: type[Exception],
) -> None:
    host.on_recipient, host.on_data = on_recipient, on_data
    with pytest.raises(error) as caught:
        SmtpNotifier(settings).send(MESSAGE, "agent@support.example", "notice-7")
    assert type(caught.value) is error
    assert not host.mails


def test_a_connection_lost_after_the_text_is_a_lost_answer(
    host: MailHost, settings: SmtpSettings
) -> None:
    host.hangs_up = True
    with pytest.raises(AnswerLost):
        SmtpNotifier(settings).send(MESSAGE, "agent@support.example", "notice-7")
    assert len(host.mails) == 1


def test_no_server_means_nothing_happened(settings: SmtpSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with pytest.raises(TryAgainLater):
        SmtpNotifier(replace(settings, port=port)).send(MESSAGE, "a@support.example", "notice-7")


def test_a_silent_server_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = SmtpSettings(
            host="127.0.0.1", port=silent.getsockname()[1], starttls=False, timeout_seconds=0.2
        )
        with pytest.raises(TryAgainLater):
            SmtpNotifier(settings).send(MESSAGE, "agent@support.example", "notice-7")


def test_a_server_without_tls_gets_no_mail_when_tls_is_wanted(
    host: MailHost, settings: SmtpSettings
) -> None:
    with pytest.raises(Refused, match="STARTTLS"):
        SmtpNotifier(replace(settings, starttls=True)).send(MESSAGE, "a@support.example", "n-7")
    assert not host.mails


def test_a_server_with_a_trusted_certificate_gets_the_mail_encrypted(
    host: MailHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = a_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with listening(host, tls_context=context, require_starttls=True) as settings:
        notifier = SmtpNotifier(replace(settings, starttls=True))
        with pytest.raises(TryAgainLater, match="certificate"):
            notifier.send(MESSAGE, "agent@support.example", "notice-7")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        notifier.send(MESSAGE, "agent@support.example", "notice-7")
    assert host.only_mail()["Subject"] == MESSAGE.subject


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize(("password", "is_right"), [("right", True), ("wrong", False)])
def test_sign_in_is_needed_where_the_server_asks(
    host: MailHost, password: str, is_right: bool
) -> None:
    def check(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    with listening(
        host, authenticator=check, auth_required=True, auth_require_tls=False
    ) as settings:
        notifier = SmtpNotifier(replace(settings, user="bridge", password=password))
        if is_right:
            assert notifier.send(MESSAGE, "agent@support.example", "notice-7")
        else:
            with pytest.raises(SignInRefused):
                notifier.send(MESSAGE, "agent@support.example", "notice-7")
    assert len(host.mails) == is_right


@pytest.mark.parametrize(
    ("recipient", "message_id"),
    [
        ("agent@support.example\r\nBcc: all@support.example", "notice-7"),
        ("agent@support.example", "notice-7\r\nBcc: all@support.example"),
    ],
)
def test_no_line_break_becomes_a_header(
    host: MailHost, settings: SmtpSettings, recipient: str, message_id: str
) -> None:
    with pytest.raises(Refused):
        SmtpNotifier(settings).send(MESSAGE, recipient, message_id)
    assert not host.mails


def test_a_line_break_in_the_subject_is_a_space(host: MailHost, settings: SmtpSettings) -> None:
    message = Message(subject="one\r\nBcc: all@support.example", text="two")
    SmtpNotifier(settings).send(message, "agent@support.example", "notice-7")
    assert host.only_mail()["Subject"] == "one Bcc: all@support.example"
    assert host.only_mail()["Bcc"] is None


def test_an_address_beyond_ascii_needs_a_server_that_can(host: MailHost) -> None:
    for can_do, send in ((True, _send_to_umlaut), (False, _send_to_umlaut_in_vain)):
        with listening(host, enable_SMTPUTF8=can_do) as settings:
            send(settings)
    assert len(host.mails) == 1


def _send_to_umlaut(settings: SmtpSettings) -> None:
    SmtpNotifier(settings).send(MESSAGE, "jürgen@support.example", "notice-7")


def _send_to_umlaut_in_vain(settings: SmtpSettings) -> None:
    with pytest.raises(Refused):
        _send_to_umlaut(settings)


def test_a_server_that_leaves_in_the_middle_means_nothing_happened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        talker = threading.Thread(target=_greet_and_leave, args=(server,))
        talker.start()
        settings = SmtpSettings(
            host="127.0.0.1", port=server.getsockname()[1], starttls=False, timeout_seconds=3
        )
        with pytest.raises(TryAgainLater):
            SmtpNotifier(settings).send(MESSAGE, "agent@support.example", "notice-7")
        talker.join(5)


def _greet_and_leave(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)
        connection.sendall(b"250 hello\r\n")
        connection.recv(1000)


def test_whoever_can_say_how_to_be_told_is_shown_where(
    host: MailHost, settings: SmtpSettings
) -> None:
    message = Message("one", "two", settings_url="https://bridge.example/inbox/settings")
    SmtpNotifier(settings).send(message, "agent@support.example", "m1")
    assert host.only_mail()["List-Unsubscribe"] == "<https://bridge.example/inbox/settings>"


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_letter_says_where_answers_go_and_how_one_click_ends_all_letters(
    host: MailHost, settings: SmtpSettings, scheme: str
) -> None:
    stop = f"{scheme}://bridge.example/mail/7-ab/stop"
    message = Message("one", "two", reply_to="help@shop.example", stop_url=stop)
    SmtpNotifier(settings).send(message, "mia@customer.example", "m1")
    mail = host.only_mail()
    assert mail["Reply-To"] == "help@shop.example"
    assert mail["List-Unsubscribe"] == f"<{stop}>"
    one_click = "List-Unsubscribe=One-Click" if scheme == "https" else None
    assert mail["List-Unsubscribe-Post"] == one_click
