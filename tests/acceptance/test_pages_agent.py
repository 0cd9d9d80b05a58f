"""What an agent finds, is told and may tell: the list, the lookup, the inbox, one issue."""

from collections.abc import Mapping
from datetime import timedelta
from html import unescape

import pytest

from bridge.domain.contacts import RedactedText
from bridge.domain.faq import AskedOften, BestAnswer
from bridge.domain.issues import Issue, IssueState, Outcome
from bridge.domain.people import MACHINE, Role
from bridge.steps.moves import Cause, move_issue
from bridge.steps.ship import ReleaseNews, ship
from tests.builders import EXPORT_TEXTS
from tests.conftest import Pipeline
from tests.pages_bench import SITE, PagesBench, press

_S = IssueState
ADA = "ada@support.example"
"""Who handled the contacts."""


@pytest.fixture
def bench(pipeline: Pipeline) -> PagesBench:
    return PagesBench(pipeline)


def move(
    bench: PagesBench,
    issue: Issue,
    *states: IssueState,
    changes: Mapping[str, object] | None = None,
) -> Issue:
    """Through these states; the changes come with the last."""
    cause = Cause(MACHINE, bench.pipeline.clock(), "as the tests say")
    with bench.application.open() as store:
        moved = store.issues.get(bench.product.id, issue.id, lock=True)
        for state in states:
            last = changes if state is states[-1] else None
            moved = move_issue(moved, state, store=store, cause=cause, changes=last)
        return moved


def shipped(bench: PagesBench, issue: Issue, version: str = "4.1") -> Issue:
    """Filed, and out in that version, with everybody told."""
    move(bench, issue, _S.CONFIRMED, _S.FILED, _S.RESOLVED)
    context, now = bench.application.context, bench.pipeline.clock()
    with bench.application.open() as store:
        news = ReleaseNews(version, now, issue_ids=(issue.id,))
        cause = Cause(MACHINE, now, "released")
        ship(news, bench.product, store=store, context=context, cause=cause)
        return store.issues.get(bench.product.id, issue.id)


def test_a_search_begins_with_all_issues_until_a_part_is_chosen(bench: PagesBench) -> None:
    shipped(bench, bench.find_issue())
    agent = bench.signed_in(Role.AGENT)
    assert 'name="state"' not in agent.get("/").text, "it would look among open issues only"
    found = agent.get("/?q=export&sort=rank").text
    assert "/issues/ISS-1" in found
    assert 'aria-current="page">All <span class="count">1</span>' in found
    assert 'name="state" value="open"' in agent.get("/?state=open").text


def test_while_searching_the_tabs_count_what_is_found(bench: PagesBench) -> None:
    bench.find_issue()
    agent = bench.signed_in(Role.AGENT)
    assert 'For review <span class="count">1</span>' in agent.get("/?q=export").text
    nothing = agent.get("/?q=zebra").text
    assert 'For review <span class="count">0</span>' in nothing
    assert '<a href="/inbox">Is it known?</a> also finds' in nothing
    engineer = bench.signed_in(Role.ENGINEER).get("/?q=zebra").text
    assert "also finds" in engineer, "engineers may ask as well"


def test_a_search_takes_words_in_any_order_and_the_name_of_a_ticket(bench: PagesBench) -> None:
    issue = bench.find_issue()
    one, other = issue.title.split()[1], issue.title.split()[-1]
    agent = bench.signed_in(Role.AGENT)
    assert "/issues/ISS-1" in agent.get("/", params={"q": f"{other} {one}"}).text
    assert "/issues/ISS-1" not in agent.get("/", params={"q": f"{one} zebra"}).text


@pytest.mark.parametrize(
    ("states", "changes", "told", "hope"),
    [
        ((), {}, "Others wrote the same; nobody has confirmed it yet.", True),
        ((_S.CONFIRMED, _S.FILED), {}, "Engineering has a ticket for it.", True),
        (
            (_S.CONFIRMED, _S.FILED, _S.RESOLVED),
            {"outcome": Outcome.FIXED},
            "customers do not have the fix yet",
            True,
        ),
        (
            (_S.CONFIRMED, _S.FILED, _S.DECLINED),
            {"outcome": Outcome.WONT_FIX},
            "Engineering will not fix it.",
            False,
        ),
    ],
)
def test_the_lookup_says_how_far_an_issue_is(
    bench: PagesBench,
    states: tuple[IssueState, ...],
    changes: Mapping[str, object],
    told: str,
    hope: bool,
) -> None:
    issue, agent = bench.find_issue(), bench.signed_in(Role.AGENT)
    move(bench, issue, *states, changes=changes)
    found = press(agent, "/inbox", "/inbox/match", text=EXPORT_TEXTS[0]).text
    assert told in found
    assert ("There is nothing to tell yet." in found) is hope
    assert ("ask to be told what becomes of it" in found) is hope
    page = agent.get("/issues/ISS-1").text
    assert told in page
    assert ("None yet." in page) is hope


def test_the_lookup_tells_what_is_likely_from_what_may_be(bench: PagesBench) -> None:
    bench.find_issue()
    agent = bench.signed_in(Role.AGENT)
    sure = press(agent, "/inbox", "/inbox/match", text=EXPORT_TEXTS[0]).text
    assert "ISS-1" in sure
    assert "Perhaps it is one of these" not in sure
    assert 'href="/issues/ISS-1" target="_blank"' in sure, "nobody can go back to an answer"
    words = "the button is blue when I press it"
    perhaps = press(agent, "/inbox", "/inbox/match", text=words).text
    assert "Nothing is surely the same. Perhaps it is one of these:" in perhaps
    assert "/issues/ISS-1" in perhaps


def test_the_lookup_shows_the_steps_of_a_workaround_and_the_words_for_customers(
    bench: PagesBench,
) -> None:
    bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD), "/issues/ISS-1"
    words = {"text": "Halve it.", "steps": "Open the list.", "customer_text": "Export two parts."}
    press(lead, page, f"{page}/workarounds", **words)
    agent = bench.signed_in(Role.AGENT)
    found = press(agent, "/inbox", "/inbox/match", text=EXPORT_TEXTS[0]).text
    for told in words.values():
        assert told in found


def test_an_answer_that_helped_is_shown_with_its_issue(bench: PagesBench) -> None:
    issue = bench.find_issue()
    question = RedactedText("How do I export?")
    asked = AskedOften(issue.id, issue.title, 5, 5, 5)
    best = BestAnswer(RedactedText("Press and hold."), 4, 4)
    now = bench.pipeline.clock()
    with bench.application.open() as store:
        store.faqs.suggest(bench.product.id, asked, best, question=question, now=now)
    lead, agent = bench.signed_in(Role.LEAD), bench.signed_in(Role.AGENT)
    place = 'href="/faq?state=open#faq-1"'
    assert place in agent.get("/issues/ISS-1").text
    found = press(agent, "/inbox", "/inbox/match", text=EXPORT_TEXTS[0]).text
    assert place in found
    assert "There is nothing to tell yet." not in found
    press(lead, "/faq", "/faq/1/accept")
    press(lead, "/faq?state=accepted", "/faq/1/publish", link="https://help.example/export")
    assert 'href="https://help.example/export"' in agent.get("/issues/ISS-1").text
    press(lead, "/faq?state=published", "/faq/1/dismiss", reason="out of date")
    assert "How do I export?" not in agent.get("/issues/ISS-1").text


def test_the_name_of_an_issue_or_ticket_leads_to_it(bench: PagesBench) -> None:
    bench.find_issue()
    agent = bench.signed_in(Role.AGENT)
    assert press(agent, "/inbox", "/inbox/match", text=" iss-1 ").headers["location"] == (
        "/issues/ISS-1"
    )
    assert "Nothing like it is known" in press(agent, "/inbox", "/inbox/match", text="ISS-9").text
    again = agent.get("/inbox/match")
    assert (again.status_code, again.headers["location"]) == (303, "/inbox"), "typed or bookmarked"


def test_a_fixed_issue_without_a_workaround_says_what_to_tell(bench: PagesBench) -> None:
    shipped(bench, bench.find_issue())
    page = bench.signed_in(Role.AGENT).get("/issues/ISS-1").text
    assert "<strong>Say this:</strong> This is fixed in 4.1: please update to it." in page
    assert "None yet." not in page
    assert '<span class="dim">fixed</span>' not in page, "said by “Fixed in 4.1” already"


def test_a_notice_that_is_not_so_any_more_says_it(bench: PagesBench) -> None:
    issue = shipped(bench, bench.find_issue())
    ada = bench.signed_in(Role.AGENT, email=ADA)
    assert "What follows was so when it was written" not in ada.get("/inbox").text
    changes = {"episode": issue.episode + 1, "outcome": None}
    move(bench, issue, _S.REGRESSED, changes=changes)
    told = unescape(ada.get("/inbox").text)
    assert "Not so any more: the issue is now “Regressed”." in told
    move(bench, issue, _S.FILED, _S.RESOLVED, _S.SHIPPED, changes={"fixed_in": "4.2"})
    assert "It came back since, and was fixed again in 4.2." in ada.get("/inbox").text


def test_an_outage_that_is_over_is_not_told_as_one(bench: PagesBench) -> None:
    bench.find_issue()
    lead, ada, page = (
        bench.signed_in(Role.LEAD),
        bench.signed_in(Role.AGENT, email=ADA),
        "/issues/ISS-1",
    )
    press(lead, page, f"{page}/outage", text="We are on it.")
    bench.drain()
    assert "We are on it." in ada.get("/inbox").text
    assert "This outage is over." not in ada.get("/inbox").text
    press(lead, page, f"{page}/all-clear")
    assert "This outage is over." in ada.get("/inbox").text
    press(lead, page, f"{page}/outage", text="Again.")
    bench.drain()
    assert ada.get("/inbox").text.count("This outage is over.") == 1, "the second one goes on"


def test_a_second_use_of_a_day_does_not_seem_to_count_twice(bench: PagesBench) -> None:
    bench.find_issue()
    lead, page = bench.signed_in(Role.LEAD), "/issues/ISS-1"
    press(lead, page, f"{page}/workarounds", text="Halve it.", audience="customer")
    agent = bench.signed_in(Role.AGENT)
    press(agent, page, f"{page}/workarounds/1/use", result="worked")
    address = press(agent, page, f"{page}/workarounds/1/use", result="did_not").headers["location"]
    told = agent.get(address).text
    assert "once a person and day, with the newest answer" in told
    assert "1 use, worked 0 of 1 times" in told
    assert "can be told to customers" in told
    press(lead, page, f"{page}/workarounds/1/retire", reason="it harms")
    assert "can be told to customers" not in agent.get(page).text, "it ended"


def test_who_cannot_file_is_not_told_what_the_button_does(bench: PagesBench) -> None:
    issue, page = bench.find_issue(), "/issues/ISS-1"
    agent = bench.signed_in(Role.AGENT)
    assert "No ticket yet: a lead decides whether it becomes one." in agent.get(page).text
    move(bench, issue, _S.CONFIRMED, _S.FILED, _S.SHIPPED, _S.REGRESSED)
    told = agent.get(page).text
    assert "It is back; the ticket is the one of the earlier fix." in told
    assert "file a new one" not in told
    assert "file a new one" in bench.signed_in(Role.LEAD).get(page).text


def test_an_address_cannot_put_words_into_the_page(bench: PagesBench) -> None:
    bench.find_issue()
    agent = bench.signed_in(Role.AGENT)
    assert "call 0900" not in agent.get("/issues/ISS-1?merged=call 0900").text
    assert "ISS-7 was merged into this issue" in agent.get("/issues/ISS-1?merged=ISS-7").text


def test_whose_session_ended_while_they_typed_hears_that_nothing_was_done(
    bench: PagesBench,
) -> None:
    bench.find_issue()
    agent = bench.signed_in(Role.AGENT)
    bench.pipeline.clock.moment += timedelta(days=8)
    data = {"text": EXPORT_TEXTS[0]}
    sent = agent.post("/inbox/match", data=data, headers={"Origin": SITE})
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?ended=1")
    assert "Your session has ended" in agent.get("/sign-in?ended=1").text
    assert agent.get("/inbox").headers["location"] == "/sign-in", "nothing was typed"
    stranger = bench.browser().post("/inbox/match", data=data, headers={"Origin": SITE})
    assert stranger.headers["location"] == "/sign-in"
