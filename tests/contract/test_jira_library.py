"""The calls of the Python library `jira`, as its users write them, work on the sandbox.

The bridge itself takes only the session of that library; a script of a customer takes the rest.
It speaks REST v2 unless told otherwise, so plain text stands for rich text.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jira import JIRA
from jira.exceptions import JIRAError

from integrations.jira.sandbox import SandboxServer
from tests.contract.sandbox_client import adf

SCOPE = {"project": "FB", "issuetype": {"name": "Bug"}}


def _library(sandbox: SandboxServer, **options: object) -> Any:
    """Typed Any: the library's own types stay outside of our check."""
    return JIRA(
        sandbox.url,
        basic_auth=(sandbox.user, sandbox.token),
        max_retries=0,
        options=options,
    )


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path / "jira.db") as server:
        yield server


@pytest.fixture
def library(sandbox: SandboxServer) -> Iterator[Any]:
    client = _library(sandbox)
    yield client
    client.close()


def test_the_site_is_described(library: Any, sandbox: SandboxServer) -> None:
    assert library.server_info()["deploymentType"] == "Cloud"
    assert library.myself()["emailAddress"] == sandbox.user
    assert [project.key for project in library.projects()] == ["FB"]
    assert library.project("FB").lead.accountId == library.myself()["accountId"]
    types = [kind.name for kind in library.issue_types_for_project("FB")]
    assert types == [kind.name for kind in library.issue_types()] == ["Bug", "Task", "Story"]
    assert sandbox.number_field in {field["id"] for field in library.fields()}
    priorities = [priority.name for priority in library.priorities()]
    assert priorities[0] == library.priority("1").name == "Highest"
    assert "Duplicate" in [kind.name for kind in library.issue_link_types()]
    assert "Duplicate" in [resolution.name for resolution in library.resolutions()]
    assert [status.name for status in library.statuses()] == ["To Do", "In Progress", "Done"]
    permissions = library.my_permissions(permissions="CREATE_ISSUES")["permissions"]
    assert permissions["CREATE_ISSUES"]["havePermission"] is True


def test_a_ticket_is_made_found_changed_and_moved(library: Any, sandbox: SandboxServer) -> None:
    made = library.create_issue(fields={**SCOPE, "summary": "Login fails", "description": "plain"})
    assert (made.key, made.fields.description) == ("FB-1", "plain")
    made.update(fields={"labels": ["fb-1"], sandbox.number_field: 12}, notify=False)
    made.update(summary="Nobody can log in")
    read = library.issue("FB-1").fields
    assert (read.summary, read.labels) == ("Nobody can log in", ["fb-1"])
    assert getattr(read, sandbox.number_field) == 12
    edits = library.issue("FB-1", fields="summary", expand="changelog").changelog.histories
    assert len(edits) == 2
    library.create_issue(fields={**SCOPE, "summary": "Another one"})
    every_key = "project = FB ORDER BY key ASC"
    assert [found.key for found in library.search_issues(every_key)] == ["FB-1", "FB-2"]
    assert library.approximate_issue_count(every_key) == 2
    assert [move["name"] for move in library.transitions(made)] == ["In Progress", "Done"]
    library.transition_issue(made, "Done", resolution={"name": "Done"}, comment="fixed in 4.2")
    moved = library.issue("FB-1")
    assert (moved.fields.status.name, moved.fields.resolution.name) == ("Done", "Done")
    assert [comment.body for comment in library.comments(moved)] == ["fixed in 4.2"]
    moved.delete()
    with pytest.raises(JIRAError) as refused:
        library.issue("FB-1")
    assert refused.value.status_code == 404


def test_what_hangs_on_a_ticket_is_written_and_read(library: Any) -> None:
    younger, older = (
        library.create_issue(fields={**SCOPE, "summary": summary})
        for summary in ("younger", "older")
    )
    comment = library.add_comment(younger, "one")
    comment.update(body="two")
    assert [item.body for item in library.comments(younger)] == ["two"]
    assert library.comment(younger, comment.id).body == "two"
    comment.delete()
    assert library.comments(younger) == []
    library.add_issue_property(younger, "bridge", {"customers": 3})
    (known,) = library.issue_properties(younger)
    assert (known.key, known.value.customers) == ("bridge", 3)
    known.delete()
    assert library.issue_properties(younger) == []
    library.create_issue_link("duplicates", younger.key, older.key)
    (link,) = library.issue(younger.key).fields.issuelinks
    assert link.outwardIssue.key == older.key
    library.issue_link(link.id).delete()
    assert library.issue(older.key).fields.issuelinks == []


def test_a_remote_link_is_added_and_replaced(library: Any) -> None:
    ticket = library.create_issue(fields={**SCOPE, "summary": "Login fails"})
    page = {"url": "https://bridge.example/1", "title": "3 customers"}
    # It asks for application links first, which tokens cannot see on a real site either.
    with pytest.warns(Warning, match="Unable to gather applicationlinks"):
        added = library.add_remote_link(ticket, page, globalId="bridge=1")
    added.update({**page, "title": "4 customers"}, globalId="bridge=1")
    (known,) = library.remote_links(ticket)
    assert (known.globalId, known.object.title) == ("bridge=1", "4 customers")
    assert library.remote_link(ticket, known.id).object.url == page["url"]
    known.delete()
    assert library.remote_links(ticket) == []


def test_a_version_is_made_released_and_set(library: Any) -> None:
    version = library.create_version("4.2", "FB", startDate="2026-02-02")
    version.update(released=True, releaseDate="2026-03-03")
    ticket = library.create_issue(
        fields={**SCOPE, "summary": "x", "fixVersions": [{"id": version.id}]}
    )
    (shown,) = ticket.fields.fixVersions
    assert (shown.name, shown.released) == ("4.2", True)
    assert [item.name for item in library.project_versions("FB")] == ["4.2"]
    assert library.version(version.id).releaseDate == "2026-03-03"


def test_version_three_takes_documents(sandbox: SandboxServer) -> None:
    library = _library(sandbox, rest_api_version="3")
    fields = {**SCOPE, "summary": "Login fails", "description": adf("Since Monday.")}
    ticket = library.create_issue(fields=fields)
    assert ticket.raw["fields"]["description"] == adf("Since Monday.")
    assert library.add_comment(ticket, adf("one")).raw["body"] == adf("one")
    library.close()
