"""The state of the sandbox outlives its process, however that ends."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from integrations.jira.sandbox import SandboxServer
from tests.contract.sandbox_client import Api, a_body


def test_the_same_file_gives_the_same_site_again(tmp_path: Path) -> None:
    state = tmp_path / "jira.db"
    with SandboxServer(state) as sandbox, Api(sandbox.describe()) as client:
        key, token = client.create(), sandbox.token
        assert client.call("GET", "/_sandbox/truth").status_code == 404
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["jira.db"]
    with SandboxServer(state) as again, Api(again.describe()) as client:
        assert again.token == token
        assert client.get(f"issue/{key}")["key"] == key
    with pytest.raises(ValueError, match="another project"):
        SandboxServer(state, project="XY")


_SERVE = """
import json, sys
from pathlib import Path
from integrations.jira.sandbox import serve_forever
def announce(line):
    sys.stdout.write(json.dumps(line) + "\\n")
    sys.stdout.flush()
serve_forever(Path(sys.argv[1]), announce, port=0)
"""


@pytest.mark.processes
@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 0)])
def test_what_was_answered_is_still_there_after_the_process_was_stopped(
    tmp_path: Path, number: int, code: int
) -> None:
    command = [sys.executable, "-c", _SERVE, str(tmp_path / "jira.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        with Api(line) as client:
            key = client.create()
        process.send_signal(number)
        assert process.wait(timeout=20) == code
    with SandboxServer(tmp_path / "jira.db") as again, Api(again.describe()) as client:
        assert client.get(f"issue/{key}")["key"] == key


def test_what_an_administrator_takes_away_is_refused_and_comes_back(tmp_path: Path) -> None:
    with (
        SandboxServer(tmp_path / "jira.db", control=True) as sandbox,
        Api(sandbox.describe()) as jira,
    ):

        def administer(**set_up: object) -> None:
            assert jira.call("PUT", "/_sandbox/site", set_up).status_code == 200

        def statuses(key: str) -> list[int]:
            query = {"jql": "project = FB"}
            return [
                jira.call("POST", "issue", a_body()).status_code,
                jira.call("PUT", f"issue/{key}", {"fields": {"summary": "x"}}).status_code,
                jira.call("GET", f"issue/{key}").status_code,
                jira.call("GET", "project/FB").status_code,
                jira.call("POST", "search/jql", query).status_code,
            ]

        key = jira.create()
        administer(lacking=["CREATE_ISSUES"])
        assert statuses(key) == [403, 204, 200, 200, 200]
        administer(lacking=["EDIT_ISSUES"])
        assert statuses(key) == [201, 403, 200, 200, 200]
        # Gone and hidden look the same.
        administer(lacking=["BROWSE_PROJECTS"])
        assert statuses(key) == [400, 404, 404, 404, 400]
        fetched = jira.call("POST", "issue/bulkfetch", {"issueIdsOrKeys": [key]})
        assert fetched.json()["issues"] == []
        administer(issue_types={"10001": "Fault", "10002": ""})
        offered = jira.get("issue/createmeta/FB/issuetypes")["issueTypes"]
        assert [one["name"] for one in offered] == ["Fault", "Story"]
        assert jira.get(f"issue/{key}")["fields"]["issuetype"]["name"] == "Fault"
        administer(token="another one")
        assert statuses(key) == [401] * 5
        for wrong in ({"lacking": ["EVERYTHING"]}, {"issue_types": {"1": "x"}}):
            assert jira.call("PUT", "/_sandbox/site", wrong).status_code == 400
