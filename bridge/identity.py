"""Who a contact is from: comparable keys, and the pure decision which customers are one person."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from bridge.domain.contacts import ContactReceived
from bridge.domain.customers import Identity, IdentityKind

RAW_PREFIX = "raw:"
"""Begins the key of what could not be normalised: it recognises itself and never merges."""

_STRENGTH = {kind: rank for rank, kind in enumerate(IdentityKind)}
_MAX_CHARACTERS = 320
_SPACE = re.compile(r"\s+")

_SHARED_MAILBOXES_TEXT = (
    "abuse accounting accounts admin administration administracion ap ar billing bookkeeping "
    "buchhaltung "
    "compras contabilidad contact contacto contactus customerservice einkauf empfang enquiries "
    "facturacion "
    "finance hello help helpdesk hostmaster hr info inquiries invoice invoices it kontakt "
    "kundenservice mail "
    "marketing noc no-reply noreply oficina office operations orders postmaster procurement "
    "purchasing "
    "reception rechnung rechnungen recepcion sales security service soporte support team technik "
    "ventas "
    "verwaltung vertrieb webmaster"
)
_SHARED_MAILBOXES = frozenset(_SHARED_MAILBOXES_TEXT.split())
_FREE_MAIL_TEXT = (
    "126.com 163.com aol.com aol.de arcor.de bluewin.ch btinternet.com comcast.net duck.com "
    "fastmail.com "
    "free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com "
    "hotmail.com "
    "hotmail.de hotmail.es hotmail.fr icloud.com laposte.net libero.it live.com mac.com mail.com "
    "mail.de "
    "mail.ru mailbox.org me.com msn.com naver.com orange.fr outlook.com outlook.de outlook.es "
    "pm.me "
    "posteo.de proton.me protonmail.com qq.com rediffmail.com rocketmail.com seznam.cz sky.com "
    "t-online.de "
    "terra.es telefonica.net tuta.com tutanota.com verizon.net virgilio.it wanadoo.fr web.de wp.pl "
    "yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.de yahoo.es yahoo.fr yahoo.it "
    "yandex.com "
    "yandex.ru ymail.com zoho.com"
)
_FREE_MAIL = frozenset(_FREE_MAIL_TEXT.split())
"""Providers where everybody can have an address, so that the domain names no company."""


@dataclass(frozen=True, slots=True)
class CustomerChoice:
    """Which known customer a contact belongs to, and which are proved to be the same person.

    `customer_id` is None when a new customer has to be made. `absorbed` merge into it.
    `blocked` share evidence with it but may not merge by themselves: a person must look.
    `evidence` are the identities that joined them, strongest first.
    """

    customer_id: int | None
    absorbed: tuple[int, ...] = ()
    blocked: tuple[int, ...] = ()
    evidence: tuple[Identity, ...] = ()


def identities_of(received: ContactReceived, *, region: str) -> tuple[Identity, ...]:
    """Normalised identities, strongest first; () for an anonymous report.

    `region` is the ISO country by which national phone numbers are read.
    """
    customer = received.customer
    found = [account_identity(customer.account_number)]
    found += [external_identity(system, key) for system, key in customer.external_ids]
    found += [email_identity(customer.email), phone_identity(customer.phone, region=region)]
    found.append(handle_identity(received.source, customer.handle))
    return tuple(dict.fromkeys(identity for identity in found if identity is not None))


def account_identity(number: str | None) -> Identity | None:
    """The account number of a person, compared without regard to case; None when empty."""
    key = _plain(number).casefold()
    return Identity(IdentityKind.ACCOUNT_NUMBER, key) if key else None


def external_identity(system: str, key: str | None) -> Identity | None:
    """The id of a person in another system, as "system:id"; ids keep their case."""
    plain = _plain(key)
    return (
        Identity(IdentityKind.EXTERNAL_ID, f"{_plain(system).casefold()}:{plain}")
        if plain
        else None
    )


def email_identity(address: str | None) -> Identity | None:
    """An e-mail address, with its address without plus-tag when it has one; None when empty."""
    plain = _plain(address)
    if not plain:
        return None
    key = normal_email(plain)
    if key is None:
        return Identity(IdentityKind.EMAIL, RAW_PREFIX + plain.casefold(), is_weak=True)
    local, domain = key.rsplit("@", 1)
    base, _, tag = local.partition("+")
    return Identity(
        IdentityKind.EMAIL,
        key,
        base_key=f"{base}@{domain}" if base and tag else None,
        is_shared=base in _SHARED_MAILBOXES,
    )


def phone_identity(number: str | None, *, region: str) -> Identity | None:
    """A phone number: E.164, weak when possible but not valid, raw when impossible."""
    plain = _plain(number)
    if not plain:
        return None
    normal = normal_phone(plain, region=region)
    if normal is None:
        return Identity(IdentityKind.PHONE, RAW_PREFIX + plain.casefold(), is_weak=True)
    key, is_valid = normal
    return Identity(IdentityKind.PHONE, key, is_weak=not is_valid)


def handle_identity(source: str, handle: str | None) -> Identity | None:
    """A handle, known per source: the same handle elsewhere may be somebody else."""
    key = _plain(handle).lstrip("@").casefold()
    return Identity(IdentityKind.HANDLE, f"{_plain(source).casefold()}:{key}") if key else None


def normal_email(address: str) -> str | None:
    """The comparable form: NFC, lower case, IDNA domain; None when it is no address.

    Dots are never removed; the reserved domains .example and .test are allowed.
    """
    try:
        # Deliverability would need the network, and a contact's claim needs no proof of it.
        valid = validate_email(
            address.strip(),
            check_deliverability=False,
            globally_deliverable=False,
            allow_display_name=True,
            test_environment=True,  # allows the reserved domain .test as .example is allowed
        )
    except EmailNotValidError:
        return None
    domain = valid.ascii_domain or valid.domain
    return f"{unicodedata.normalize('NFC', valid.local_part.lower())}@{domain.lower()}"


def normal_phone(number: str, *, region: str) -> tuple[str, bool] | None:
    """E.164 and whether the number is valid; None when it is not even possible.

    An extension stays, since one switchboard has many people behind it.
    """
    plain = _plain(number)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    try:
        parsed = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    key = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if parsed.extension:
        key = f"{key};ext={parsed.extension}"
    return key, phonenumbers.is_valid_number(parsed)


def email_domain(key: str) -> str:
    """The domain of an e-mail key; empty for a key without one."""
    return "" if key.startswith(RAW_PREFIX) or "@" not in key else key.rsplit("@", 1)[1]


def is_free_mail(domain: str) -> bool:
    """Whether everybody can have an address there, so that it names no company."""
    return domain.lower() in _FREE_MAIL


def may_merge(identity: Identity) -> bool:
    """Whether two customers known under this identity are one person.

    Not a handle, not a shared mailbox, and nothing that could not be normalised.
    """
    if identity.kind is IdentityKind.HANDLE or identity.is_shared:
        return False
    return not identity.key.startswith(RAW_PREFIX)


def choose_customer(
    matches: Sequence[tuple[Identity, int]],
    *,
    claims: Collection[Identity] = (),
    held: Mapping[int, Collection[Identity]] | None = None,
) -> CustomerChoice:
    """Decide which customer a contact belongs to and which known customers merge.

    `matches` are the contact's identities that are known, each with its customer; `claims` are
    all identities of the contact; `held` are the identities each matched customer has already.
    The strongest match wins. A customer whose account number or external id contradicts the
    contact's or the winner's neither wins by weaker evidence nor merges: it is `blocked`.
    """
    ordered = sorted(matches, key=lambda match: (_rank(match[0]), match[1]))
    theirs = {
        owner: [*(held or {}).get(owner, ()), *_matched(ordered, owner)] for _, owner in ordered
    }
    winner: int | None = None
    absorbed: list[int] = []
    blocked: list[int] = []
    evidence: list[Identity] = []
    strong: list[Identity] = []
    for identity, customer in ordered:
        if customer == winner or customer in absorbed or customer in blocked:
            continue
        if not _is_proof(identity) and _contradict(claims, theirs[customer]):
            blocked.append(customer)
        elif winner is None:
            winner, strong = customer, theirs[customer]
            evidence.append(identity)
        elif not (may_merge(identity) and may_merge(evidence[0])):
            continue
        elif _contradict(strong, theirs[customer]):
            blocked.append(customer)
        else:
            absorbed.append(customer)
            evidence.append(identity)
            strong = [*strong, *theirs[customer]]
    return CustomerChoice(winner, tuple(absorbed), tuple(blocked), tuple(evidence))


def _plain(text: str | None) -> str:
    """Trimmed, NFC, single spaces, bounded."""
    if not text:
        return ""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text[:_MAX_CHARACTERS])).strip()


def _rank(identity: Identity) -> tuple[int, bool, bool]:
    """Sorts by strength; a shared mailbox or a weak number comes after the sound ones."""
    is_unsound = not may_merge(identity)
    return (
        len(_STRENGTH) if is_unsound else _STRENGTH[identity.kind],
        identity.is_weak,
        is_unsound,
    )


def _matched(matches: Sequence[tuple[Identity, int]], customer: int) -> list[Identity]:
    return [identity for identity, owner in matches if owner == customer]


def _is_proof(identity: Identity) -> bool:
    return identity.kind in (IdentityKind.ACCOUNT_NUMBER, IdentityKind.EXTERNAL_ID)


def _contradict(one: Collection[Identity], other: Collection[Identity]) -> bool:
    """Whether both name ids of one system (or account numbers) and share none of them."""
    mine, theirs = _proofs(one), _proofs(other)
    return any(mine[system].isdisjoint(theirs[system]) for system in mine.keys() & theirs.keys())


def _proofs(identities: Collection[Identity]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for identity in identities:
        if identity.kind is IdentityKind.ACCOUNT_NUMBER:
            found.setdefault("account", set()).add(identity.key)
        elif identity.kind is IdentityKind.EXTERNAL_ID:
            found.setdefault("id:" + identity.key.partition(":")[0], set()).add(identity.key)
    return found
