"""Issues over HTTP: found, looked at, decided, filed, shipped; then notices and workarounds."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bridge.domain.issues import IssueState
from bridge.domain.people import MACHINE, Role
from bridge.domain.tickets import FieldKind, FilingState, TicketField
from bridge.steps.moves import Cause, move_issue
from bridge.steps.review import file_issue, take_to_file
from tests.api_client import Api, serving
from tests.builders import START, contacts_about_export
from tests.conftest import Pipeline


@pytest.fixture
def api(pipeline: Pipeline) -> Iterator[Api]:
    """One issue about exports with five customers, handled by ada."""
    pipeline.send(*contacts_about_export(5, version="4.1"))
    pipeline.consolidate()
    with serving(pipeline.application) as found:
        yield found


@pytest.fixture
def issue(api: Api) -> str:
    """The name of that issue."""
    items = api.admin.get("/issues").json()["items"]
    assert len(items) == 1
    return str(items[0]["id"])


def connect_tracker(pipeline: Pipeline) -> None:
    with pipeline.application.open() as store:
        store.connections.save(
            pipeline.product.id, "jira", name="jira", config={"instance": "one"}, sealed=b"-"
        )


def resolve(pipeline: Pipeline, name: str) -> None:
    """As if a ticket had been filed and done."""
    cause = Cause(MACHINE, START, "test", "test")
    with pipeline.application.open() as store:
        issue = store.issues.by_number(pipeline.product.id, int(name.removeprefix("ISS-")))
        for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED):
            issue = move_issue(issue, state, store=store, cause=cause)


def test_an_issue_has_the_documented_members(api: Api, issue: str) -> None:
    answer = api.admin.get(f"/issues/{issue}")
    body = answer.json()
    assert body["id"] == issue == f"ISS-{body['number']}"
    assert (body["contact_count"], body["customer_count"], body["anonymous_count"]) == (5, 5, 0)
    assert (body["state"], body["tickets"], body["filing"]) == ("candidate", [], None)
    assert body["first_seen_at"] == "2026-03-02T09:00:00Z"
    assert body["link"].endswith(f"/issues/{issue}?product=default")
    parts = {one["name"]: one for one in body["rank_parts"]}
    assert body["rank"] == sum(one["contribution"] for one in body["rank_parts"]) == 10
    assert parts["growth"] == {
        **{"name": "growth", "value": 5, "weight": 1, "contribution": 5},
        "told": "5 of them wrote in the last 7 days",
    }
    assert parts["satisfaction"]["value"] is None
    assert answer.headers["ETag"] == f'"{body["version"]}"'
    assert api.admin.get(f"/issues/{body['number']}").json() == body


def test_an_issue_that_does_not_exist_is_404(api: Api) -> None:
    for name in ("ISS-999", "999999999", "9999999999"):
        assert api.admin.get(f"/issues/{name}").status_code == 404


def test_the_likely_customers_are_a_list_of_their_own(api: Api, issue: str) -> None:
    answer = api.as_(Role.AGENT).get(f"/issues/{issue}/likely").json()
    assert (answer["issue"], answer["count"], answer["items"]) == (issue, 0, [])
    assert answer["words"] == "Nobody can be named: the directory tells nothing of anybody else."
    (shared,) = answer["shared"]
    assert shared["words"] == "version 4.1: 5 of 5 affected customers, 0 of 0 others"


def test_a_name_no_issue_can_have_is_422(api: Api) -> None:
    for name in ("ISS-0", "-1", "x", "ISS-٣", "1%00", "99999999999999999999"):
        answer = api.admin.get(f"/issues/{name}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "id"


def test_the_list_is_filtered_by_state_and_words(api: Api, issue: str) -> None:
    def ids(**params: str | list[str]) -> list[str]:
        return [one["id"] for one in api.admin.get("/issues", **params).json()["items"]]

    assert ids(state=["candidate", "filed"]) == [issue]
    assert ids(state="filed") == []
    assert ids(q="export") == [issue]
    assert ids(q=issue) == [issue]
    assert ids(q="100%\x00") == []


def test_pages_of_issues_join_into_the_whole_list(api: Api, pipeline: Pipeline) -> None:
    with pipeline.application.open() as store:
        for number in range(2, 7):
            store.issues.add(
                pipeline.product.id, number=number, title=f"t{number}", terms=[], now=START
            )
    for sort in ("rank", "number", "customers", "last_seen"):
        whole = [one["id"] for one in api.admin.get("/issues", sort=sort).json()["items"]]
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = api.admin.get("/issues", sort=sort, limit=2, **cursor).json()
            seen += [one["id"] for one in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert len(whole) == 6
        assert seen == whole, sort


def test_contacts_customers_and_history_come_in_pages(api: Api, issue: str) -> None:
    api.admin.post(f"/issues/{issue}/confirm")
    for part, key, count in (("contacts", "id", 5), ("customers", "id", 5), ("history", "seq", 2)):
        first = api.admin.get(f"/issues/{issue}/{part}", limit=1).json()
        assert first["next"] is not None, part
        rest = api.admin.get(f"/issues/{issue}/{part}", cursor=first["next"]).json()
        assert rest["next"] is None
        found = [one[key] for one in first["items"] + rest["items"]]
        assert len(set(found)) == len(found) == count, part


def test_a_contact_says_why_it_is_on_the_issue_and_shows_no_address(api: Api, issue: str) -> None:
    answer = api.admin.get(f"/issues/{issue}/contacts")
    one = answer.json()["items"][0]
    assert one["reason"]
    assert one["similarity"] >= 0
    assert one["nearest"]["contact"] != one["id"]
    assert "export button" in " ".join(one["nearest"]["shared"])
    assert "@" not in answer.text


def test_a_made_up_cursor_is_422(api: Api) -> None:
    for cursor in ("abc", "W10", "WyJhIl0", "W3RydWUsMV0", "WzEsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OV0"):
        assert api.admin.get("/issues", cursor=cursor).status_code == 422


def test_confirming_twice_is_409_with_what_is_possible(api: Api, issue: str) -> None:
    lead = api.as_(Role.LEAD, user="lena@support.example")
    first = lead.post(f"/issues/{issue}/confirm", {})
    again = lead.post(f"/issues/{issue}/confirm", {})
    assert (first.status_code, first.json()["state"]) == (200, "confirmed")
    assert (again.status_code, again.json()["type"]) == (409, "urn:bridge:problem:conflict")
    newest = lead.get(f"/issues/{issue}/history").json()["items"][-1]
    assert newest["actor"] == {"kind": "person", "name": "lena@support.example"}


def test_many_confirming_at_once_make_one_decision(api: Api, issue: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.admin.post(f"/issues/{issue}/confirm", {}), range(8)))
    assert sorted(one.status_code for one in answers) == [200] + [409] * 7
    actions = [one["action"] for one in api.admin.get(f"/issues/{issue}/history").json()["items"]]
    assert actions.count("confirmed") == 1


def test_dismissing_needs_a_reason(api: Api, issue: str) -> None:
    empty = api.admin.post(f"/issues/{issue}/dismiss", {"reason": " \x00"})
    assert empty.json()["errors"][0]["pointer"] == "/reason"
    done = api.admin.post(f"/issues/{issue}/dismiss", {"reason": "one loud customer"})
    assert (done.status_code, done.json()["state"]) == (200, "dismissed")


def test_a_decision_on_an_older_version_is_412(api: Api, issue: str) -> None:
    tag = api.admin.get(f"/issues/{issue}").headers["ETag"]
    url = f"/issues/{issue}/confirm"
    assert api.admin.post(url, {}, headers={"If-Match": '"0"'}).status_code == 412
    first = api.admin.post(url, {}, headers={"If-Match": tag})
    assert first.status_code == 200
    stale = api.admin.post(f"/issues/{issue}/dismiss", {"reason": "x"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert first.headers["ETag"] != tag


def test_a_decision_sent_twice_with_a_key_is_one_decision(api: Api, issue: str) -> None:
    key = {"Idempotency-Key": "confirm-1"}
    first = api.admin.post(f"/issues/{issue}/confirm", {}, headers=key)
    again = api.admin.post(f"/issues/{issue}/confirm", {}, headers=key)
    assert again.json() == first.json()
    assert again.headers["ETag"] == first.headers["ETag"]


def test_filing_without_a_tracker_says_what_to_do(api: Api, issue: str) -> None:
    answer = api.admin.post(f"/issues/{issue}/file", {})
    assert answer.status_code == 409
    assert "bridge jira connect" in answer.json()["detail"]


def test_filing_plans_one_ticket_however_often_it_is_asked_for(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    connect_tracker(pipeline)
    for _ in range(2):
        answer = api.admin.post(f"/issues/{issue}/file")
        assert answer.status_code == 200
        assert answer.json()["filing"] == {"state": "planned", "reason": None, "asks": []}
    with pipeline.application.open() as store:
        assert len(store.filings.unsettled()) == 1
    assert api.admin.post(f"/issues/{issue}/file", {"fields": {"a": 1}}).status_code == 422


def test_asking_for_a_ticket_that_is_under_way_waits_for_nobody(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    connect_tracker(pipeline)
    asked = api.admin.post(f"/issues/{issue}/file").json()
    with pipeline.application.open() as store:
        found = store.issues.by_number(pipeline.product.id, asked["number"])
        store.issues.get(pipeline.product.id, found.id, lock=True)
        assert api.admin.post(f"/issues/{issue}/file").json() == asked
    outdated = api.admin.post(f"/issues/{issue}/file", headers={"If-Match": '"0"'})
    assert outdated.status_code == 412


def test_who_waited_for_another_ones_request_lets_the_issue_go(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    connect_tracker(pipeline)
    product, open_store = pipeline.product, pipeline.application.open
    with open_store() as store:
        found = store.issues.by_number(product.id, int(issue.removeprefix("ISS-")))
    waits, may_end = threading.Event(), threading.Event()

    def ask() -> bool:
        with open_store() as store:
            waits.set()
            taken = take_to_file(found, store=store)
            may_end.wait(60)
            return taken is None

    with ThreadPoolExecutor(1) as other:
        with open_store() as store:
            taken = take_to_file(found, store=store)
            assert taken is not None
            asking = other.submit(ask)
            waits.wait(60)
            time.sleep(1)
            file_issue(taken, product, store=store, cause=Cause(MACHINE, START, "", "test"))
        # The other one's block is still open; were its lock, this would end with an error.
        with open_store() as store:
            store.issues.get(product.id, found.id, lock=True)
        may_end.set()
        assert asking.result(60)


def test_a_parked_filing_is_only_filed_again_on_a_persons_word(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    connect_tracker(pipeline)
    assert api.admin.post(f"/issues/{issue}/link", {"ticket": "FB-1"}).status_code == 409
    api.admin.post(f"/issues/{issue}/file")
    park(pipeline)
    for body, state in (({}, "parked"), ({"again": True}, "planned")):
        answer = api.admin.post(f"/issues/{issue}/file", body)
        assert answer.json()["filing"]["state"] == state
    park(pipeline)
    for nonsense in ({}, {"ticket": ""}, {"ticket": 7}, {"ticket": "two words"}):
        assert api.admin.post(f"/issues/{issue}/link", nonsense).status_code == 422
    named = api.admin.post(f"/issues/{issue}/link", {"ticket": "FB-1"})
    assert named.status_code == 200
    assert "somebody says it is FB-1" in named.json()["filing"]["reason"]
    assert api.as_(Role.AGENT).post(f"/issues/{issue}/link", {"ticket": "FB-1"}).status_code == 403
    actions = [one["action"] for one in api.admin.get(f"/issues/{issue}/history").json()["items"]]
    assert actions[-2:] == ["file_again", "ticket_named"]


def park(pipeline: Pipeline) -> None:
    """As if a request had been sent, lost, and looked for in vain."""
    now = pipeline.clock.moment
    with pipeline.application.open() as store:
        (filing_id,) = store.filings.unsettled()
        attempt = store.attempts.start(
            filing_id, token="t", lower_bound=0, now=now, lease_until=now
        )
        assert attempt is not None
        store.attempts.end(attempt, FilingState.PARKED, reason="two looks found no ticket")


def test_things_of_another_product_do_not_exist(api: Api, pipeline: Pipeline, issue: str) -> None:
    resolve(pipeline, issue)
    api.admin.post("/releases", {"version": "4.2", "issues": [issue]})
    advice = {"issue": issue, "text": "Halve it.", "audience": "internal"}
    workaround = api.admin.post("/workarounds", advice).json()["id"]
    notice = api.admin.get("/notices").json()["items"][0]["id"]
    contact = api.admin.get(f"/issues/{issue}/contacts").json()["items"][0]["id"]
    with api.application.open() as store:
        store.products.add("shop", "Shop")
    stranger = api.as_(Role.ADMIN, product="shop")
    reads = [f"/issues/{issue}{part}" for part in ("", "/contacts", "/customers", "/history")]
    assert {stranger.get(path).status_code for path in reads} == {404}
    assert stranger.get("/workarounds", issue=issue).status_code == 404
    writes: list[tuple[str, object]] = [
        (f"/issues/{issue}/confirm", {}),
        (f"/issues/{issue}/dismiss", {"reason": "x"}),
        (f"/issues/{issue}/file", {}),
        (f"/issues/{issue}/link", {"ticket": "FB-1"}),
        (f"/issues/{issue}/unlink", {}),
        ("/releases", {"version": "1", "issues": [issue]}),
        (f"/notices/{notice}/acknowledge", {}),
        ("/workarounds", advice),
        (f"/workarounds/{workaround}/use", {"contact": contact}),
        (f"/workarounds/{workaround}/retire", {"reason": "x"}),
        (f"/workarounds/{workaround}/restore", {"reason": "x"}),
    ]
    assert {path: stranger.post(path, body).status_code for path, body in writes} == {
        path: 404 for path, _ in writes
    }
    for path in ("/issues", "/releases", "/notices", "/workarounds"):
        assert stranger.get(path).json()["items"] == []
        assert stranger.get(path, product="default").status_code == 404
    assert stranger.post("/match", {"text": "The export button does nothing"}).json() == []


def test_a_refused_filing_names_the_fields_it_waits_for_and_takes_them(
    api: Api, issue: str, pipeline: Pipeline
) -> None:
    connect_tracker(pipeline)
    asked = TicketField(
        "customfield_1", "Severity", FieldKind.CHOICE, ("High", "Low"), "It is required."
    )
    filed = api.admin.post(f"/issues/{issue}/file").json()
    assert filed["filing"] == {"state": "planned", "reason": None, "asks": []}
    with pipeline.application.open() as store:
        (filing_id,) = store.filings.unsettled()
        until = START + timedelta(minutes=2)
        attempt = store.attempts.start(
            filing_id, token="t", lower_bound=0, now=START, lease_until=until
        )
        assert attempt is not None
        store.attempts.end(attempt, FilingState.REFUSED, reason="Severity: It is required.")
        store.filings.ask(filing_id, [asked])
    refused = api.admin.get(f"/issues/{issue}").json()["filing"]
    assert refused["asks"] == [
        {
            **{"id": "customfield_1", "name": "Severity", "kind": "choice"},
            **{"choices": ["High", "Low"], "told": "It is required."},
        }
    ]
    lead = api.as_(Role.LEAD)
    bad = lead.post(f"/issues/{issue}/file", {"fields": {"Severity": "Huge"}})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/fields/Severity")
    for_all = {"fields": {"Severity": "High"}, "for_all": True}
    assert lead.post(f"/issues/{issue}/file", for_all).status_code == 403
    good = api.admin.post(f"/issues/{issue}/file", for_all)
    assert good.json()["filing"] == {"state": "planned", "reason": None, "asks": []}
    with pipeline.application.open() as store:
        assert store.filings.chosen(filing_id) == (("customfield_1", "High"),)
        (connection,) = store.connections.all()
    assert connection.config["fields"] == {"customfield_1": "High"}
