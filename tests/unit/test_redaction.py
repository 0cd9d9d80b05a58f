import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.redaction import Redactor, redact

# Keys are put together here so that no scanner takes this file for a leak.
STRIPE = "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc"
GITHUB = "gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a"
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
SLACK = "xox" + "b-123456789012-abcdefABCDEF"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9"
KEY = "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIB+/=\nAAAA\n-----END RSA PRIVATE KEY-----"

SENSITIVE = [
    ("Write to maria.lopez@shop.example please", "maria.lopez@shop.example", "EMAIL"),
    ("my mail is J.O'Neil+shop@sub.mail.co.uk.", "J.O'Neil+shop@sub.mail.co.uk", "EMAIL"),
    ("<mailto:bob@org.example>", "bob@org.example", "EMAIL"),
    ("an jörg@müller.example geschickt", "jörg@müller.example", "EMAIL"),
    ("login BOB@ORG.EXAMPLE fails", "BOB@ORG.EXAMPLE", "EMAIL"),
    ("Contact:x_y@shop.example", "x_y@shop.example", "EMAIL"),
    ("call +1 555 000 0313 now", "+1 555 000 0313", "PHONE"),
    ("+15550000313", "+15550000313", "PHONE"),
    ("ring (212) 555-1234", "(212) 555-1234", "PHONE"),
    ("212-736-5000 is my number", "212-736-5000", "PHONE"),
    ("Mobil: 0049 171 1234567", "0049 171 1234567", "PHONE"),
    ("Tel +49 (0)30 1234567", "+49 (0)30 1234567", "PHONE"),
    ("mi teléfono es +34 612 34 56 78", "+34 612 34 56 78", "PHONE"),
    ("reach me at 2127365000", "2127365000", "PHONE"),
    ("numbers +442079460958/+442079460959", "+442079460958", "PHONE"),
    ("call +15550000313 12345 is the ticket", "+15550000313", "PHONE"),
    ("card 4111 1111 1111 1111 declined", "4111 1111 1111 1111", "CARD"),
    ("4111111111111111", "4111111111111111", "CARD"),
    ("my amex 3782-822463-10005", "3782-822463-10005", "CARD"),
    ("Mastercard 5555 5555 5555 4444.", "5555 5555 5555 4444", "CARD"),
    ("IBAN DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00", "IBAN"),
    ("to GB82WEST12345698765432 please", "GB82WEST12345698765432", "IBAN"),
    ("iban es9121000418450200051332", "es9121000418450200051332", "IBAN"),
    ("IBAN: DE89 3704 0044 0532 0130 00 Deutsche Bank", "DE89 3704 0044 0532 0130 00", "IBAN"),
    ("SSN 536-90-4399", "536-90-4399", "SSN"),
    ("from 203.0.113.77 I get 403", "203.0.113.77", "IP"),
    ("blocked 192.168.178.20:8443", "192.168.178.20", "IP"),
    ("host 2001:db8::8a2e:370:7334 is down", "2001:db8::8a2e:370:7334", "IP"),
    (f"the key {STRIPE} fails", STRIPE, "SECRET"),
    (f"token={GITHUB}", GITHUB, "SECRET"),
    (f"{AWS} is denied", AWS, "SECRET"),
    (f"bot {SLACK}", SLACK, "SECRET"),
    (f"Authorization: Bearer {JWT}", JWT, "SECRET"),
    (f"my key:\n{KEY}\nfails", "MIIEpAIB", "SECRET"),
    ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA==", "SECRET"),
    ("https://bob:s3cret@shop.example/x", "bob:s3cret", "SECRET"),
    ("https://shop.example/r?id=7&token=a8f9c2d1&x=1", "a8f9c2d1", "SECRET"),
    ("https://shop.example/#access_token=a8f9c2d1", "a8f9c2d1", "SECRET"),
    ("my password is hunter2 and it fails", "hunter2", "SECRET"),
    ("Password: Sommer!2024", "Sommer!2024", "SECRET"),
    ("the password is banana", "banana", "SECRET"),
    ('password is "correct horse"', "correct", "SECRET"),
    ("Mein Passwort ist Geheim99.", "Geheim99", "SECRET"),
    ("mi contraseña es Perro_7", "Perro_7", "SECRET"),
    ("mon mot de passe est Soleil8", "Soleil8", "SECRET"),
    ("la password è Gatto!1", "Gatto!1", "SECRET"),
    ("my PIN is 4821", "4821", "SECRET"),
    ("CVV: 123", "123", "SECRET"),
    ('{"api_key": "a1b2c3d4e5f6"}', "a1b2c3d4e5f6", "SECRET"),
]

SURVIVORS = """
Version 4.1.2 crashes
since v10.4.2.1 it fails
upgraded to 3.14.159.26 yesterday
Chrome 120.0.6099.109 shows it
firmware 1.2.3.4 is affected
lodash@4.17.21 and @scope/pkg@1.2.3
build 20240315.1234
id 550e8400-e29b-41d4-a716-446655440000
order 4711081512
order number 2127365000 is late
order #2127365000
Order: 212-736-5000
invoice INV-2026-000123
Rechnung 2024-0815-77
Bestellnummer 0301234567
pedido 6123456789
ticket 2125551234
CASE-80360 is open
tracking 1Z999AA10123456784
tracking 00340434161094042557
error 0x80070057
error code E-4711-22
ORA-00942 table missing
HTTP 502 from the gateway
SQLSTATE 42P01
file report_2024-03-15_final.pdf
IMG_20240315_101112.jpg is black
on 2024-03-15 10:11:12
on 15.03.2024 and 03/15/2024
2024-03-15T10:11:12.123Z
from 10:00 to 12:30:45
20240315 101112
the years 2019-2024
com.example.shop.Export failed
shop.orders.export_rows
std::string and Foo::Bar
at 127.0.0.1:8080 only
0.0.0.0 is bound
paid 1,234,567.89 EUR
$1 234 567
1.000.000 rows
it costs 2127365000 $
IBAN DE00 3704 0044 0532 0130 00
4111 1111 1111 1112 is shown
1234567890123456
sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
commit 1a2b3c4d
timestamp 1700000000
unix time 1710498672123
line 123456789
ISBN 978-3-16-148410-0
serial 12345-67890-12345
500 rows of 1000000
my password is wrong
the password is not accepted
password is incorrect
Passwort ist falsch
la contraseña es incorrecta
mon mot de passe est oublié
my password is expired.
forgot password
Password reset: link never comes
the pin is not working
I can not change my pin
pin code 2 times wrong
MAC 00:1A:2B:3C:4D:5E
ratio 16:9 and 1:2:3
see https://shop.example/orders/4711?page=2
https://shop.example/a?sort=key&q=token
git@github.com:shop/app.git
@AcmeHelp why
user@host
C:\\Users\\Public\\app.log
/var/log/app-2024.03.15.log
SKU 889-4432-1100
room 4.12, floor 2
0800
5 x 3 - 2
arn:aws:s3:::bucket
K8s pod web-7d9c8b6f5-x2x4z
jdk-17.0.10+7
192.168.1
1.2.3.4.5
999.1.1.1
<EMAIL_1> and <PHONE_2>
""".strip().splitlines()


@pytest.mark.parametrize(("text", "secret", "kind"), SENSITIVE)
def test_a_sensitive_value_becomes_a_typed_placeholder(text: str, secret: str, kind: str) -> None:
    redacted = redact(text)
    assert secret not in redacted
    assert f"<{kind}_1>" in redacted


@pytest.mark.parametrize("text", SURVIVORS)
def test_what_helps_to_find_the_fault_survives(text: str) -> None:
    assert redact(text) == text


def test_the_sets_are_large_enough() -> None:
    assert len(SENSITIVE) >= 40
    assert len(SURVIVORS) >= 60


def test_only_the_value_is_replaced() -> None:
    assert redact("Mail a@b.example, not later.") == "Mail <EMAIL_1>, not later."
    assert redact("see https://u:p@shop.example/x") == "see https://<SECRET_1>@shop.example/x"
    assert redact("my PIN is 4821.") == "my PIN is <SECRET_1>."


def test_equal_values_share_a_placeholder_and_others_do_not() -> None:
    text = "a@b.example A@B.EXAMPLE c@d.example, +1 555 000 0313 or +15550000313"
    assert redact(text) == "<EMAIL_1> <EMAIL_1> <EMAIL_2>, <PHONE_1> or <PHONE_1>"


def test_placeholders_are_stable_over_the_texts_of_a_conversation() -> None:
    redactor = Redactor(known_names=["Ben Larsen"])
    assert redactor.redact("a@b.example") == "<EMAIL_1>"
    assert redactor.redact("c@d.example, then a@b.example") == "<EMAIL_2>, then <EMAIL_1>"


def test_numbers_continue_after_placeholders_that_are_there() -> None:
    assert redact("<EMAIL_3> wrote to a@b.example") == "<EMAIL_3> wrote to <EMAIL_4>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ben Larsen here", "<NAME_1> here"),
        ("ben larsen here", "<NAME_1> here"),
        ("Larsen, Ben wrote", "<NAME_1> wrote"),
        ("Ben's card", "<NAME_1>'s card"),
        ("LARSEN", "<NAME_1>"),
        ("benefits of Benin", "benefits of Benin"),
        ("the ben file", "the ben file"),
        ("Grace Xu asked", "<NAME_2> asked"),
        ("Grace period is over", "Grace period is over"),
        ("Xu", "Xu"),
    ],
)
def test_known_names_go_as_whole_words(text: str, expected: str) -> None:
    redactor = Redactor(known_names=["Ben Larsen", "Grace Xu"])
    redactor.redact("Ben")
    assert redactor.redact(text) == expected


def test_national_numbers_are_read_in_the_region() -> None:
    assert redact("unter 030 23125000", region="DE") == "unter <PHONE_1>"
    assert redact("unter 030 23125000", region="US") == "unter 030 23125000"


def test_a_text_is_cut_at_fifty_thousand_characters() -> None:
    assert len(redact("b c " * 20_000)) == 50_000


PIECES = st.sampled_from(
    [text for text, _, _ in SENSITIVE] + SURVIVORS + [" ", "\n", "+1", "(", "<EMAIL_1>", "Ben", "@"]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=12))
@settings(max_examples=200, deadline=None)
def test_redacting_twice_changes_nothing(pieces: list[str]) -> None:
    once = redact("".join(pieces), known_names=["Ben Larsen"])
    assert redact(once, known_names=["Ben Larsen"]) == once


WORST = [
    *(
        "a",
        "(",
        "\n",
        "'",
        '"',
        "1",
        "1 ",
        "+1",
        "a@",
        "a@b.",
        "a:",
        "1.",
        "://a:",
        "?key=",
        "eyJ.",
    ),
    *("4111 ", "DE89 ", "-----BEGIN PRIVATE KEY-----", "password is ", "+12125551234 ", "Ben "),
]


@pytest.mark.parametrize("piece", WORST)
def test_a_hostile_megabyte_does_not_take_long(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    redact(text, known_names=["Ben Larsen", "((a"])
    # Half a second; what backtracks takes minutes.
    assert time.process_time() - began < 3


def test_numbers_that_structured_fields_name_are_taken_out() -> None:
    text = "My number is WR-106483, or wr 106483; order 106484, room 12."
    assert redact(text, known_numbers=["WR-106483", "12"]) == (
        "My number is <ACCOUNT_1>, or <ACCOUNT_1>; order 106484, room 12."
    )
    assert redact("call WR-1064830", known_numbers=["WR-106483"]) == "call WR-1064830"
    assert redact(text, known_numbers=["", "-", "account"]) == text
