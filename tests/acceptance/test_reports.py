"""Reports on the pages, over HTTP and on the command line."""

from datetime import timedelta

import pytest

from bridge.domain.people import Role
from bridge.domain.reports import ReportKind
from tests.api_client import serving
from tests.builders import START
from tests.conftest import Pipeline
from tests.pages_bench import PagesBench, press

WEEK = "/reports/weekly/2026-W10"


@pytest.fixture
def bench(pipeline: Pipeline) -> PagesBench:
    """One issue, a week later."""
    found = PagesBench(pipeline)
    found.find_issue()
    pipeline.clock.advance(START + timedelta(days=8), pipeline.queue)
    return found


def test_a_lead_names_recipients_looks_at_the_mail_and_sends_it(bench: PagesBench) -> None:
    lead = bench.signed_in(Role.LEAD)
    wrong = press(lead, "/reports", "/reports/weekly/plan", recipients="nobody", weekday=2, hour=6)
    assert wrong.status_code == 422
    assert "is no address" in wrong.text
    assert ">nobody</textarea>" in wrong.text
    addresses = "dev@company.example\nqa@company.example"
    saved = press(lead, "/reports", "/reports/weekly/plan", recipients=addresses, weekday=2, hour=6)
    assert saved.headers["location"] == "/reports?done=planned"
    shown = lead.get("/reports").text
    assert "Goes to dev@company.example, qa@company.example, each Wednesday at 6:00 UTC." in shown
    assert "No mail server is configured" in shown

    report = lead.get(WEEK).text
    assert "Not sent yet: this is what would be said now." in report
    assert "ISS-1" in report
    mail = lead.get(f"{WEEK}/mail")
    assert "style-src 'unsafe-inline'" in mail.headers["content-security-policy"]
    assert "http://127.0.0.1:8000/issues/ISS-1?product=default" in mail.text
    assert lead.get(f"{WEEK}/mail", params={"text": "true"}).text.startswith("Weekly report: ")

    sent = press(lead, WEEK, f"{WEEK}/send")
    assert sent.headers["location"] == f"{WEEK}?done=sent"
    bench.drain()
    after = lead.get(WEEK).text
    assert "dev@company.example: failed, no mail server is configured" in after
    with bench.application.open() as store:
        assert store.reports.find(bench.product.id, ReportKind.WEEKLY, "2026-W10") is not None


def test_others_read_and_may_not_say_who_gets_it(bench: PagesBench) -> None:
    agent = bench.signed_in(Role.AGENT)
    assert "Who gets it" not in agent.get("/reports").text
    assert agent.get("/reports/daily/2026-03-02").status_code == 200
    assert press(agent, "/reports", "/reports/daily/plan", recipients="").status_code == 403
    assert press(agent, "/reports", f"{WEEK}/send").status_code == 403
    for path in ("/reports/weekly/2026-W99", "/reports/daily/x"):
        assert agent.get(path).status_code == 422, path
    assert agent.get("/reports/monthly/2026-03").status_code == 404
    stranger = bench.browser()
    for path in ("/reports", WEEK, f"{WEEK}/mail"):
        assert stranger.get(path).headers["location"] == "/sign-in"


def test_the_api_tells_it_as_json_and_as_markdown(bench: PagesBench) -> None:
    with serving(bench.application) as api:
        engineer = api.as_(Role.ENGINEER)
        report = engineer.get("/reports/weekly").json()
        assert (report["name"], report["is_whole"]) == ("2026-W10", True)
        keys = [one["key"] for one in report["sections"]]
        assert keys == ["top", "new", "growing", "regressed", "shipped", "verified", "quiet"]
        assert report["link"].endswith("/reports/weekly/2026-W10?product=default")
        told = engineer.get("/reports/weekly", week="2026-W10", format="md")
        assert told.headers["content-type"] == "text/markdown; charset=utf-8"
        assert "](http://127.0.0.1:8000/issues/ISS-1?product=default)" in told.text
        daily = engineer.get("/reports/daily", day="2026-03-02").json()
        assert [one["issue"] for one in daily["sections"][0]["lines"]] == ["ISS-1"]
        assert engineer.get("/reports/weekly", week="last").status_code == 422
        assert engineer.get("/reports/weekly", week="2030-W01").status_code == 422
