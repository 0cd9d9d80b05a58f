from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.contacts import ContactReceived, CustomerReceived
from bridge.domain.customers import Identity, IdentityKind
from bridge.identity import (
    CustomerChoice,
    account_identity,
    choose_customer,
    email_domain,
    email_identity,
    external_identity,
    handle_identity,
    identities_of,
    is_free_mail,
    may_merge,
    normal_email,
    normal_phone,
    phone_identity,
)


def received(customer: CustomerReceived, source: str = "desk") -> ContactReceived:
    moment = datetime(2026, 3, 3, tzinfo=UTC)
    return ContactReceived(
        external_id="1", text="x", occurred_at=moment, source=source, customer=customer
    )


def known(identity: Identity | None) -> Identity:
    assert identity is not None
    return identity


ACCOUNT = known(account_identity("ACC-1"))
OTHER_ACCOUNT = known(account_identity("ACC-2"))
EMAIL = known(email_identity("maria@shop.example"))
PHONE = known(phone_identity("+493012345678", region="DE"))
HANDLE = known(handle_identity("x", "@maria"))
SHARED = known(email_identity("info@shop.example"))


def test_identities_come_strongest_first() -> None:
    customer = CustomerReceived(
        email="Maria@Shop.example",
        phone="030 12345678",
        handle="@Maria",
        display_name="Maria",
        account_number=" acc-1 ",
        external_ids=(("Zendesk", "4711"),),
    )
    keys = [(one.kind.value, one.key) for one in identities_of(received(customer), region="DE")]
    assert keys == [
        ("account_number", "acc-1"),
        ("external_id", "zendesk:4711"),
        ("email", "maria@shop.example"),
        ("phone", "+493012345678"),
        ("handle", "desk:maria"),
    ]


def test_a_display_name_alone_is_an_anonymous_report() -> None:
    customer = CustomerReceived(display_name="A user", name="Maria Lopez", email="  ")
    assert identities_of(received(customer), region="US") == ()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (" Maria.Lopez@Shop.EXAMPLE ", "maria.lopez@shop.example"),
        ("m.a.r.i.a@gmail.com", "m.a.r.i.a@gmail.com"),
        ("jörg@müller.example", "jörg@xn--mller-kva.example"),
        ("jo\u0308rg@mu\u0308ller.example", "jörg@xn--mller-kva.example"),
        ("Maria <maria@shop.test>", "maria@shop.test"),
        ("no address", None),
        ("a@@b.example", None),
    ],
)
def test_an_address_has_one_comparable_form(address: str, key: str | None) -> None:
    assert normal_email(address) == key


def test_a_plus_tag_keeps_its_own_key_and_knows_its_base() -> None:
    assert email_identity("Maria+Shop@shop.example") == Identity(
        IdentityKind.EMAIL, "maria+shop@shop.example", base_key="maria@shop.example"
    )
    assert EMAIL.base_key is None


def test_what_is_no_address_recognises_itself_and_never_merges() -> None:
    broken = known(email_identity("maria at shop"))
    assert broken.key == "raw:maria at shop"
    assert broken.is_weak
    assert not may_merge(broken)


@pytest.mark.parametrize("local", ["info", "Support", "office", "support+eu", "buchhaltung"])
def test_a_shared_mailbox_is_marked(local: str) -> None:
    assert known(email_identity(f"{local}@shop.example")).is_shared


@pytest.mark.parametrize(
    ("number", "region", "expected"),
    [
        ("(212) 736-5000", "US", ("+12127365000", True)),
        ("+1 212.736.5000", "DE", ("+12127365000", True)),
        ("(555) 000-0018", "US", ("+15550000018", False)),
        ("0049 30 12345678", "US", ("+493012345678", True)),
        ("030/12345678", "DE", ("+493012345678", True)),
        ("+1 212 736 5000 ext. 12", "US", ("+12127365000;ext=12", True)),
        ("12", "US", None),
        ("unknown", "US", None),
    ],
)
def test_a_phone_number_has_one_comparable_form(
    number: str, region: str, expected: tuple[str, bool] | None
) -> None:
    assert normal_phone(number, region=region) == expected


def test_phones_are_weak_when_not_valid_and_raw_when_impossible() -> None:
    assert known(phone_identity("555 000 0018", region="US")).is_weak
    withheld = known(phone_identity("Withheld", region="US"))
    assert (withheld.key, may_merge(withheld)) == ("raw:withheld", False)


def test_a_handle_belongs_to_its_source() -> None:
    assert handle_identity("X", "@Maria") == handle_identity("x", "maria ")
    assert handle_identity("x", "maria") != handle_identity("forum", "maria")


def test_external_ids_keep_their_case() -> None:
    assert external_identity("CRM", "aB") != external_identity("crm", "Ab")


def test_domains_name_companies_unless_everybody_can_have_one() -> None:
    assert email_domain("maria@shop.example") == "shop.example"
    assert email_domain("raw:maria") == ""
    assert is_free_mail("GMX.de")
    assert not is_free_mail("shop.example")


def test_an_unknown_person_is_a_new_customer() -> None:
    assert choose_customer([], claims=[EMAIL]) == CustomerChoice(None)


def test_the_strongest_match_wins_and_the_others_merge_into_it() -> None:
    choice = choose_customer([(EMAIL, 2), (PHONE, 3), (ACCOUNT, 1)], claims=[ACCOUNT, EMAIL, PHONE])
    assert choice == CustomerChoice(1, absorbed=(2, 3), evidence=(ACCOUNT, EMAIL, PHONE))


def test_a_handle_never_merges_two_customers() -> None:
    assert choose_customer([(HANDLE, 2), (EMAIL, 1)]) == CustomerChoice(1, evidence=(EMAIL,))
    assert choose_customer([(HANDLE, 2)]) == CustomerChoice(2, evidence=(HANDLE,))


def test_a_shared_mailbox_never_merges_and_comes_last() -> None:
    assert choose_customer([(SHARED, 2), (PHONE, 1)]) == CustomerChoice(1, evidence=(PHONE,))
    assert choose_customer([(SHARED, 2)]).customer_id == 2


def test_conflicting_account_numbers_block_the_merge() -> None:
    choice = choose_customer(
        [(ACCOUNT, 1), (EMAIL, 2)],
        claims=[ACCOUNT, EMAIL],
        held={1: [ACCOUNT], 2: [OTHER_ACCOUNT, EMAIL]},
    )
    assert choice == CustomerChoice(1, blocked=(2,), evidence=(ACCOUNT,))


def test_a_new_account_number_does_not_join_a_customer_with_another() -> None:
    choice = choose_customer(
        [(EMAIL, 2)], claims=[ACCOUNT, EMAIL], held={2: [OTHER_ACCOUNT, EMAIL]}
    )
    assert choice == CustomerChoice(None, blocked=(2,))


def test_two_customers_known_by_account_numbers_do_not_merge_over_mail_and_phone() -> None:
    choice = choose_customer(
        [(EMAIL, 1), (PHONE, 2)], claims=[EMAIL, PHONE], held={1: [ACCOUNT], 2: [OTHER_ACCOUNT]}
    )
    assert choice == CustomerChoice(1, blocked=(2,), evidence=(EMAIL,))


def test_ids_of_different_systems_do_not_contradict() -> None:
    crm, desk = known(external_identity("crm", "1")), known(external_identity("desk", "9"))
    choice = choose_customer([(crm, 1), (EMAIL, 2)], held={1: [crm], 2: [desk, EMAIL]})
    assert choice.absorbed == (2,)


@given(st.permutations([(ACCOUNT, 1), (EMAIL, 2), (PHONE, 3), (HANDLE, 4), (SHARED, 5)]))
@settings(max_examples=50, deadline=None)
def test_the_order_of_matches_does_not_matter(matches: list[tuple[Identity, int]]) -> None:
    choice = choose_customer(matches)
    assert (choice.customer_id, choice.absorbed) == (1, (2, 3))


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_as_identity_is_taken_without_failing(text: str) -> None:
    customer = CustomerReceived(
        email=text, phone=text, handle=text, account_number=text, external_ids=((text, text),)
    )
    for identity in identities_of(received(customer), region="US"):
        assert identity.key
