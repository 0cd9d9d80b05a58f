"""The sandbox keeps what Jira keeps and refuses what Jira refuses."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from integrations.jira.sandbox import SandboxServer
from tests.contract.sandbox_client import Api, a_body, adf


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with (
        SandboxServer(tmp_path / "jira.db", control=True) as sandbox,
        Api(sandbox.describe()) as client,
    ):
        yield client


def test_a_created_ticket_can_be_read_by_id_and_by_key(api: Api) -> None:
    made = api.call(
        "POST",
        "issue",
        a_body(description=adf("Since 4.1"), labels=["fb-1"], customfield_10050=7)
        | {"properties": [{"key": "bridge", "value": {"attempt": "a1"}}]},
    )
    assert made.status_code == 201
    assert made.json().keys() == {"id", "key", "self"}
    by_key = api.get(f"issue/{made.json()['key']}", properties="bridge")
    assert by_key == api.get(f"issue/{made.json()['id']}", properties="bridge")
    fields = by_key["fields"]
    assert by_key["properties"] == {"bridge": {"attempt": "a1"}}
    assert (fields["summary"], fields["labels"], fields["customfield_10050"]) == (
        "Login fails",
        ["fb-1"],
        7.0,
    )
    assert fields["description"] == adf("Since 4.1")
    assert fields["status"]["statusCategory"]["key"] == "new"
    assert fields["resolution"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("summary", None),
        ("summary", "  "),
        ("summary", "x" * 256),
        ("summary", "two\nlines"),
        ("description", "plain text"),
        ("description", {"type": "doc", "version": 1, "content": [{"type": "surprise"}]}),
        ("description", {"type": "doc", "content": []}),
        ("description", adf("x" * 32_768)),
        ("environment", "plain text"),
        ("labels", ["two words"]),
        ("labels", ["x" * 256]),
        ("labels", "fb-1"),
        ("priority", {"name": "Most urgent"}),
        ("project", {"key": "OTHER"}),
        ("issuetype", {"name": "Incident"}),
        ("fixVersions", [{"name": "9.9"}]),
        ("customfield_10050", "many"),
        ("customfield_99999", 1),
        ("resolution", {"name": "Done"}),
        ("status", {"name": "Done"}),
    ],
)
def test_a_create_that_jira_refuses_names_the_field_and_leaves_nothing(
    api: Api, field: str, value: object
) -> None:
    refused = api.call("POST", "issue", a_body(**{field: value}))
    assert refused.status_code == 400
    assert refused.json().keys() == {"errorMessages", "errors"}
    assert list(refused.json()["errors"]) == [field]
    assert api.truth()["tickets"] == []


def test_every_bad_field_is_named_at_once(api: Api) -> None:
    refused = api.call("POST", "issue", {"fields": {"nonsense": 1}})
    assert refused.json()["errors"].keys() == {"project", "issuetype", "summary", "nonsense"}
    assert (
        refused.json()["errors"]["nonsense"]
        == "Field 'nonsense' cannot be set. It is not on the appropriate screen, or unknown."
    )


@pytest.mark.parametrize(
    "properties", [{"a": 1}, [{"key": "x" * 256, "value": 1}], [{"key": "a", "value": "x" * 32768}]]
)
def test_a_bad_property_refuses_the_whole_create(api: Api, properties: object) -> None:
    assert api.call("POST", "issue", a_body() | {"properties": properties}).status_code == 400
    assert api.truth()["tickets"] == []


def test_the_longest_summary_and_description_are_taken(api: Api) -> None:
    key = api.create("x" * 255, description=adf("y" * 32_767))
    assert len(api.get(f"issue/{key}")["fields"]["summary"]) == 255


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b'{"fields": NaN}', b'{"fields": {"summary": "\\ud800"}}', b'"\\u0000"']
)
def test_a_body_that_is_no_good_json_is_a_400(api: Api, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert api.http.post("/rest/api/3/issue", content=raw, headers=headers).status_code == 400


def test_keys_and_ids_are_never_used_again(api: Api) -> None:
    first = api.create()
    id = api.get(f"issue/{first}")["id"]
    assert api.call("DELETE", f"issue/{first}").status_code == 204
    assert api.call("GET", f"issue/{first}").status_code == 404
    second = api.create()
    assert (first, second) == ("FB-1", "FB-2")
    assert int(api.get(f"issue/{second}")["id"]) > int(id)


def test_without_the_right_token_only_server_info_answers(api: Api) -> None:
    for auth in (("someone@example.com", "x"), (api.account["user"], "wrong"), None):
        refused = api.create_as(auth)
        assert refused.status_code == 401
        assert refused.json().keys() == {"errorMessages", "errors"}
    info = httpx2.get(f"{api.url}/rest/api/3/serverInfo", trust_env=False)
    assert info.json()["deploymentType"] == "Cloud"


def test_an_unknown_route_is_told_as_problem_details(api: Api) -> None:
    missing = api.call("GET", "nothing/here")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"
    assert api.call("GET", "search", jql="project = FB").status_code == 410
    assert api.call("POST", "webhook", {}).status_code == 403
    assert "errorMessages" in api.call("GET", "issue/FB-99").json()


def test_done_demands_a_resolution_and_reopening_clears_it(api: Api) -> None:
    key = api.create()
    moves = {move["name"]: move for move in api.get(f"issue/{key}/transitions")["transitions"]}
    assert moves.keys() == {"In Progress", "Done"}
    done: dict[str, object] = {"transition": {"id": moves["Done"]["id"]}}
    refused = api.call("POST", f"issue/{key}/transitions", done)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["resolution"])
    done["fields"] = {"resolution": {"name": "Won't Do"}}
    assert api.call("POST", f"issue/{key}/transitions", done).status_code == 204
    fields = api.get(f"issue/{key}")["fields"]
    assert fields["status"]["statusCategory"]["key"] == "done"
    assert fields["resolution"]["name"] == "Won't Do"
    assert fields["resolutiondate"] is not None
    assert api.call("POST", f"issue/{key}/transitions", done).status_code == 400
    back = {"transition": {"id": moves["In Progress"]["id"]}}
    assert api.call("POST", f"issue/{key}/transitions", back).status_code == 204
    assert api.get(f"issue/{key}")["fields"]["resolution"] is None


def test_the_changelog_is_newest_first_in_the_ticket_and_oldest_first_alone(api: Api) -> None:
    key = api.create()
    for count in (1, 2):
        edit = {"fields": {"customfield_10050": count}}
        assert api.call("PUT", f"issue/{key}", edit).status_code == 204
    inside = api.get(f"issue/{key}", expand="changelog")["changelog"]["histories"]
    alone = api.get(f"issue/{key}/changelog")["values"]
    assert [entry["items"][0]["toString"] for entry in alone] == ["1.0", "2.0"]
    assert inside == alone[::-1]


def test_labels_can_be_added_and_removed_one_by_one(api: Api) -> None:
    key = api.create(labels=["human"])
    add = {"update": {"labels": [{"add": "fb-1"}, {"add": "fb-2"}, {"remove": "human"}]}}
    assert api.call("PUT", f"issue/{key}", add).status_code == 204
    assert api.get(f"issue/{key}")["fields"]["labels"] == ["fb-1", "fb-2"]
    both = {"update": {"labels": [{"add": "x"}]}, "fields": {"labels": []}}
    assert api.call("PUT", f"issue/{key}", both).status_code == 400
    assert api.call("PUT", f"issue/{key}", {}).status_code == 400


def test_a_ticket_shows_the_current_state_of_its_version(api: Api) -> None:
    body = {"name": "4.2", "projectId": 10000}
    version = api.call("POST", "version", body).json()
    assert api.call("POST", "version", body).status_code == 400
    key = api.create(fixVersions=[{"id": version["id"]}])
    for released in (True, False):
        api.call("PUT", f"version/{version['id']}", {"released": released})
        (shown,) = api.get(f"issue/{key}")["fields"]["fixVersions"]
        assert (shown["name"], shown["released"]) == ("4.2", released)
    assert [item["name"] for item in api.get("project/FB/versions")] == ["4.2"]


def test_lists_come_by_pages_and_refuse_a_filter_they_do_not_have(api: Api) -> None:
    api.create(labels=["slow", "human"])
    api.create(labels=["human", "fb-1"])
    page = api.get("label", maxResults="2")
    assert (page["values"], page["total"], page["isLast"]) == (["fb-1", "human"], 3, False)
    rest = api.http.get(page["nextPage"]).json()
    assert (rest["values"], rest["isLast"], "nextPage" in rest) == (["slow"], True, False)
    assert [item["key"] for item in api.get("project/search")["values"]] == ["FB"]
    assert api.call("GET", "project/search", keys="OTHER").status_code == 400
    for wrong in ({"startAt": "-1"}, {"maxResults": "0"}, {"maxResults": "x"}):
        assert api.call("GET", "priority/search", **wrong).status_code == 400
    assert api.call("GET", "priority/99").status_code == 404
    assert api.call("GET", "project/OTHER/version").status_code == 404


def test_bulk_fetch_leaves_out_what_does_not_exist(api: Api) -> None:
    keys = [api.create(f"ticket {number}") for number in range(3)]
    api.call("DELETE", f"issue/{keys[1]}")
    api.call("PUT", f"issue/{keys[2]}/properties/bridge", {"a": 1})
    asked = {
        "issueIdsOrKeys": [*reversed(keys), "FB-99", "OTHER-1", "77"],
        "properties": ["bridge"],
    }
    found = api.call("POST", "issue/bulkfetch", asked).json()
    assert [item["key"] for item in found["issues"]] == [keys[0], keys[2]]
    assert [item["properties"] for item in found["issues"]] == [{}, {"bridge": {"a": 1}}]
    assert found["issueErrors"] == []
    assert api.call("POST", "issue/bulkfetch", {"issueIdsOrKeys": []}).status_code == 400


def test_a_remote_link_with_the_same_global_id_is_replaced(api: Api) -> None:
    key = api.create()
    target = {"url": "http://bridge.example/1", "title": "3 customers", "summary": "old"}
    first = api.call("POST", f"issue/{key}/remotelink", {"globalId": "b=1", "object": target})
    newer = {"url": "http://bridge.example/1", "title": "4 customers"}
    second = api.call("POST", f"issue/{key}/remotelink", {"globalId": "b=1", "object": newer})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert api.get(f"issue/{key}/remotelink", globalId="b=1")["object"] == newer
    assert api.call("DELETE", f"issue/{key}/remotelink", globalId="b=1").status_code == 204
    assert api.get(f"issue/{key}/remotelink") == []


def test_the_inward_issue_is_the_one_that_duplicates(api: Api) -> None:
    younger, older = api.create("younger"), api.create("older")
    link = {
        "type": {"name": "Duplicate"},
        "inwardIssue": {"key": younger},
        "outwardIssue": {"key": older},
    }
    for _ in range(2):
        assert api.call("POST", "issueLink", link).status_code == 201
    (from_younger,) = api.get(f"issue/{younger}")["fields"]["issuelinks"]
    assert from_younger["type"]["outward"] == "duplicates"
    assert from_younger["outwardIssue"]["key"] == older
    (from_older,) = api.get(f"issue/{older}")["fields"]["issuelinks"]
    assert from_older["inwardIssue"]["key"] == younger


def test_comments_and_properties_can_be_written_read_and_removed(api: Api) -> None:
    key = api.create()
    made = api.call("POST", f"issue/{key}/comment", {"body": adf("one")})
    assert made.status_code == 201
    path = f"issue/{key}/comment/{made.json()['id']}"
    assert api.call("PUT", path, {"body": adf("two")}).json()["body"] == adf("two")
    assert api.call("POST", f"issue/{key}/comment", {"body": "plain"}).status_code == 400
    assert api.call("DELETE", path).status_code == 204
    assert api.get(f"issue/{key}/comment")["total"] == 0
    place = f"issue/{key}/properties/bridge"
    assert [api.call("PUT", place, {"n": n}).status_code for n in (1, 2)] == [201, 200]
    assert api.get(place) == {"key": "bridge", "value": {"n": 2}}
    assert api.call("DELETE", place).status_code == 204
    assert api.call("GET", place).status_code == 404


def test_the_pages_show_hostile_text_as_text(api: Api) -> None:
    evil = "<script>alert(1)</script>"
    link = {
        "type": "text",
        "text": "x",
        "marks": [{"type": "link", "attrs": {"href": "javascript:1"}}],
    }
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": evil}, link]}
    document = {"type": "doc", "version": 1, "content": [paragraph]}
    key = api.create(evil, description=document, labels=["fb-<b>"])
    for page in (f"/browse/{key}", "/"):
        shown = api.http.get(page)
        assert shown.status_code == 200
        assert "<script" not in shown.text
        assert "javascript:" not in shown.text
        assert "&lt;script&gt;" in shown.text
    assert api.http.get("/browse/FB-99").status_code == 404
    assert api.http.get("/sandbox.css").headers["content-type"].startswith("text/css")
