"""Write the pictures of the README: the demo's pages, photographed with the system's Chromium.

Run `python docs/make_screenshots.py [DATA_DIR]`. The demo's past is played into DATA_DIR (default:
a folder that is removed again), which takes about a minute the first time.
"""

import logging
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright

from bridge.demo.run import prepare_demo
from bridge.demo.story import LEAD
from bridge.domain.issues import IssueState
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.settings import Settings
from bridge.store.issues import IssueFilter
from bridge.web import create_pages
from bridge.wiring import Application

IMAGES = Path(__file__).parent / "images"
CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_SIZE = (1280, 800)
_START_SECONDS = 20.0

log = logging.getLogger("bridge.screenshots")


def make_screenshots(data_dir: Path) -> None:
    """Prepare the demo, serve its pages, photograph two of them."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    demo = prepare_demo(Settings(data_dir=data_dir), say=log.info)
    try:
        code, issue = _link(demo.application), _telling_issue(demo.application)
        with _served(demo.application) as url, _opened() as page:
            page.goto(f"{url}/sign-in?code={code}")
            page.get_by_role("button", name="Sign in").click()
            page.goto(f"{url}/?state=all")
            page.screenshot(path=IMAGES / "issues.png")
            page.goto(f"{url}/issues/{issue}")
            page.screenshot(path=IMAGES / "issue.png")
    finally:
        demo.close()


def _link(application: Application) -> str:
    """A one-time sign-in code of the demo's lead."""
    with application.open() as store:
        lead = store.people.known(LEAD.email)
        until = application.context.now() + timedelta(minutes=10)
        return store.people.create_login(lead.id, "link", expires_at=until)


def _telling_issue(application: Application) -> str:
    """The name of the issue with most to show: the biggest that has come all the way."""
    states = (IssueState.VERIFIED, IssueState.SHIPPED, IssueState.REGRESSED, IssueState.FILED)
    with application.open() as store:
        product = store.products.by_slug(DEFAULT_PRODUCT)
        for state in states:
            wanted = IssueFilter(states=(state,), sort="customers", limit=1)
            for found in store.issues.search(product.id, wanted):
                return found.issue.name
    raise SystemExit("the demo has no issue to show")


@contextmanager
def _served(application: Application) -> Iterator[str]:
    """The pages on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_pages(application), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(_START_SECONDS)


@contextmanager
def _opened() -> Iterator[Page]:
    """An empty tab, light and of the usual size."""
    width, height = _SIZE
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        browser.close()


if __name__ == "__main__":
    log.setLevel(logging.INFO)
    log.addHandler(logging.StreamHandler())
    if len(sys.argv) > 1:
        make_screenshots(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(prefix="bridge-screenshots-") as folder:
            make_screenshots(Path(folder) / "data")
