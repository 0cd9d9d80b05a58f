"""Which of their addresses a customer shows on a contact, and in which spelling."""

import random

from bridge.demo.customers import Customer
from bridge.domain.contacts import CustomerReceived

_TAGS = ("wrenrota", "app", "jobs", "office")


def sender(
    customer: Customer, channel: str, *, is_again: bool, rng: random.Random
) -> CustomerReceived:
    """The customer as received on this channel; who writes again more often spells it anew."""
    name = customer.name if rng.random() < 0.8 else None
    number = customer.account_number if rng.random() < _NUMBER_SHARE[channel] else None
    if channel == "email":
        return CustomerReceived(
            email=_spelt(customer.email, is_again, rng), name=name, account_number=number
        )
    if channel == "chat":
        email = customer.email if rng.random() < 0.6 else None
        return CustomerReceived(handle=customer.handle, email=email, account_number=number)
    if channel == "phone" and customer.phone is not None:
        return CustomerReceived(phone=phone_text(customer, rng), name=name, account_number=number)
    if channel == "phone":
        return CustomerReceived(account_number=customer.account_number, name=customer.name)
    phone = phone_text(customer, rng) if customer.phone and rng.random() < 0.3 else None
    return CustomerReceived(
        email=_spelt(customer.email, is_again, rng), name=name, phone=phone, account_number=number
    )


_NUMBER_SHARE = {"email": 0.2, "chat": 0.3, "phone": 0.6, "web_form": 0.6}


def _spelt(email: str, is_again: bool, rng: random.Random) -> str:
    local, domain = email.split("@")
    draw = rng.random() * (0.6 if is_again else 1.0)
    if draw < 0.07:
        return f"{local}+{rng.choice(_TAGS)}@{domain}"
    if draw < 0.14:
        return f"{local.title()}@{domain.title()}"
    if draw < 0.17:
        return email.upper()
    return email


def phone_text(customer: Customer, rng: random.Random) -> str:
    """The customer's number the way one of us would write it; empty without a number."""
    if customer.phone is None:
        return ""
    code, area, rest = customer.phone
    middle = len(rest) // 2
    return rng.choice(
        (
            f"+{code}{area}{rest}",
            f"+{code} {area} {rest[:middle]} {rest[middle:]}",
            f"+{code}-{area}-{rest[:3]}-{rest[3:]}",
            f"00{code} {area} {rest}" if code != "1" else f"+1 ({area}) {rest[:3]}-{rest[3:]}",
            f"+{code} (0){area} {rest}" if code != "1" else f"+1 {area}.{rest[:3]}.{rest[3:]}",
        )
    )
