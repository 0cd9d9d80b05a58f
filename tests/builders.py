"""Builders: things as tests need them, with only what matters said."""

from datetime import UTC, datetime, timedelta

from bridge.domain.contacts import AccountReceived, ContactReceived, CustomerReceived

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When simulated time begins in tests."""


def a_contact(
    text: str = "The export button does nothing when I press it",
    *,
    external_id: str = "c-1",
    email: str | None = "mia@customer.example",
    minutes: float = 0,
    version: str | None = None,
    agent: str | None = None,
    channel: str = "email",
    source: str = "test",
    account: str | None = None,
) -> ContactReceived:
    """A contact some minutes after START."""
    return ContactReceived(
        external_id=external_id,
        text=text,
        occurred_at=START + timedelta(minutes=minutes),
        source=source,
        channel=channel,
        version=version,
        agent_email=agent,
        customer=CustomerReceived(email=email),
        account=AccountReceived(key=account) if account else None,
    )


EXPORT_TEXTS = (
    "The export button does nothing when I press it",
    "Pressing the export button does nothing at all",
    "When I press the export button nothing happens",
    "Nothing happens after I press the export button",
    "The export button does nothing, I pressed it five times",
    "I press the export button and nothing happens, please help",
    "Export button pressed and nothing happens",
)
"""Seven people, one problem."""


def contacts_about_export(
    count: int = 5,
    *,
    first: int = 0,
    minutes: float = 0,
    version: str | None = None,
    agent: str | None = "ada@support.example",
) -> list[ContactReceived]:
    """Contacts of different customers with the same problem, a minute apart."""
    return [
        a_contact(
            EXPORT_TEXTS[number % len(EXPORT_TEXTS)],
            external_id=f"export-{number}",
            email=f"customer{number}@company{number}.example",
            minutes=minutes + number,
            version=version,
            agent=agent,
        )
        for number in range(first, first + count)
    ]
