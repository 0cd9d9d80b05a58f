"""The pages in a real browser: accessible, quiet, closed to other hosts, narrow enough."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    sync_playwright,
)

from bridge.domain.contacts import RedactedText
from bridge.domain.faq import AskedOften, BestAnswer, FaqState
from bridge.domain.fixes import MOST_VERSION
from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue, IssueState
from bridge.domain.letter_texts import TEXTS
from bridge.domain.letters import LANGUAGES, FixTold, FixWords, LetterKind, LetterState, Why
from bridge.domain.people import NoticeKind, Role
from bridge.domain.signals import Rule, SignalMap
from bridge.domain.workarounds import Audience, RetiredBy
from bridge.steps.letter_sending import token_of
from bridge.store import Store
from bridge.store.deliveries import DeliveryState
from bridge.store.letter_readers import Wanted
from bridge.wiring.signals import SignalGiven, connect_signals
from tests.builders import START, contacts_about_export
from tests.conftest import Pipeline
from tests.pages_bench import PagesBench

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
_AXE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
_EVIL = '<img src="https://evil.example/x.png" onerror=alert(1)><script>alert(2)</script> '
_WATCH = (
    "window.refused = [];"
    "addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective));"
)
_OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
_WIDTH = "document.documentElement.scrollWidth"


@dataclass(frozen=True)
class Look:
    """One way to look at the pages."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]


LOOKS = [
    Look("light", 1280, 800, "light"),
    Look("dark", 1280, 800, "dark"),
    Look("phone", 390, 844, "light"),
    Look("small phone, dark", 320, 640, "dark"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("install the Debian package chromium")
        pytest.skip("needs the Debian package chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@dataclass
class Site:
    """The pages, served on loopback."""

    bench: PagesBench
    url: str

    def enter(self, page: Page, role: Role) -> None:
        """Sign in as people do: open the link, press the button."""
        code = self.bench.link(f"{role.value}@support.example", role)
        page.goto(f"{self.url}/sign-in?code={code}")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def site(pipeline: Pipeline) -> Iterator[Site]:
    """The pages of an empty product."""
    bench = PagesBench(pipeline)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(bench.app, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the pages are not served"
        time.sleep(0.01)
    yield Site(bench, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(20)


@dataclass
class Watch:
    """What a browser did that it should not have done."""

    host: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Note every outside request, error and dialog of a page."""
        page.on("request", self._request)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._said)
        page.on("dialog", self._dialog)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme != "data" and address.netloc != self.host:
            self.outside.append(request.url)


def _fill(bench: PagesBench) -> None:
    """Issues in several states, hostile words among them, notices, a paused connection."""
    contacts = [replace(one, lang="en", version="4.1") for one in contacts_about_export(12)]
    bench.pipeline.send(replace(contacts[0], text=_EVIL + contacts[0].text), *contacts[1:7])
    bench.pipeline.consolidate()
    long_version = replace(contacts[11], version="9." + "9" * (MOST_VERSION - 2))
    bench.pipeline.send(*contacts[7:11], long_version)
    now = bench.pipeline.clock()
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        for number, state in enumerate(IssueState, start=100):
            title = f"{_EVIL} AVeryLongWordWithoutAnyBreak" + "x" * 60
            made = store.issues.add(bench.product.id, number=number, title=title, terms=(), now=now)
            changed = store.issues.get(bench.product.id, made)
            store.issues.change(changed, {"state": state.value, "fixed_in": "4.2"})
        for text in ("Use the menu instead", "Reload twice"):
            workaround = store.workarounds.add(
                issue,
                RedactedText(text),
                audience=Audience.CUSTOMER,
                versions=["4.1"],
                owner=None,
                now=now,
            )
        store.workarounds.retire(workaround.id, RetiredBy.FIX, reason="fixed in 4.2", now=now)
        _ask(store, issue)
        store.known.show(issue, title=_EVIL, text=_EVIL * 9, workaround=_EVIL, now=now)
        for number, stage in enumerate((FaqState.OPEN, FaqState.ACCEPTED, FaqState.PUBLISHED)):
            about = store.issues.by_number(bench.product.id, 100 + number)
            asked = AskedOften(about.id, about.title, 9, 9, 9)
            best = BestAnswer(RedactedText(f"{_EVIL} press it " * 20), 10, 9)
            question = RedactedText(about.title)
            store.faqs.suggest(bench.product.id, asked, best, question=question, now=now)
            made_faq = store.faqs.all(bench.product.id, [FaqState.OPEN])[-1]
            link = f"https://help.example/{'x' * 90}"
            store.faqs.change(made_faq.id, now=now, state=stage.value, link=link, published_at=now)
        lead = store.people.known("lead@support.example")
        for kind in NoticeKind:
            store.notices.add(issue, lead.id, kind, text=f"{issue.name} {_EVIL}", now=now)
        connection = store.connections.save(
            bench.product.id, "jira", name="jira", config={"project": "FB"}, sealed=b""
        )
        until = now + timedelta(minutes=5)
        store.connections.pause(connection.id, until=until, trouble="it does not answer")
        _tell_what_is_out(store, bench)
        _write(store, store.issues.by_number(bench.product.id, 105))


def _tell_what_is_out(store: Store, bench: PagesBench) -> None:
    """A delivery of every state, in hostile words."""
    rules = (Rule(f"acme/{_EVIL}", "app", ("app-v{version}",)), Rule("x" * 90, is_ignored=True))
    given = SignalGiven("github", "github", SignalMap(rules, ("prod-{region}",), ("eu", "us")))
    context, now = bench.application.context, bench.pipeline.clock()
    made, _ = connect_signals(given, bench.product, store=store, context=context)
    store.deliveries.note_refusal(made.id, now=now)
    for state in DeliveryState:
        kept = store.connections.store_delivery(made.id, state.value, sealed=b"", now=now)
        assert kept is not None
        store.deliveries.note(
            kept, state, told=f"release {_EVIL}", reason=_EVIL + "y" * 90, now=now
        )


def _write(store: Store, issue: Issue) -> None:
    """A letter about a fix, to somebody with a long address and to nobody."""
    kind, author = LetterKind.FIX, "lead@support.example"
    texts = TEXTS[kind]
    letter = store.letters.add(issue.product_id, kind, "4.2", texts=texts, author=author, now=START)
    store.letters.save_issue(letter.id, issue, {name: FixWords(_EVIL) for name in LANGUAGES})
    fixes = (FixTold(issue.id, 1, "4.2", None),)
    address = f"{'x' * 60}@customer.example"
    drafted, none = LetterState.DRAFTED, LetterState.SUPPRESSED
    readers = [
        Wanted(1, address, "Mia", "de", drafted, fixes=fixes),
        Wanted(2, None, _EVIL, "en", none, Why.NO_ADDRESS, "no e-mail address is known", fixes),
    ]
    store.letter_readers.settle(letter, readers, {}, now=START)


def _ask(store: Store, issue: Issue) -> None:
    """A question of every kind; the contacts of the issue are 1 and following."""
    hostile = store.issues.by_number(issue.product_id, 100)
    for number, kind in enumerate(SuggestionKind):
        store.suggestions.propose(
            issue.product_id,
            kind=kind,
            key=kind.value,
            issue_id=issue.id,
            other_id=hostile.id,
            contact_id=2 if kind is SuggestionKind.BELONGS else None,
            contacts=[1, 3],
            probability=0.4 + number / 10,
            similarity=0.7,
            question=f"{_EVIL} both press a button",
            worth=-number,
            now=START,
        )


_PAGES_EMPTY = (
    "/",
    "/review",
    "/inbox",
    "/inbox/settings",
    "/people",
    "/signals",
    *("/reports", "/known/default", "/published", "/workarounds", "/faq"),
    "/issues/ISS-404",
    "/sign-in",
    "/sign-in?code=x",
)
_PAGES_FULL = (
    *(
        "/",
        "/?state=all",
        "/?q=zebra",
        "/inbox",
        "/signals",
        "/issues/ISS-1",
        "/issues/ISS-105",
        "/issues/ISS-109",
    ),
    *(
        "/review",
        "/review?skip=1",
        "/review?skip=1.2",
        "/review?skip=1.2.3",
        "/review?skip=1.2.3.4",
    ),
    *("/issues/ISS-1/merge", "/issues/ISS-1/merge?with=ISS-100", "/issues/ISS-1/merge?with=long"),
    *("/issues/ISS-110", "/issues/ISS-1?show=100"),
    *("/reports", "/known/default", "/published", "/published/ISS-1"),
    *("/workarounds", "/workarounds?shelf=all", "/faq", "/faq?state=accepted"),
    "/faq?state=published",
    *("/issues/ISS-105", "/letters", "/letters/1", "/letters/1/words", "/letters/settings"),
)


@pytest.mark.parametrize("is_full", [True, False], ids=["with data", "empty"])
def test_every_page_is_accessible_quiet_and_narrow_in_every_look(
    chromium: Browser, site: Site, is_full: bool
) -> None:
    if is_full:
        _fill(site.bench)
    for look in LOOKS:
        context = _context(chromium, look)
        page = context.new_page()
        watch = Watch(urlsplit(site.url).netloc)
        watch.follow(page)
        site.enter(page, Role.LEAD if is_full else Role.ADMIN)
        token = token_of(1, site.bench.application.context.secrets)
        answers = [f"/mail/{token}/{what}" for what in ("stop", "still-broken")]
        for path in (*_PAGES_FULL, *answers) if is_full else _PAGES_EMPTY:
            _inspect(page, site.url + path, look)
            if "ISS-404" in path:
                # Chromium reports the status of the page itself, which is what was asked for.
                watch.errors = [one for one in watch.errors if "404" not in one]
        assert (watch.outside, watch.errors, watch.dialogs) == ([], [], []), look.name
        context.close()


def _inspect(page: Page, address: str, look: Look) -> None:
    """Open everything on a page and look for faults."""
    page.goto(address)
    page.evaluate(_OPEN_ALL)
    where = f"{address}, {look.name}"
    assert page.evaluate(_WIDTH) <= look.width, f"{where}: scrolls sideways"
    found = Axe().run(page, options=_AXE)
    assert found.violations_count == 0, f"{where}\n{found.generate_report()}"
    assert page.evaluate("refused") == [], where


def test_the_first_screen_shows_eight_issues(chromium: Browser, site: Site) -> None:
    _fill(site.bench)
    context = _context(chromium, LOOKS[0])
    page = context.new_page()
    site.enter(page, Role.AGENT)
    page.goto(f"{site.url}/?state=all")
    bottom = page.locator("table.issues tbody tr").nth(7).bounding_box()
    assert bottom is not None
    assert bottom["y"] + bottom["height"] <= 800
    context.close()


def test_a_phone_shows_the_first_issue_without_scrolling(chromium: Browser, site: Site) -> None:
    issue = site.bench.find_issue()
    context = chromium.new_context(viewport={"width": 360, "height": 640})
    page = context.new_page()
    for role in Role:
        site.enter(page, role)
        page.goto(f"{site.url}/?state=review")
        row = page.locator("table.issues tbody tr").first.bounding_box()
        assert row is not None
        assert row["y"] + 60 < 400, role
        current = page.locator(".tabs [aria-current]").bounding_box()
        assert current is not None
        assert current["x"] >= 0
        assert current["x"] + current["width"] <= 360
        page.goto(f"{site.url}/issues/{issue.name}")
        title = page.locator("h1").bounding_box()
        assert title is not None
        assert title["y"] < 250, role
        page.get_by_role("button", name="Sign out").click()
    context.close()


def test_settings_and_an_outage_work_with_script_off(chromium: Browser, site: Site) -> None:
    site.bench.find_issue()
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    site.enter(page, Role.LEAD)
    page.goto(f"{site.url}/inbox")
    page.get_by_role("link", name="How I am told").click()
    page.get_by_label("From").select_option("19")
    page.get_by_role("button", name="Save").click()
    assert "need a beginning and an end" in page.get_by_role("alert").inner_text()
    page.get_by_label("From").select_option("19")
    page.get_by_label("until", exact=True).select_option("8")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Once a day").check()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").inner_text().startswith("Saved.")
    assert page.get_by_label("Once a day").is_checked()
    assert page.get_by_label("Time zone").input_value() == "Europe/Berlin"
    page.goto(f"{site.url}/")
    page.get_by_role("link", name="export").first.click()
    page.get_by_text("Outage…").click()
    page.get_by_label("What do agents tell customers").fill("We work on it.")
    page.get_by_role("button", name="Declare the outage").click()
    assert page.get_by_role("status").inner_text().startswith("The outage is declared.")
    page.goto(f"{site.url}/inbox")
    assert page.get_by_text("You are told because you support the product").is_visible()
    page.get_by_role("link", name="export").first.click()
    page.get_by_text("All clear…").click()
    page.get_by_role("button", name="Give the all-clear").click()
    assert page.get_by_role("status").inner_text().startswith("The all-clear")
    context.close()


def test_a_lead_reviews_with_script_off(chromium: Browser, site: Site) -> None:
    site.bench.find_issue()
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    site.enter(page, Role.LEAD)
    page.get_by_role("link", name="export").first.click()
    page.get_by_role("button", name="Confirm").click()
    assert page.get_by_role("status").inner_text().startswith("Confirmed.")
    page.get_by_text("Dismiss…").click()
    page.get_by_label("Why is it not an issue?").fill("a training account")
    page.get_by_role("button", name="Dismiss", exact=True).click()
    # A click does not wait for the page behind it on a busy machine.
    page.get_by_text("A training account.").wait_for()
    assert page.get_by_text("A training account.").is_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert page.get_by_role("heading", name="You are signed out").is_visible()
    context.close()


def test_questions_are_answered_by_keys_that_can_be_turned_off(
    chromium: Browser, site: Site
) -> None:
    _fill(site.bench)
    context = _context(chromium, LOOKS[0])
    page = context.new_page()
    watch = Watch(urlsplit(site.url).netloc)
    watch.follow(page)
    site.enter(page, Role.LEAD)
    page.goto(f"{site.url}/review")
    question = page.locator("#question")
    assert question.inner_text() == "Are ISS-1 and ISS-100 one issue?"
    page.get_by_role("button", name="Turn keys off").click()
    page.keyboard.press("n")
    assert page.get_by_role("status").count() == 0
    page.get_by_role("button", name="Turn keys on").click()
    page.keyboard.press("s")
    page.wait_for_url("**/review?skip=1")
    assert question.inner_text() == "Is this contact about ISS-1?"
    page.keyboard.press("n")
    page.wait_for_url("**done=no**")
    assert page.get_by_role("status").inner_text().startswith("Remembered")
    page.keyboard.press("z")
    page.wait_for_url("**done=undone**")
    assert question.inner_text() == "Is ISS-1 one recurring issue worth a ticket?"
    page.keyboard.press("y")
    page.wait_for_url("**done=yes**")
    assert (watch.outside, watch.errors) == ([], [])
    context.close()


def test_a_lead_merges_moves_and_undoes_with_script_off(chromium: Browser, site: Site) -> None:
    _fill(site.bench)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    site.enter(page, Role.LEAD)
    page.goto(f"{site.url}/issues/ISS-1")
    page.get_by_text("Merge with…").click()
    page.get_by_label("Which issue is the same?").fill("ISS-100")
    page.get_by_role("button", name="Look").click()
    page.get_by_role("button", name="Merge 1 other issue into ISS-1").click()
    assert page.get_by_role("status").inner_text().startswith("Merged")
    page.get_by_role("button", name="Undo “Merged”").click()
    assert page.get_by_role("status").inner_text().startswith("Undone")
    for number in range(2):
        page.locator("input[name=contacts]").nth(number).check()
    page.get_by_role("button", name="Make them a new issue").click()
    assert page.get_by_role("status").inner_text().startswith("Split off")
    context.close()


def test_the_keyboard_reaches_the_content_first_and_focus_is_seen(
    chromium: Browser, site: Site
) -> None:
    context = _context(chromium, LOOKS[0])
    page = context.new_page()
    site.enter(page, Role.LEAD)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    context.close()


def _context(browser: Browser, look: Look) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height}, color_scheme=look.scheme
    )
    context.add_init_script(_WATCH)
    context.set_default_timeout(20_000)
    return context
