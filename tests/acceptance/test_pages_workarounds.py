"""Workarounds on the pages: written whole, used, taken back with their copies, and refused."""

from datetime import timedelta

import pytest

from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import MACHINE, Role
from bridge.domain.workarounds import Workaround
from bridge.steps.moves import Cause, move_issue
from bridge.steps.retire import retire_fixed
from tests.builders import START
from tests.conftest import Pipeline
from tests.pages_bench import PagesBench, press


@pytest.fixture
def bench(pipeline: Pipeline) -> PagesBench:
    return PagesBench(pipeline)


def only(bench: PagesBench) -> Workaround:
    """The newest workaround of the product."""
    with bench.application.open() as store:
        return store.workarounds.all(bench.product.id)[-1]


def ship(bench: PagesBench, issue: Issue) -> None:
    """As if a release had brought the fix."""
    cause = Cause(MACHINE, START, "test", "test")
    with bench.application.open() as store:
        moved = store.issues.get(bench.product.id, issue.id, lock=True)
        for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.SHIPPED):
            changes = {"fixed_in": "4.3"} if state is IssueState.SHIPPED else None
            moved = move_issue(moved, state, store=store, cause=cause, changes=changes)
        retire_fixed(moved, "4.3", store=store, cause=cause)


def test_a_workaround_is_written_whole_edited_offered_and_replaced(bench: PagesBench) -> None:
    issue = bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    words = {
        "text": "Halve it.",
        "steps": "Open the list.\r\n\r\nExport one half.",
        "customer_text": "Please export in two parts.",
        "versions": ">=4.0,<4.3\nnightly",
        "review": f"{bench.pipeline.clock() + timedelta(days=1):%Y-%m-%d}",
        "owner": "otto@support.example",
    }
    assert press(lead, page, f"{page}/workarounds", **words).status_code == 303
    assert press(lead, page, f"{page}/workarounds", **words).status_code == 303, "a second press"
    with bench.application.open() as store:
        assert len(store.workarounds.all(bench.product.id)) == 1
    draft = {**words, "draft": "true"}
    refused = press(lead, page, f"{page}/workarounds", **draft)
    assert (refused.status_code, "has a workaround with these words" in refused.text) == (409, True)
    draft["text"] = "Halve it, or less."
    assert press(lead, page, f"{page}/workarounds", **draft).status_code == 303
    content = only(bench).content
    assert content.steps == ("Open the list.", "Export one half.")
    assert content.scope.versions == (">=4.0,<4.3", "nightly")
    later = bench.pipeline.clock() + timedelta(days=2)
    bench.pipeline.clock.advance(later, bench.pipeline.queue)
    shown = lead.get(page).text
    for told in ("To look at again", "Please export in two parts.", "Export one half.", "Draft"):
        assert told in shown
    one = f"{page}/workarounds/{only(bench).id}"
    assert press(lead, page, f"{one}/activate").status_code == 303
    wrong = press(lead, page, f"{one}/edit", text="Halve it.", versions=">=x")
    assert (wrong.status_code, "is no range of versions" in wrong.text) == (422, True)
    assert press(lead, page, f"{one}/edit", text="In three.", edition="1").status_code == 303
    late = press(lead, page, f"{one}/edit", text="Mine.", edition="1")
    assert (late.status_code, "changed this workaround: read it again" in late.text) == (412, True)
    assert press(lead, page, f"{one}/replace", text="Menu.", reason="").status_code == 422
    assert press(lead, page, f"{one}/replace", text="Menu.", reason="better").status_code == 303
    assert "<strong>Say this instead:</strong>" in lead.get(page).text
    overdue = lead.get("/workarounds?shelf=overdue").text
    assert ("Halve it." in overdue, "Menu." in overdue) == (True, False)
    assert "Menu." in lead.get("/workarounds?shelf=nonsense").text


def test_an_agent_says_whether_it_worked_and_an_old_tab_is_told_what_to_say(
    bench: PagesBench,
) -> None:
    issue = bench.find_issue()
    lead, agent = bench.signed_in(Role.LEAD), bench.signed_in(Role.AGENT)
    page = f"/issues/{issue.name}"
    press(lead, page, f"{page}/workarounds", text="Halve it.", after_fix_text="Update to 4.3.")
    one = f"{page}/workarounds/{only(bench).id}"
    assert press(agent, page, f"{one}/use", result="worked").status_code == 303
    for wrong in ({"outcome": "nonsense"}, {"result": "nonsense"}):
        refused = press(agent, page, f"{one}/use", **wrong)
        assert (refused.status_code, "result" in refused.text.lower()) == (422, True)
    for _ in range(3):
        press(agent, page, f"{one}/use", result="worked")
    assert only(bench).evidence.worked == only(bench).evidence.used == 1
    assert "worked 1 of 1 times: too few to tell" in agent.get(page).text
    for verb in ("edit", "replace", "activate", "retire", "restore", "copies"):
        answer = press(agent, page, f"{one}/{verb}", text="x", reason="x", url="https://a.example")
        assert answer.status_code == 403, verb
    ship(bench, issue)
    refused = press(agent, page, f"{one}/use", result="worked")
    assert refused.status_code == 409
    assert "is retired: fixed in 4.3. Say this instead: Update to 4.3." in refused.text
    assert only(bench).evidence.worked == 1
    assert "Halve it." in agent.get("/workarounds?shelf=retired").text


def test_where_it_lives_is_noted_and_its_task_is_answered_on_the_page(bench: PagesBench) -> None:
    issue = bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    press(lead, page, f"{page}/workarounds", text="Halve it.")
    one = f"{page}/workarounds/{only(bench).id}"
    wrong = press(lead, page, f"{one}/copies", url="javascript:alert(1)")
    assert (wrong.status_code, "as it is in the browser" in wrong.text) == (422, True)
    press(lead, page, f"{one}/copies", url="https://wiki.example/export")
    press(lead, page, f"{one}/copies", url="https://wiki.example/other")
    with bench.application.open() as store:
        copies = store.copies.of([only(bench).id])
    press(lead, page, f"{one}/copies/{copies[1].id}/unlink")
    ship(bench, issue)
    told = lead.get("/workarounds").text
    assert "Take 1 link of ISS-1 out of use: fixed in 4.3." in told
    assert "tasks</span>" in told
    assert "Waiting for you" not in bench.signed_in(Role.AGENT).get("/workarounds").text
    with bench.application.open() as store:
        (task,) = store.tasks.all(bench.product.id)
    assert press(lead, "/workarounds", f"/tasks/{task.id}/done").status_code == 409
    assert press(lead, "/workarounds", f"/tasks/{task.id}/approve").status_code == 303
    twice = press(lead, "/workarounds", f"/tasks/{task.id}/approve")
    assert (twice.status_code, "You have already said yes to this." in twice.text) == (409, True)
    bench.drain()
    shown = lead.get(page).text
    assert "I have done it" in shown
    assert "waits for a person" in shown
    with bench.application.open() as store:
        (task,) = store.tasks.all(bench.product.id)
    assert press(lead, "/workarounds", f"/tasks/{task.id}/drop", reason=" ").status_code == 422
    assert press(lead, "/workarounds", f"/tasks/{task.id}/done").status_code == 303
    assert "Waiting for you" not in lead.get("/workarounds").text
