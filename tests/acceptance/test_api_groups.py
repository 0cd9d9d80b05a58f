"""Merge, split, move, snooze, undo and suggestions over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue
from bridge.domain.people import Role
from tests.api_client import Api, serving
from tests.conftest import Pipeline
from tests.groups_bench import Groups


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


@pytest.fixture
def export(groups: Groups) -> Issue:
    """Four contacts about exports."""
    return groups.issue("export")


@pytest.fixture
def login(groups: Groups) -> Issue:
    """Four contacts about signing in."""
    return groups.issue("login")


@pytest.fixture
def api(groups: Groups, export: Issue, login: Issue) -> Iterator[Api]:
    """The API over both issues."""
    with serving(groups.application) as found:
        yield found


def suggest(groups: Groups, export: Issue, login: Issue) -> int:
    with groups.application.open() as store:
        made = store.suggestions.propose(
            groups.product.id,
            kind=SuggestionKind.SAME,
            key="1-2",
            issue_id=export.id,
            other_id=login.id,
            probability=0.6,
            similarity=0.81,
            worth=0.4,
            question="Both talk about a button.",
            now=groups.pipeline.clock.moment,
        )
    assert made is not None
    return made


def test_merging_keeps_the_number_and_forwards_the_other(
    api: Api, export: Issue, login: Issue
) -> None:
    lead = api.as_(Role.LEAD, user="lena@support.example")
    before = lead.get(f"/issues/{export.name}")
    body = {"others": [login.name], "reason": "the same mask"}
    answer = lead.post(
        f"/issues/{export.name}/merge", body, headers={"If-Match": before.headers["ETag"]}
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["id"], answer.json()["contact_count"]) == (export.name, 8)
    assert answer.json()["customer_count"] == 7
    assert answer.headers["ETag"] != before.headers["ETag"]
    assert lead.get(f"/issues/{login.name}").json()["merged_into"] == export.name
    assert [one["id"] for one in lead.get("/issues").json()["items"]] == [export.name]
    newest = lead.get(f"/issues/{export.name}/history").json()["items"][-1]
    assert (newest["action"], newest["reason"]) == ("merge", "the same mask")
    assert newest["actor"] == {"kind": "person", "name": "lena@support.example"}
    assert "undo" not in newest["before"]
    again = lead.post(f"/issues/{export.name}/merge", body)
    assert (again.status_code, again.json()["type"]) == (409, "urn:bridge:problem:conflict")


def test_a_merge_that_makes_no_sense_points_at_what_is_wrong(
    api: Api, export: Issue, login: Issue
) -> None:
    for others, pointer in (
        ([], "/others"),
        ([login.name, export.name], "/others/1"),
        (["x"], "/others/0"),
    ):
        answer = api.admin.post(f"/issues/{export.name}/merge", {"others": others})
        assert answer.status_code == 422, others
        assert answer.json()["errors"][0]["pointer"] == pointer
    unknown = api.admin.post(f"/issues/{export.name}/merge", {"others": ["ISS-999"]})
    assert unknown.status_code == 404


def test_undo_gives_back_what_was(api: Api, export: Issue, login: Issue) -> None:
    def shown() -> list[dict[str, object]]:
        found = [api.admin.get(f"/issues/{one.name}").json() for one in (export, login)]
        return [{key: one[key] for key in one if key != "version"} for one in found]

    before = shown()
    api.admin.post(f"/issues/{export.name}/merge", {"others": [login.name]})
    assert shown() != before
    undone = api.admin.post(f"/issues/{login.name}/undo", {})
    assert (undone.status_code, undone.json()["id"]) == (200, login.name)
    assert shown() == before
    nothing = api.admin.post(f"/issues/{export.name}/undo")
    assert nothing.status_code == 409
    assert "nobody has decided" in nothing.json()["detail"]


def test_a_merge_sent_twice_with_a_key_is_one(api: Api, export: Issue, login: Issue) -> None:
    body, key = {"others": [login.name]}, {"Idempotency-Key": "m-1"}
    first = api.admin.post(f"/issues/{export.name}/merge", body, headers=key)
    again = api.admin.post(f"/issues/{export.name}/merge", body, headers=key)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_many_merging_at_once_make_one_merge(api: Api, export: Issue, login: Issue) -> None:
    def merge(number: int) -> int:
        one, other = (export, login) if number % 2 else (login, export)
        return api.admin.post(f"/issues/{one.name}/merge", {"others": [other.name]}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(merge, range(8)))
    assert statuses == [200] + [409] * 7


def test_splitting_makes_an_issue_with_the_given_title(
    api: Api, groups: Groups, export: Issue
) -> None:
    chosen = groups.on(export)[:2]
    body = {"contacts": chosen, "title": "Export of invoices"}
    answer = api.admin.post(f"/issues/{export.name}/split", body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["id"], answer.json()["contact_count"]) == (export.name, 2)
    made = api.admin.get(f"/issues/{answer.json()['split_off']}").json()
    assert (made["title"], made["contact_count"]) == ("Export of invoices", 2)
    assert made["suggested_title"]
    shown = api.admin.get(f"/issues/{made['id']}/contacts").json()["items"]
    assert [one["id"] for one in shown] == chosen[::-1]
    assert {one["assigned_by"] for one in shown} == {"admin token"}
    rest = {"contacts": groups.on(export)}
    assert api.admin.post(f"/issues/{export.name}/split", rest).status_code == 409


def test_moving_takes_contacts_to_an_issue_or_off_it(
    api: Api, groups: Groups, export: Issue, login: Issue
) -> None:
    first, second, third, _ = groups.on(export)
    url = f"/issues/{export.name}/move"
    moved = api.admin.post(url, {"contacts": [first], "to": login.name})
    assert (moved.status_code, moved.json()["contact_count"]) == (200, 3)
    off = api.admin.post(url, {"contacts": [second], "to": None})
    assert (off.status_code, off.json()["contact_count"]) == (200, 2)
    assert first in groups.on(login)
    why = next(
        one
        for one in api.admin.get(f"/issues/{login.name}/contacts").json()["items"]
        if one["id"] == first
    )
    assert why["placed_by_person"] is True
    assert why["reason"] == f"moved here from {export.name}"
    for body, pointer in (
        ({"contacts": [third]}, "/to"),
        ({"contacts": [third, first], "to": login.name}, "/contacts/1"),
        ({"contacts": [third], "to": export.name}, "/to"),
        ({"contacts": [], "to": None}, "/contacts"),
    ):
        answer = api.admin.post(url, body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"][0]["pointer"] == pointer


def test_snoozing_needs_one_end_and_can_be_ended(api: Api, export: Issue) -> None:
    url = f"/issues/{export.name}/snooze"
    for body in (
        {},
        {"customers": 0},
        {"until": "2026-03-01T00:00:00Z"},
        {"until": "2026-04-01T00:00:00Z", "customers": 2},
        {"until": "9999-12-31T23:59:59Z"},
    ):
        assert api.admin.post(url, body).status_code == 422, body
    done = api.admin.post(url, {"customers": 3})
    assert (done.json()["state"], done.json()["snoozed_customers"]) == ("snoozed", 7)
    assert api.admin.post(url, {"customers": 3}).status_code == 409
    awake = api.admin.post(f"/issues/{export.name}/wake", {})
    assert (awake.json()["state"], awake.json()["snoozed_customers"]) == ("candidate", None)
    assert api.admin.post(f"/issues/{export.name}/wake", {}).status_code == 409


def test_contacts_are_said_to_belong_where_they_are(
    api: Api, groups: Groups, export: Issue, login: Issue
) -> None:
    first, second = groups.on(export)[:2]
    url = f"/issues/{export.name}/keep"
    kept = api.admin.post(url, {"contacts": [first, second], "reason": "read them"})
    assert (kept.status_code, kept.json()["id"]) == (200, export.name)
    contacts = api.admin.get(f"/issues/{export.name}/contacts").json()["items"]
    by_person = {one["id"]: one["reason"] for one in contacts if one["placed_by_person"]}
    assert by_person == dict.fromkeys((first, second), "read them")
    elsewhere = api.admin.post(url, {"contacts": [groups.on(login)[0]]})
    assert elsewhere.status_code == 422
    assert f"is not on {export.name}" in elsewhere.json()["detail"]
    assert api.as_(Role.AGENT).post(url, {"contacts": [first]}).status_code == 403
    assert groups.undo(export).id == export.id
    contacts = api.admin.get(f"/issues/{export.name}/contacts").json()["items"]
    assert not any(one["placed_by_person"] for one in contacts)


def test_decisions_on_an_older_version_are_412(api: Api, groups: Groups, export: Issue) -> None:
    stale = {"If-Match": '"0"'}
    chosen = groups.on(export)[:1]
    for verb, body in (
        ("merge", {"others": ["ISS-2"]}),
        ("split", {"contacts": chosen}),
        ("move", {"contacts": chosen, "to": None}),
        ("keep", {"contacts": chosen}),
        ("snooze", {"customers": 2}),
        ("undo", {}),
    ):
        answer = api.admin.post(f"/issues/{export.name}/{verb}", body, headers=stale)
        assert answer.status_code == 412, verb


def test_a_suggestion_shows_both_sides_and_is_answered_once(
    api: Api, groups: Groups, export: Issue, login: Issue
) -> None:
    suggest(groups, export, login)
    (one,) = api.admin.get("/suggestions").json()["items"]
    assert one["question"] == f"Are {export.name} and {login.name} one issue?"
    assert (one["why"], one["probability"]) == ("Both talk about a button.", 0.6)
    assert one["left"]["issue"]["id"] == export.name
    assert "export" in one["left"]["quotes"][0]["text"]
    assert one["right"]["issue"]["customer_count"] == 4
    url = f"/suggestions/{one['id']}/accept"
    assert api.admin.post(url, {}, headers={"If-Match": '"7"'}).status_code == 412
    tag = {"If-Match": f'"{one["version"]}"', "Idempotency-Key": "yes"}
    said = api.admin.post(url, {}, headers=tag)
    assert (said.status_code, said.json()["state"]) == (200, "accepted")
    assert said.json()["answered_by"] == "admin token"
    assert api.admin.post(url, {}, headers=tag).headers["Idempotency-Replayed"] == "true"
    assert api.admin.post(f"/suggestions/{one['id']}/reject").status_code == 409
    assert api.admin.get(f"/issues/{login.name}").json()["merged_into"] == export.name
    assert api.admin.get("/suggestions").json()["items"] == []


def test_a_no_is_remembered_and_undone(
    api: Api, groups: Groups, export: Issue, login: Issue
) -> None:
    made = suggest(groups, export, login)
    said = api.admin.post(f"/suggestions/{made}/reject", {})
    assert said.json()["state"] == "rejected"
    with groups.application.open() as store:
        assert store.suggestions.was_rejected(groups.product.id, SuggestionKind.SAME, "1-2")
    assert api.admin.post(f"/issues/{export.name}/undo", {}).status_code == 200
    with groups.application.open() as store:
        assert store.constraints.of_product(groups.product.id) == []
    assert suggest(groups, export, login) != made


def test_pages_of_suggestions_join_into_the_whole_list(
    api: Api, groups: Groups, export: Issue
) -> None:
    with groups.application.open() as store:
        for number in range(5):
            store.suggestions.propose(
                groups.product.id,
                kind=SuggestionKind.REAL,
                key=f"{number}",
                issue_id=export.id,
                worth=number % 2,
                now=groups.pipeline.clock.moment,
            )
    whole = [one["id"] for one in api.admin.get("/suggestions").json()["items"]]
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.admin.get("/suggestions", limit=2, **cursor).json()
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert (len(whole), seen) == (5, whole)


def test_another_product_can_decide_nothing_here(
    api: Api, groups: Groups, export: Issue, login: Issue
) -> None:
    made = suggest(groups, export, login)
    with groups.application.open() as store:
        store.products.add("shop", "Shop")
    stranger = api.as_(Role.ADMIN, product="shop")
    chosen = groups.on(export)[:1]
    writes: list[tuple[str, object]] = [
        (f"/issues/{export.name}/merge", {"others": [login.name]}),
        (f"/issues/{export.name}/split", {"contacts": chosen}),
        (f"/issues/{export.name}/move", {"contacts": chosen, "to": None}),
        (f"/issues/{export.name}/keep", {"contacts": chosen}),
        (f"/issues/{export.name}/snooze", {"customers": 2}),
        (f"/issues/{export.name}/wake", {}),
        (f"/issues/{export.name}/undo", {}),
        (f"/suggestions/{made}/accept", {}),
        (f"/suggestions/{made}/reject", {}),
    ]
    assert {path: stranger.post(path, body).status_code for path, body in writes} == {
        path: 404 for path, _ in writes
    }
    assert stranger.get("/suggestions").json()["items"] == []


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("confirm", {}),
        ("dismiss", {"reason": "it is gone"}),
        ("file", {}),
        ("link", {"ticket": "FB-1"}),
        ("unlink", {}),
        ("snooze", {"customers": 5}),
        ("wake", {}),
        ("move", {"contacts": [1], "to": None}),
        ("outage", {"text": "Nobody can sign in."}),
        ("all-clear", {}),
    ],
)
def test_nothing_is_decided_about_what_was_merged_away(
    api: Api, export: Issue, login: Issue, verb: str, body: dict[str, object]
) -> None:
    api.admin.post(f"/issues/{export.name}/merge", {"others": [login.name]})
    before = api.admin.get(f"/issues/{login.name}").json()
    refused = api.admin.post(f"/issues/{login.name}/{verb}", body)
    told = f"{login.name} was merged: {export.name} stands for it now"
    assert (refused.status_code, refused.json()["detail"]) == (409, told)
    assert api.admin.get(f"/issues/{login.name}").json() == before


def test_what_points_to_an_issue_that_was_merged_away_learns_which_one_stands_for_it(
    api: Api, groups: Groups, export: Issue, login: Issue
) -> None:
    other = groups.issue("invoice")
    api.admin.post(f"/issues/{export.name}/merge", {"others": [login.name]})
    contacts = api.admin.get(f"/issues/{other.name}/contacts").json()["items"]
    moved = {"contacts": [contacts[0]["id"]], "to": login.name}
    answers = [
        api.admin.post(f"/issues/{other.name}/move", moved),
        api.admin.post(
            "/workarounds", {"issue": login.name, "text": "Wait.", "audience": "internal"}
        ),
    ]
    told = f"{login.name} was merged: {export.name} stands for it now"
    assert [(one.status_code, one.json()["detail"]) for one in answers] == [(409, told)] * 2
