"""A small made-up stream of contacts with its customer directory, for tests of replay."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

_INVOICE = (
    "The invoice of last month shows the wrong address",
    "Wrong address on the invoice of last month",
    "My invoice of last month has the wrong address on it",
    "The address on last month's invoice is wrong",
    "Last month's invoice was made out to the wrong address",
)
_LOGIN = (
    "I cannot sign in since I changed my password",
    "Since the password change I cannot sign in any more",
    "Sign in does not work since I changed my password",
    "After the password change I cannot sign in at all",
    "Cannot sign in, since the password change it fails",
)
_CODE = (
    "Since I changed my phone the sign in code never arrives",
    "The code never arrives since I changed my phone, I cannot sign in",
    "I cannot sign in with my new phone, no code arrives",
    "I changed my phone and cannot sign in any more, the code never arrives",
    "No code arrives since the change of my phone",
)
_MANNERS = ("", ", please help", " again today", ", what can I do?", " on my phone", " at work")
_CHATTER = (
    "Do you ship parcels to Norway before Easter?",
    "How many seats come with the team plan?",
    "Your picnic photos on the blog were lovely",
    "Is there a discount for schools and teachers?",
    "Which colours can the calendar have?",
    "Can somebody call me back about our contract renewal?",
    "Where is your office in Lisbon located?",
    "Our new colleague Bea starts on Thursday",
    "Are you hiring designers this summer?",
    "Does the mobile app speak Portuguese yet?",
    "What does the fox in your logo stand for?",
    "We moved to another building across the river",
)

Row = Mapping[str, object]


def contacts() -> list[Row]:
    """About ten days: two troubles that are alike and one that is not, and chatter."""
    rows: list[dict[str, object]] = []
    # None is a burst; the last becomes a candidate of five at one look.
    for name, texts, hour, hours, count in (
        ("invoice", _INVOICE, 2, 10, 22),
        ("login", _LOGIN, 5, 10, 20),
        ("code", _CODE, 89, 4, 18),
    ):
        for number in range(count):
            text = texts[number % 5] + _MANNERS[number // 5]
            rows.append(_row(f"{name}-{number}", text, hour + hours * number, _writer(number)))
    for number, text in enumerate(_CHATTER):
        writer = (f"chat{number}@chat.example", "email")
        rows.append(_row(f"chatter-{number}", text, 1 + 18 * number, writer))
    return sorted(rows, key=lambda row: str(row["ts"]))


def directory() -> list[Row]:
    """Each person has two addresses and an account."""
    return [
        {
            "customer": f"person-{number}",
            "name": None,
            "org": f"company-{number % 3}",
            "account": f"A-{1000 + number}",
            "emails": [f"p{number}@home.example", f"p{number}@work.example"],
            "phones": [],
            "handles": [],
        }
        for number in range(12)
    ]


def people() -> dict[str, str]:
    """Who is behind each address and account."""
    return {
        told: str(person["customer"])
        for person in directory()
        for told in (*_texts(person["emails"]), str(person["account"]))
    }


def write_lines(path: Path, rows: Iterable[Row]) -> Path:
    """One row a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _writer(number: int) -> tuple[str, str]:
    """In turn: home, work, by account; and every ninth is nobody known."""
    if number % 9 == 8:
        return "A guest", "display_name"
    person = number % 12
    told = (f"p{person}@home.example", f"p{person}@work.example", f"A-{1000 + person}")
    turn = number // 3 % 3
    return told[turn], "account" if turn == 2 else "email"


def _row(name: str, text: str, hour: float, writer: tuple[str, str]) -> dict[str, object]:
    moment = START + timedelta(hours=hour)
    return {
        "id": name,
        "ts": moment.isoformat().replace("+00:00", "Z"),
        "channel": "email",
        "text": text,
        "lang": "en",
        "customer": writer[0],
        "customer_kind": writer[1],
    }
