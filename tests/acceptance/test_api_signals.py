"""Ship signals by API: connected, mapped, rotated, read again; and what counts as shipped."""

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from bridge.domain.people import Role
from tests.api_client import Api, serving
from tests.conftest import Pipeline

SHOP = {"kind": "github", "name": "github", "rules": [{"source": "acme/shop"}]}


@pytest.fixture
def api(pipeline: Pipeline) -> Iterator[Api]:
    with serving(pipeline.application) as found:
        yield found


def deliver(api: Api, signal: dict[str, object], repository: str) -> int:
    """A release of version 4.2, signed with the secret of the answer."""
    told = {"tag_name": "v4.2", "published_at": "2026-03-02T08:00:00Z"}
    body = {"action": "published", "release": told, "repository": {"full_name": repository}}
    raw = json.dumps(body).encode()
    digest = hmac.new(str(signal["secret"]).encode(), raw, hashlib.sha256).hexdigest()
    headers = {"x-github-event": "release", "x-hub-signature-256": f"sha256={digest}"}
    path = str(signal["address"]).partition("/webhooks")[2]
    return api.client.post(f"/webhooks{path}", content=raw, headers=headers).status_code


def test_a_system_is_connected_tells_what_is_out_and_its_mapping_is_mended(
    api: Api, pipeline: Pipeline
) -> None:
    made = api.admin.post("/signals", SHOP)
    assert made.status_code == 201
    signal = made.json()
    assert signal["secret"].startswith("whsec_")
    engineer = api.as_(Role.ENGINEER)
    (listed,) = engineer.get("/signals").json()["items"]
    assert "secret" not in listed
    assert (listed["name"], listed["counts"], listed["secret_count"]) == ("github", "both", 1)
    for repository in ("acme/shop", "acme/web"):
        assert deliver(api, signal, repository) == 202
    pipeline.queue.drain(pipeline.clock.moment)
    log = engineer.get("/signals/deliveries", state=["unmapped", "failed"]).json()["items"]
    assert [(one["connection"], one["reason"]) for one in log] == [
        ("github", "nothing says what acme/web is here")
    ]
    assert engineer.get("/signals/deliveries", limit=1).json()["items"] == log
    assert [one["version"] for one in engineer.get("/releases").json()["items"]] == ["4.2"]
    rules = [{"source": "acme/shop"}, {"source": "acme/web", "component": "web"}]
    mended = api.admin.patch(f"/signals/{signal['id']}", {"rules": rules})
    assert (mended.status_code, mended.json()["read_again"]) == (200, 1)
    pipeline.queue.drain(pipeline.clock.moment)
    found = api.admin.get("/releases").json()["items"]
    assert {(one["component"], one["version"]) for one in found} == {("", "4.2"), ("web", "4.2")}
    retried = engineer.post(f"/signals/deliveries/{log[0]['id']}/retry")
    assert (retried.status_code, retried.json()["detail"]) == (
        409,
        "the delivery is done: there is nothing to read again",
    )


def test_a_secret_is_rotated_and_the_connection_forgotten(api: Api) -> None:
    signal = api.admin.post("/signals", {**SHOP, "secret": "a secret of their own"}).json()
    assert signal["secret"] == "a secret of their own"
    address = f"/signals/{signal['id']}"
    rotated = api.admin.post(f"{address}/rotate", {}).json()
    assert rotated["secret_count"] == 2
    assert deliver(api, signal, "acme/shop") == deliver(api, rotated, "acme/else") == 202
    finished = api.admin.post(f"{address}/rotate", {"finish": True}).json()
    assert (finished["secret_count"], finished["secret"]) == (1, "")
    assert deliver(api, signal, "acme/third") == 401
    (listed,) = api.admin.get("/signals").json()["items"]
    assert listed["refused_at"] is not None
    assert listed["deliveries"] == {"received": 2}
    assert api.admin.post(f"{address}/remove").status_code == 200
    assert api.admin.get("/signals").json() == {"items": []}
    assert api.admin.get("/signals/deliveries").json()["items"] == []
    assert deliver(api, rotated, "acme/shop") == 404


def test_what_cannot_be_connected_says_why(api: Api) -> None:
    api.admin.post("/signals", SHOP)
    for body, status, told in (
        (SHOP, 422, "a connection is called github already"),
        ({**SHOP, "name": "two", "kind": "svn"}, 422, "there is no svn; there are cdevents"),
        ({**SHOP, "name": "two", "rules": []}, 422, "name at least one repository or service"),
        ({**SHOP, "name": "two", "secret": "short"}, 422, "16 to 200 letters"),
        ({**SHOP, "name": "two", "regions": ["eu"]}, 422, "one has to hold {region}"),
        (
            {**SHOP, "name": "two", "rules": [{"source": "x", "product": "other"}]},
            404,
            "no product is called",
        ),
    ):
        answer = api.admin.post("/signals", body)
        assert (answer.status_code, told in answer.text) == (status, True), answer.text
    with api.application.open() as store:
        store.products.add("shop", "Shop")
    assert api.as_(Role.ADMIN, product="shop").get("/signals").json() == {"items": []}
    assert api.as_(Role.ADMIN, product="shop").patch("/signals/1", {}).status_code == 404


def test_only_who_may_see_and_change_it(api: Api) -> None:
    signal = api.admin.post("/signals", SHOP).json()
    agent, lead = api.as_(Role.AGENT), api.as_(Role.LEAD)
    statuses = [
        agent.get("/signals").status_code,
        agent.get("/signals/deliveries").status_code,
        lead.get("/signals").status_code,
        lead.post("/signals", SHOP).status_code,
        lead.patch(f"/signals/{signal['id']}", {}).status_code,
        lead.post(f"/signals/{signal['id']}/rotate").status_code,
        lead.patch("/product", {"ship_rule": "done"}).status_code,
        agent.get("/product").status_code,
    ]
    assert statuses == [403, 403, 200, 403, 403, 403, 403, 200]


def test_a_product_says_what_counts_as_shipped(api: Api) -> None:
    assert api.admin.get("/product").json()["ship_rule"] == "versions"
    changed = api.admin.patch("/product", {"ship_rule": "deployment", "full_percent": 95})
    assert changed.status_code == 200
    assert (changed.json()["ship_rule"], changed.json()["full_percent"]) == ("deployment", 95)
    assert api.admin.patch("/product", {"ship_rule": "perhaps"}).status_code == 422
    assert api.admin.get("/product").json() == changed.json()
