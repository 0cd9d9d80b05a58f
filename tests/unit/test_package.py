"""What is shipped: the wheel, the image's recipe and the compose file."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder

from bridge.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
_IMPORTS = """
import sys
dropped = set(sys.argv[1].split(","))
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in dropped:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import bridge.api.app, bridge.cli.serve, bridge.web, bridge.wiring, bridge.worker
import models.encoders.loading, models.encoders.onnx, onnxruntime, tokenizers
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in the built wheel."""
    target = tmp_path_factory.mktemp("dist")
    built = next(iter(WheelBuilder(str(ROOT)).build(directory=str(target), versions=["standard"])))
    return set(zipfile.ZipFile(built).namelist())


@pytest.mark.parametrize(
    "folder",
    [
        "bridge/web/templates",
        "bridge/web/static",
        "bridge/store/migrations",
        "bridge/steps",
        "integrations/jira/sandbox",
        "models/encoders",
    ],
)
def test_the_wheel_carries_every_file_of(folder: str, wheel: set[str]) -> None:
    files = {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files
    assert files - wheel == set()


def test_the_wheel_carries_nothing_else(wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == {
        "bridge",
        "models",
        "integrations",
    }
    assert {name.rsplit("/", 1)[1] for name in wheel if ".dist-info/licenses" in name} == {
        "LICENSE",
        "NOTICE",
    }


def test_the_service_starts_without_what_the_image_leaves_out() -> None:
    pattern = re.search(r"grep -vE '\^\(([^)]*)\)=='", (ROOT / "Dockerfile").read_text())
    assert pattern is not None
    dropped = pattern[1].replace("-", "_").split("|")
    assert {"torch", "sentence_transformers"} <= set(dropped)
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTS, ",".join(dropped)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_image_pins_what_it_copies() -> None:
    sources = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    wanted = {name for line in sources for name in line.split()}
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M))
    assert wanted
    assert wanted - allowed == set()
    assert [name for name in wanted if not (ROOT / name).exists()] == []


def test_the_compose_file_follows_its_schema() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [str(checker), "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("service", ["web", "worker"])
def test_a_service_runs_a_real_command_with_real_options(
    service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = _services()[service]["command"]
    assert command[0] in COMMANDS
    assert main([command[0], "--help"]) == 0
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert {word for word in command if word.startswith("--")} <= options


def test_the_image_starts_a_real_command(capsys: pytest.CaptureFixture[str]) -> None:
    default = re.search(r'^CMD \["(.*)"\]$', (ROOT / "Dockerfile").read_text(), re.M)
    assert default is not None
    words = default[1].split('", "')
    assert main([words[0], "--help"]) == 0
    assert set(words[1::2]) <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))


def test_the_compose_file_holds_no_secret() -> None:
    values = yaml.safe_dump(_services())
    assert re.findall(r"\$\{(?:POSTGRES_PASSWORD|BRIDGE_SECRET_KEY)(?!:\?)", values) == []
    assert len(re.findall(r"PASSWORD|SECRET_KEY", values)) > 0


def _services() -> dict[str, Any]:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert isinstance(services, dict)
    return services
