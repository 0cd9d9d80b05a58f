"""Every answer of the sandbox fits Atlassian's OpenAPI file for REST v3.

Wrong types and missing members fail. Extra members and nulls are tolerated, as the service itself
has them, but only those of the list below. The file says nothing about the inside of `fields`,
webhook deliveries or about admin webhooks: the other tests hold those.
"""

import gzip
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from integrations.jira.sandbox import SandboxServer
from tests.contract.sandbox_client import Api, a_body, adf

_DATA = Path(os.environ.get("BRIDGE_TEST_DATA", Path(__file__).parents[2] / "../shared/data"))
_FILE = _DATA / "jira" / "jira-cloud-rest-v3.openapi.json.gz"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not _FILE.exists(), reason=f"needs Atlassian's OpenAPI file at {_FILE} (BRIDGE_TEST_DATA)"
    ),
]

_EXTRA = {
    # Members that the service sends and its own file forgets.
    ("GET", "/rest/api/3/issue/{issueIdOrKey}/transitions"): {"isLooped"},
    ("POST", "/rest/api/3/issue/bulkfetch"): {"expand"},
}
_NULL = {
    # The file says string where the service sends null.
    ("GET", "/rest/api/3/issue/{issueIdOrKey}/changelog"): {"from", "fromString", "to", "toString"},
    ("GET", "/rest/api/3/issue/{issueIdOrKey}"): {"from", "fromString", "to", "toString"},
}


@dataclass
class Judge:
    """Matches a call to its operation and holds the answer against the operation's schema."""

    spec: dict[str, Any]

    def __post_init__(self) -> None:
        self._registry: Registry[Any] = Registry().with_resource(
            "urn:jira", Resource.from_contents(self.spec, default_specification=DRAFT202012)
        )
        # Literal paths before those with parameters.
        self._paths = sorted(self.spec["paths"], key=lambda path: (path.count("{"), path))
        self.seen: set[tuple[str, str, str]] = set()

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        for template in self._paths:
            pattern = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method.lower() in self.spec["paths"][template]:
                return template, self.spec["paths"][template][method.lower()]
        raise AssertionError(f"{method} {path} is no operation of Jira's REST API")

    def problems(self, response: httpx2.Response) -> list[str]:
        """What is wrong with the answer; an empty list if nothing is."""
        method, path = response.request.method, response.request.url.path
        template, operation = self.operation(method, path)
        status = str(response.status_code)
        self.seen.add((method, template, status))
        documented = operation["responses"].get(status)
        if documented is None:
            return [f"{method} {template} never answers {status}"]
        schema = documented.get("content", {}).get("application/json", {}).get("schema")
        if not schema:
            return []
        if not response.content:
            return [f"{method} {template} {status}: a body is missing"]
        validator = Draft202012Validator(_absolute(schema), registry=self._registry)
        found = list(_leaves(validator.iter_errors(response.json())))
        allowed = _EXTRA.get((method, template), set()), _NULL.get((method, template), set())
        return [
            f"{method} {template} {status}: {error.json_path}: {error.message}"
            for error in found
            if not _is_tolerated(error, *allowed)
        ]


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: f"urn:jira{value}" if key == "$ref" else _absolute(value)
            for key, value in schema.items()
        }
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema


def _leaves(errors: Any) -> Iterator[ValidationError]:
    for error in errors:
        if error.context:
            yield from _leaves(error.context)
        else:
            yield error


def _is_tolerated(error: ValidationError, extra: set[str], null: set[str]) -> bool:
    if error.validator == "additionalProperties":
        assert isinstance(error.schema, dict)
        assert isinstance(error.instance, dict)
        known: dict[str, object] = error.schema.get("properties", {})
        return error.instance.keys() - known.keys() <= extra
    if error.validator == "type" and error.instance is None:
        return error.absolute_path[-1] in null
    return False


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(json.loads(gzip.decompress(_FILE.read_bytes())))


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with (
        SandboxServer(tmp_path / "jira.db", control=True) as sandbox,
        Api(sandbox.describe()) as client,
    ):
        yield client


def _reading(api: Api, key: str) -> Iterator[httpx2.Response]:
    issue_type = api.get("issuetype")[0]["id"]
    for path in (
        "serverInfo",
        "myself",
        "project",
        "project/search",
        "project/FB",
        "project/FB/version",
        "project/FB/versions",
        "project/FB/statuses",
        "field",
        "priority",
        "priority/search",
        "priority/1",
        "priority/99",
        "resolution",
        "status",
        "statuscategory",
        "issuetype",
        "issueLinkType",
        "label",
        "issue/createmeta/FB/issuetypes",
        f"issue/createmeta/FB/issuetypes/{issue_type}",
        f"issue/{key}/editmeta",
        f"issue/{key}/changelog",
        f"issue/{key}/comment",
        f"issue/{key}/properties",
        f"issue/{key}/properties/bridge",
        f"issue/{key}/remotelink",
        "issue/FB-99",
        "webhook",
    ):
        yield api.call("GET", path)
    yield api.call("GET", "mypermissions", permissions="CREATE_ISSUES,ADMINISTER")
    yield api.call("GET", "priority/search", maxResults="2", startAt="1")
    yield api.call("GET", f"issue/{key}", expand="changelog,names,schema", properties="*all")
    yield api.call("GET", f"issue/{key}/transitions", expand="transitions.fields")
    yield api.call("GET", f"issue/{key}/remotelink", globalId="b=1")
    yield api.call("GET", "search/jql", jql="project = FB", fields="*all")
    bodies: dict[str, dict[str, object]] = {
        "search/jql": {"jql": "project = FB", "maxResults": 1, "expand": "names,schema"},
        "search/approximate-count": {"jql": "project = FB"},
        "issue/bulkfetch": {"issueIdsOrKeys": [key, "FB-99"], "properties": ["bridge"]},
    }
    for path, body in bodies.items():
        yield api.call("POST", path, body)


def _writing(api: Api) -> Iterator[httpx2.Response]:
    yield api.call("POST", "version", {"name": "4.2", "projectId": 10000})
    version = api.get("project/FB/versions")[0]["id"]
    fields = a_body(description=adf("x"), labels=["fb-1"], fixVersions=[{"id": version}])
    properties = {"properties": [{"key": "bridge", "value": {"a": 1}}]}
    yield api.call("POST", "issue", fields | properties)
    yield api.call("POST", "issue", a_body(summary=None))
    other = api.create()
    yield api.call("PUT", f"version/{version}", {"released": True, "releaseDate": "2026-03-03"})
    yield api.call("GET", f"version/{version}")
    yield api.call("PUT", "issue/FB-1", {"fields": {"customfield_10050": 3}})
    yield api.call("PUT", "issue/FB-1/properties/bridge", {"a": 2})
    yield api.call("POST", "issue/FB-1/transitions", {"transition": {"id": "31"}})
    done = {"transition": {"id": "31"}, "fields": {"resolution": {"name": "Done"}}}
    yield api.call("POST", "issue/FB-1/transitions", done)
    made = api.call("POST", "issue/FB-1/comment", {"body": adf("x")})
    yield made
    yield api.call("PUT", f"issue/FB-1/comment/{made.json()['id']}", {"body": adf("y")})
    link = {"globalId": "b=1", "object": {"url": "http://x.example", "title": "x"}}
    for _ in range(2):
        yield api.call("POST", "issue/FB-1/remotelink", link)
    ends = {"inwardIssue": {"key": "FB-1"}, "outwardIssue": {"key": other}}
    yield api.call("POST", "issueLink", {"type": {"name": "Duplicate"}, **ends})
    (shown,) = api.get("issue/FB-1")["fields"]["issuelinks"]
    yield api.call("GET", f"issueLink/{shown['id']}")
    yield api.create_as(None)


def _removing(api: Api) -> Iterator[httpx2.Response]:
    comment = api.get("issue/FB-1/comment")["comments"][0]["id"]
    for path in (f"issue/FB-1/comment/{comment}", "issue/FB-1/properties/bridge", "issue/FB-1"):
        yield api.call("DELETE", path)


def test_every_answer_of_a_session_fits_the_published_schemas(api: Api, judge: Judge) -> None:
    answers = [*_writing(api), *_reading(api, "FB-1"), *_removing(api)]
    assert [problem for answer in answers for problem in judge.problems(answer)] == []
    assert len(judge.seen) >= 45


def test_the_judge_notices_a_wrong_type_a_missing_member_and_an_extra_one(
    api: Api, judge: Judge
) -> None:
    request = httpx2.Request("GET", f"{api.url}/rest/api/3/issueLink/1")
    complete: dict[str, object] = {"type": {}, "inwardIssue": {}, "outwardIssue": {}}
    assert judge.problems(httpx2.Response(200, json=complete, request=request)) == []
    wrong: list[dict[str, object]] = [{**complete, "id": 1}, {"type": {}}, {**complete, "new": 1}]
    for body in wrong:
        assert judge.problems(httpx2.Response(200, json=body, request=request)), body
