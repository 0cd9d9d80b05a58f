"""The notifier port on an SMTP server."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from bridge.domain.bounces import mail_key
from bridge.domain.errors import AnswerLost, Refused, SignInRefused, TryAgainLater
from bridge.domain.messages import AfterLoss
from bridge.ports import Message
from integrations.smtp.settings import SmtpSettings


class SmtpNotifier:
    """Sends mail, plain text first; the same message id always makes the same Message-ID."""

    name = "smtp"
    after_loss = AfterLoss.REPEAT

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def send(self, message: Message, recipient: str, message_id: str) -> str:
        """Send one mail and return the server's words of acceptance.

        Raises TryAgainLater (no connection, 4xx), SignInRefused, Refused (5xx, unusable address)
        or AnswerLost (the connection broke while the text was on its way).
        """
        mail = self._compose(message, recipient, message_id)
        with self._session() as server:
            return self._deliver(server, mail, recipient)

    def find(self, recipient: str, message_id: str) -> str | None:
        """No mail server tells; a repeat has the same Message-ID instead."""
        return None

    def _compose(self, message: Message, recipient: str, message_id: str) -> EmailMessage:
        mail = EmailMessage()
        try:
            mail["From"] = self._settings.sender
            mail["To"] = recipient
            mail["Subject"] = " ".join(message.subject.split())
            mail["Message-ID"] = self._mail_id(message_id)
            mail["Auto-Submitted"] = "auto-generated"
            mail["X-Bridge-Notification-Id"] = message_id
            if message.reply_to is not None:
                mail["Reply-To"] = message.reply_to
            _add_way_out(mail, message)
        except ValueError as error:
            raise Refused(f"this mail cannot be addressed: {error}") from error
        mail.set_content(message.text, charset="utf-8")
        if message.html:
            _add_html(mail, message)
        return mail

    def _mail_id(self, message_id: str) -> str:
        return f"<{mail_key(message_id)}@{self._settings.sender.rpartition('@')[2] or 'localhost'}>"

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """An open, signed-in connection; whatever goes wrong up to there sent nothing."""
        settings = self._settings
        try:
            server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)
        except (OSError, smtplib.SMTPException) as error:
            raise TryAgainLater(f"cannot reach the mail server {settings.host}") from error
        try:
            self._sign_in(server)
            yield server
        finally:
            _hang_up(server)

    def _sign_in(self, server: smtplib.SMTP) -> None:
        settings = self._settings
        try:
            server.ehlo_or_helo_if_needed()
            if settings.starttls:
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if settings.user:
                server.login(settings.user, settings.password or "")
        except smtplib.SMTPAuthenticationError as error:
            raise SignInRefused("the mail server does not accept our sign-in") from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(f"the mail server cannot do what is configured: {error}") from error
        except ssl.SSLError as error:
            raise TryAgainLater(f"TLS with the mail server failed: {error}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise TryAgainLater("the mail server did not let us in") from error

    def _deliver(self, server: smtplib.SMTP, mail: EmailMessage, recipient: str) -> str:
        options = _options(server, self._settings.sender + recipient)
        with _nothing_sent_yet():
            _require(server.mail(self._settings.sender, options), "the sender")
            _require(server.rcpt(recipient), "the recipient")
        try:
            code, words = server.data(mail.as_bytes(policy=SMTPUTF8 if options else SMTP))
        except smtplib.SMTPDataError as error:
            raise _of_code(error.smtp_code, "the text", error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise AnswerLost("the connection broke while the mail was on its way") from error
        _require((code, words), "the text")
        return f"{code} {_words(words)}"


def _add_way_out(mail: EmailMessage, message: Message) -> None:
    """Where the reader says that they want no more; RFC 8058 allows one click over TLS only."""
    way_out = message.stop_url or message.settings_url
    if way_out is not None:
        mail["List-Unsubscribe"] = f"<{way_out}>"
    if message.stop_url is not None and message.stop_url.startswith("https://"):
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _add_html(mail: EmailMessage, message: Message) -> None:
    """A second form for mail programs that show it, with its pictures."""
    mail.add_alternative(message.html, subtype="html", charset="utf-8")
    shown = mail.get_payload(1)
    assert isinstance(shown, EmailMessage)
    for name, content in message.images.items():
        shown.add_related(
            content, "image", "png", cid=f"<{name}>", disposition="inline", filename=f"{name}.png"
        )


def _options(server: smtplib.SMTP, addresses: str) -> tuple[str, ...]:
    """Options for addresses beyond ASCII, which not every server can carry."""
    if addresses.isascii():
        return ()
    if not server.has_extn("smtputf8"):
        raise Refused("the mail server cannot send to an address with such characters")
    return ("SMTPUTF8", "BODY=8BITMIME")


@contextmanager
def _nothing_sent_yet() -> Iterator[None]:
    try:
        yield
    except (OSError, smtplib.SMTPException) as error:
        raise TryAgainLater("the mail server went away before the mail was sent") from error


def _require(reply: tuple[int, bytes], what: str) -> None:
    code, words = reply
    if not 200 <= code < 300:
        raise _of_code(code, what, words)


def _of_code(code: int, what: str, words: bytes | str) -> TryAgainLater | Refused:
    sentence = f"the mail server refused {what}: {code} {_words(words)}"
    return Refused(sentence) if code >= 500 else TryAgainLater(sentence)


def _words(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())[:200]


def _hang_up(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
