"""`bridge config`: what is set, where it comes from, and whether it can work."""

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typer
from pydantic import SecretStr
from pydantic_core import to_jsonable_python
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from bridge.cli.opening import libpq_address, read_settings
from bridge.cli.options import AsJson, DataDir, new_app
from bridge.cli.output import Exit, emit, say, show_table
from bridge.domain.errors import NotConfigured
from bridge.settings import Settings

app = new_app()
_PREFIX = "BRIDGE_"
_NOT_SETTINGS = frozenset(
    {"BRIDGE_JIRA_TOKEN", "BRIDGE_JIRA_WEBHOOK_SECRET", "BRIDGE_SIGNAL_SECRET", "BRIDGE_TEST_DATA"}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `fix` says what to do when it is not ok."""

    check: str
    ok: bool
    detail: str
    fix: str = ""

    def as_dict(self) -> dict[str, object]:
        """The JSON of a finding."""
        return {"check": self.check, "ok": self.ok, "detail": self.detail, "fix": self.fix}


def report(findings: list[Finding], *, as_json: bool) -> None:
    """Write findings; exit code 1 when something is wrong."""
    wrong = [one for one in findings if not one.ok]
    if as_json:
        emit({"ok": not wrong, "findings": [one.as_dict() for one in findings]})
    else:
        show_table(
            ("check", "ok", "detail", "fix"),
            ((one.check, one.ok, one.detail, one.fix or None) for one in findings),
        )
    if wrong:
        say(f"{len(wrong)} of {len(findings)} checks found something to mend")
        raise typer.Exit(Exit.FAILED)
    say("all is well")


@app.callback()
def config() -> None:
    """Show and check the configuration."""


@app.command(short_help="Show every setting and where it comes from.")
def show(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """\b
    Example:
      bridge config show

    Show every setting with its value and whether it comes from the environment, from .env or is
    the default. Secrets are masked.
    """
    settings = read_settings(data_dir)
    sources = _sources()
    rows = [
        {
            "setting": variable_of(name),
            "value": _shown(name, getattr(settings, name)),
            "source": _source(name, data_dir, sources),
        }
        for name in Settings.model_fields
    ]
    if as_json:
        emit(rows)
    else:
        show_table(("setting", "value", "source"), (list(row.values()) for row in rows))


@app.command(short_help="Check the configuration.")
def check(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """\b
    Example:
      bridge config check

    Check the configuration without starting anything. Exit code 1 when something cannot work.
    """
    report(check_configuration(data_dir), as_json=as_json)


def check_configuration(data_dir: Path | None) -> list[Finding]:
    """What the configuration itself can tell."""
    try:
        settings = read_settings(data_dir)
    except NotConfigured as error:
        return [Finding("settings", False, str(error), "correct the variable")]
    found = [Finding("settings", True, f"data folder {settings.data_dir.resolve()}")]
    found += _unknown_variables()
    found += _database(settings)
    found += _links(settings)
    return found


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    return str(alias) if alias else _PREFIX + name.upper()


def _sources() -> Mapping[str, Mapping[str, object]]:
    return {
        "environment": EnvSettingsSource(Settings)(),
        ".env": DotEnvSettingsSource(Settings)(),
    }


def _source(name: str, data_dir: Path | None, sources: Mapping[str, Mapping[str, object]]) -> str:
    for source, values in sources.items():
        if name in values or variable_of(name) in values:
            return source
    return "option" if name == "data_dir" and data_dir is not None else "default"


def _shown(name: str, value: object) -> str | int | float | bool | None:
    if isinstance(value, SecretStr):
        return _masked_url(value) if name == "database_url" else "********"
    return shown_value(value)


def shown_value(value: object) -> str | int | float | bool | None:
    """A setting as it is written: texts and numbers as they are, anything else as JSON."""
    plain: object = to_jsonable_python(value)
    return plain if plain is None or isinstance(plain, str | int | float) else json.dumps(plain)


def _masked_url(url: SecretStr) -> str:
    """Where the database is, without user name, password or options."""
    parts = urlsplit(url.get_secret_value())
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://********@{place}{parts.path}"


def _unknown_variables() -> Iterator[Finding]:
    known = {variable_of(name) for name in Settings.model_fields}
    for name in sorted(os.environ):
        if not name.startswith(_PREFIX) or name in known | _NOT_SETTINGS:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        fix = f"did you mean {near[0]}?" if near else "remove it"
        yield Finding("variables", False, f"{name} is not a setting", fix)


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None:
        yield Finding("database_url", True, "not set: the embedded database in the data folder")
        return
    try:
        libpq_address(settings)
    except NotConfigured as error:
        yield Finding("database_url", False, str(error), "postgresql://USER:PASSWORD@HOST/NAME")
    if settings.secret_key_file is not None and not os.access(settings.secret_key_file, os.R_OK):
        yield Finding(
            "secret_key",
            False,
            f"{settings.secret_key_file} cannot be read",
            "correct BRIDGE_SECRET_KEY_FILE or the file's rights",
        )
    elif settings.secret_key is None and settings.secret_key_file is None:
        yield Finding(
            "secret_key",
            False,
            "with DATABASE_URL no key is made",
            "set BRIDGE_SECRET_KEY or BRIDGE_SECRET_KEY_FILE",
        )
    else:
        yield Finding("secret_key", True, "given")


def _links(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(settings.public_url)
    is_url = parts.scheme in ("http", "https") and bool(parts.netloc)
    fix = "" if is_url else "set BRIDGE_PUBLIC_URL to the address people use, with http or https"
    is_given = "public_url" in settings.model_fields_set
    told = settings.public_url if is_given else "not set: links start with where the server listens"
    yield Finding("public_url", is_url, told, fix)
