"""The workaround store port on Zendesk, against a stand-in that behaves."""

from collections.abc import Iterator

import pytest

from bridge.domain.copies import CopyKind, CopyOutcome, CopyRef
from bridge.domain.errors import AnswerLost, SignInRefused, TryAgainLater
from integrations.zendesk.client import ZendeskClient
from integrations.zendesk.connect import check
from integrations.zendesk.settings import ZendeskSettings
from integrations.zendesk.store import ZendeskStore
from tests.zendesk_desk import EMAIL, TOKEN, Desk, zendesk_desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    with zendesk_desk() as found:
        yield found


def settings_of(desk: Desk, token: str = TOKEN) -> ZendeskSettings:
    return ZendeskSettings(
        desk.url, EMAIL, token, allow_private=True, calls_per_second=1000, read_timeout_seconds=2
    )


@pytest.fixture
def store(desk: Desk) -> Iterator[ZendeskStore]:
    settings = settings_of(desk)
    client = ZendeskClient(settings)
    yield ZendeskStore(settings, client=client)
    client.close()


@pytest.mark.parametrize("kind", ["macro", "article"])
def test_a_copy_is_switched_off_seen_to_be_off_and_switched_on_again(
    desk: Desk, store: ZendeskStore, kind: str
) -> None:
    add = desk.add_macro if kind == "macro" else desk.add_article
    ref = store.recognise(add(12, "Halve it."))
    assert ref is not None
    found = store.get(ref)
    assert found is not None
    assert (found.is_live, found.text) == (True, "Halve it.")
    for _ in range(2):
        assert store.retire(ref, found.content_hash) is CopyOutcome.DONE
    off = store.get(ref)
    assert off is not None
    assert (off.is_live, off.content_hash) == (False, found.content_hash)
    assert store.verify(ref, is_live=False)
    assert store.restore(ref, found.content_hash) is CopyOutcome.DONE
    assert store.verify(ref, is_live=True)
    assert sum(one.startswith("PUT") for one in desk.requests) == 2


@pytest.mark.parametrize("kind", ["macro", "article"])
def test_what_somebody_changed_is_left_alone(desk: Desk, store: ZendeskStore, kind: str) -> None:
    add = desk.add_macro if kind == "macro" else desk.add_article
    ref = store.recognise(add(12, "Halve it."))
    assert ref is not None
    found = store.get(ref)
    assert found is not None
    add(12, "Something better.")
    assert store.retire(ref, found.content_hash) is CopyOutcome.CONFLICT
    assert store.verify(ref, is_live=True)
    assert store.get(CopyRef(ref.kind, "99", ref.locale)) is None
    assert store.retire(CopyRef(ref.kind, "99", ref.locale), "x") is CopyOutcome.CONFLICT
    assert store.retire(CopyRef(CopyKind.LINK, ""), "x") is CopyOutcome.UNSUPPORTED


def test_what_a_macro_does_survives_the_switch(desk: Desk, store: ZendeskStore) -> None:
    ref = store.recognise(desk.add_macro(12, "Halve it."))
    assert ref is not None
    before = list(desk.macros[12]["actions"])
    found = store.get(ref)
    assert found is not None
    store.retire(ref, found.content_hash)
    assert desk.macros[12]["actions"] == before


def test_a_lost_answer_may_have_changed_something_and_a_lost_reading_has_not(
    desk: Desk, store: ZendeskStore
) -> None:
    ref = store.recognise(desk.add_macro(12, "Halve it."))
    assert ref is not None
    found = store.get(ref)
    assert found is not None
    desk.faults = [("PUT", "lost")]
    with pytest.raises(AnswerLost):
        store.retire(ref, found.content_hash)
    assert desk.macros[12]["active"] is False
    desk.faults = [("GET", "dropped")]
    with pytest.raises(TryAgainLater):
        store.get(ref)
    desk.faults = [("GET", "slow")]
    with pytest.raises(TryAgainLater) as slow:
        store.get(ref)
    assert slow.value.retry_after_seconds == 7


def test_macros_are_listed_with_their_uses_page_by_page(desk: Desk, store: ZendeskStore) -> None:
    for number in range(1, 131):
        desk.add_macro(number, f"Text {number}", uses=number)
    found = store.list()
    assert [one.uses_in_30_days for one in found] == list(range(130, 0, -1))
    assert [one.split("?")[0] for one in desk.requests] == ["GET /api/v2/macros"] * 2


def test_only_addresses_of_this_account_are_its_copies(desk: Desk, store: ZendeskStore) -> None:
    assert store.recognise(f"{desk.url}/agent/admin/macros/12/edit") == CopyRef(
        CopyKind.MACRO, "12"
    )
    assert store.recognise(f"{desk.url}/hc/en-US/articles/34-Export?x=1") == CopyRef(
        CopyKind.ARTICLE, "34", "en-us"
    )
    for other in (f"{desk.url}/agent/tickets/12", "https://other.example/macros/12", "nothing"):
        assert store.recognise(other) is None


def test_connecting_says_step_by_step_what_is_wrong(desk: Desk) -> None:
    assert [(one.name, one.ok, one.fix) for one in check(settings_of(desk))] == [
        *(("address", True, ""), ("sign_in", True, "")),
        *(("macros", True, ""), ("articles", True, "")),
    ]
    steps = check(settings_of(desk, token="wrong"))
    assert [one.ok for one in steps] == [True, False, False, False]
    assert "make a new API token" in steps[1].fix
    public = ZendeskSettings(desk.url, EMAIL, TOKEN)
    assert not check(public)[0].ok
    desk.role = "agent"
    assert "not an admin" in check(settings_of(desk))[1].fix


def test_an_account_that_may_not_is_refused_and_nothing_happened(
    desk: Desk, store: ZendeskStore
) -> None:
    ref = store.recognise(desk.add_macro(12, "Halve it."))
    assert ref is not None
    found = store.get(ref)
    assert found is not None
    desk.role = "agent"
    with pytest.raises(SignInRefused):
        store.retire(ref, found.content_hash)
    assert desk.macros[12]["active"] is True
