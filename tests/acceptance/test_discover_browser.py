"""The report of `bridge discover` in a real browser, opened as a file."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request

from bridge.discover import DiscoverOptions, discover
from bridge.settings import Settings
from tests.acceptance.test_pages_browser import LOOKS, Watch, _context, _inspect, chromium
from tests.hostile_contacts import write_table

pytestmark = pytest.mark.browser

__all__ = ["chromium"]

_SUBJECTS = ("export", "login", "parcel", "invoice", "calendar", "printer", "password", "colour")


def _report(folder: Path, path: Path) -> str:
    settings = Settings(data_dir=folder / "data", encoder="hashing")
    options = DiscoverOptions(path, folder / "out", min_contacts=3)
    discover(options, settings, say=lambda _: None, watch=lambda *_: None)
    return (folder / "out" / "report.html").as_uri()


def _many_issues(folder: Path, *, has_times: bool) -> Path:
    """More issues than the first table shows, one of them with a word that never breaks."""
    rows = []
    for number in range(180):
        issue = number % 36
        words = f"{_SUBJECTS[issue % 8]} number {issue} stops{'x' * 200 if issue == 3 else ''}"
        row: dict[str, object] = {
            "id": number,
            "text": f"{words} for {_SUBJECTS[number % 7]} {issue}",
        }
        if has_times:
            row["ts"] = f"2026-03-{number // 7 + 1:02d}T10:00:00Z"
        rows.append(row)
    path = folder / "contacts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("kind", ["hostile", "with times", "without times", "no issue"])
def test_the_report_is_accessible_quiet_and_narrow_in_every_look(
    chromium: Browser,
    tmp_path: Path,
    kind: str,
) -> None:
    if kind == "hostile":
        path = write_table(tmp_path)
    elif kind == "no issue":
        path = tmp_path / "contacts.jsonl"
        path.write_text('{"text": "the export stops at half"}\n')
    else:
        path = _many_issues(tmp_path, has_times=kind == "with times")
    address = _report(tmp_path, path)
    for look in LOOKS:
        context = _context(chromium, look)
        page = context.new_page()
        watch, requests = Watch(""), list[str]()
        watch.follow(page)

        def note(request: Request, seen: list[str] = requests) -> None:
            seen.append(request.url)

        page.on("request", note)
        _inspect(page, address, look)
        assert (watch.errors, watch.dialogs) == ([], []), look.name
        assert {url for url in requests if not url.startswith("data:")} == {address}
        context.close()


def test_the_report_needs_no_script_and_its_links_lead_somewhere(
    chromium: Browser,
    tmp_path: Path,
) -> None:
    address = _report(tmp_path, _many_issues(tmp_path, has_times=True))
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.locator("table.sizes th a").first.click()
    assert page.url.endswith("#issue-1")
    assert page.locator("#issue-1").is_visible()
    targets = {one.get_attribute("href") or "" for one in page.locator("a").all()}
    assert [target for target in targets if page.locator(target).count() != 1] == []
    context.close()
