"""`bridge serve` and `bridge worker`."""

import logging
from typing import Annotated

import typer

from bridge.cli.opening import Begins, opened, read_settings
from bridge.cli.options import AsJson, DataDir, Host, Port, new_app
from bridge.cli.output import emit, say
from bridge.cli.serving import (
    first_sign_in,
    open_door,
    stopped_by_signals,
    warn_if_embedded,
    with_public_url,
)
from bridge.cli.serving import serve as serve_application
from bridge.wiring.frugal import frugal
from bridge.wiring.installation import note_worker
from bridge.worker import Worker

serve_app = new_app()
worker_app = new_app()


@serve_app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Run jobs elsewhere, with `bridge worker`.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge serve --port 8000

    Run the API, the pages and, unless told otherwise, one worker in this process, until Ctrl-C.
    While no lead or admin has signed in, a one-time sign-in link for the first admin is shown.
    With --json one line tells {"url", "sign_in"} as soon as requests are answered.
    """
    with stopped_by_signals(), open_door(host, port) as door:
        settings = with_public_url(read_settings(data_dir), door)
        with opened(settings, level=logging.INFO, begins=Begins.ALWAYS) as application:
            sign_in = first_sign_in(application)

            def announce() -> None:
                say(f"bridge at {door.url}; Ctrl-C stops it")
                warn_if_embedded(application)
                if sign_in is not None:
                    say(f"first sign-in, works once: {sign_in}")
                if as_json:
                    emit({"url": door.url, "sign_in": sign_in})

            serve_application(application, door, with_worker=not no_worker, announce=announce)


@worker_app.command()
def worker(data_dir: DataDir = None) -> None:
    """\b
    Example:
      DATABASE_URL=postgresql://... bridge worker

    Run one more worker on the same database, until Ctrl-C; any number, on any machine.
    """
    with stopped_by_signals(), opened(read_settings(data_dir), level=logging.INFO) as application:
        note_worker(application)
        say("working; Ctrl-C stops it after the jobs at hand")
        with frugal():
            Worker(application).run_forever()
