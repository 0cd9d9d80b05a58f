"""The documents say what exists, and what exists is in the documents."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bridge import ports
from bridge.cli.config import shown_value, variable_of
from bridge.domain.issues import MOVES
from bridge.domain.tickets import FilingState
from bridge.settings import Settings
from bridge.store.tables import Base
from bridge.wiring import JOBS
from models.settings import FinderSettings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ADR_PARTS = ["Context", "Decision", "Consequences", "Alternatives", "References"]
_FILE = re.compile(
    r"[\w.-]*\w\.(?:py|html|css|svg|md|mako|toml|txt|ini|yml|js)|Makefile|Dockerfile"
)
_PATH = re.compile(r"`((?:bridge|models|integrations|tests|docs|changes)/[\w./-]+)`")


def _documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("integrations/*/*.md")])


def _text(name: str) -> str:
    return (DOCS / name).read_text()


def _all_docs() -> str:
    return "\n".join(path.read_text() for path in DOCS.rglob("*.md"))


def _tree(text: str) -> Iterator[Path]:
    """The files of the fenced tree: folders end with a slash, two spaces a level."""
    fence = re.search(r"^```\n(bridge/ .*?)^```", text, re.DOTALL | re.MULTILINE)
    assert fence is not None
    folders: list[str] = []
    for line in fence[1].splitlines():
        level = (len(line) - len(line.lstrip())) // 2
        words = line.split()
        if words[0].endswith("/"):
            folders[level:] = [words[0]]
            yield Path(*folders)
        else:
            found = [
                word for word in words if _FILE.fullmatch(word) or word in {"LICENSE", "NOTICE"}
            ]
            assert found == words, f"not a file name: {set(words) - set(found)}"
            yield from (Path(*folders[:level], word) for word in words)


def _ports() -> list[str]:
    protocols = [name for name, one in vars(ports).items() if getattr(one, "_is_protocol", False)]
    return [name for name in protocols if name != "Protocol"]


def test_each_file_named_in_the_architecture_exists() -> None:
    text = _text("architecture.md")
    named = [*_tree(text), *(Path(path) for path in _PATH.findall(text))]
    assert len(named) > 150
    assert [str(path) for path in named if not (ROOT / path).exists()] == []


def test_a_tree_line_that_names_a_missing_file_is_found() -> None:
    text = "```\nbridge/   the product\n  domain/\n    issues.py ghosts.py\n```\n"
    assert [path for path in _tree(text) if not (ROOT / path).exists()] == [
        Path("bridge/domain/ghosts.py")
    ]


@pytest.mark.parametrize("folder", ["domain", "steps", "store", "wiring"])
def test_each_module_of_the_inner_layers_is_in_the_tree(folder: str) -> None:
    named = set(_tree(_text("architecture.md")))
    modules = {path.relative_to(ROOT) for path in (ROOT / "bridge" / folder).glob("[!_]*.py")}
    assert modules - named == set()


@pytest.mark.parametrize("job", sorted(JOBS))
def test_each_job_is_in_the_list_of_operations(job: str) -> None:
    rows = [line for line in _text("operations.md").splitlines() if line.startswith("| `")]
    assert any(f"`{job}`" in row.split("|")[1] for row in rows)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_each_setting_has_its_row_with_its_default(name: str) -> None:
    rows = {
        cells[1].strip(): cells[2].strip().strip("`")
        for line in _text("configuration.md").splitlines()
        if len(cells := line.split("|")) > 3
    }
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    shown = "none" if default is None else str(shown_value(default))
    if isinstance(default, bool):
        shown = shown.lower()
    assert rows.get(f"`{variable_of(name)}`") == shown


def test_each_number_of_the_finder_has_its_row_with_its_default() -> None:
    text = _text("finder.md")
    defaults = FinderSettings()
    for name in FinderSettings.__slots__:
        assert f"| `{name}` | {getattr(defaults, name)} |" in text


def test_each_port_is_in_the_architecture_with_its_methods() -> None:
    rows = _text("architecture.md").splitlines()
    assert set(_ports()) == {"Tracker", "Webhook", "ShipSignal", "Notifier", "WorkaroundStore"}
    for port in _ports():
        row = next(line for line in rows if line.startswith(f"| `{port}`"))
        methods = [name for name in vars(getattr(ports, port)) if not name.startswith("_")]
        assert [name for name in methods if name not in ("name",) and f"`{name}`" not in row] == []


def test_each_table_is_in_the_architecture() -> None:
    text = _text("architecture.md")
    assert [table for table in Base.metadata.tables if f"`{table}`" not in text] == []


def test_the_states_of_issues_are_told_with_their_moves() -> None:
    rows = {
        cells[1].strip().strip("`"): cells[2]
        for line in _text("architecture.md").splitlines()
        if len(cells := line.split("|")) == 5
    }
    for state, moves in MOVES.items():
        assert set(re.findall(r"\w+", rows[state.value])) == {move.value for move in moves}


def test_the_states_of_filings_are_told() -> None:
    text = _text("filing.md")
    assert [state for state in FilingState if f"| `{state.value}` |" not in text] == []


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in ROOT.glob("integrations/*/__init__.py"))
)
def test_each_integration_has_a_readme(folder: Path) -> None:
    assert (folder / "README.md").is_file()


@pytest.mark.parametrize("path", sorted(DOCS.glob("decisions/*.md")), ids=lambda path: path.stem)
def test_a_decision_has_its_parts_on_one_page(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith(f"# {int(path.name[:4])}. ")
    assert [line[3:] for line in lines if line.startswith("## ")] == ADR_PARTS
    assert len(lines) <= 60


def test_each_decision_that_code_refers_to_exists() -> None:
    sources = [*ROOT.glob("bridge/**/*.py"), *ROOT.glob("models/**/*.py"), ROOT / "pyproject.toml"]
    numbers = {
        n for path in sources for n in re.findall(r"docs/decisions/(\d{4})", path.read_text())
    }
    files = {n for path in sources for n in re.findall(r"docs/[\w/-]+\.md", path.read_text())}
    assert numbers
    assert [number for number in numbers if not list(DOCS.glob(f"decisions/{number}-*.md"))] == []
    assert [name for name in sorted(files) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("path", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    assert [link for link in _links(path) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_point_to_files_that_exist(path: Path) -> None:
    named = _PATH.findall(path.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def _links(path: Path) -> Iterator[str]:
    """Local targets of links and pictures, without their anchors."""
    for block in MarkdownIt("commonmark").enable("table").parse(path.read_text()):
        for token in block.children or []:
            target = str(token.attrGet("href") or token.attrGet("src") or "")
            if target and "://" not in target and not target.startswith(("#", "mailto:")):
                yield target.partition("#")[0]


def test_each_fragment_is_one_line_of_a_known_kind() -> None:
    fragments = [path for path in (ROOT / "changes").iterdir() if path.suffix == ".md"]
    assert fragments
    for path in fragments:
        assert path.name.split(".")[1] in {"added", "changed", "fixed"}
        assert len(path.read_text().splitlines()) == 1
