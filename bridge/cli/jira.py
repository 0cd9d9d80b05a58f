"""`bridge jira` and `bridge jira-sandbox`."""

from dataclasses import asdict
from typing import Annotated

import typer

from bridge.cli.opening import opened, read_settings, start_logging
from bridge.cli.options import AsJson, DataDir, ProductName, named_values, new_app
from bridge.cli.output import Exit, emit, say, show_table
from bridge.domain.errors import NotConfigured
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.domain.tickets import FilingPolicy
from bridge.ports import CheckStep
from bridge.wiring.jira import JiraGiven, connect_jira
from integrations.jira.sandbox.server import serve_forever

jira_app = new_app()
sandbox_app = new_app()
SANDBOX_FILE = "jira-sandbox.db"


@jira_app.callback()
def jira() -> None:
    """Connect a Jira project."""


@jira_app.command(short_help="Connect a Jira project and test it step by step.")
def connect(  # noqa: PLR0913 - one parameter an option
    url: Annotated[str, typer.Option("--url", help="Address of the Jira site.")],
    user: Annotated[str, typer.Option("--user", help="E-mail address of the account.")],
    token: Annotated[
        str, typer.Option("--token", envvar="BRIDGE_JIRA_TOKEN", help="API token of the account.")
    ],
    project: Annotated[str, typer.Option("--project", help="Key of the project.")],
    issue_type: Annotated[str, typer.Option("--issue-type", help="Name or id of the type.")],
    number_field: Annotated[
        str | None, typer.Option("--number-field", help="Field for the count of customers.")
    ] = None,
    accounts_field: Annotated[
        str | None, typer.Option("--accounts-field", help="Field for the count of accounts.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="NAME=VALUE",
            help="Value of another field on each ticket, such as one that Jira requires; repeat it "
            "for several. An empty value takes it back.",
        ),
    ] = None,
    webhook_secret: Annotated[
        str | None,
        typer.Option(
            "--webhook-secret",
            envvar="BRIDGE_JIRA_WEBHOOK_SECRET",
            help="Register a webhook signed with it.",
        ),
    ] = None,
    policy: Annotated[
        FilingPolicy | None,
        typer.Option(
            "--policy",
            help="When two looks found no ticket of a lost answer: send again, or park it for a "
            "person [default: as before, else retry].",
        ),
    ] = None,
    duplicate_transition: Annotated[
        str | None,
        typer.Option(
            "--duplicate-transition",
            metavar="NAME",
            help="Transition, or status it leads to, that closes a ticket made twice.",
        ),
    ] = None,
    product: ProductName = DEFAULT_PRODUCT,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow an address inside this network.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      BRIDGE_JIRA_TOKEN=... bridge jira connect --url https://acme.atlassian.net \\
        --user bot@acme.example --project FB --issue-type Bug

    Test the connection in named steps and keep it when all pass. Connecting again replaces the
    credentials. Exit code 1 when a step fails.
    """
    given = JiraGiven(
        url=url,
        user=user,
        token=token,
        project=project,
        issue_type=issue_type,
        number_field=number_field,
        accounts_field=accounts_field,
        fields=named_values(fields or []),
        webhook_secret=webhook_secret,
        allow_private=allow_private,
        policy=policy,
        duplicate_transition=duplicate_transition,
    )
    with opened(read_settings(data_dir)) as application:
        with application.open() as store:
            home = store.products.by_slug(product)
        steps = connect_jira(given, home, context=application.context)
    if as_json:
        emit({"steps": [_step(one) for one in steps]})
    else:
        show_table(("step", "ok", "advice"), ((one.name, one.ok, one.fix) for one in steps))
    if not all(step.ok for step in steps):
        say("not connected: mend the first step that failed and try again")
        raise typer.Exit(Exit.FAILED)
    say(f"connected: issues of product {home.slug} are filed in {project}")


def _step(step: CheckStep) -> dict[str, object]:
    """A step as JSON, with the fields that are asked for where there are some."""
    shown: dict[str, object] = {"name": step.name, "ok": step.ok, "fix": step.fix}
    return shown | ({"asks": [asdict(one) for one in step.asks]} if step.asks else {})


@sandbox_app.command()
def jira_sandbox(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = (
        8100
    ),
    project: Annotated[str, typer.Option("--project", help="Key of its only project.")] = "FB",
    control: Annotated[bool, typer.Option("--control", help="Open the fault switches.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge jira-sandbox --port 8100 --json

    Run the stand-in for Jira Cloud alone until Ctrl-C. Its tickets stay in the data folder.
    """
    start_logging()
    folder = read_settings(data_dir).data_dir
    folder.mkdir(parents=True, exist_ok=True)

    def announce(facts: dict[str, str]) -> None:
        say(f"Jira sandbox at {facts['url']}; Ctrl-C stops it")
        if as_json:
            emit(facts)
        else:
            show_table(("name", "value"), facts.items())

    try:
        serve_forever(folder / SANDBOX_FILE, announce, port=port, project=project, control=control)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotConfigured(
            f"cannot listen on port {port}: {reason}; give another --port"
        ) from error
    except ValueError as error:
        raise NotConfigured(f"{error}; give another --data-dir") from error
