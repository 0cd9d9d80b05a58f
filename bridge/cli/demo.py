"""`bridge demo`: everything on one machine, with sample contacts and a stand-in for Jira."""

import logging
from typing import Annotated

import typer

from bridge.cli.opening import read_settings, start_logging
from bridge.cli.options import AsJson, DataDir, Port, new_app
from bridge.cli.output import emit, say, show_facts
from bridge.cli.serving import (
    open_door,
    serve,
    sign_in_link,
    stopped_by_signals,
    warn_if_embedded,
    with_public_url,
)
from bridge.demo.run import ADMIN_EMAIL, DemoRun, alone_in, prepare_demo
from bridge.domain.people import Role
from bridge.wiring import Application

app = new_app()
_TOKEN_NAME = "demo"  # noqa: S105 - the name of the token


@app.command()
def demo(
    port: Port = 8000,
    exit_when_done: Annotated[
        bool, typer.Option("--exit-when-done", help="Run the whole loop once and end.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Examples:
      bridge demo
      bridge demo --exit-when-done --json

    Send twelve weeks of sample contacts through the whole loop: issues are found, filed in a Jira
    sandbox, fixed, released, told. Then stay up until Ctrl-C. A second run changes nothing.
    """
    given = read_settings(data_dir)
    with (
        stopped_by_signals(),
        alone_in(given.data_dir),
        open_door("127.0.0.1", 0 if exit_when_done else port) as door,
    ):
        settings = with_public_url(given, door)
        start_logging(logging.WARNING)
        run = prepare_demo(settings, say=say)
        try:
            if exit_when_done:
                (emit if as_json else show_facts)(run.result)
                return
            serve(run.application, door, with_worker=True, announce=lambda: _tell(run, as_json))
        finally:
            run.close()


def _tell(run: DemoRun, as_json: bool) -> None:
    application, sandbox = run.application, run.sandbox
    url, sign_in = application.settings.public_url, sign_in_link(application, ADMIN_EMAIL)
    say(f"the demo is at {url}; Ctrl-C stops it")
    warn_if_embedded(application)
    say(f"sign in, works once: {sign_in}")
    say(f"its Jira sandbox is at {sandbox.url}")
    if not as_json:
        return
    jira = {name: sandbox.describe()[name] for name in ("url", "user", "token", "project")}
    emit({"url": url, "sign_in": sign_in, "token": new_token(application), "jira": jira})


def new_token(application: Application) -> str:
    """An admin token of this run; those of earlier runs end, which is said."""
    now = application.context.now()
    with application.open() as store:
        earlier = [one for one in store.people.tokens() if one.name == _TOKEN_NAME]
        ended = [one for one in earlier if one.revoked_at is None]
        for one in ended:
            store.people.revoke_token(one.id, now=now)
        token = store.people.create_token(Role.ADMIN, None, name=_TOKEN_NAME)
    if ended:
        say("the token of an earlier run has ended: use the one of this run")
    return token
