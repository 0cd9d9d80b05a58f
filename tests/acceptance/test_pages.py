"""The pages over HTTP: sign-in, roles, buttons, refusals, hostile text."""

import re
from dataclasses import replace
from datetime import timedelta
from html import escape
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from bridge.api import present
from bridge.api.app import create_app
from bridge.domain.contacts import RedactedText
from bridge.domain.customers import Facts, Identity, IdentityKind
from bridge.domain.issues import Issue, IssueState
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.people import MACHINE, NoticeKind, NoticeState, Role
from bridge.domain.tickets import FilingState
from bridge.domain.workarounds import Audience, WorkaroundState
from bridge.settings import Settings
from bridge.steps.identify import DirectoryEntry
from bridge.steps.importing import learn_people
from bridge.steps.moves import Cause, move_issue
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.withdraw import withdraw
from bridge.store.issue_lists import IssueLists
from bridge.web import add_pages
from bridge.wiring import Application
from tests.builders import EXPORT_TEXTS, a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.pages_bench import SITE, PagesBench, press, token_in


@pytest.fixture
def bench(pipeline: Pipeline) -> PagesBench:
    """The pages on a fresh database."""
    return PagesBench(pipeline)


def test_opening_a_sign_in_link_does_not_use_it_up_and_pressing_the_button_does(
    bench: PagesBench,
) -> None:
    code = bench.link("mia@support.example", Role.LEAD)
    first, second = bench.browser(), bench.browser()
    for _ in range(3):
        assert "Press the button" in first.get("/sign-in", params={"code": code}).text
    entered = first.post("/sign-in", data={"code": code}, headers={"Origin": SITE})
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert first.get("/").status_code == 200
    again = second.post("/sign-in", data={"code": code}, headers={"Origin": SITE})
    assert again.status_code == 403
    assert "works once" in again.text


def test_a_new_sign_in_ends_the_session_before(bench: PagesBench) -> None:
    client = bench.signed_in(Role.LEAD)
    old = client.cookies["bridge_session"]
    code = bench.link("lead@support.example", Role.LEAD)
    client.post("/sign-in", data={"code": code}, headers={"Origin": SITE})
    stranger = bench.browser()
    stranger.cookies.set("bridge_session", old)
    assert stranger.get("/").headers["location"] == "/sign-in"
    assert client.get("/").status_code == 200


def test_signing_out_ends_the_session_in_the_database(bench: PagesBench) -> None:
    client = bench.signed_in(Role.AGENT)
    kept = client.cookies["bridge_session"]
    assert press(client, "/", "/sign-out").headers["location"] == "/sign-in?bye=1"
    client.cookies.set("bridge_session", kept)
    assert client.get("/").headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    ("role", "home", "tab"),
    [
        (Role.ADMIN, "/", "For review"),
        (Role.LEAD, "/", "For review"),
        (Role.ENGINEER, "/", "Open"),
        (Role.AGENT, "/inbox", "Open"),
    ],
)
def test_everybody_begins_where_they_work(
    bench: PagesBench, role: Role, home: str, tab: str
) -> None:
    code, client = bench.link("mia@support.example", role), bench.browser()
    entered = client.post("/sign-in", data={"code": code}, headers={"Origin": SITE})
    assert entered.headers["location"] == home
    assert f'aria-current="page">{tab} <' in client.get("/").text
    assert 'aria-current="page">All <' in client.get("/?q=export").text


def test_an_agent_looks_up_whether_something_is_known(bench: PagesBench) -> None:
    issue, agent = bench.find_issue(), bench.signed_in(Role.AGENT)
    assert "Is it known?" in agent.get("/inbox").text
    found = press(agent, "/inbox", "/inbox/match", text=EXPORT_TEXTS[0])
    assert f"{issue.name} {escape(issue.title)}</a>" in found.text
    assert "There is nothing to tell yet." in found.text
    assert escape(EXPORT_TEXTS[0]) in found.text, "what was typed stays"
    lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    press(lead, page, f"{page}/workarounds", text="Halve the period.")
    again = press(agent, "/inbox", "/inbox/match", text=EXPORT_TEXTS[0], version="4.1")
    assert "Halve the period." in again.text
    nothing = press(agent, "/inbox", "/inbox/match", text="zebra giraffe okapi")
    assert "Nothing like it is known." in nothing.text


def test_a_session_ends_after_a_week(bench: PagesBench) -> None:
    client = bench.signed_in(Role.AGENT)
    clock = bench.pipeline.clock
    clock.moment += timedelta(days=6)
    assert client.get("/").status_code == 200
    clock.moment += timedelta(days=2)
    assert client.get("/").headers["location"] == "/sign-in"


def test_behind_tls_the_cookie_is_bound_to_the_host(
    application: Application, settings: Settings, pipeline: Pipeline
) -> None:
    secure = settings.model_copy(update={"public_url": "https://bridge.test"})
    pipeline.application = replace(application, settings=secure)
    bench = PagesBench(pipeline)
    code = bench.link("mia@support.example", Role.LEAD)
    entered = bench.browser().post("/sign-in", data={"code": code}, headers={"Origin": SITE})
    assert entered.headers["set-cookie"].startswith("__Host-bridge_session=")
    assert "Secure" in entered.headers["set-cookie"]
    assert "max-age" in entered.headers["strict-transport-security"]


@pytest.mark.parametrize("path", ["/", "/issues/ISS-1", "/inbox"])
def test_a_stranger_is_sent_to_the_sign_in_page(bench: PagesBench, path: str) -> None:
    answer = bench.browser().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", ["/nonsense", "/static/nothing.css", "/issues/ISS-1/confirm"])
def test_an_address_that_does_not_exist_is_a_page_in_words(bench: PagesBench, path: str) -> None:
    answer = bench.browser().get(path)
    assert answer.status_code == 404
    assert "error id" in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nonsense", 404),
        ("/issues/ISS-999", 404),
        ("/?sort=nonsense", 422),
        ("/?product=not-mine", 404),
        ("/people", 403),
    ],
)
def test_an_error_page_has_the_menu_of_who_is_signed_in_and_tells_strangers_nothing(
    bench: PagesBench, path: str, status: int
) -> None:
    for client, is_known in ((bench.signed_in(Role.LEAD), True), (bench.browser(), False)):
        answer = client.get(path)
        if answer.status_code == 303:
            assert not is_known
            continue
        assert answer.status_code == status
        assert ('aria-label="Main"' in answer.text) is is_known
        assert (bench.product.name in answer.text) is is_known
        assert "error id" in answer.text


def test_an_expired_form_and_a_mistake_of_ours_have_the_menu_too(
    bench: PagesBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = bench.signed_in(Role.LEAD)
    name = bench.find_issue().name
    path, form = f"/issues/{name}/confirm", {"token": "old"}
    before = {"Origin": SITE, "Referer": f"{SITE}/issues/{name}?show=5"}
    old = lead.post(path, data=form, headers=before)
    assert (old.status_code, 'aria-label="Main"' in old.text) == (403, True)
    assert f'href="/issues/{name}?show=5">Load the page again' in old.text
    # A refused form is told at its own address, which shows nothing by itself.
    before["Referer"] = f"{SITE}/issues/{name}/move"
    assert (
        f'href="/issues/{name}">Load the page again'
        in lead.post(path, data=form, headers=before).text
    )
    for other in (
        f"{SITE}//evil.example/",
        f"{SITE}/no/such/page",
        "https://evil.example/issues",
        "javascript:alert(1)",
    ):
        told = lead.post(path, data=form, headers={"Origin": SITE, "Referer": other}).text
        assert "Load the page again" not in told

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(IssueLists, "search", fail)
    failed = lead.get("/")
    assert (failed.status_code, 'aria-label="Main"' in failed.text) == (500, True)
    assert "secret" not in failed.text


def test_a_mistake_of_ours_is_told_without_its_details(bench: PagesBench) -> None:
    client = bench.signed_in(Role.LEAD)
    bench.application.engine.dispose()
    with bench.application.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE issue RENAME TO lost")
    quiet = TestClient(
        bench.app, base_url=SITE, raise_server_exceptions=False, cookies=client.cookies
    )
    answer = quiet.get("/")
    assert answer.status_code == 500
    assert "error id" in answer.text
    assert "lost" not in answer.text
    assert "content-security-policy" in answer.headers


def test_every_page_carries_the_headers_that_keep_it_closed(bench: PagesBench) -> None:
    client = bench.signed_in(Role.LEAD)
    for path in ("/", "/inbox", "/sign-in", "/issues/ISS-9", "/?sort=nonsense"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "same-origin"


def test_the_list_shows_each_issue_with_its_numbers(bench: PagesBench) -> None:
    issue = bench.find_issue()
    page = bench.signed_in(Role.AGENT).get("/?state=review").text
    assert f'href="/issues/{issue.name}" title="{escape(issue.title)}"' in page
    assert "<strong>5</strong>" in page
    assert "5 contacts in 14 days, rising" in page
    assert 'class="badge new"' in page
    assert 'aria-label="Why rank 10">10</a>' in page
    assert "growth +5" in page


def test_an_issue_tells_why_it_has_its_rank(bench: PagesBench) -> None:
    issue = bench.find_issue()
    page = bench.signed_in(Role.ENGINEER).get(f"/issues/{issue.name}").text
    assert 'Why this rank <span class="count">10.0</span>' in page
    assert "5 of them wrote in the last 7 days" in page
    assert "nobody rated the help" in page


def test_a_tab_holds_its_states_and_the_search_narrows_it(bench: PagesBench) -> None:
    issue = bench.find_issue()
    client = bench.signed_in(Role.AGENT)
    assert issue.name not in client.get("/?state=shipped").text
    assert f"/issues/{issue.name}" in client.get("/?state=candidate&q=export").text
    long = client.get("/?q=" + "x" * 201)
    assert long.status_code == 422
    assert "What you search for is longer than 200 characters" in long.text
    nothing = client.get("/?q=zebra%25")
    assert "No issue here has" in nothing.text
    assert "zebra%" in nothing.text


@pytest.mark.parametrize("query", ["state=lost", "sort=password", "page=x", "state=" + "a" * 99])
def test_an_address_that_makes_no_sense_is_told_in_words(bench: PagesBench, query: str) -> None:
    answer = bench.signed_in(Role.AGENT).get(f"/?{query}")
    assert answer.status_code == 422
    assert "error id" in answer.text


def test_an_empty_product_tells_the_next_step(bench: PagesBench) -> None:
    assert "bridge import" in bench.signed_in(Role.LEAD).get("/").text


def test_the_list_has_pages(bench: PagesBench) -> None:
    with bench.application.open() as store:
        for number in range(1, 31):
            title = f"Problem number {number}"
            now = bench.pipeline.clock()
            store.issues.add(bench.product.id, number=number, title=title, terms=(), now=now)
    client = bench.signed_in(Role.AGENT)
    first, second = (client.get(f"/?state=review&sort=number&page={page}").text for page in (1, 2))
    assert ("Problem number 30" in first, "Problem number 30" in second) == (True, False)
    assert "Problem number 5<" in second
    assert "ends before this page" in client.get("/?state=review&sort=number&page=9").text


@pytest.mark.parametrize("name", ["ISS-99", "ISS-0", "nonsense", "ISS-999999999999", "%00"])
def test_an_unknown_issue_is_a_plain_404_page(bench: PagesBench, name: str) -> None:
    answer = bench.signed_in(Role.AGENT).get(f"/issues/{name}")
    assert answer.status_code == 404
    assert "Not found" in answer.text


def test_an_issue_of_another_product_does_not_exist_here(bench: PagesBench) -> None:
    issue = bench.find_issue()
    with bench.application.open() as store:
        other = store.products.add("other", "Other")
        person = store.people.known("eve@other.example")
        store.people.add_member(person.id, other.id, Role.ADMIN)
        until = bench.pipeline.clock() + timedelta(days=1)
        secret = store.people.create_login(person.id, "session", expires_at=until)
    client = bench.browser()
    client.cookies.set("bridge_session", secret)
    assert client.get("/").status_code == 200
    assert client.get(f"/issues/{issue.name}").status_code == 404
    assert client.get(f"/issues/{issue.name}?product=default").status_code == 404


def test_a_lead_confirms_and_the_history_says_who(bench: PagesBench) -> None:
    issue = bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD, email="mia@support.example"), f"/issues/{issue.name}"
    answer = press(lead, page, f"{page}/confirm", version=issue.version)
    assert answer.headers["location"] == f"{page}?done=confirmed"
    assert bench.issue(issue.id).state is IssueState.CONFIRMED
    shown = lead.get(answer.headers["location"]).text
    assert "<strong>Confirmed</strong>" in shown
    assert "by Mia" in shown


def test_who_decides_on_an_old_page_is_told_who_was_faster(bench: PagesBench) -> None:
    issue = bench.find_issue()
    page = f"/issues/{issue.name}"
    mia = bench.signed_in(Role.LEAD, email="mia@support.example")
    ben = bench.signed_in(Role.LEAD, email="ben@support.example")
    press(mia, page, f"{page}/confirm", version=issue.version)
    late = press(ben, page, f"{page}/dismiss", version=issue.version, reason="a training account")
    assert late.status_code == 412
    assert "Mia: Confirmed" in late.text
    assert 'value="a training account"' in late.text
    assert bench.issue(issue.id).state is IssueState.CONFIRMED


def test_a_second_press_of_ones_own_reads_as_such(bench: PagesBench) -> None:
    issue = bench.find_issue()
    page = f"/issues/{issue.name}"
    mia = bench.signed_in(Role.LEAD, email="mia@support.example")
    ben = bench.signed_in(Role.LEAD, email="ben@support.example")
    press(mia, page, f"{page}/confirm", version=issue.version)
    again = press(mia, page, f"{page}/confirm", version=issue.version)
    assert again.status_code == 412
    assert (
        f"You have already confirmed {issue.name}, just now. Nothing more was done." in again.text
    )
    late = press(ben, page, f"{page}/confirm", version=issue.version)
    assert f"Mia has already confirmed {issue.name}, just now." in late.text
    other = press(mia, page, f"{page}/dismiss", version=issue.version, reason="a training account")
    assert "(you: Confirmed, just now)" in other.text
    press(mia, page, f"{page}/undo")
    undone = press(mia, page, f"{page}/confirm", version=issue.version)
    assert "You have already" not in undone.text, "it was taken back"


def test_dismissing_asks_for_a_reason_and_keeps_it(bench: PagesBench) -> None:
    issue = bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    empty = press(lead, page, f"{page}/dismiss", version=issue.version, reason="  ")
    assert empty.status_code == 422
    assert bench.issue(issue.id).state is IssueState.CANDIDATE
    press(lead, page, f"{page}/dismiss", version=issue.version, reason="works as intended")
    assert bench.issue(issue.id).state is IssueState.DISMISSED
    assert "Works as intended." in lead.get(page).text
    assert f"/issues/{issue.name}" in lead.get("/?state=archived").text


@pytest.mark.parametrize("role", [Role.AGENT, Role.ENGINEER])
def test_those_who_only_read_see_no_buttons_and_cannot_press_them(
    bench: PagesBench, role: Role
) -> None:
    issue = bench.find_issue()
    client, page = bench.signed_in(role), f"/issues/{issue.name}"
    shown = client.get(page)
    for verb in ("confirm", "dismiss", "file", "workarounds"):
        assert f"{page}/{verb}" not in shown.text
        answer = press(client, page, f"{page}/{verb}", version=issue.version, reason="x", text="x")
        assert answer.status_code == 403, verb
    assert bench.issue(issue.id).state is IssueState.CANDIDATE


def test_whoever_reads_an_issue_can_follow_it(bench: PagesBench) -> None:
    issue = bench.find_issue()
    client, page = bench.signed_in(Role.ENGINEER), f"/issues/{issue.name}"
    assert press(client, page, f"{page}/follow").status_code == 303
    with bench.application.open() as store:
        (follower,) = store.notices.followers(issue.id)
        assert store.people.get(follower).email == "engineer@support.example"
    assert f"{page}/unfollow" in client.get(page).text
    press(client, page, f"{page}/unfollow")
    with bench.application.open() as store:
        assert store.notices.followers(issue.id) == []


def test_customers_who_share_what_the_affected_share_have_a_box_of_their_own(
    bench: PagesBench,
) -> None:
    issue = bench.find_issue()
    assert "Nobody can be named" in bench.signed_in(Role.AGENT).get("/issues/ISS-1").text
    people = [
        DirectoryEntry(
            f"Person {number}",
            None,
            (Identity(IdentityKind.EMAIL, f"customer{number}@company{number}.example"),),
            Facts(platform="ios" if number < 14 else "web"),
        )
        for number in range(60)
    ]
    learn_people(people, bench.product, context=bench.application.context)
    shown = bench.signed_in(Role.LEAD).get("/issues/ISS-1").text
    assert "Platform ios: 5 of 5 affected customers, 9 of 55 others." in shown
    assert "Person 5" in shown
    more = re.search(r'href="([^"]*likely=\d+[^"]*)"', shown)
    assert more is not None
    second = bench.signed_in(Role.LEAD).get(more[1].replace("&amp;", "&")).text
    assert "Person 13" in second
    assert "Person 5<" not in second
    assert "Person 5" not in bench.signed_in(Role.AGENT).get("/issues/ISS-1").text
    assert bench.issue(issue.id).version == issue.version


def test_names_of_customers_are_for_leads_only(bench: PagesBench) -> None:
    contacts = contacts_about_export(5)
    named = replace(contacts[0], customer=replace(contacts[0].customer, name="Greta Lindqvist"))
    bench.pipeline.send(named, *contacts[1:])
    bench.pipeline.consolidate()
    assert "Greta Lindqvist" in bench.signed_in(Role.LEAD).get("/issues/ISS-1").text
    for role in (Role.AGENT, Role.ENGINEER):
        page = bench.signed_in(role).get("/issues/ISS-1").text
        assert "Greta" not in page
        assert "Customer 1" in page


def test_filing_makes_one_ticket_however_often_it_is_asked_for(
    bench: PagesBench, tmp_path: Path
) -> None:
    issue = bench.find_issue()
    page = f"/issues/{issue.name}"
    with bench.jira(tmp_path) as jira:
        mia, ben = (bench.signed_in(Role.LEAD, email=f"{who}@x.example") for who in ("mia", "ben"))
        assert f"one ticket in project {jira.project}" in mia.get(page).text
        for client in (mia, ben, mia):
            assert press(client, page, f"{page}/file").status_code == 303
            bench.drain()
        shown = mia.get(page).text
        assert f">{jira.project}-1</a>" in shown
        assert f"{page}/file" not in shown
        with bench.application.open() as store:
            assert store.tickets.count(bench.product.id) == 1
        assert f">{jira.project}-1</a>" in mia.get("/?state=open").text
        key = f"{jira.project.lower()}-1"
        assert page in mia.get("/", params={"q": key}).text
        assert page not in mia.get("/", params={"q": f"{key}1"}).text
        assert press(ben, "/inbox", "/inbox/match", text=key).headers["location"] == page


def test_without_a_tracker_the_page_says_how_to_connect_one(bench: PagesBench) -> None:
    issue = bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    assert "bridge jira connect" in lead.get(page).text
    answer = press(lead, page, f"{page}/file")
    assert answer.status_code == 409
    assert "No tracker is connected" in answer.text
    assert bench.issue(issue.id).state is IssueState.CANDIDATE


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (FilingState.UNCERTAIN, "We are checking with Jira whether ticket creation went through"),
        (FilingState.REFUSED, "Jira refused the ticket: Severity: field is required."),
        (FilingState.PARKED, "Nobody is sure whether Jira made the ticket"),
    ],
)
def test_the_state_of_a_filing_is_told_in_plain_words(
    bench: PagesBench, tmp_path: Path, state: FilingState, sentence: str
) -> None:
    issue = bench.find_issue()
    with bench.jira(tmp_path):
        lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
        press(lead, page, f"{page}/file")
    _end_attempt(bench, issue, state)
    shown = lead.get(page).text
    assert sentence in shown
    assert ("Try again" in shown) is (state is FilingState.REFUSED)
    assert ("It does not exist: file again" in shown) is (state is FilingState.PARKED)
    assert "It exists…" in shown


def test_a_field_that_jira_requires_is_chosen_on_the_page_and_the_filing_goes_on(
    bench: PagesBench, tmp_path: Path
) -> None:
    issue = bench.find_issue()
    with bench.jira(tmp_path) as sandbox, Api(sandbox.describe()) as jira:
        jira.call("PUT", "/_sandbox/screen", {"required": ["customfield_10060"]})
        lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
        press(lead, page, f"{page}/file")
        bench.drain()
        shown = lead.get(page).text
        assert "Severity is required." in shown
        assert "<option>Major</option>" in shown
        assert "for_all" not in shown
        wrong = press(lead, page, f"{page}/file", field="customfield_10060", value="Huge")
        assert wrong.status_code == 422
        assert "Severity takes one of: Critical, Major, Minor" in wrong.text
        denied = press(
            lead, page, f"{page}/file", field="customfield_10060", value="Major", for_all="true"
        )
        assert denied.status_code == 403
        press(lead, page, f"{page}/file", field="customfield_10060", value="Major")
        bench.drain()
        assert f">{sandbox.project}-1</a>" in lead.get(page).text
        assert [one["severity"] for one in jira.truth()["tickets"]] == ["Major"]
    assert 'name="for_all"' not in bench.signed_in(Role.ADMIN).get(page).text


def test_a_person_answers_whether_the_ticket_of_a_parked_filing_exists(
    bench: PagesBench, tmp_path: Path
) -> None:
    issue = bench.find_issue()
    with bench.jira(tmp_path) as sandbox, Api(sandbox.describe()) as jira:
        lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
        press(lead, page, f"{page}/file")
        _end_attempt(bench, issue, FilingState.PARKED)
        assert "Jira is asked for that ticket" in _followed(
            lead, press(lead, page, f"{page}/link", ticket="FB-7")
        )
        bench.drain()
        assert "FB-7 cannot be linked" in lead.get(page).text
        key = jira.create("Made by hand")
        press(lead, page, f"{page}/link", ticket=f"{sandbox.url}/browse/{key}")
        bench.drain()
        assert key in lead.get(page).text
        assert bench.issue(issue.id).state is IssueState.FILED
        (ticket,) = jira.truth()["tickets"]
    assert {"support-bridge"} < set(ticket["labels"])
    assert ticket["properties"]["bridge"]["ticket"] == ticket["id"]
    refused = press(lead, page, f"{page}/link", ticket="FB-1")
    assert refused.status_code == 409
    assert "does not wait for anybody" in refused.text


def test_saying_that_the_ticket_does_not_exist_files_again(
    bench: PagesBench, tmp_path: Path
) -> None:
    issue = bench.find_issue()
    with bench.jira(tmp_path) as sandbox:
        lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
        press(lead, page, f"{page}/file")
        _end_attempt(bench, issue, FilingState.PARKED)
        press(lead, page, f"{page}/file")
        bench.drain()
        assert "Nobody is sure" in lead.get(page).text
        press(lead, page, f"{page}/file", again="true")
        bench.drain()
        assert "FB-1" in lead.get(page).text
        with Api(sandbox.describe()) as jira:
            (ticket,) = jira.truth()["tickets"]
            jira.call("DELETE", f"issue/{ticket['id']}")
        with bench.application.open() as store:
            store.enqueue("track", connection_id=1, remote_id=ticket["id"])
        bench.drain()
    shown = lead.get(page).text
    assert "FB-1 is gone from Jira" in shown
    assert "File a new ticket" in shown
    context = bench.application.context
    with bench.application.open() as store:
        told = present.issue(issue.id, bench.product, store=store, context=context)
    assert told.tickets == []
    assert told.filing is not None
    assert told.filing.reason == "FB-1 is gone from the tracker, or hidden from us: file it again"


def _followed(client: TestClient, answer: Response) -> str:
    return client.get(answer.headers["Location"]).text


def _end_attempt(bench: PagesBench, issue: Issue, state: FilingState) -> None:
    """A worker took the filing and came back so."""
    now = bench.pipeline.clock()
    with bench.application.open() as store:
        (filing,) = store.filings.of_issue(issue.id)
        attempt = store.attempts.start(
            filing.id, token="t", lower_bound=0, now=now, lease_until=now + timedelta(minutes=2)
        )
        assert attempt is not None
        store.attempts.end(attempt, state, reason="Severity: field is required")


def test_a_paused_connection_is_announced_with_what_still_works(
    bench: PagesBench, tmp_path: Path
) -> None:
    bench.find_issue()
    with bench.jira(tmp_path), bench.application.open() as store:
        (connection,) = store.connections.all()
        until = bench.pipeline.clock() + timedelta(minutes=5)
        store.connections.pause(connection.id, until=until, trouble="the token was not accepted")
    page = bench.signed_in(Role.LEAD).get("/").text
    assert "Jira cannot be used now: the token was not accepted" in page
    assert "Contacts still come in" in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": SITE, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
)
def test_a_form_from_elsewhere_changes_nothing(bench: PagesBench, headers: dict[str, str]) -> None:
    issue = bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    data = {"token": token_in(lead.get(page)), "version": str(issue.version)}
    answer = lead.post(f"{page}/confirm", data=data, headers=headers)
    assert answer.status_code == 403
    assert bench.issue(issue.id).state is IssueState.CANDIDATE


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_without_the_token_of_the_session_changes_nothing(
    bench: PagesBench, token: str
) -> None:
    issue = bench.find_issue()
    lead = bench.signed_in(Role.LEAD)
    data = {"token": token, "version": str(issue.version)}
    answer = lead.post(f"/issues/{issue.name}/confirm", data=data, headers={"Origin": SITE})
    assert answer.status_code == 403
    assert bench.issue(issue.id).state is IssueState.CANDIDATE


def test_looking_never_changes_anything(bench: PagesBench) -> None:
    issue = bench.find_issue()
    lead = bench.signed_in(Role.LEAD)
    for verb in ("confirm", "dismiss", "file", "workarounds"):
        assert lead.get(f"/issues/{issue.name}/{verb}").status_code in (404, 405)
    assert bench.issue(issue.id).version == issue.version


def test_hostile_words_stay_words(bench: PagesBench) -> None:
    evil = '<script>alert(1)</script> <img src="https://evil.example/x.png" onerror=alert(1)> '
    contacts = contacts_about_export(5)
    bench.pipeline.send(
        *(replace(one, text=evil + one.text, version=evil[:80]) for one in contacts)
    )
    bench.pipeline.consolidate()
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        store.issues.rename(issue.id, evil, ["<b>"])
    lead = bench.signed_in(Role.LEAD)
    for path in ("/", "/issues/ISS-1", f"/?q={evil}"):
        page = lead.get(path).text
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page


def test_an_issue_shows_its_evidence_and_why_each_contact_is_there(bench: PagesBench) -> None:
    bench.find_issue()
    late = a_contact(EXPORT_TEXTS[2], external_id="late", email="z@z.example", minutes=90)
    bench.pipeline.send(late)
    page = bench.signed_in(Role.AGENT).get("/issues/ISS-1").text
    assert EXPORT_TEXTS[0] in page
    assert "Why is it here?" in page
    assert "<dt>Needed</dt><dd>0." in page
    assert "Placed by the machine" in page
    assert '<mark dir="auto">the export button' in page
    assert "very text of a contact" in page


def test_an_issue_tells_how_far_its_fix_has_come_and_what_was_taken_back(
    bench: PagesBench,
) -> None:
    issue, agent = bench.find_issue(), bench.signed_in(Role.AGENT)
    assert 'id="fix"' not in agent.get("/issues/ISS-1").text
    context, now = bench.application.context, bench.pipeline.clock()
    cause = Cause(MACHINE, now, "it lost settings")
    with context.open() as store:
        for state in (IssueState.CONFIRMED, IssueState.FILED):
            issue = move_issue(issue, state, store=store, cause=cause)
    page = agent.get("/issues/ISS-1").text
    assert "Nothing is fixed yet." in page
    assert "Next: merged or done" in page
    assert "<strong>Merged or done" not in page, "bold is what is reached"
    with context.open() as store:
        issue = move_issue(issue, IssueState.RESOLVED, store=store, cause=cause)
        news = ReleaseNews("4.1", now, issue_ids=(issue.id,))
        release = ship(news, bench.product, store=store, context=context, cause=cause).release
    page = agent.get("/issues/ISS-1").text
    assert "4.1 to everybody" in page
    assert "The fix is rolled out to everybody." in page
    assert "<strong>Rolled out</strong>" in page
    assert "Next: reached customers" in page
    assert "0 of 5 affected customers: 5 unknown" in page
    assert page.count("version unknown") == 5
    event = ShipEvent(id="", source="api", kind=ShipKind.ROLLED_BACK, at=now)
    with context.open() as store:
        withdraw(release, event, bench.product, store=store, context=context, cause=cause)
    page = agent.get("/issues/ISS-1").text
    assert page.count("Taken back: it lost settings") == 1
    assert page.count("Taken back with it") == 2


def test_a_fix_that_did_not_hold_is_not_called_fixed(bench: PagesBench) -> None:
    issue, agent = bench.find_issue(), bench.signed_in(Role.AGENT)
    context, now = bench.application.context, bench.pipeline.clock()
    cause = Cause(MACHINE, now, "a customer on 4.1 still has it")
    with context.open() as store:
        for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED):
            issue = move_issue(issue, state, store=store, cause=cause)
        news = ReleaseNews("4.1", now, issue_ids=(issue.id,))
        ship(news, bench.product, store=store, context=context, cause=cause)
    assert "Was fixed in" not in agent.get("/issues/ISS-1").text
    with context.open() as store:
        issue = store.issues.get(bench.product.id, issue.id)
        store.fixes.refute(issue)
        changes = {"episode": 2, "outcome": None}
        issue = move_issue(issue, IssueState.REGRESSED, store=store, cause=cause, changes=changes)
        move_issue(issue, IssueState.FILED, store=store, cause=cause)
    page = agent.get("/issues/ISS-1").text
    assert "Was fixed in 4.1" in page
    assert "A fix is out, but it did not end the problem." in page
    assert "rolled out to everybody." not in page
    found = press(agent, "/inbox", "/inbox/match", text=EXPORT_TEXTS[0]).text
    assert "Was fixed in 4.1" in found


def test_long_lists_are_paged(bench: PagesBench) -> None:
    bench.find_issue(count=7)
    bench.pipeline.send(*contacts_about_export(18, first=7))
    client = bench.signed_in(Role.AGENT)
    seen: list[str] = []
    address: str | None = "/issues/ISS-1"
    while address:
        page = client.get(address)
        seen += _between(page, 'aria-label="Contact ', '"')
        older = [one for one in _between(page, 'href="', '"') if "before=" in one]
        address = older[0].split("#")[0] if older else None
    assert sorted(seen) == sorted(f"export-{number}" for number in range(25))


def _between(page: Response, start: str, end: str) -> list[str]:
    return [piece.split(end)[0] for piece in page.text.split(start)[1:]]


def test_a_merged_issue_forwards_to_the_one_that_stands_for_it(bench: PagesBench) -> None:
    issue = bench.find_issue()
    now = bench.pipeline.clock()
    with bench.application.open() as store:
        store.issues.add(bench.product.id, number=77, title="The same again", terms=(), now=now)
        store.issues.change(store.issues.by_number(bench.product.id, 77), {"merged_into": issue.id})
    client = bench.signed_in(Role.AGENT)
    answer = client.get("/issues/ISS-77")
    assert answer.headers["location"] == f"/issues/{issue.name}?merged=ISS-77"
    assert "ISS-77 was merged into this issue" in client.get(answer.headers["location"]).text


def test_workarounds_are_added_retired_and_restored_with_reasons(bench: PagesBench) -> None:
    issue = bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    text = "Press Ctrl+E; call mia@support.example if stuck"
    press(lead, page, f"{page}/workarounds", text=text, audience="customer")
    with bench.application.open() as store:
        (added,) = store.workarounds.all(bench.product.id, issue_id=issue.id)
    assert (added.audience, added.state) == (Audience.CUSTOMER, WorkaroundState.ACTIVE)
    assert "mia@support.example" not in added.text
    one = f"{page}/workarounds/{added.id}"
    assert press(lead, page, f"{one}/retire", reason="").status_code == 422
    press(lead, page, f"{one}/retire", reason="it loses data")
    shown = lead.get(page).text
    assert "It loses data." in shown
    assert f"{one}/restore" in shown
    press(lead, page, f"{one}/restore", reason="safe again")
    with bench.application.open() as store:
        assert store.workarounds.get(bench.product.id, added.id).state is WorkaroundState.ACTIVE
    assert "Workaround" in lead.get("/").text


def test_a_workaround_that_is_not_taken_is_not_lost(bench: PagesBench) -> None:
    issue = bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    answer = press(lead, page, f"{page}/workarounds", text=" ")
    assert answer.status_code == 422
    assert "needs words" in answer.text
    long = press(lead, page, f"{page}/workarounds", text="x" * 2001)
    assert long.status_code == 422
    assert "Text is longer than 2\u202f000 characters. Nothing was done" in long.text


def test_the_inbox_holds_ones_own_notices_and_each_is_read_once(bench: PagesBench) -> None:
    issue = bench.find_issue()
    ada = bench.signed_in(Role.AGENT, email="ada@support.example")
    eve = bench.signed_in(Role.AGENT, email="eve@support.example")
    text = f"{issue.name} is fixed in 4.2.\nhttp://127.0.0.1:8000/issues/{issue.name}"
    with bench.application.open() as store:
        person = store.people.known("ada@support.example")
        now = bench.pipeline.clock()
        notice = store.notices.add(issue, person.id, NoticeKind.FIX, text=text, now=now)
    page = ada.get("/inbox").text
    assert "is fixed in 4.2." in page
    assert "http://127.0.0.1:8000" not in page
    assert "<title>(1) Inbox" in page
    assert "No notices" in eve.get("/inbox").text
    assert press(eve, "/inbox", f"/inbox/{notice}/acknowledge").status_code == 404
    assert press(ada, "/inbox", f"/inbox/{notice}/acknowledge").status_code == 303
    after = ada.get("/inbox").text
    assert "Mark as read" not in after
    assert "<title>Inbox" in after


def test_all_notices_are_marked_as_read_but_those_that_came_since(bench: PagesBench) -> None:
    issue = bench.find_issue()
    ada = bench.signed_in(Role.AGENT, email="ada@support.example")
    now = bench.pipeline.clock()

    def tell(email: str, kind: NoticeKind) -> int:
        with bench.application.open() as store:
            person = store.people.known(email)
            added = store.notices.add(issue, person.id, kind, text=f"{kind.value}.", now=now)
        assert added is not None
        return added

    tell("ada@support.example", NoticeKind.FIX)
    assert "Mark all" not in ada.get("/inbox").text, "one has a button of its own"
    seen = tell("ada@support.example", NoticeKind.REGRESSION)
    tell("eve@support.example", NoticeKind.FIX)
    assert "Mark all 2 as read" in ada.get("/inbox").text
    since = tell("ada@support.example", NoticeKind.OUTAGE)
    done = press(ada, "/inbox", "/inbox/acknowledge", up_to=seen)
    assert (done.status_code, done.headers["location"]) == (303, "/inbox")
    with bench.application.open() as store:
        unread = [
            (one.id, one.recipient)
            for one in store.notices.of_person(bench.product.id, None)
            if one.state is NoticeState.UNREAD
        ]
    assert unread == [(since, "ada@support.example"), (since - 1, "eve@support.example")]


def test_text_of_a_workaround_is_shown_to_all_but_changed_by_leads(bench: PagesBench) -> None:
    issue = bench.find_issue()
    with bench.application.open() as store:
        store.workarounds.add(
            issue,
            RedactedText("Use the menu"),
            audience=Audience.INTERNAL,
            versions=["4.1"],
            owner=None,
            now=bench.pipeline.clock(),
        )
    page = bench.signed_in(Role.AGENT).get(f"/issues/{issue.name}").text
    assert "Use the menu" in page
    assert "Retire" not in page


def test_the_style_sheet_comes_from_here(bench: PagesBench) -> None:
    client = bench.signed_in(Role.AGENT)
    page = client.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")


def test_an_address_that_does_not_exist_is_a_page_for_browsers_and_json_for_programs(
    application: Application,
) -> None:
    app = create_app(application)
    add_pages(app, application)
    browser, program = {"Accept": "text/html,*/*"}, {"Accept": "*/*"}
    with TestClient(app) as client:
        page = client.get("/nowhere", headers=browser)
        assert (page.status_code, page.headers["content-type"][:9]) == (404, "text/html")
        assert "There is no such page." in page.text
        assert "frame-ancestors" in page.headers["content-security-policy"]
        for path, headers in (("/nowhere", program), ("/api/v1/nowhere", browser)):
            told = client.get(path, headers=headers)
            assert (told.status_code, told.json()["title"]) == (404, "Not found")
