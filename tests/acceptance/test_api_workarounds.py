"""Workarounds with a life over HTTP: scope, evidence, replacing, and what the fix ends."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bridge.domain.contacts import ProductId
from bridge.domain.people import Role
from bridge.domain.workarounds import UseResult
from bridge.store.workaround_uses import Use
from bridge.wiring.zendesk import ZendeskGiven, connect_zendesk
from tests.acceptance.test_api_fixes import resolve
from tests.api_client import Api, Caller, serving
from tests.builders import contacts_about_export
from tests.conftest import Pipeline
from tests.zendesk_desk import EMAIL, TOKEN, zendesk_desk

SAID = "Hello, I press the export button and nothing happens. Regards, Mia"


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
    (item,) = api.admin.get("/issues").json()["items"]
    return str(item["id"])


@pytest.fixture
def ada(api: Api) -> Caller:
    """An agent with an address."""
    return api.as_(Role.AGENT, user="ada@support.example")


def ship(api: Api, pipeline: Pipeline, issue: str, version: str = "4.3") -> None:
    resolve(pipeline, issue)
    assert api.admin.post("/releases", {"version": version, "issues": [issue]}).status_code == 201


def test_a_workaround_is_written_whole_edited_and_offered_to_whom_it_fits(
    api: Api, issue: str, ada: Caller
) -> None:
    lead = api.as_(Role.LEAD, user="lena@support.example")
    advice = {
        "issue": issue,
        "text": "Write to kim@support.example, then halve it.",
        "audience": "internal",
        "customer_text": "Please export in two parts.",
        "steps": ["Open the list.", "Export one half."],
        "versions": [">=4.0,<4.3", "nightly"],
        "platforms": ["web"],
        "review_at": "2026-06-01T00:00:00Z",
        "draft": True,
    }
    wrong = lead.post("/workarounds", {**advice, "versions": ["4.1", ">=x"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/versions/1")
    added = lead.post("/workarounds", advice).json()
    assert added["text"] == "Write to <EMAIL_1>, then halve it."
    assert (added["state"], added["owner"], added["edition"]) == (
        *("draft", "lena@support.example", 1),
    )
    url = f"/workarounds/{added['id']}"
    assert ada.post("/match", {"text": SAID}).json()[0].keys() == {
        *("issue", "title", "similarity", "is_likely", "state"),
    }
    assert ada.post(f"{url}/use", {}).status_code == 409
    assert ada.post(f"{url}/activate").status_code == 403
    assert lead.post(f"{url}/activate").json()["state"] == "active"
    assert lead.post(f"{url}/activate").status_code == 409

    def offered(**known: str) -> str | None:
        found = ada.post("/match", {"text": SAID, **known}).json()[0]
        workaround: str | None = found.get("workaround")
        return workaround

    assert offered() == offered(version="4.2", platform="Web") == added["text"]
    assert offered(customer="customer0@company0.example") == added["text"]
    assert offered(version="4.3") is offered(platform="ios") is None
    assert offered(audience="customer") == "Please export in two parts."
    (found,) = ada.post("/match", {"text": SAID}).json()
    assert found["steps"] == ["Open the list.", "Export one half."]
    assert found["scope"] == "versions >=4.0,<4.3 or nightly, on web"

    edited = lead.post(f"{url}/edit", {"text": "Halve it.", "edition": 1, "reason": "shorter"})
    assert (edited.json()["text"], edited.json()["edition"]) == ("Halve it.", 2)
    assert edited.json()["steps"] == ["Open the list.", "Export one half."]
    late = lead.post(f"{url}/edit", {"text": "Mine.", "edition": 1})
    assert (
        late.status_code,
        "changed this workaround: read it again" in late.json()["detail"],
    ) == (
        412,
        True,
    )
    same = lead.post(f"{url}/edit", {"text": "Halve it."})
    assert (same.status_code, same.json()["edition"]) == (200, 2)
    (newest,) = lead.get(f"/issues/{issue}/history").json()["items"][-1:]
    assert newest["action"] == "workaround_edited"
    assert newest["before"] == {"text": "Write to <EMAIL_1>, then halve it."}


def test_what_came_of_uses_is_told_from_ten_known_results_on(
    api: Api, pipeline: Pipeline, issue: str, ada: Caller
) -> None:
    advice = {"issue": issue, "text": "Halve it.", "audience": "internal"}
    url = f"/workarounds/{api.admin.post('/workarounds', advice).json()['id']}"
    contacts = [one["id"] for one in api.admin.get(f"/issues/{issue}/contacts").json()["items"]]
    first = ada.post(f"{url}/use", {"contact": contacts[0]}).json()
    again = ada.post(f"{url}/use", {"contact": contacts[0], "result": "did_not"}).json()
    assert (first["use"], first["evidence"]["used"]) == (again["use"], 1)
    told = ada.post(f"{url}/use", {"contact": contacts[0]}).json()
    assert told["evidence"]["did_not"] == 1
    mended = ada.post(f"{url}/uses/{first['use']}/result", {"result": "worked"}).json()
    assert (mended["evidence"]["worked"], mended["evidence"]["did_not"]) == (1, 0)
    assert ada.post(f"{url}/uses/{2**40}/result", {"result": "worked"}).status_code == 404
    assert mended["evidence"]["share"] is None
    assert mended["evidence"]["words"] == "worked 1 of 1 times: too few to tell"
    for number in range(9):
        agent = api.as_(Role.AGENT, user=f"agent{number}@support.example")
        for said in ("did_not", "worked", "worked", "unknown"):
            last = agent.post(f"{url}/use", {"result": said}).json()
    wrong = ada.post(f"{url}/use", {"result": "nonsense"})
    assert (wrong.status_code, wrong.json()["errors"][0]["detail"]) == (
        422,
        "this must be one of: worked, did_not, unknown",
    )
    assert ada.post(f"{url}/use", {"outcome": "nonsense"}).status_code == 422
    assert last["evidence"]["share"] == {"value": 1.0, "low": 0.722, "high": 1.0, "n": 10}
    (found,) = ada.post("/match", {"text": SAID}).json()
    assert found["evidence"]["words"] == "worked 10 of 10 times (72% to 100%)"


def test_one_use_a_contact_however_often_it_is_told_at_once(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    advice = {"issue": issue, "text": "Halve it.", "audience": "internal"}
    number = api.admin.post("/workarounds", advice).json()["id"]
    contact = api.admin.get(f"/issues/{issue}/contacts").json()["items"][0]["id"]
    with pipeline.application.open() as store:
        one = store.workarounds.get(ProductId(pipeline.product.id), number)
        now = pipeline.clock.moment
        ids = {
            store.workaround_uses.add(one.id, Use(contact, None, result), now=now)
            for result in (UseResult.WORKED, UseResult.UNKNOWN)
        }
        evidence = store.workarounds.get(pipeline.product.id, number).evidence
    assert (len(ids), evidence.used, evidence.worked) == (1, 1, 1)


def test_replacing_tells_whoever_used_the_old_one_once(api: Api, issue: str, ada: Caller) -> None:
    bob = api.as_(Role.AGENT, user="bob@support.example")
    advice = {"issue": issue, "text": "Halve it.", "audience": "customer"}
    old = api.admin.post("/workarounds", advice).json()["id"]
    ada.post(f"/workarounds/{old}/use", {})
    better = {"text": "Use the menu.", "audience": "customer", "reason": "halving loses rows"}
    new = api.admin.post(f"/workarounds/{old}/replace", better)
    assert (new.status_code, new.json()["text"]) == (201, "Use the menu.")
    assert api.admin.post(f"/workarounds/{old}/replace", better).status_code == 409
    (notice,) = ada.get("/notices").json()["items"]
    assert notice["kind"] == "workaround"
    assert "halving loses rows" in notice["text"]
    assert "Say this instead: Use the menu." in notice["text"]
    assert bob.get("/notices").json()["items"] == []
    refused = ada.post(f"/workarounds/{old}/use", {})
    assert refused.status_code == 409
    assert "halving loses rows. Say this instead: Use the menu." in refused.json()["detail"]
    # A second replacement in the same episode is news again.
    ada.post(f"/workarounds/{new.json()['id']}/use", {})
    api.admin.post(f"/workarounds/{new.json()['id']}/replace", {**better, "text": "Third."})
    assert len(ada.get("/notices").json()["items"]) == 2


def test_a_fix_retires_or_narrows_and_a_regression_gives_back_only_what_it_took(
    api: Api, pipeline: Pipeline, issue: str, ada: Caller
) -> None:
    def add(text: str, **more: object) -> int:
        advice = {"issue": issue, "text": text, "audience": "customer", **more}
        return int(api.admin.post("/workarounds", advice).json()["id"])

    everybody = add("Halve it.", after_fix_text="Update to 4.3, then export once more.")
    older = add("Use the old menu.", versions=["4.1", "4.2"])
    wrong = add("Restart.")
    api.admin.post(f"/workarounds/{wrong}/retire", {"reason": "it loses data"})
    ship(api, pipeline, issue)
    shelf = {
        one["id"]: (one["state"], one["retired_by"], one["below"])
        for one in api.admin.get("/workarounds", issue=issue).json()["items"]
    }
    assert shelf == {
        everybody: ("retired", "fix", None),
        older: ("active", None, "4.3"),
        wrong: ("retired", "person", None),
    }
    (notice,) = ada.get("/notices").json()["items"]
    assert "Stop using this workaround: Halve it." in notice["text"]
    assert "Say this instead: Update to 4.3, then export once more." in notice["text"]
    assert "Use this workaround only for versions below 4.3: Use the old menu." in notice["text"]

    def answer(**known: str) -> tuple[str | None, str | None]:
        (found,) = ada.post("/match", {"text": SAID, **known}).json()
        return found.get("workaround"), found.get("say_instead")

    instead = "Update to 4.3, then export once more."
    assert answer(version="4.3") == (None, instead)
    assert answer(version="4.2") == ("Use the old menu.", None)
    assert answer() == ("Use the old menu.", instead)
    tab = ada.post(f"/workarounds/{everybody}/use", {})
    assert (tab.status_code, tab.json()["detail"].endswith(f"Say this instead: {instead}")) == (
        *(409, True),
    )
    assert ada.post(f"/workarounds/{older}/use", {}).status_code == 200

    pipeline.send(*contacts_about_export(1, first=6, minutes=60 * 24, version="4.3"))
    assert api.admin.get(f"/issues/{issue}").json()["state"] == "regressed"
    newest = api.admin.get(f"/issues/{issue}/contacts").json()["items"][0]["id"]
    states = {
        one["id"]: (one["state"], one["below"])
        for one in api.admin.get("/workarounds", issue=issue).json()["items"]
    }
    assert states == {
        everybody: ("active", None),
        older: ("active", None),
        wrong: ("retired", None),
    }
    assert ada.post(f"/workarounds/{older}/use", {"contact": newest}).status_code == 200


def test_who_has_the_fix_is_not_told_to_update(
    api: Api, pipeline: Pipeline, issue: str, ada: Caller
) -> None:
    ship(api, pipeline, issue)

    def instead(version: str) -> str:
        (found,) = ada.post("/match", {"text": SAID, "version": version}).json()
        said: str = found["say_instead"]
        return said

    assert instead("4.2") == "This is fixed in 4.3: please update to it."
    assert instead("4.3").startswith("This was fixed in 4.3, and the version in use has the fix")


def test_a_narrowed_one_is_refused_for_a_contact_that_has_the_fix(
    api: Api, pipeline: Pipeline, issue: str, ada: Caller
) -> None:
    advice = {"issue": issue, "text": "Old menu.", "audience": "internal", "versions": ["<4.3"]}
    number = api.admin.post("/workarounds", advice).json()["id"]
    ship(api, pipeline, issue)
    early = contacts_about_export(1, first=6, minutes=-60, version="4.3")
    pipeline.send(*early)
    contact = api.admin.get(f"/issues/{issue}/contacts", limit=200).json()["items"]
    has_fix = [one["id"] for one in contact if one["version"] == "4.3"]
    refused = ada.post(f"/workarounds/{number}/use", {"contact": has_fix[0]})
    assert refused.status_code == 409
    assert "only for versions below 4.3: fixed in 4.3. Say this instead" in refused.json()["detail"]
    wide = api.admin.post(f"/workarounds/{number}/restore", {"reason": "it is not fixed there"})
    assert (wide.json()["state"], wide.json()["below"]) == ("active", None)


def test_the_owner_is_reminded_once_of_each_day_of_review_and_the_leads_where_there_is_none(
    api: Api, pipeline: Pipeline, issue: str
) -> None:
    def remind(hours: float) -> None:
        pipeline.clock.moment += timedelta(hours=hours)
        for _ in range(2):
            with pipeline.application.open() as store:
                store.enqueue("remind")
            pipeline.queue.drain(pipeline.clock.moment)

    with pipeline.application.open() as store:
        for name, role in (("lena", Role.LEAD), ("otto", Role.AGENT)):
            person = store.people.known(f"{name}@support.example")
            store.people.add_member(person.id, pipeline.product.id, role)
    day = (pipeline.clock.moment + timedelta(hours=1)).isoformat()
    advice = {"issue": issue, "text": "Halve it.", "audience": "internal", "review_at": day}
    owned = api.admin.post("/workarounds", {**advice, "owner": "otto@support.example"}).json()
    api.admin.post("/workarounds", {**advice, "text": "Use the menu."})
    remind(hours=0.5)
    assert api.admin.get("/notices").json()["items"] == []
    remind(hours=1)
    told = [one["recipient"] for one in api.admin.get("/notices").json()["items"]]
    assert sorted(told) == ["lena@support.example", "otto@support.example"]
    assert api.admin.get("/workarounds").json()["items"][0]["is_overdue"]
    later = (pipeline.clock.moment + timedelta(hours=1)).isoformat()
    api.admin.post(f"/workarounds/{owned['id']}/edit", {"review_at": later})
    remind(hours=2)
    told = [one["recipient"] for one in api.admin.get("/notices").json()["items"]]
    assert sorted(told) == ["lena@support.example", *["otto@support.example"] * 2]


def test_the_same_words_added_twice_are_one_workaround(api: Api, issue: str) -> None:
    advice = {"issue": issue, "text": "Halve it.", "audience": "internal"}
    lead = api.as_(Role.LEAD, user="lena@support.example")
    new = lead.post("/workarounds", advice)
    first = new.json()
    assert new.status_code == 201
    for again in (advice, {**advice, "text": " Halve  it. "}):
        known = lead.post("/workarounds", again)
        assert (known.status_code, known.json()["id"]) == (200, first["id"])
    assert api.as_(Role.LEAD).post("/workarounds", advice).json()["id"] == first["id"]
    own = {**advice, "owner": "lena@support.example"}
    assert lead.post("/workarounds", own).json()["id"] == first["id"]
    others = {"audience": "customer"}, {"draft": True}, {"versions": ["4.1"]}, {"owner": "a@b.c"}
    for other in others:
        refused = lead.post("/workarounds", {**advice, **other})
        assert refused.status_code == 409
        told = f"{issue} has a workaround with these words already: edit that one"
        assert refused.json()["detail"] == told
    assert len(lead.get("/workarounds", issue=issue).json()["items"]) == 1
    narrower = {"text": "Halve it.", "audience": "internal", "versions": ["4.1"]}
    replaced = lead.post(f"/workarounds/{first['id']}/replace", {**narrower, "reason": "only 4.1"})
    assert replaced.status_code == 201, replaced.text
    only = replaced.json()
    assert only["id"] != first["id"]
    lead.post(f"/workarounds/{only['id']}/retire", {"reason": "it loses data"})
    assert lead.post("/workarounds", advice).json()["id"] != first["id"]
    history = lead.get(f"/issues/{issue}/history").json()["items"]
    assert [one["action"] for one in history].count("workaround_added") == 3


def test_copies_and_tasks_are_listed_approved_done_and_dropped(
    api: Api, pipeline: Pipeline, issue: str, ada: Caller
) -> None:
    lead = api.as_(Role.LEAD, user="lena@support.example")
    advice = {"issue": issue, "text": "Halve it.", "audience": "internal"}
    url = f"/workarounds/{lead.post('/workarounds', advice).json()['id']}"
    other = lead.post("/workarounds", {**advice, "text": "Use the menu."}).json()["id"]
    with zendesk_desk() as desk:
        given = ZendeskGiven(desk.url, EMAIL, TOKEN, allow_private=True, calls_per_second=1000)
        context = pipeline.application.context
        assert all(one.ok for one in connect_zendesk(given, pipeline.product, context=context))
        assert ada.post(f"{url}/copies", {"url": desk.url}).status_code == 403
        for nothing in ("javascript:alert(1)", "macro 12 of us"):
            assert lead.post(f"{url}/copies", {"url": nothing}).status_code == 422
        macro = lead.post(f"{url}/copies", {"url": desk.add_macro(12, "Halve it.")})
        assert (macro.status_code, macro.json()["kind"]) == (201, "macro")
        again = lead.post(f"{url}/copies", {"url": macro.json()["url"]})
        assert again.json()["id"] == macro.json()["id"]
        page = lead.post(f"{url}/copies", {"url": "https://wiki.example/x"}).json()
        wrong = lead.post(f"/workarounds/{other}/copies/{page['id']}/unlink", {})
        assert wrong.status_code == 404
        pipeline.queue.drain(pipeline.clock.moment)
        ship(api, pipeline, issue)
        (task,) = lead.get("/tasks").json()["items"]
        assert (task["kind"], task["needs"], task["issue"]) == ("withdraw", "approve", issue)
        assert ada.get("/tasks").status_code == 403
        assert lead.post(f"/tasks/{task['id']}/done").status_code == 409
        assert lead.post(f"/tasks/{task['id']}/approve").json()["state"] == "done"
        assert lead.post(f"/tasks/{task['id']}/approve").status_code == 409
        pipeline.queue.drain(pipeline.clock.moment)
        assert desk.macros[12]["active"] is False
    found = ada.get(f"{url}/copies").json()["items"]
    assert [(one["outcome"], one["is_live"]) for one in found] == [
        *(("done", False), ("task_created", None)),
    ]
    (task,) = lead.get("/tasks").json()["items"]
    assert (task["kind"], task["url"]) == ("by_hand", "https://wiki.example/x")
    assert lead.post(f"/tasks/{task['id']}/drop", {"reason": ""}).status_code == 422
    assert lead.post(f"/tasks/{task['id']}/drop", {"reason": "gone"}).json()["state"] == "dropped"
    assert lead.get("/tasks").json()["items"] == []
    assert len(lead.get("/tasks", state="dropped").json()["items"]) == 1
    unlinked = lead.post(f"{url}/copies/{page['id']}/unlink", {})
    assert unlinked.status_code == 200
    assert len(lead.get(f"{url}/copies").json()["items"]) == 1
