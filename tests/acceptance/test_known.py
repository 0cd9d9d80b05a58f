"""Known issues: what everybody may read, in whose words, and who says so."""

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from xml.etree import ElementTree

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from bridge.domain.issues import IssueState
from bridge.domain.people import Role
from bridge.steps.moves import Cause, move_issue
from tests.conftest import Pipeline
from tests.groups_bench import MIA, Groups
from tests.pages_bench import PagesBench, press

_ATOM = "{http://www.w3.org/2005/Atom}"
_OPEN = {
    *("/sign-in", "/sign-out"),
    *("/known/{slug}", "/known/{slug}.json", "/known/{slug}.atom", "/known/{slug}.rss"),
    *(f"/mail/{{token}}/{page}" for page in ("stop", "still-broken", "effort")),
    *("/mail", "/mail/{path:path}"),
}
PUBLIC = ("/known/default", "/known/default.json", "/known/default.rss", "/known/default.atom")
WORDS = {
    "title": "Exports do <nothing> & stop\x00",
    "text": "Pressing Export has no effect.",
    "workaround": "Use the menu instead.",
}


@pytest.fixture
def bench(pipeline: Pipeline) -> PagesBench:
    """One issue about exports."""
    found = PagesBench(pipeline)
    found.find_issue()
    return found


def show(bench: PagesBench, *, is_public: bool = True, shows_counts: bool = False) -> None:
    lead = bench.signed_in(Role.LEAD)
    assert press(lead, "/published/ISS-1", "/published/ISS-1", **WORDS).status_code == 303
    fields = {"is_public": is_public, "shows_counts": shows_counts}
    data = {name: "true" for name, wanted in fields.items() if wanted}
    assert press(lead, "/published", "/published", **data).status_code == 303


def move(bench: PagesBench, *states: IssueState, **changes: object) -> None:
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        cause = Cause(MIA, bench.pipeline.clock.moment)
        for state in states:
            issue = move_issue(issue, state, store=store, cause=cause, changes=changes)


def test_only_these_pages_are_open_on_purpose(bench: PagesBench) -> None:
    stranger = bench.browser()
    routes = [one.original_route for one in iter_route_contexts(bench.app.routes)]
    paths = {
        one.path for one in routes if isinstance(one, APIRoute) and "GET" in (one.methods or ())
    }
    assert len(paths) > 10
    for path in paths - _OPEN:
        filled = re.sub(r"\{[a-z_]+\}", "1", path).replace("reports/1/1", "reports/weekly/2026-W10")
        answer = stranger.get(filled)
        assert answer.headers.get("location") == "/sign-in", (path, answer.status_code)


def test_nobody_outside_reads_it_until_it_is_switched_on(bench: PagesBench) -> None:
    show(bench, is_public=False)
    stranger = bench.browser()
    for path in (*PUBLIC, "/known/nowhere"):
        assert stranger.get(path).status_code == 404, path
    agent = bench.signed_in(Role.AGENT)
    preview = agent.get("/known/default")
    assert "A preview" in preview.text
    assert preview.headers["cache-control"] == "no-store"
    assert "etag" not in preview.headers
    assert agent.get("/known/nowhere").status_code == 404


def test_everybody_reads_the_words_of_a_lead_and_nothing_from_inside(bench: PagesBench) -> None:
    with bench.application.open() as store:
        inside = store.issues.by_number(bench.product.id, 1).title
    show(bench)
    stranger = bench.browser()
    page = stranger.get("/known/default")
    assert "Exports do &lt;nothing&gt; &amp; stop" in page.text
    assert "We are investigating" in page.text
    assert "Use the menu instead." in page.text
    assert inside not in page.text
    assert "affected" not in page.text
    assert "<script" not in page.text
    (item,) = stranger.get("/known/default.json").json()["items"]
    assert (item["title"], item["state"]) == ("Exports do <nothing> & stop", "investigating")
    assert "customers" not in item
    feed = ElementTree.fromstring(stranger.get("/known/default.atom").content)  # noqa: S314
    titles = [one.text for one in feed.iter(f"{_ATOM}title")]
    assert titles[1] == "We are investigating: Exports do <nothing> & stop"
    answer = stranger.get("/known/default.rss")
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    channel = ElementTree.fromstring(answer.content)[0]  # noqa: S314
    (entry,) = channel.iter("item")
    assert entry.findtext("title") == titles[1]
    assert entry.findtext("guid") == f"{channel.findtext('link')}#issue-1-investigating"
    told = parsedate_to_datetime(entry.findtext("pubDate") or "")
    assert told.isoformat() == item["updated_at"]
    # Readers take it for HTML.
    assert unescape(entry.findtext("description") or "").startswith(item["text"])
    assert "<" not in (entry.findtext("description") or "<")


def test_it_may_be_kept_for_a_while_and_asked_for_by_its_tag(bench: PagesBench) -> None:
    show(bench)
    stranger = bench.browser()
    for path in PUBLIC:
        first = stranger.get(path)
        assert first.headers["cache-control"] == "public, max-age=300"
        again = stranger.get(path, headers={"If-None-Match": f'"x", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
    move(bench, IssueState.CONFIRMED, IssueState.FILED, IssueState.IN_PROGRESS)
    tag = {"If-None-Match": first.headers["etag"]}
    changed = stranger.get("/known/default.atom", headers=tag)
    assert changed.status_code == 200
    assert "A fix is in progress" in changed.text


def test_a_fixed_one_stays_marked_without_its_workaround(bench: PagesBench) -> None:
    show(bench, shows_counts=True)
    move(bench, IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED)
    move(bench, IssueState.SHIPPED, fixed_in="4.2", shipped_at=bench.pipeline.clock.moment)
    page = bench.browser().get("/known/default").text
    assert "Fixed in 4.2" in page
    assert "Use the menu instead." not in page
    assert "5 customers affected" in page
    move(bench, IssueState.REGRESSED)
    assert "We are investigating" in bench.browser().get("/known/default").text


def test_updated_is_the_last_decision_that_changed_what_is_said(bench: PagesBench) -> None:
    clock = bench.pipeline.clock

    def updated(*states: IssueState, **changes: object) -> str:
        clock.moment += timedelta(hours=1)
        move(bench, *states, **changes)
        (item,) = bench.browser().get("/known/default.json").json()["items"]
        assert item["updated_at"] in bench.browser().get("/known/default.atom").text
        return str(item["updated_at"])

    show(bench)
    shown = updated()
    assert updated(IssueState.CONFIRMED, IssueState.FILED) == shown, "customers read the same"
    assert updated(IssueState.IN_PROGRESS) == clock.moment.isoformat() != shown
    begun = clock.moment.isoformat()
    assert updated(IssueState.RESOLVED) == begun
    fixed = updated(IssueState.SHIPPED, fixed_in="4.2", shipped_at=clock.moment)
    assert fixed == clock.moment.isoformat()
    assert updated(IssueState.VERIFIED) == fixed
    show(bench)
    assert updated() == fixed, "the same words again are nothing new"
    assert updated(IssueState.REGRESSED, fixed_in=None) == clock.moment.isoformat()


def test_personal_data_that_a_lead_types_is_replaced_and_the_lead_told(bench: PagesBench) -> None:
    lead = bench.signed_in(Role.LEAD)
    typed = {**WORDS, "text": "As mia.meyer@customer.example says.", "title": "Ex\u202eports"}
    saved = press(lead, "/published/ISS-1", "/published/ISS-1", **typed)
    assert saved.headers["location"] == "/published?done=redacted"
    assert "read it once more" in lead.get("/published?done=redacted").text
    form = lead.get("/published/ISS-1").text
    assert "As &lt;EMAIL_1&gt; says." in form
    assert 'value="Exports"' in form


def test_a_lead_hides_it_and_others_may_not_write(bench: PagesBench) -> None:
    show(bench)
    lead, agent = bench.signed_in(Role.LEAD), bench.signed_in(Role.AGENT)
    refused = press(lead, "/published/ISS-1", "/published/ISS-1", title="Only a title")
    assert refused.status_code == 422
    assert 'value="Only a title"' in refused.text
    assert agent.get("/published").status_code == 403
    assert press(agent, "/inbox", "/published/ISS-1/hide").status_code == 403
    assert press(lead, "/published/ISS-1", "/published/ISS-1/hide").status_code == 303
    assert "No known issues right now." in bench.browser().get("/known/default").text
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        told = [one.action for one in store.decisions.history(issue.id)][-2:]
    assert told == ["shown_to_customers", "hidden_from_customers"]


def test_what_was_shown_of_a_merged_issue_is_changed_and_hidden_at_the_survivor(
    bench: PagesBench,
) -> None:
    show(bench)
    groups = Groups(bench.pipeline)
    survivor = groups.issue("login", state=IssueState.CONFIRMED)
    with bench.application.open() as store:
        gone = store.issues.by_number(bench.product.id, 1)
    lead = bench.signed_in(Role.LEAD)
    page = f"/published/{survivor.name}"
    assert "Show to customers…" in lead.get(f"/issues/{survivor.name}").text
    groups.merge(survivor, gone)
    assert "Shown to customers: change or hide…" in lead.get(f"/issues/{survivor.name}").text
    assert WORDS["text"] in lead.get(page).text
    words = {"title": "Exports stop", "text": "Fixed soon.", "workaround": ""}
    assert press(lead, page, page, **words).status_code == 303
    (told,) = bench.browser().get("/known/default.json").json()["items"]
    # The same entry, for whoever has seen or subscribed to it.
    assert (told["title"], told["text"]) == ("Exports stop", "Fixed soon.")
    assert "ISS-1" in str(told) or told.get("number") == 1
    assert press(lead, page, f"{page}/hide").status_code == 303
    assert bench.browser().get("/known/default.json").json()["items"] == []
    refused = press(lead, "/published/ISS-1", "/published/ISS-1", **words)
    assert refused.status_code == 409
    assert f"{survivor.name} stands for it now" in refused.text
