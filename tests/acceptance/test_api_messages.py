"""Following, settings of notices, and messages to channels over HTTP and on the pages."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bridge.domain.errors import Refused
from bridge.domain.people import MACHINE, Role
from bridge.steps.moves import Cause
from bridge.steps.tell import Telling, tell_fix
from tests.api_client import Api, serving
from tests.builders import contacts_about_export
from tests.conftest import Pipeline
from tests.fakes import FakeNotifier
from tests.scripted_http import ScriptedHttp, reply

ADA = "ada@support.example"


@pytest.fixture
def notifier(pipeline: Pipeline) -> FakeNotifier:
    made = FakeNotifier(name="smtp")
    pipeline.rewire(replace(pipeline.application.context, notifiers=[made]))
    return made


@pytest.fixture
def api(pipeline: Pipeline, notifier: FakeNotifier) -> Iterator[Api]:
    """One confirmed issue about exports, handled by ada."""
    pipeline.send(*contacts_about_export(5, version="4.1"))
    pipeline.consolidate()
    with serving(pipeline.application) as found:
        found.admin.post("/issues/1/confirm", {})
        yield found


def test_a_follower_is_told_and_one_who_left_is_not(api: Api, pipeline: Pipeline) -> None:
    eve = api.as_(Role.ENGINEER, user="eve@support.example")
    bob = api.as_(Role.AGENT, user="bob@support.example")
    for one in (eve, bob):
        assert one.post("/issues/ISS-1/follow", {}).json() == {"issue": "ISS-1", "following": True}
    assert bob.post("/issues/ISS-1/unfollow", {}).json()["following"] is False
    assert api.as_(Role.AGENT).post("/issues/ISS-1/follow", {}).status_code == 403
    assert eve.post("/issues/ISS-99/follow", {}).status_code == 404
    with pipeline.application.open() as store:
        issue = store.issues.by_number(pipeline.product.id, 1)
        assert len(store.notices.followers(issue.id)) == 1


def test_a_person_says_how_to_be_told(api: Api) -> None:
    ada = api.as_(Role.AGENT, user=ADA)
    assert ada.get("/notices/settings").json() == {
        "channels": None,
        "digest_hour": None,
        "quiet_from": None,
        "quiet_until": None,
        "zone": "UTC",
    }
    wanted = {"channels": ["smtp"], "digest_hour": 8, "zone": "Europe/Berlin"}
    assert ada.post("/notices/settings", wanted).status_code == 200
    assert ada.get("/notices/settings").json() == {
        **wanted,
        "quiet_from": None,
        "quiet_until": None,
    }
    refused = ada.post("/notices/settings", {"zone": "Middle/Earth"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/zone")
    assert ada.post("/notices/settings", {"digest_hour": 25}).status_code == 422
    unknown = ada.post("/notices/settings", {"channels": ["smtp", "e-mail"]})
    assert (unknown.status_code, unknown.json()["detail"]) == (
        422,
        "there is no channel e-mail; there are: smtp",
    )
    assert api.as_(Role.AGENT).get("/notices/settings").status_code == 403


def test_a_lead_sees_what_failed_and_sends_it_again(
    api: Api, pipeline: Pipeline, notifier: FakeNotifier
) -> None:
    notifier.next_errors.append(Refused("550 no such user"))
    with pipeline.application.open() as store:
        issue = store.issues.by_number(pipeline.product.id, 1)
        cause = Cause(MACHINE, pipeline.clock.moment)
        context = pipeline.application.context
        tell_fix(issue, "4.2", [], telling=Telling(pipeline.product, store, context, cause))
    pipeline.queue.drain(pipeline.clock.moment)
    lead = api.as_(Role.LEAD)
    assert api.as_(Role.AGENT).get("/outgoing").status_code == 403
    (failed,) = lead.get("/outgoing", state="failed").json()["items"]
    assert (failed["recipient"], failed["reason"]) == (ADA, "550 no such user")
    assert lead.get("/outgoing", state="sent").json()["items"] == []
    again = lead.post(f"/outgoing/{failed['id']}/retry", {})
    assert (again.status_code, again.json()["state"]) == (200, "planned")
    pipeline.queue.drain(pipeline.clock.moment)
    (sent,) = lead.get("/outgoing").json()["items"]
    assert (sent["state"], sent["message_id"]) == ("sent", failed["message_id"])
    assert lead.post(f"/outgoing/{failed['id']}/retry", {}).status_code == 409
    assert lead.post("/outgoing/999/retry", {}).status_code == 404


def test_an_outage_is_declared_and_cleared_by_leads(api: Api, pipeline: Pipeline) -> None:
    lead = api.as_(Role.LEAD)
    assert api.as_(Role.AGENT).post("/issues/ISS-1/outage", {"text": "x"}).status_code == 403
    assert lead.post("/issues/ISS-1/all-clear", {}).status_code == 409
    assert lead.post("/issues/ISS-1/outage", {"text": "We work on it."}).status_code == 200
    assert lead.post("/issues/ISS-1/outage", {"text": "We work on it."}).status_code == 409
    assert lead.post("/issues/ISS-1/all-clear", {"reason": "it is back"}).status_code == 200
    ada = api.as_(Role.AGENT, user=ADA)
    told = ada.get("/notices").json()["items"]
    assert [one["kind"] for one in told] == ["all_clear", "outage"]
    assert api.as_(Role.AGENT).post("/notices/acknowledge", {}).status_code == 403
    first = ada.post("/notices/acknowledge", {"up_to": told[1]["id"]})
    assert (first.status_code, first.json()) == (200, {"acknowledged": 1})
    assert ada.post("/notices/acknowledge").json() == {"acknowledged": 1}
    assert ada.post("/notices/acknowledge").json() == {"acknowledged": 0}
    assert [one["state"] for one in ada.get("/notices").json()["items"]] == ["acknowledged"] * 2


def test_an_endpoint_is_added_tested_rotated_and_removed(api: Api, pipeline: Pipeline) -> None:
    server = ScriptedHttp([reply(410), reply(200), reply(200)])
    try:
        url = f"http://127.0.0.1:{server.port}/hooks"
        given = {"name": "crm", "url": url, "allow_private": True}
        assert api.as_(Role.LEAD).post("/endpoints", given).status_code == 403
        added = api.admin.post("/endpoints", given)
        assert (added.status_code, added.json()["secret"][:6]) == (201, "whsec_")
        name = f"/endpoints/{added.json()['id']}"
        taken = api.admin.post("/endpoints", given)
        assert (taken.status_code, taken.json()["detail"][:33]) == (
            409,
            "an endpoint is called crm already",
        )
        assert "secret" not in api.admin.get("/endpoints").json()["items"][0]
        assert api.admin.post(f"{name}/test", {}).status_code == 202
        pipeline.queue.drain(pipeline.clock.moment)
        (gone,) = api.admin.get("/endpoints").json()["items"]
        assert gone["trouble"] == "the receiver answered 410: it wants nothing more"
        assert api.admin.post(f"{name}/enable", {}).json()["disabled_at"] is None
        pipeline.queue.drain(pipeline.clock.moment)
        (sent,) = api.admin.get("/outgoing", state="sent").json()["items"]
        assert sent["subject"] == "endpoint.test"
        assert api.admin.post(f"{name}/rotate", {}).json()["secret"] != added.json()["secret"]
        assert api.admin.post("/endpoints", {**given, "events": ["x"]}).status_code == 422
        inside = api.admin.post("/endpoints", {**given, "name": "b", "allow_private": False})
        assert (inside.status_code, inside.json()["errors"][0]["pointer"]) == (422, "/url")
        assert api.admin.post(f"{name}/remove", {}).status_code == 200
        assert api.admin.post(f"{name}/remove", {}).status_code == 404
    finally:
        server.close()


def test_an_owner_comes_with_an_account(api: Api, pipeline: Pipeline) -> None:
    account = {"key": "acme", "owner": "Kim Lee"}
    contact = {"external_id": "9", "text": "x", "occurred_at": "2026-03-02T08:15:00Z"}
    assert api.admin.post("/contacts", {**contact, "account": account}).status_code == 201
    with pipeline.application.open() as store:
        assert store.accounts.ownerless() == [("acme", "Kim Lee")]
