"""Contacts over HTTP: new, known, odd and many."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.domain.people import Role
from bridge.store.engine import Store
from bridge.wiring import Application
from tests.api_client import CONTACT, Api, serving


@pytest.fixture
def api(application: Application) -> Iterator[Api]:
    with serving(application) as found:
        yield found


def contact(**changes: object) -> dict[str, object]:
    return {**CONTACT, **changes}


def test_a_new_contact_is_201_and_a_known_one_200(api: Api) -> None:
    first = api.admin.post("/contacts", CONTACT)
    again = api.admin.post("/contacts", CONTACT)
    assert (first.status_code, first.json()["result"]) == (201, "new")
    assert (again.status_code, again.json()["result"]) == (200, "unchanged")
    assert first.json()["id"] == again.json()["id"]


def test_the_first_content_wins_unless_the_update_is_newer(api: Api) -> None:
    api.admin.post("/contacts", CONTACT)
    other = api.admin.post("/contacts", contact(text="Something else entirely happened to me."))
    newer = api.admin.post(
        "/contacts",
        contact(text="Something else entirely happened.", updated_at="2026-03-02T08:59:00Z"),
    )
    assert other.json()["result"] == "ignored_difference"
    assert newer.json()["result"] == "updated"


def test_only_three_members_are_required(api: Api) -> None:
    body = {"external_id": "1", "text": "It broke today again", "occurred_at": "2026-03-02T08:00Z"}
    assert api.admin.post("/contacts", body).status_code == 201


_USELESS: list[tuple[dict[str, object], str]] = [
    ({"text": None}, "/text"),
    ({"text": "", "subject": None}, "/text"),
    ({"external_id": ""}, "/external_id"),
    ({"external_id": "\u0000"}, "/external_id"),
    ({"occurred_at": "0001-01-01T00:00:00Z"}, "/occurred_at"),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "/occurred_at"),
    ({"occurred_at": "9999-12-31T23:59:59-12:00"}, "/occurred_at"),
    ({"occurred_at": "9998-01-01T00:00:00Z"}, "/occurred_at"),
    ({"occurred_at": "2026-03-02T08:00:00"}, "/occurred_at"),
    ({"occurred_at": 1_770_000_000}, "/occurred_at"),
    ({"occurred_at": "1770000000"}, "/occurred_at"),
    ({"version": "Mozilla/5.0 " * 9}, "/version"),
    ({"platform": "x" * 81}, "/platform"),
    ({"customer": {"email": 7}}, "/customer/email"),
    ({"customer": {"role": "admin"}}, "/customer/role"),
    ({"product_id": 2}, "/product_id"),
    ({"a/b~c": 2}, "/a~1b~0c"),
    ({"satisfaction": {"metric": "csat", "score": "high"}}, "/satisfaction/score"),
]


def test_what_cannot_be_used_is_422_with_a_pointer(api: Api) -> None:
    for changes, pointer in _USELESS:
        answer = api.admin.post("/contacts", contact(**changes))
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        assert answer.json()["id"] == answer.headers["X-Request-ID"]


def test_nul_and_lone_surrogates_are_cleaned_in_every_member(api: Api) -> None:
    odd = "a\x00b\ud800c"
    body = contact(
        text=f"The export fails {odd} and nobody helps",
        subject=odd,
        source=odd,
        external_id=odd,
        channel=odd,
        version=odd,
        conversation=odd,
        customer={"email": "mia@x.example", "name": odd, "external_ids": {odd: odd}},
        account={"key": odd, "name": odd, "domains": [odd]},
        agent={"email": f"{odd}@support.example"},
    )
    raw = json.dumps(body).encode()
    assert api.admin.send("/contacts", raw).status_code == 201


def test_a_text_of_a_megabyte_is_accepted_and_cut(api: Api) -> None:
    assert api.admin.post("/contacts", contact(text="word " * 200_000)).status_code == 201


def test_a_body_that_is_no_contact_is_a_4xx_problem(api: Api) -> None:
    for content in (b"{", b"", b"[" * 100_000, b"1" * 5_000, b"null", b"\xff"):
        answer = api.admin.send("/contacts", content)
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"


def test_another_content_type_is_415(api: Api) -> None:
    raw = json.dumps(CONTACT).encode()
    assert api.admin.send("/contacts", raw, media_type="text/plain").status_code == 415
    assert api.admin.send("/contacts/batch", b"[]", media_type="text/csv").status_code == 415


def test_an_unknown_product_in_the_body_is_404(api: Api) -> None:
    assert api.admin.post("/contacts", contact(product="nowhere")).status_code == 404


def test_the_product_of_the_body_counts_for_a_token_that_sees_all(api: Api) -> None:
    with api.application.open() as store:
        shop = store.products.add("shop", "Shop")
    everywhere = api.as_(Role.ADMIN, product=None)
    assert everywhere.post("/contacts", contact(product="shop")).status_code == 201
    assert api.admin.post("/contacts", contact(product="shop")).status_code == 404
    with api.application.open() as store:
        assert store.contacts.count(shop.id) == 1


def test_a_batch_answers_each_item_and_bad_ones_spoil_nothing(api: Api) -> None:
    batch = [
        contact(external_id="1"),
        contact(external_id="2", occurred_at="soon"),
        "no object",
        contact(external_id="4", product="nowhere"),
        contact(external_id="1"),
        contact(external_id="6", text="\x00 \ud800"),
        contact(external_id="7"),
    ]
    answer = api.admin.send("/contacts/batch", json.dumps(batch).encode())
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [one["status"] for one in items] == [201, 422, 422, 404, 200, 201, 201]
    assert items[1]["problem"]["errors"][0]["pointer"] == "/occurred_at"
    assert answer.json()["counts"] == {"201": 3, "422": 2, "404": 1, "200": 1}


def test_a_batch_may_be_lines(api: Api) -> None:
    lines = [json.dumps(contact(external_id=str(n))) for n in range(3)]
    content = "\n".join([*lines, "{", ""]).encode()
    answer = api.admin.send("/contacts/batch", content, media_type="application/x-ndjson")
    assert [one["status"] for one in answer.json()["items"]] == [201, 201, 201, 422]


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_ten_thousand_at_once_are_refused_as_a_whole(api: Api, media_type: str) -> None:
    content = (
        json.dumps([{}] * 10_000) if media_type.endswith("/json") else "{}\n" * 10_000
    ).encode()
    answer = api.admin.send("/contacts/batch", content, media_type=media_type)
    assert answer.status_code == 413
    assert "1000" in answer.json()["detail"]


def test_the_same_contact_sent_at_once_by_many_is_new_for_one(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.admin.post("/contacts", CONTACT), range(8)))
    assert sorted(one.status_code for one in answers) == [200] * 7 + [201]
    assert len({one.json()["id"] for one in answers}) == 1


def test_a_failing_commit_is_not_a_success(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Store) -> None:
        raise OSError("the disk is gone, and so is mia@customer.example")

    monkeypatch.setattr(Store, "commit", fail)
    answer = api.admin.post("/contacts", CONTACT)
    assert answer.status_code == 500
    assert answer.json().keys() == {"type", "title", "status", "id"}
    assert "mia" not in answer.text


def test_the_same_key_gets_the_same_answer_and_stores_nothing_twice(api: Api) -> None:
    key = {"Idempotency-Key": "key-1"}
    first = api.admin.post("/contacts", CONTACT, headers=key)
    again = api.admin.post("/contacts", CONTACT, headers={"Idempotency-Key": '"key-1"'})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = api.admin.post("/contacts", contact(external_id="other"), headers=key)
    assert other.status_code == 422
    assert api.as_(Role.AGENT).post("/contacts", CONTACT, headers=key).status_code == 200


def test_a_key_whose_first_request_is_under_way_is_409(api: Api) -> None:
    with api.application.open() as store:
        token = store.people.tokens()[0]
        assert store.answers.take(f"token:{token.id}", "key-1")
        answer = api.admin.post("/contacts", CONTACT, headers={"Idempotency-Key": "key-1"})
    assert answer.status_code == 409
    after = api.admin.post("/contacts", CONTACT, headers={"Idempotency-Key": "key-1"})
    assert after.status_code == 201
