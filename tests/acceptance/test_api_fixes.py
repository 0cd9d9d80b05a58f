"""Releases, notices, workarounds and matching over HTTP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bridge.domain.issues import IssueState
from bridge.domain.moments import rfc3339, with_moments
from bridge.domain.people import MACHINE, Role
from bridge.steps.moves import Cause, move_issue
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


def resolve(pipeline: Pipeline, name: str) -> None:
    """As if a ticket had been filed and done."""
    cause = Cause(MACHINE, START, "test", "test")
    with pipeline.application.open() as store:
        issue = store.issues.by_number(pipeline.product.id, int(name.removeprefix("ISS-")))
        for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED):
            issue = move_issue(issue, state, store=store, cause=cause)


def test_a_release_ships_tells_each_agent_once_and_retires_workarounds(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    advice = {"issue": issue, "text": "Export in two halves.", "audience": "customer"}
    workaround = api.admin.post("/workarounds", advice).json()
    resolve(pipeline, issue)
    engineer = api.as_(Role.ENGINEER)
    news = {"version": "4.2", "issues": [issue, int(issue.removeprefix("ISS-"))]}
    first = engineer.post("/releases", news)
    again = engineer.post("/releases", news)
    assert (first.status_code, first.json()["shipped"], first.json()["not_shipped"]) == (
        201,
        [issue],
        [],
    )
    assert (again.status_code, again.json()["shipped"]) == (200, [issue])

    notices = api.as_(Role.AGENT, user="ada@support.example").get("/notices").json()["items"]
    assert [(one["issue"], one["kind"], one["state"]) for one in notices] == [
        (issue, "fix", "unread")
    ]
    retired = api.admin.get("/workarounds", issue=issue).json()["items"][0]
    assert (retired["state"], retired["reason"]) == ("retired", "fixed in 4.2")
    use = api.as_(Role.AGENT).post(f"/workarounds/{workaround['id']}/use", {})
    assert use.status_code == 409
    assert "fixed in 4.2" in use.json()["detail"]


def test_an_issue_says_what_it_waits_for_and_moments_in_histories_have_their_zone(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    assert api.admin.get(f"/issues/{issue}").json()["waits_for"] is None
    resolve(pipeline, issue)
    waiting = api.admin.get(f"/issues/{issue}").json()
    assert waiting["waits_for"] == "a person to say which release has the fix: it has no ticket"
    assert waiting["shipped_at"] is None
    api.admin.post("/releases", {"version": "4.2", "issues": [issue]})
    shown = api.admin.get(f"/issues/{issue}").json()
    assert (shown["waits_for"], shown["shipped_at"][-1]) == (None, "Z")
    history = api.admin.get(f"/issues/{issue}/history").json()["items"]
    (told,) = [one["after"]["shipped_at"] for one in history if "shipped_at" in one["after"]]
    assert told == shown["shipped_at"]
    old = {"shipped_at": "2026-03-02 09:02:00.5+00:00", "told": "2026-03-02 09:02"}
    assert with_moments(old) == {
        "shipped_at": "2026-03-02T09:02:00.500000Z",
        "told": "2026-03-02 09:02",
    }


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"version": ""}, 422, "version: this must not be empty"),
        ({"version": "4.2", "percent": "30"}, 422, "a whole number such as 30, without quotes"),
        ({"version": "4.2", "percent": True}, 422, "a whole number such as 30, without quotes"),
        ({"version": "4.2", "issues": ["ISS-0"]}, 422, "an issue is named ISS-42"),
        ({"version": "4.2", "issues": ["ISS-9999999999"]}, 404, "no issue has so large a number"),
    ],
)
def test_what_cannot_be_a_release_is_refused_in_plain_words(
    api: Api, body: dict[str, object], status: int, words: str
) -> None:
    answer = api.as_(Role.ENGINEER).post("/releases", body)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    refused = api.as_(Role.AGENT).post("/releases", {"version": "4.2"})
    assert refused.json()["detail"] == "the role agent may not say what has shipped"


def rungs(api: Api, issue: str) -> dict[str, tuple[str, str]]:
    found = api.as_(Role.AGENT).get(f"/issues/{issue}/fix")
    assert (found.status_code, found.json()["issue"]) == (200, issue)
    return {one["kind"]: (one["state"], one["why"]) for one in found.json()["rungs"]}


def test_the_fix_ladder_is_climbed_and_stepped_down_and_a_release_is_taken_back_by_its_id(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    resolve(pipeline, issue)
    pipeline.send(*contacts_about_export(1, first=5, minutes=30, version="4.2"))
    engineer = api.as_(Role.ENGINEER)
    assert rungs(api, issue)["released"] == ("now", "no version with it is out")
    partly = {
        "version": "4.2",
        "percent": 40,
        "shipped_at": (START + timedelta(minutes=20)).isoformat(),
    }
    engineer.post("/releases", {**partly, "issues": [issue], "insist": True})
    assert rungs(api, issue)["rolled_out"] == ("now", "4.2 to 40 % of customers")
    known = "1 of 6 affected customers: 5 not rolled out to yet"
    assert rungs(api, issue)["reached"] == ("now", known)
    customers = api.admin.get(f"/issues/{issue}/customers").json()["items"]
    assert [one["has_fix"] for one in customers] == ["not_yet"] * 5 + ["yes"]
    insisted = {"version": "4.2", "issues": [issue], "insist": True}
    told = engineer.post("/releases", insisted).json()
    assert told["shipped"] == [issue]
    states = [state for state, _ in rungs(api, issue).values()]
    assert states == ["done", "done", "done", "done", "now", "now", "waiting"]

    (listed,) = engineer.get("/releases").json()["items"]
    assert listed["id"] == told["id"]
    back = engineer.post(f"/releases/{told['id']}/withdraw", {"reason": "it lost settings"})
    assert (back.status_code, back.json()["id"]) == (200, listed["id"])
    assert (back.json()["stepped_down"], back.json()["is_withdrawn"]) == ([issue], True)
    assert engineer.post(f"/releases/{told['id'] + 1}/withdraw", {}).status_code == 404
    taken = rungs(api, issue)
    assert taken["resolved"][0] == "done"
    assert taken["released"] == taken["rolled_out"] == ("taken_back", "it lost settings")


def test_what_came_after_a_fix_is_told_once_one_has_shipped(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    assert api.admin.get(f"/issues/{issue}/proof").status_code == 404
    resolve(pipeline, issue)
    api.as_(Role.ENGINEER).post("/releases", {"version": "4.2", "issues": [issue]})
    pipeline.send(*contacts_about_export(2, first=5, minutes=3 * 24 * 60, version="4.1"))
    answer = api.as_(Role.AGENT).get(f"/issues/{issue}/proof")
    found = answer.json()
    assert (answer.status_code, found["issue"], found["fixed_in"]) == (200, issue, "4.2")
    assert found["compared"] is None
    none = {"not_rolled_out": 0, "with_fix": 0, "unknown": 0}
    assert found["still_coming"] == {"without_fix": 2, **none}
    assert found["words"][0] == "There is not enough before or after the fix to compare yet."


def test_an_issue_that_is_not_resolved_is_not_shipped_and_the_answer_says_so(
    api: Api, issue: str
) -> None:
    answer = api.admin.post("/releases", {"version": "4.2", "issues": [issue]}).json()
    assert answer["shipped"] == []
    assert answer["not_shipped"] == [{"issue": issue, "reason": "it is candidate, not resolved"}]


def test_a_release_is_not_named_for_an_issue_that_its_customers_met_unless_one_insists(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    resolve(pipeline, issue)
    engineer = api.as_(Role.ENGINEER)
    shipped_at = (START - timedelta(days=1)).isoformat()
    news = {"version": "4.0", "issues": [issue], "shipped_at": shipped_at}
    refused = engineer.post("/releases", news)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        f"5 customers who have 4.0 wrote about {issue}, the last on 2026-03-02: look at them, or"
        " insist that it is fixed",
    )
    # The day is not told: customers named the version before anybody called it released.
    assert engineer.post("/releases", {"version": "4.1", "issues": [issue]}).status_code == 409
    assert engineer.get("/releases").json()["items"] == [], "nothing was kept"
    assert engineer.post("/releases", {"version": "4.0"}).json()["shipped"] == []
    shipped = engineer.post("/releases", news | {"insist": True})
    assert shipped.json()["shipped"] == [issue]
    assert engineer.get(f"/issues/{issue}").json()["state"] == "shipped"
    assert engineer.post("/releases", news).json()["shipped"] == [issue], "said already"


def test_news_of_a_release_that_makes_no_sense_is_422(api: Api) -> None:
    senseless: list[tuple[str, object]] = [
        ("/version", ""),
        ("/percent", 0),
        ("/percent", "50"),
        ("/issues/0", ["nine"]),
        ("/issues/0", [True]),
        ("/shipped_at", "2031-01-01T00:00:00Z"),
        ("/shipped_at", "0001-01-01T00:00:00Z"),
    ]
    for pointer, value in senseless:
        name = pointer.split("/")[1]
        answer = api.admin.post("/releases", {"version": "1", name: value})
        assert answer.status_code == 422
        found = answer.json()
        assert found["errors"][0]["pointer"] == pointer
        told = found["errors"][0]["detail"]
        assert found["detail"] in (told, f"{pointer[1:]}: {told}"), "the field and what is wrong"
    assert api.admin.get("/releases").json() == {"items": [], "next": None}


def test_a_release_has_shipped_whatever_the_clock_of_who_tells_it(
    api: Api, pipeline: Pipeline
) -> None:
    now = pipeline.clock.moment
    ahead = {"version": "4.2", "shipped_at": (now + timedelta(minutes=9)).isoformat()}
    assert api.admin.post("/releases", ahead).json()["shipped_at"] == rfc3339(now)
    later = {"version": "4.3", "shipped_at": (now + timedelta(minutes=11)).isoformat()}
    refused = api.admin.post("/releases", later)
    assert refused.status_code == 422
    assert "has not come yet" in refused.json()["detail"]


def test_releases_come_newest_first_in_pages(api: Api) -> None:
    for day in (1, 3, 2):
        news = {"version": f"4.{day}", "shipped_at": f"2026-02-0{day}T00:00:00Z"}
        assert api.admin.post("/releases", news).status_code == 201
    first = api.admin.get("/releases", limit=2).json()
    rest = api.admin.get("/releases", cursor=first["next"]).json()
    assert [one["version"] for one in first["items"] + rest["items"]] == ["4.3", "4.2", "4.1"]


def test_a_person_reads_their_own_inbox_and_leads_read_any(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    resolve(pipeline, issue)
    api.admin.post("/releases", {"version": "4.2", "issues": [issue]})
    ada, bob = (api.as_(Role.AGENT, user=f"{name}@support.example") for name in ("ada", "bob"))
    lead = api.as_(Role.LEAD, user="lena@support.example")
    assert bob.get("/notices").json()["items"] == []
    assert lead.get("/notices").json()["items"] == []
    assert len(api.admin.get("/notices").json()["items"]) == 1
    for asking in (lead, ada):
        assert len(asking.get("/notices", recipient="Ada@support.example").json()["items"]) == 1
    assert bob.get("/notices", recipient="ada@support.example").status_code == 403
    assert api.as_(Role.AGENT).get("/notices").status_code == 403

    notice = ada.get("/notices").json()["items"][0]["id"]
    assert bob.post(f"/notices/{notice}/acknowledge").status_code == 404
    for _ in range(2):
        answer = ada.post(f"/notices/{notice}/acknowledge", {})
        assert (answer.status_code, answer.json()["state"]) == (200, "acknowledged")


def test_a_workaround_is_written_used_retired_and_restored(api: Api, issue: str) -> None:
    lead, agent = api.as_(Role.LEAD), api.as_(Role.AGENT)
    advice = {
        "issue": issue,
        "text": "Write to kim@support.example\x00 and wait.",
        "audience": "internal",
        "versions": ["4.1"],
    }
    for nothing in ("\u200b\u2060", " \u0000 "):
        assert lead.post("/workarounds", {**advice, "text": nothing}).status_code == 422
    added = lead.post("/workarounds", advice)
    assert added.status_code == 201
    assert added.json()["text"] == "Write to <EMAIL_1> and wait."
    url = f"/workarounds/{added.json()['id']}"
    receiver = {"name": "crm", "url": "https://crm.example/hooks"}
    assert api.admin.post("/endpoints", receiver).status_code == 201
    contact = api.admin.get(f"/issues/{issue}/contacts").json()["items"][0]["id"]
    for count, body in ((1, {"contact": contact}), (1, {"contact": contact}), (2, {}), (3, None)):
        assert agent.post(f"{url}/use", body).json()["use_count"] == count
    assert agent.post(f"{url}/use", {"contact": 2**62}).status_code == 404
    assert agent.post(f"{url}/retire", {"reason": "it hurts"}).status_code == 403
    assert lead.post(f"{url}/restore", {"reason": "x"}).status_code == 409
    retired = lead.post(f"{url}/retire", {"reason": "it hurts mia@customer.example"}).json()
    assert (retired["state"], retired["reason"]) == ("retired", "it hurts <EMAIL_1>")
    refused = agent.post(f"{url}/use", {})
    assert (refused.status_code, "it hurts" in refused.json()["detail"]) == (409, True)
    assert lead.post(f"{url}/restore", {"reason": "it was fine"}).json()["state"] == "active"
    assert agent.post(f"{url}/use").status_code == 200
    actions = [one["action"] for one in lead.get(f"/issues/{issue}/history").json()["items"]]
    assert actions[-3:] == ["workaround_added", "workaround_retired", "workaround_restored"]
    events = [one["subject"] for one in api.admin.get("/outgoing").json()["items"]]
    assert events == ["workaround.restored", "workaround.retired"]
    for wrong, pointer in (
        ({"versions": [">=4.3,<4.0"]}, "/versions/0"),
        ({"platforms": [" "]}, "/platforms/0"),
        ({"review_at": "2026-02-01T00:00:00Z"}, "/review_at"),
    ):
        answer = lead.post("/workarounds", {**advice, **wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_matching_finds_the_issue_and_what_to_tell(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    text = {"text": "Hello, I press the export button and nothing happens. Regards, Mia"}
    found = api.as_(Role.AGENT).post("/match", text).json()
    assert [one["issue"] for one in found] == [issue]
    assert found[0].keys() == {"issue", "title", "similarity", "is_likely", "state"}
    api.admin.post("/workarounds", {"issue": issue, "text": "Halve it.", "audience": "customer"})
    assert api.admin.post("/match", text).json()[0]["workaround"] == "Halve it."
    assert api.admin.post("/match", {"text": "Where is my invoice from May?"}).json() == []
    assert api.admin.post("/match", {"text": "\x00"}).status_code == 422
    before = api.admin.get(f"/issues/{issue}").json()["contact_count"]
    assert before == 5
