"""Delivery reports as mail servers write them, and mails that only look like one."""

import random
from pathlib import Path

import pytest

from bridge.domain.bounces import Bounce, Fate, mail_key
from integrations.smtp.bounces import read_bounces

PAYLOADS = Path(__file__).parent.parent / "payloads" / "mail"
NAME = "m7-20260303100000"


def a_report(name: str, recipient: str = "mia@customer.example") -> bytes:
    text = (PAYLOADS / f"{name}.eml").read_text()
    given = {"RECIPIENT": recipient, "MAILKEY": mail_key(NAME), "NOTIFICATION": NAME}
    for mark, value in given.items():
        text = text.replace(mark, value)
    return text.replace("\n", "\r\n").encode()


def test_a_returned_mail_says_which_mail_who_and_why() -> None:
    assert read_bounces(a_report("postfix_failed")) == [
        Bounce(
            mail_key=mail_key(NAME),
            message_id=NAME,
            recipients=("mia@customer.example",),
            fate=Fate.FAILED,
            status="5.1.1",
            words="550 5.1.1 <mia@customer.example>: Recipient address rejected: User unknown",
        )
    ]


def test_headers_alone_tell_which_mail_it_was_and_whom_it_was_passed_on_to() -> None:
    (one,) = read_bounces(a_report("exchange_headers_only"))
    assert (one.mail_key, one.message_id) == (mail_key(NAME), NAME)
    assert one.recipients == ("passed-on@elsewhere.example",)
    assert one.words == "552 5.2.2 mailbox full"


def test_a_bare_delivery_status_is_read_where_it_names_the_mail() -> None:
    text = (
        f"Reporting-MTA: dns; mx.example\r\nOriginal-Message-ID: <{mail_key(NAME)}@x.example>\r\n"
        "\r\nFinal-Recipient: rfc822; A@Example.ORG\r\nAction: Delayed\r\nStatus: 4.4.1\r\n"
        "\r\nFinal-Recipient: rfc822; b@example.org\r\nAction: failed\r\nStatus: 5.0.0 (gone)\r\n"
    )
    first, second = read_bounces(text.encode(), "message/delivery-status")
    assert (first.fate, first.recipients) == (Fate.DELAYED, ("a@example.org",))
    assert first.mail_key == second.mail_key == mail_key(NAME)
    assert (second.status, second.reason) == ("5.0.0", "came back: 5.0.0")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"From: a@b.example\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\nnot really",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n",
        b"Content-Type: message/delivery-status\r\n\r\nAction: exploded\r\n\r\nAction: ?\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n\r\n" * 500,
    ],
)
def test_what_is_no_delivery_report_gives_nothing(raw: bytes) -> None:
    assert read_bounces(raw) == []


def test_broken_reports_never_break_the_reader() -> None:
    chosen = random.Random(7)
    for name in ("postfix_failed", "exchange_headers_only"):
        whole = a_report(name)
        for _ in range(300):
            broken = bytearray(whole[: chosen.randrange(len(whole))])
            for _ in range(chosen.randrange(6)):
                if broken:
                    broken[chosen.randrange(len(broken))] = chosen.randrange(256)
            for one in read_bounces(bytes(broken)):
                assert len(one.words) <= 300
                assert "\n" not in one.reason


def test_a_report_about_a_mail_inside_the_returned_mail_is_not_read() -> None:
    inner = a_report("postfix_failed")
    outer = b"Content-Type: message/rfc822\r\n\r\n" + inner
    assert read_bounces(outer) == []


@pytest.mark.parametrize(
    ("fate", "status", "is_dead"),
    [
        (Fate.FAILED, "5.1.1", True),
        (Fate.FAILED, "5.0.0", True),
        (Fate.FAILED, "5.2.2", True),
        (Fate.FAILED, "4.4.7", False),
        (Fate.FAILED, "5.7.1", False),
        (Fate.FAILED, "5.6.1", False),
        (Fate.FAILED, "5.3.4", False),
        (Fate.FAILED, "broken", False),
        (Fate.DELAYED, "5.1.1", False),
        (Fate.DELIVERED, "2.1.5", False),
    ],
)
def test_only_a_failure_for_good_that_blames_the_address_ends_it(
    fate: Fate, status: str, is_dead: bool
) -> None:
    assert Bounce(None, None, (), fate, status, "").is_dead is is_dead
