"""jira.js, the other library that people write Jira tools with, takes every answer of the sandbox.

It holds each answer against schemas of its own and is told to throw where one does not fit. Its
package comes from the npm registry once, into a cache folder outside the repository.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from integrations.jira.sandbox import SandboxServer, present
from integrations.jira.sandbox.records import Json
from integrations.jira.sandbox.site import Site

VERSION = "6.2.0"
_PACKAGES = (f"jira.js@{VERSION}", "zod@4.6.7")
_SCRIPT = Path(__file__).with_name("jira_js_judge.mjs")
_INSTALL = (
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-timeout=60000",
)
_INSTALL_SECONDS = 180
_JUDGE_SECONDS = 60

pytestmark = pytest.mark.registry


@pytest.fixture(scope="module")
def library() -> Path:
    """The folder that holds `node_modules` with jira.js; the same one in every run."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    # The package asks for Node.js 22 and runs with 18 too, the first one with fetch.
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    if int(told.stdout.lstrip("v").partition(".")[0]) < 18:
        pytest.skip(f"needs Node.js 18 or newer, not {told.stdout.strip()}")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bridge-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / "+".join(_PACKAGES)
    with FileLock(cache / "npm.lock"):
        if not folder.exists():
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    """Whole or not at all: the folder gets its name once npm is done."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        made = Path(place, "whole")
        made.mkdir()
        (made / "package.json").write_text('{"private": true}')
        try:
            subprocess.run(
                [*_INSTALL, *_PACKAGES],
                cwd=made,
                capture_output=True,
                text=True,
                timeout=_INSTALL_SECONDS,
                check=True,
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm could not install jira.js within {_INSTALL_SECONDS} s")
        except subprocess.CalledProcessError as error:
            first = error.stderr.strip().partition("\n")[0]
            pytest.skip(f"npm cannot install jira.js: {first}")
        made.rename(folder)


def _judge(library: Path, state: Path) -> subprocess.CompletedProcess[str]:
    """What jira.js says to a whole session with a fresh sandbox."""
    with SandboxServer(state) as site:
        account = (site.url, site.user, site.token, site.project, site.issue_type)
        return subprocess.run(
            ["node", str(_SCRIPT), str(library), *account],
            # Members and values that its schemas do not know are reported too.
            env={**os.environ, "AUDIT_SCHEMAS": "true"},
            capture_output=True,
            text=True,
            timeout=_JUDGE_SECONDS,
            check=False,
        )


def _drift(told: dict[str, Any]) -> set[tuple[str, ...]]:
    return {(item["endpoint"], *item.get("keys", [item.get("value")])) for item in told["drift"]}


def test_jira_js_takes_every_answer_of_a_session(library: Path, tmp_path: Path) -> None:
    judged = _judge(library, tmp_path / "jira.db")
    assert judged.returncode == 0, judged.stderr
    told = json.loads(judged.stdout)
    assert len(set(told["calls"])) >= 50
    # Members that the service sends and that its own description forgets.
    assert _drift(told) == {
        ("GET /rest/api/3/issue/FB-1", "isLooped"),
        ("GET /rest/api/3/issue/FB-1/transitions", "isLooped"),
        ("POST /rest/api/3/issue/bulkfetch", "expand"),
    }


def test_jira_js_refuses_a_member_of_the_wrong_type(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoil_user(monkeypatch, displayName=7)
    judged = _judge(library, tmp_path / "jira.db")
    assert judged.returncode == 1
    first, _, rest = judged.stderr.partition("\n")
    assert json.loads(first) == {
        "endpoint": "GET /rest/api/3/myself",
        "issues": [{"path": "displayName", "expected": "string", "received": "number"}],
    }
    assert "SchemaMismatchError" in rest


def test_jira_js_reports_a_member_that_jira_does_not_have(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoil_user(monkeypatch, nickname="b")
    judged = _judge(library, tmp_path / "jira.db")
    assert judged.returncode == 0, judged.stderr
    assert ("GET /rest/api/3/myself", "nickname") in _drift(json.loads(judged.stdout))


def _spoil_user(monkeypatch: pytest.MonkeyPatch, **members: object) -> None:
    true_user = present.user

    def spoilt(site: Site) -> Json:
        return {**true_user(site), **members}

    monkeypatch.setattr(present, "user", spoilt)
