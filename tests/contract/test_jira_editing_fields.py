"""Number, comment, link, summary and priority: which are ours and until when, on the sandbox."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.domain.errors import AnswerLost
from bridge.domain.tickets import TicketDraft, TicketRef, Urgency
from bridge.ports import Tracker
from integrations.jira.adf import plain
from integrations.jira.editing import suggested
from integrations.jira.sandbox import SandboxServer
from tests.drafts import a_draft, an_attempt
from tests.editing_bench import (
    BELOW,
    comments,
    content,
    describe,
    filed,
    people_edit,
    said,
    ticket,
    writes,
)
from tests.jira_bench import JiraBench


@pytest.fixture
def jira(tmp_path: Path) -> Iterator[JiraBench]:
    with SandboxServer(tmp_path / "jira.db", control=True) as sandbox:
        bench = JiraBench(sandbox)
        yield bench
        bench.close()


@pytest.fixture
def numberless(jira: JiraBench) -> Tracker:
    """A tracker of a project without a number field."""
    return jira.tracker_with(replace(jira.settings, number_field=None))


def test_a_repeated_update_writes_nothing(jira: JiraBench, numberless: Tracker) -> None:
    for tracker in (jira.tracker, numberless):
        ref = filed(tracker)
        before, updated = writes(jira), ticket(jira, ref)["updated"]
        for _ in range(3):
            tracker.update(ref, a_draft())
        assert writes(jira) == before
        assert ticket(jira, ref)["updated"] == updated


def test_a_filing_takes_four_calls_and_a_new_count_two(jira: JiraBench) -> None:
    filed(jira.tracker, a_draft(fingerprint="shop/1/1"))
    jira.tracker.highest_number()
    before = len(jira.calls())
    jira.tracker.highest_number()
    ref = filed(jira.tracker, a_draft(fingerprint="shop/2/1"))
    assert len(jira.calls()) - before == 4
    jira.tracker.update(ref, a_draft(fingerprint="shop/2/1", customers=24))
    assert len(jira.calls()) - before == 6


def test_without_a_number_field_comment_and_link_tell_the_numbers(
    jira: JiraBench, numberless: Tracker
) -> None:
    ref = filed(numberless)
    for customers in (24, 25):
        numberless.update(ref, a_draft(customers=customers))
    (told,) = comments(jira, ref)
    assert "25 affected customers in 7 accounts (41 contacts)" in plain(told["body"])
    assert "Payment fails" not in plain(told["body"])
    (link,) = ticket(jira, ref)["remotelinks"]
    assert link["object"]["title"] == "ISS-42: 25 affected customers in 7 accounts"
    assert ticket(jira, ref)["customers"] is None


def test_a_deleted_comment_is_made_anew_once(jira: JiraBench, numberless: Tracker) -> None:
    ref = filed(numberless)
    (first,) = comments(jira, ref)
    jira.call("DELETE", f"rest/api/3/issue/{ref.remote_id}/comment/{first['id']}")
    for customers in (24, 25):
        numberless.update(ref, a_draft(customers=customers))
    (second,) = comments(jira, ref)
    assert second["id"] != first["id"]
    assert "25 affected customers" in plain(second["body"])


def test_a_comment_whose_id_we_never_learned_is_found_and_not_doubled(
    jira: JiraBench, numberless: Tracker
) -> None:
    ref = numberless.create(a_draft(), an_attempt())
    fault = {"route": "POST .*/comment$", "kind": "drop_after_commit", "count": 1}
    jira.call("POST", "_sandbox/faults", fault)
    with pytest.raises(AnswerLost):
        numberless.update(ref, a_draft())
    numberless.update(ref, a_draft(customers=24))
    (told,) = comments(jira, ref)
    assert "24 affected customers" in plain(told["body"])


def test_the_summary_follows_until_a_person_writes_another(jira: JiraBench) -> None:
    ref = filed(jira.tracker)
    jira.tracker.update(ref, a_draft("Checkout closes the app on Android"))
    assert ticket(jira, ref)["summary"] == "Checkout closes the app on Android"
    people_edit(jira, ref, summary="NPE in PaymentSheet")
    for title in ("Checkout crash", "Checkout crash again"):
        jira.tracker.update(ref, a_draft(title))
        assert ticket(jira, ref)["summary"] == "NPE in PaymentSheet"
    people_edit(jira, ref, summary="Checkout closes the app on Android")
    jira.tracker.update(ref, a_draft("Third title"))
    assert ticket(jira, ref)["summary"] == "Checkout closes the app on Android"


def priority(jira: JiraBench, ref: TicketRef) -> str:
    """Name of the ticket's priority."""
    read = jira.call("GET", f"rest/api/3/issue/{ref.remote_id}?fields=priority")
    return str(read["fields"]["priority"]["name"])


def urgent(urgency: Urgency) -> TicketDraft:
    return replace(a_draft(), urgency=urgency)


def test_the_priority_is_suggested_until_a_person_chooses(jira: JiraBench) -> None:
    ref = filed(jira.tracker, urgent(Urgency.HIGH))
    assert priority(jira, ref) == "High"
    jira.tracker.update(ref, urgent(Urgency.HIGHEST))
    assert priority(jira, ref) == "Highest"
    people_edit(jira, ref, priority={"name": "Low"})
    for urgency in Urgency:
        jira.tracker.update(ref, urgent(urgency))
        assert priority(jira, ref) == "Low"
    people_edit(jira, ref, priority={"name": "Highest"})
    jira.tracker.update(ref, urgent(Urgency.MEDIUM))
    assert priority(jira, ref) == "Highest"


def test_a_priority_that_was_chosen_before_our_first_look_stays(jira: JiraBench) -> None:
    ref = jira.tracker.create(urgent(Urgency.HIGHEST), an_attempt())
    people_edit(jira, ref, priority={"name": "Lowest"})
    jira.tracker.update(ref, urgent(Urgency.HIGHEST))
    assert priority(jira, ref) == "Lowest"


def test_a_configured_priority_is_a_persons_choice(jira: JiraBench) -> None:
    settings = replace(jira.settings, fields={"priority": {"name": "Low"}})
    tracker = jira.tracker_with(settings)
    ref = filed(tracker, urgent(Urgency.HIGHEST))
    assert priority(jira, ref) == "Low"


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [("12345", "1234"), ("123", "1123"), ("12", "1112"), ("7", "7777")],
)
def test_urgency_fits_any_scheme(scheme: str, expected: str) -> None:
    ids = tuple(scheme)
    found = "".join(suggested(urgency, ids) for urgency in Urgency)
    assert found[0] == scheme[0]
    assert list(found) == sorted(found, key=scheme.index)
    assert found == expected


def test_a_persons_own_ticket_gets_the_numbers_and_keeps_all_its_words(jira: JiraBench) -> None:
    fields = {
        "project": {"key": jira.settings.project},
        "issuetype": {"id": jira.settings.issue_type},
        "summary": "Found by QA",
        "description": {"type": "doc", "version": 1, "content": BELOW},
    }
    made = jira.call("POST", "rest/api/3/issue", {"fields": fields})
    ref = TicketRef(made["id"], made["key"], "")
    jira.tracker.update(ref, urgent(Urgency.HIGHEST))
    assert ticket(jira, ref)["summary"] == "Found by QA"
    assert content(jira, ref) == BELOW
    assert priority(jira, ref) == "Medium"
    assert jira.customers(ref) == 23
    (told,) = comments(jira, ref)
    assert "23 affected customers in 7 accounts" in plain(told["body"])


def test_a_copy_that_was_made_ours_gets_its_own_link_and_comment(
    jira: JiraBench, numberless: Tracker
) -> None:
    ref = filed(numberless)
    made = jira.copy(ref)
    copied = TicketRef(made, "", "")
    describe(jira, copied, content(jira, ref))
    numberless.adopt(copied, "shop/43/1")
    draft = replace(a_draft(customers=31), fingerprint="shop/43/1")
    numberless.update(copied, draft)
    assert jira.link_count(copied) == 1
    assert "31 affected customers" in said(content(jira, copied))
    for one, customers in ((ref, 23), (copied, 31)):
        (told,) = comments(jira, one)
        assert f"{customers} affected customers" in plain(told["body"])


def test_the_property_tells_the_numbers_too(jira: JiraBench) -> None:
    ref = filed(jira.tracker, a_draft(customers=31))
    kept = ticket(jira, ref)["properties"]["bridge"]
    assert kept["ticket"] == ref.remote_id
    assert (kept["written"]["customers"], kept["written"]["accounts"]) == (31, 7)
    assert len(json.dumps(kept)) < 1_000
