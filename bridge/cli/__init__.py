"""The command line; each command's module is loaded when it is called."""

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated

import typer

from bridge.cli.options import new_app
from bridge.cli.output import Exit, exit_code, say, write
from bridge.domain.errors import BridgeError


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives, and what the list of commands says about it."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "demo": Entry("demo", "app", "Show everything with sample contacts and a stand-in for Jira."),
    "serve": Entry("serve", "serve_app", "Run the API, the pages and one worker."),
    "worker": Entry("serve", "worker_app", "Run one more worker on the same database."),
    "import": Entry("importing", "app", "Read contacts from a CSV or JSONL file."),
    "discover": Entry("discovering", "app", "Find the issues in a file; needs no database."),
    "evaluate": Entry("evaluating", "app", "Score the issue finder on labelled contacts."),
    "replay": Entry("replaying", "app", "What would the bridge have done on these contacts?"),
    "issues": Entry("likely", "issues_app", "List, show and file issues."),
    "releases": Entry("releases", "releases_app", "Tell which version customers can get."),
    "ship": Entry("ship", "app", "Let other systems tell what is out."),
    "workarounds": Entry("workarounds", "app", "List and show workarounds."),
    "faq": Entry("faq", "app", "List recurring questions and their articles."),
    "letters": Entry("letters", "app", "Write to the customers of a shipped issue."),
    "mail": Entry("mail", "app", "Take in mails that came back."),
    "report": Entry("reporting", "app", "Show the weekly report or the daily digest."),
    "product": Entry("products", "app", "Add and list products."),
    "people": Entry("people", "app", "Invite, list and remove people."),
    "token": Entry("tokens", "app", "Create, list and revoke API tokens."),
    "jira": Entry("jira", "jira_app", "Connect a Jira project."),
    "zendesk": Entry("zendesk", "app", "Connect a Zendesk account."),
    "jira-sandbox": Entry("jira", "sandbox_app", "Run the stand-in for Jira Cloud alone."),
    "notify": Entry("notify", "app", "Connect chat and endpoints, and mend messages."),
    "db": Entry("database", "app", "Upgrade, dump and restore the database."),
    "doctor": Entry("doctor", "app", "Check everything and say how to mend it."),
    "config": Entry("config", "app", "Show and check the configuration."),
}

_root = new_app(with_completion=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        write(version("support-bridge"))
        raise typer.Exit


@_root.callback()
def root(
    show_version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """\b
    Examples:
      bridge demo
      bridge serve --port 8000
      bridge import contacts.csv --source zendesk

    Find the recurring issues in customer contacts, file each as one Jira ticket, and tell
    support once the fix has shipped.

    \b
    Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 partly done,
    75 try again.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug, words = _without_debug(words)
    try:
        _command(words)(words, prog_name="bridge")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BridgeError as error:
        if debug:
            raise
        say(f"bridge: {error}")
        return exit_code(error)
    except Exception as error:  # the last door: one line, and the traceback on request
        if debug:
            raise
        first = str(error).strip().splitlines()[:1]
        say(f"bridge: {type(error).__name__}: {''.join(first)}; --debug shows where")
        return Exit.FAILED
    return Exit.OK


def _without_debug(words: list[str]) -> tuple[bool, list[str]]:
    """Take --debug off, wherever it stands before a `--`."""
    end = words.index("--") if "--" in words else len(words)
    kept = [word for word in words[:end] if word != "--debug"]
    return len(kept) < end, kept + words[end:]


def _command(words: Sequence[str]) -> typer.core.TyperGroup:
    """The command line with the one command in it that is called, and the names of the others."""
    # A shell that completes a line hands it over here.
    typed = os.environ.get("_TYPER_COMPLETE_ARGS", os.environ.get("COMP_WORDS", "")).split()[1:]
    called = next((word for word in (*words, *typed) if not word.startswith("-")), "")
    group = typer.main.get_command(_root)
    assert isinstance(group, typer.core.TyperGroup)
    for name, entry in COMMANDS.items():
        if name == called:
            module = importlib.import_module(f"bridge.cli.{entry.module}")
            command = typer.main.get_command(getattr(module, entry.attribute))
            command.name = name
        else:
            command = typer.core.TyperCommand(name, help=entry.summary)
        group.add_command(command, name)
    return group
