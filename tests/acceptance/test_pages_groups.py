"""Merging, moving, splitting, snoozing, undoing and reviewing on the pages, without script."""

import re

import pytest
from httpx2 import Response

from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Role
from bridge.steps.moves import move_issue
from bridge.steps.ship import ReleaseNews, ship
from tests.conftest import Pipeline
from tests.groups_bench import Groups
from tests.pages_bench import SITE, PagesBench, press, token_in


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


@pytest.fixture
def bench(pipeline: Pipeline) -> PagesBench:
    """The pages over them."""
    return PagesBench(pipeline)


def address(issue: Issue) -> str:
    return f"/issues/{issue.name}"


def suggest(
    groups: Groups, key: str, one: Issue, other: Issue, *, worth: float = 0, likely: float = 0.62
) -> int:
    with groups.application.open() as store:
        made = store.suggestions.propose(
            groups.product.id,
            kind=SuggestionKind.SAME,
            key=key,
            issue_id=one.id,
            other_id=other.id,
            probability=likely,
            worth=worth,
            question="both press a button; one issue with a probability of 62%",
            now=groups.pipeline.clock.moment,
        )
    assert made is not None
    return made


def test_a_merge_is_previewed_and_counts_people_once(groups: Groups, bench: PagesBench) -> None:
    export, login = groups.issue("export", 5), groups.issue("login", 4)
    lead = bench.signed_in(Role.LEAD)
    for asked in (export.name, export.name.lower(), f"see http://bridge.test{address(export)}?x=1"):
        shown = lead.get(f"{address(login)}/merge", params={"with": asked}).text
        assert f"Merge 1 other issue into {export.name}" in shown
        assert '<dd class="big">8</dd>' in shown
        assert '<dd class="big">9</dd>' in shown
        assert "5 customers, 5 contacts" in shown
    other_way = lead.get(f"{address(login)}/merge?with={export.name}&keep={login.name}").text
    assert f"Merge 1 other issue into {login.name}" in other_way


def test_a_merge_preview_tells_what_becomes_of_an_outage(groups: Groups, bench: PagesBench) -> None:
    export, login = groups.issue("export", 5), groups.issue("login", 4)
    lead = bench.signed_in(Role.LEAD)
    asked = f"{address(login)}/merge?with={export.name}"
    assert "outage" not in lead.get(asked).text
    press(lead, address(login), f"{address(login)}/outage", text="Nobody can sign in.")
    told = f"{login.name} has an open outage: it goes on under {export.name}."
    assert told in lead.get(asked).text
    press(lead, address(export), f"{address(export)}/outage", text="Nobody can export.")
    told = f"{export.name}, {login.name} have open outages: they go on as one"
    assert told in lead.get(asked).text
    groups.merge(export, login)
    shown = lead.get(address(export)).text
    assert "Nobody can export." in shown
    assert "joined this issue; the outage goes on here" in shown
    done = press(lead, address(export), f"{address(export)}/all-clear", reason="it is back")
    assert done.headers["location"].endswith("done=all_clear")
    assert "An outage was declared" not in lead.get(address(export)).text


def test_an_outage_that_goes_on_under_another_issue_is_not_told_as_over(
    groups: Groups, bench: PagesBench
) -> None:
    export, login = groups.issue("export", 5), groups.issue("login", 4)
    lead = bench.signed_in(Role.LEAD)
    ada = bench.signed_in(Role.AGENT, email="ada@support.example")
    press(lead, address(login), f"{address(login)}/outage", text="Nobody can sign in.")
    bench.drain()
    groups.merge(export, login)
    shown = ada.get("/inbox").text
    assert "Nobody can sign in." in shown
    assert "This outage is over." not in shown
    press(lead, address(export), f"{address(export)}/all-clear", reason="it is back")
    assert "This outage is over." in ada.get("/inbox").text


def test_an_issue_shows_what_is_similar_and_not_counted(groups: Groups, bench: PagesBench) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    (near,) = groups.contacts("invoice", 1)
    with groups.application.open() as store:
        store.suggestions.propose(
            groups.product.id,
            kind=SuggestionKind.BELONGS,
            key="near",
            issue_id=export.id,
            contact_id=near,
            similarity=0.43,
            now=groups.pipeline.clock.moment,
        )
    lead, engineer = bench.signed_in(Role.LEAD), bench.signed_in(Role.ENGINEER)
    shown = lead.get(address(export)).text
    assert "Similar, not counted" in shown
    assert "My invoice of month 0 shows the wrong address" in shown
    assert "similarity 0.43" in shown
    assert "is asked under" in shown
    assert "is asked under" not in engineer.get(address(export)).text
    assert "Similar, not counted" not in lead.get(address(login)).text


def test_words_find_issues_to_merge_with(groups: Groups, bench: PagesBench) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    lead = bench.signed_in(Role.LEAD)
    shown = lead.get(f"{address(login)}/merge?with=about").text
    assert f"/merge?with={export.name}" in shown
    assert f"/merge?with={login.name}" not in shown
    assert "Nothing found" in lead.get(f"{address(login)}/merge?with=zebra%00").text
    missing = lead.get(f"{address(login)}/merge?with=ISS-99")
    assert (missing.status_code, "Nothing found" in missing.text) == (404, False)
    itself = lead.get(f"{address(login)}/merge?with={login.name}")
    assert f"{login.name} is this one: name another issue" in itself.text


def merge(bench: PagesBench, groups: Groups, one: Issue, other: Issue) -> Response:
    lead = bench.signed_in(Role.LEAD, email="mia@support.example")
    page = lead.get(f"{address(one)}/merge", params={"with": other.name, "keep": one.name})
    found = re.search(r'name="versions" value="([^"]+)"', page.text)
    assert found is not None
    data = {"token": token_in(page), "others": other.name, "versions": found[1]}
    return lead.post(f"{address(one)}/merge", data=data, headers={"Origin": SITE})


def test_merging_forwards_and_undo_brings_it_back(groups: Groups, bench: PagesBench) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    before = groups.whole()
    done = merge(bench, groups, export, login)
    assert done.headers["location"] == f"{address(export)}?done=merged"
    lead = bench.signed_in(Role.LEAD)
    assert lead.get(address(login)).headers["location"].startswith(address(export))
    shown = lead.get(address(export)).text
    assert f"<strong>Merged: {login.name} joined this issue</strong>" in shown
    assert "by Mia" in shown
    assert "Undo “Merged”" in shown
    undone = press(lead, address(export), f"{address(export)}/undo")
    assert undone.headers["location"] == f"{address(export)}?done=undone"
    assert groups.whole() == before
    shown = lead.get(address(export)).text
    assert "Undone: merge" in shown
    assert "Undo “" not in shown


def test_a_merge_of_what_changed_since_the_preview_is_not_done(
    groups: Groups, bench: PagesBench
) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    lead = bench.signed_in(Role.LEAD)
    late = press(lead, "/", f"{address(export)}/merge", others=login.name, versions="ISS-1:0")
    assert late.status_code == 412
    assert "changed while you looked" in late.text
    assert groups.now(login).merged_into is None


def choose(
    bench: PagesBench, issue: Issue, verb: str, contacts: list[int], **fields: str | int
) -> Response:
    lead = bench.signed_in(Role.LEAD, email="mia@support.example")
    token = token_in(lead.get(address(issue)))
    data = {"token": token, "version": "1", **{key: str(value) for key, value in fields.items()}}
    return lead.post(
        f"{address(issue)}/{verb}",
        data={**data, "contacts": [str(one) for one in contacts]},
        headers={"Origin": SITE},
    )


def test_chosen_contacts_move_and_say_who_put_them_there(groups: Groups, bench: PagesBench) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    first, second, *_ = groups.on(export)
    version = groups.now(export).version
    done = choose(bench, export, "move", [first, second], to=login.name, version=version)
    assert done.headers["location"] == f"{address(export)}?done=moved"
    assert {first, second} <= set(groups.on(login))
    shown = bench.signed_in(Role.AGENT).get(address(login)).text
    assert "<strong>Mia put it here</strong>" in shown
    assert f'It was on <a href="{address(export)}">' in shown
    assert "placed by Mia" in shown
    assert "0.50" in shown
    # Who presses twice is not told that nothing was done.
    twice = choose(bench, export, "move", [first, second], to=login.name, version=version)
    assert "Nothing more was done" in twice.text


def test_what_was_chosen_is_still_ticked_when_it_cannot_be_done(
    groups: Groups, bench: PagesBench
) -> None:
    export = groups.issue("export")
    first, *_ = groups.on(export)
    for to, sentence in (("", "Name the issue"), ("ISS-99", "No issue is called ISS-99")):
        answer = choose(bench, export, "move", [first], to=to)
        assert answer.status_code in (404, 422)
        assert sentence in answer.text
        assert answer.text.count(" checked>") == 1
    nothing = choose(bench, export, "take-off", [])
    assert "Choose at least one contact" in nothing.text
    stale = choose(bench, export, "split", [first], version=0)
    assert stale.status_code == 412


def test_chosen_contacts_become_an_issue_or_none(groups: Groups, bench: PagesBench) -> None:
    export = groups.issue("export", 6)
    first, second, *_ = groups.on(export)
    assert choose(bench, export, "split", [first]).status_code == 303
    again = choose(bench, export, "take-off", [second], version=groups.now(export).version)
    assert again.status_code == 303
    assert len(groups.on(export)) == 4
    shown = bench.signed_in(Role.LEAD).get(address(export)).text
    made = re.search(r"Split: 1 contact became (ISS-\d+)", shown)
    assert made
    alone = bench.signed_in(Role.LEAD).get(f"/issues/{made[1]}").text
    assert alone.count('name="contacts"') == 1
    assert "1 contact went to unassigned" in shown


def test_snoozing_and_bringing_back(groups: Groups, bench: PagesBench) -> None:
    export = groups.issue("export")
    lead, page = bench.signed_in(Role.LEAD), address(export)
    done = press(lead, page, f"{page}/snooze", version=export.version, customers=2)
    assert done.headers["location"].endswith("done=snoozed")
    assert "until 6 customers are affected" in lead.get(page).text
    press(lead, page, f"{page}/wake", version=groups.now(export).version)
    assert groups.now(export).state is IssueState.CANDIDATE
    past = press(
        lead, page, f"{page}/snooze", version=groups.now(export).version, until="2026-03-02"
    )
    assert past.status_code == 422
    assert "That moment is over" in past.text
    version = groups.now(export).version
    far = press(lead, page, f"{page}/snooze", version=version, until="9999-12-31")
    assert far.status_code == 422
    assert "A snooze lasts a year at most, until 20" in far.text


def test_the_review_page_asks_the_best_question_first(groups: Groups, bench: PagesBench) -> None:
    export, login, invoice = (groups.issue(one) for one in ("export", "login", "invoice"))
    suggest(groups, "a", export, login, worth=1)
    best = suggest(groups, "b", export, invoice, worth=2)
    lead = bench.signed_in(Role.LEAD)
    assert '<span class="count">2<span class="hidden"> questions</span>' in lead.get("/").text
    shown = lead.get("/review").text
    assert f"Are {export.name} and {invoice.name} one issue?" in shown
    assert "Both press a button." in shown
    assert "The machine would say yes, 62 % sure" in shown
    assert "shows the wrong address" in shown
    skipped = lead.get(f"/review?skip={best}").text
    assert f"Are {export.name} and {login.name} one issue?" in skipped
    assert "1 skipped" in skipped


def test_a_person_is_asked_what_is_hardly_so_last_and_programs_are_not(
    groups: Groups, bench: PagesBench
) -> None:
    export, login, invoice = (groups.issue(one) for one in ("export", "login", "invoice"))
    odd = suggest(groups, "a", export, login, worth=2, likely=0.34)
    good = suggest(groups, "b", export, invoice, worth=1, likely=0.35)
    lead = bench.signed_in(Role.LEAD)
    assert f"Are {export.name} and {invoice.name} one issue?" in lead.get("/review").text
    skipped = lead.get(f"/review?skip={good}").text
    assert f"Are {export.name} and {login.name} one issue?" in skipped
    with bench.application.open() as store:
        waiting = store.suggestions.open(bench.product.id)
    assert [one.id for one in waiting] == [odd, good]


def test_an_answer_is_done_and_undone_on_the_review_page(groups: Groups, bench: PagesBench) -> None:
    export, login = groups.issue("export", 5), groups.issue("login")
    asked = suggest(groups, "a", export, login)
    lead = bench.signed_in(Role.LEAD)
    said = press(lead, "/review", f"/review/{asked}/yes", version=1)
    assert said.headers["location"] == f"/review?done=yes&issue={export.name}"
    assert groups.now(login).merged_into == export.id
    shown = lead.get(said.headers["location"]).text
    assert "No open questions" in shown
    assert f"/review/undo/{export.name}" in shown
    late = press(lead, "/review", f"/review/{asked}/no", version=1)
    assert late.status_code == 409
    assert "You have already said yes to this question." in late.text
    other = bench.signed_in(Role.LEAD, email="ben@support.example")
    late = press(other, "/review", f"/review/{asked}/yes", version=1)
    assert "Lead has already said yes to this question." in late.text
    press(lead, said.headers["location"], f"/review/undo/{export.name}")
    assert groups.now(login).merged_into is None
    again = suggest(groups, "a", export, login)
    press(lead, "/review", f"/review/{again}/no", version=1)
    assert groups.now(login).merged_into is None
    assert "No open questions" in lead.get("/review").text


def test_undo_is_offered_only_where_it_is_accepted(groups: Groups, bench: PagesBench) -> None:
    export = groups.issue("export", 5)
    lead = bench.signed_in(Role.LEAD)
    press(lead, address(export), f"{address(export)}/confirm", version=export.version)
    assert "Undo “Confirmed”" in lead.get(address(export)).text
    with groups.application.open() as store:
        act = groups.act(store)
        issue = move_issue(groups.now(export), IssueState.FILED, store=store, cause=act.cause)
        news = ReleaseNews("4.2", act.cause.at, issue_ids=(issue.id,))
        context = groups.application.context
        ship(news, groups.product, store=store, context=context, cause=act.cause)
    shown = lead.get(address(export))
    assert "Fixed in 4.2" in shown.text
    assert "Undo “" not in shown.text
    done = lead.get(f"/review?done=yes&issue={export.name}").text
    assert f'See <a href="{address(export)}">' in done
    assert "/review/undo/" not in done
    refused = press(lead, address(export), f"{address(export)}/undo")
    assert refused.status_code == 409
    assert "people were told that it has shipped" in refused.text


@pytest.mark.parametrize("role", [Role.AGENT, Role.ENGINEER])
def test_who_only_reads_decides_nothing_about_groups(
    groups: Groups, bench: PagesBench, role: Role
) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    asked = suggest(groups, "a", export, login)
    reader, page = bench.signed_in(role), address(export)
    shown = reader.get(page).text
    assert 'type="checkbox"' not in shown
    assert "/review" not in shown
    assert reader.get("/review").status_code == 403
    assert reader.get(f"{page}/merge?with={login.name}").status_code == 403
    for verb in ("merge", "move", "keep", "take-off", "split", "snooze", "wake", "undo"):
        assert f"{page}/{verb}" not in shown, verb
        answer = press(reader, page, f"{page}/{verb}", version=1, others=login.name, versions="x")
        assert answer.status_code == 403, verb
    for verb in ("yes", "no"):
        answer = press(reader, page, f"/review/{asked}/{verb}", version=1)
        assert answer.status_code == 403


def test_hostile_words_stay_words_on_the_new_pages(groups: Groups, bench: PagesBench) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    export, login = groups.issue("export"), groups.issue("login")
    with groups.application.open() as store:
        store.issues.choose_title(export.id, evil)
        store.suggestions.propose(
            groups.product.id,
            kind=SuggestionKind.SAME,
            key="x",
            issue_id=export.id,
            other_id=login.id,
            question=evil,
            now=groups.pipeline.clock.moment,
        )
    lead = bench.signed_in(Role.LEAD)
    for page in ("/review", f"{address(login)}/merge?with={export.name}&keep={evil[:20]}"):
        shown = lead.get(page).text
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "&lt;script&gt;" in shown
