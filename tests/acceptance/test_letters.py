"""Letters on the pages: a lead drafts, reads and sends; customers answer behind their links."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.api import present_letters
from bridge.domain.bounces import mail_key
from bridge.domain.issues import Issue, IssueState
from bridge.domain.letters import LetterKind, LetterState, Why
from bridge.domain.people import MACHINE, Role
from bridge.domain.satisfaction import Metric
from bridge.steps.moves import move_issue
from bridge.steps.satisfaction import Surveyed, satisfaction_of
from bridge.store.issues import Place
from tests.api_client import serving
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.letters_bench import TITLE, LettersBench
from tests.pages_bench import PagesBench, press

PAYLOADS = Path(__file__).parent.parent / "payloads" / "mail"
EXPORT = "export0@customer.example"


class Bench(PagesBench):
    """The pages, and letters behind them."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.letters = LettersBench(pipeline)
        super().__init__(pipeline)

    def shipped(self, count: int = 3) -> Issue:
        issue = self.letters.issue("export", count)
        self.letters.ship(issue)
        return issue

    def sent(self, kind: LetterKind = LetterKind.FIX) -> str:
        """The path of the first customer's links, once all letters about one fix are sent."""
        letter = self.letters.draft(self.shipped(), kind)
        self.letters.approve(letter)
        self.letters.send(letter)
        return self.path_to(EXPORT)

    def path_to(self, email: str) -> str:
        (text,) = [one.text for to, one in self.letters.mail.sent.values() if to == email]
        found = re.search(r"http://127\.0\.0\.1:8000(/mail/[0-9a-f-]+)/stop", text)
        assert found is not None
        return found[1]


@pytest.fixture
def bench(pipeline: Pipeline) -> Bench:
    return Bench(pipeline)


def test_a_lead_drafts_reads_approves_and_sends_a_sample_first(bench: Bench) -> None:
    bench.shipped()
    lead, agent = bench.signed_in(Role.LEAD), bench.signed_in(Role.AGENT)
    assert "Write to its customers" in lead.get("/issues/ISS-1").text
    assert "Write to its customers" not in agent.get("/issues/ISS-1").text
    assert press(agent, "/inbox", "/letters", issue="ISS-1").status_code == 403
    drafted = press(lead, "/issues/ISS-1", "/letters", issue="ISS-1")
    assert drafted.headers["location"] == "/letters/1?done=drafted"
    page = lead.get("/letters/1")
    for words in (TITLE, "Hello,", EXPORT, "3 to read", "/mail/…/stop", "BRIDGE_PUBLIC_URL"):
        assert words in page.text, words
    assert "About export" not in page.text
    assert press(lead, "/letters/1", "/letters/1/send", edition=1).status_code == 409
    assert press(lead, "/letters/1", "/letters/1/approve", edition=2).status_code == 412
    assert press(lead, "/letters/1", "/letters/1/approve", edition=1).status_code == 303
    seen = {"edition": 1, "first": 1, "ready": 3}
    assert 'name="ready" value="3"' in lead.get("/letters/1").text
    assert press(lead, "/letters/1", "/letters/1/send", **seen).status_code == 303
    again = press(lead, "/letters/1", "/letters/1/send", **seen)
    assert again.status_code == 412, "pressed twice it is one sample"
    assert "3 letters could be sent when you looked, and 2 can now" in again.text
    bench.drain()
    assert len(bench.letters.mail.sent) == 1
    assert "1 sent" in lead.get("/letters").text
    listed = lead.get("/letters/1?state=approved").text
    assert EXPORT not in listed.partition('id="readers"')[2]
    assert "export1@customer.example" in listed
    taken = press(lead, "/letters/1", "/letters/1/take-off", reader=3)
    assert taken.status_code == 303
    press(lead, "/letters/1", "/letters/1/send", edition=1)
    bench.drain()
    assert len(bench.letters.mail.sent) == 2
    assert press(lead, "/letters/1", "/letters/1/drop").status_code == 409
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        told = [one.action for one in store.decisions.history(issue.id)]
    assert told[-4:] == ["letter_drafted", "letter_approved", "letter_sent", "letter_sent"]


def test_other_words_are_saved_or_kept_for_another_try(bench: Bench) -> None:
    letter = bench.letters.draft(bench.shipped())
    lead = bench.signed_in(Role.LEAD)
    words = f"/letters/{letter.id}/words"
    body = "{greeting} {fixes} {still_broken} {opt_out}"
    given = {"text_language": "en", "subject": "Good news", "body": body, "notes": ""}
    told: dict[str, str | int] = {
        "issue": 1,
        "issue_language": "en",
        "title": "Exports are whole",
        "note": "a\r\nb",
    }
    assert press(lead, words, words, edition=1, **given, **told).status_code == 303
    page = lead.get(f"/letters/{letter.id}").text
    assert "Good news" in page
    assert "Exports are whole" in page
    lacking = {**given, "body": "No way out: {fixes} {still_broken}"}
    refused = press(lead, words, words, edition=2, **lacking)
    assert refused.status_code == 422
    assert "No way out" in refused.text
    assert "The text must have {opt_out} in it" in refused.text
    assert press(lead, words, words, edition=1, **given).status_code == 412
    assert "Saved.</div>" in lead.get(f"/letters/{letter.id}?done=saved").text


def test_a_letter_that_somebody_approved_meanwhile_stays_approved(bench: Bench) -> None:
    letter = bench.letters.draft(bench.shipped())
    lead = bench.signed_in(Role.LEAD)
    at = f"/letters/{letter.id}"
    body = "{greeting} {fixes} {still_broken} {opt_out}"
    given = {"text_language": "en", "subject": "Good news", "body": body, "notes": ""}
    before = lead.get(f"{at}/words")
    assert 'name="approved"' not in before.text
    bench.letters.approve(letter)
    refused = press(lead, f"{at}/words", f"{at}/words", edition=1, **given)
    assert refused.status_code == 412
    assert "approved it meanwhile" in refused.text
    assert "Good news" in refused.text
    assert "3 approved" in lead.get(at).text
    saved = press(lead, f"{at}/words", f"{at}/words", edition=1, approved=1, **given)
    assert saved.headers["location"] == f"{at}?done=unapproved"
    assert "3 to read" in lead.get(at).text


def test_a_letter_says_which_of_its_fixes_does_not_hold_any_more(bench: Bench) -> None:
    issue = bench.shipped()
    letter = bench.letters.draft(issue)
    with bench.application.open() as store:
        moved = store.issues.get(bench.product.id, issue.id, lock=True)
        move_issue(moved, IssueState.REGRESSED, store=store, cause=bench.letters.cause())
    bench.letters.look(letter)
    page = bench.signed_in(Role.LEAD).get(f"/letters/{letter.id}").text
    assert "<s>ISS-1</s>" in page
    assert "The fix of ISS-1 does not hold any more. The letter does not tell of it." in page
    assert "3 not written to" in page
    assert EXPORT in page


def test_only_letters_that_somebody_has_to_read_are_counted_beside_their_page(
    bench: Bench,
) -> None:
    issue, other = bench.shipped(), bench.letters.issue("login")
    bench.letters.ship(other, version="4.3")
    lead = bench.signed_in(Role.LEAD)
    read, unread = bench.letters.draft(issue), bench.letters.draft(other)
    assert _to_read(lead.get("/").text) == 2
    bench.letters.approve(read)
    assert _to_read(lead.get("/").text) == 1
    at = f"/letters/{read.id}"
    again = press(lead, at, f"{at}/approve", edition=read.edition)
    assert (again.status_code, "You have already approved" in again.text) == (409, True)
    with bench.application.open() as store:
        moved = store.issues.get(bench.product.id, other.id, lock=True)
        move_issue(moved, IssueState.REGRESSED, store=store, cause=bench.letters.cause())
    page = lead.get("/letters").text
    assert _to_read(page) == 0, "it tells of nothing that is fixed"
    assert f"<s>{other.name}</s>" in page
    assert f"The fix of {other.name} does not hold any more." in page
    assert "3 approved" in page
    bench.letters.look(unread)
    assert "3 not written to" in lead.get("/letters").text


def _to_read(page: str) -> int:
    found = re.search(r">(\d+)<span class=\"hidden\"> to read<", page)
    return int(found[1]) if found else 0


def test_a_preview_says_where_words_are_missing(bench: Bench) -> None:
    issue = bench.shipped()
    letter = bench.letters.draft(issue)
    bench.letters.word(letter, issue, " ")
    page = bench.signed_in(Role.LEAD).get(f"/letters/{letter.id}").text
    assert "* [Nobody has said yet, in words for customers, what was fixed]" in page


def test_a_product_says_how_it_writes(bench: Bench) -> None:
    lead = bench.signed_in(Role.LEAD)
    given: dict[str, str | int] = {
        "reply_to": "help@shop.example",
        "language": "de",
        "check_in_days": 5,
    }
    own = {
        "kind": "fix",
        "text_language": "de",
        "subject": "Neu: {product}",
        "body": "{fixes} {still_broken} {opt_out}",
    }
    saved = press(lead, "/letters/settings", "/letters/settings", **given, **own)
    assert saved.status_code == 303
    assert "5 days after each fix" in lead.get("/letters").text
    wrongs: tuple[dict[str, str | int], ...] = (
        {"reply_to": "nobody"},
        {"check_in_days": 91},
        {"language": "fr"},
    )
    for wrong in wrongs:
        answer = press(lead, "/letters/settings", "/letters/settings", **{**given, **wrong})
        assert answer.status_code == 422, wrong
    for days in ("99999", "9" * 40, "-1", "many"):
        answer = press(
            lead, "/letters/settings", "/letters/settings", **{**given, "check_in_days": days}
        )
        assert answer.status_code == 422
        assert 'id="wrong-check_in_days"' in answer.text
        assert f'value="{days}"' in answer.text
        assert "help@shop.example" in answer.text
    bench.sent()
    (message,) = [one for to, one in bench.letters.mail.sent.values() if to == EXPORT]
    assert message.subject == "Neu: Default"
    assert message.reply_to == "help@shop.example"


def test_looking_at_the_link_ends_nothing_and_one_click_does(bench: Bench) -> None:
    path = bench.sent()
    stranger = bench.browser()
    for _ in range(2):
        assert "Send me no more letters" in stranger.get(f"{path}/stop").text
    assert opted_out(bench) == 0
    click = stranger.post(f"{path}/stop", data={"List-Unsubscribe": "One-Click"})
    assert (click.status_code, opted_out(bench)) == (200, 1)
    assert "You get no more letters from us." in stranger.post(f"{path}/stop").text
    other = bench.path_to("shared@customer.example")
    assert stranger.post(f"{other}/stop").status_code == 200
    with bench.application.open() as store:
        found = store.opt_outs.search(bench.product.id)
    assert [(one.email, one.source) for one in found] == [
        ("shared@customer.example", "link"),
        (EXPORT, "mail"),
    ]


@pytest.mark.parametrize(
    "forged", ["1-" + "0" * 32, "2", "x", "-", "99999999999999999999-a", "1-é"]
)
def test_a_made_up_link_is_not_known(bench: Bench, forged: str) -> None:
    bench.sent()
    stranger = bench.browser()
    for what in ("stop", "still-broken", "effort"):
        answer = stranger.get(f"/mail/{forged}/{what}")
        assert (answer.status_code, "not known any more" in answer.text) == (404, True)
        assert stranger.post(f"/mail/{forged}/{what}", data={"text": "x"}).status_code == 404
    assert opted_out(bench) == 0


@pytest.mark.parametrize("path", ["/mail", "/mail/", "/mail/1-ab/sto", "/mail/a/b/c", "/mail/x"])
def test_a_link_that_was_cut_is_answered_with_a_page(bench: Bench, path: str) -> None:
    someone = bench.browser()
    for answer in (someone.get(path, headers={"Accept": "*/*"}), someone.post(path)):
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "This link is not known any more." in answer.text


def test_what_is_still_broken_becomes_a_contact_on_the_issue(bench: Bench) -> None:
    path = bench.sent()
    stranger = bench.browser()
    bench.letters.later(hours=1)
    assert TITLE in stranger.get(f"{path}/still-broken").text
    assert answers(bench) == []
    said = "The export still stops. My number is +49 30 901820, ask anna@private.example"
    for _ in range(2):
        thanks = stranger.post(f"{path}/still-broken", data={"text": said, "version": "4.2"})
        assert "We have it and look into it." in thanks.text
    bench.drain()
    (text,) = answers(bench)
    assert "The export still stops" in text
    assert "anna@" not in text
    assert "901820" not in text
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        assert store.issues.counts(issue.id).customers == 3
        assert store.issues.counts(issue.id).contacts == 4
    # Whoever has the link may say anything: a person has to look before the fix is taken back.
    assert issue.state is IssueState.SHIPPED
    assert stranger.post(f"{path}/still-broken", data={"text": " "}).status_code == 422
    many = [f"It is broken, try number {number}" for number in range(5)]
    codes = [stranger.post(f"{path}/still-broken", data={"text": t}).status_code for t in many]
    assert codes == [200] * 4 + [429]
    bench.letters.later(days=200)
    late = stranger.post(f"{path}/still-broken", data={"text": "Again"})
    assert (late.status_code, "too old" in late.text) == (403, True)
    assert stranger.post(f"{path}/stop").status_code == 200


def test_a_lead_checks_whether_it_is_back_and_says_so(bench: Bench) -> None:
    path = bench.sent()
    bench.letters.later(hours=1)
    stranger, lead = bench.browser(), bench.signed_in(Role.LEAD)
    said = {"text": "The export still stops at 90 percent", "version": "4.2"}
    stranger.post(f"{path}/still-broken", data=said)
    bench.drain()
    page = lead.get("/issues/ISS-1").text
    for words in ("Is ISS-1 back?", "It is back", "No, the fix holds", "How do you know?"):
        assert words in page, words
    assert "Possible return" in page
    bench.letters.later(days=20)
    assert state_of(bench) is IssueState.SHIPPED, "while the question is open it is not verified"
    lead = bench.signed_in(Role.LEAD)
    assert press(lead, "/issues/ISS-1", "/tasks/1/drop", reason="").status_code == 422
    told = press(lead, "/issues/ISS-1", "/tasks/1/drop", reason="an old tab, I asked")
    assert told.status_code == 303
    bench.letters.later(days=2)
    assert state_of(bench) is IssueState.VERIFIED
    lead = bench.signed_in(Role.LEAD)
    stranger.post(f"{path}/still-broken", data={**said, "text": "Export stops, I looked twice"})
    bench.drain()
    assert press(lead, "/issues/ISS-1", "/tasks/2/approve").status_code == 303
    bench.drain()
    assert state_of(bench) is IssueState.REGRESSED
    page = lead.get("/issues/ISS-1").text
    assert "a person has checked it, and 4.2 did not fix it" in page
    assert 'id="task-' not in page
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        (moved,) = [one for one in store.decisions.history(issue.id) if one.action == "regressed"]
    assert moved.actor.name == "lead@support.example"


def test_an_answer_weighs_beside_a_contact_that_came_another_way(bench: Bench) -> None:
    # Two customers a week regress it: an answer in the form and a mail are enough together.
    context = bench.application.context
    settings = context.settings.model_copy(update={"regression_share": 0.7})
    bench.pipeline.rewire(replace(context, settings=settings))
    path = bench.sent()
    stranger = bench.browser()
    bench.letters.later(days=10)
    said = {"text": "The export still stops at 90 percent", "version": "4.2"}
    stranger.post(f"{path}/still-broken", data=said)
    bench.drain()
    assert state_of(bench) is IssueState.SHIPPED
    bench.letters.later(hours=1)
    mail = a_contact(external_id="m", email="export1@customer.example", version="4.2")
    moment = bench.pipeline.clock.moment
    (sent,) = bench.pipeline.send(replace(mail, occurred_at=moment))
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        store.issues.unassign([sent.contact_id], now=moment)
        place = Place(sent.contact_id, issue.id, 1.0, 0.5, "", "lead@support.example", "seen")
        store.waiting.assign(issue.product_id, [place], now=moment)
        store.enqueue(
            "watch", product_id=issue.product_id, issue_id=issue.id, contact_id=sent.contact_id
        )
    bench.drain()
    assert state_of(bench) is IssueState.REGRESSED


def test_thanks_in_the_form_are_no_contact_about_the_issue(bench: Bench) -> None:
    finder = replace(bench.application.context.finder, least_chatter=0.6)
    bench.pipeline.rewire(replace(bench.application.context, finder=finder))
    path = bench.sent()
    stranger = bench.browser()
    bench.letters.later(hours=1)
    for text in ("Hi, all fine now, thanks a lot for the fix!", "Thank you!"):
        answer = stranger.post(f"{path}/still-broken", data={"text": text, "version": "4.2"})
        assert answer.status_code == 200
    bench.drain()
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        assert store.issues.counts(issue.id).contacts == 3
        history = [one.action for one in store.decisions.history(issue.id)]
        assert store.tasks.all(bench.product.id) == []
    assert issue.state is IssueState.SHIPPED
    assert history.count("answer_without_problem") == 2
    assert "possible_return" not in history
    page = bench.signed_in(Role.LEAD).get("/issues/ISS-1").text
    assert "Answer to a letter without a problem" in page


def state_of(bench: Bench) -> IssueState:
    with bench.application.open() as store:
        return store.issues.by_number(bench.product.id, 1).state


def test_which_of_two_fixes_is_still_broken_has_to_be_said(bench: Bench) -> None:
    exports, login = bench.letters.issue("export", 2), bench.letters.issue("login", 2)
    bench.letters.ship(exports, login)
    bench.letters.draft(exports)
    letter = bench.letters.draft(login)
    bench.letters.approve(letter)
    bench.letters.send(letter)
    path = bench.path_to("shared@customer.example")
    stranger = bench.browser()
    assert stranger.get(f"{path}/still-broken").text.count('type="radio"') == 2
    for number, status in (("", 422), (99, 422), (login.id, 200)):
        data = {"text": "Still so", "issue": str(number)} if number else {"text": "Still so"}
        assert stranger.post(f"{path}/still-broken", data=data).status_code == status
    bench.drain()
    assert len(bench.letters.groups.on(login)) == 3
    assert len(bench.letters.groups.on(exports)) == 2


def test_the_answer_to_a_check_in_counts_as_effort(bench: Bench) -> None:
    path = bench.sent(LetterKind.CHECK_IN)
    stranger = bench.browser()
    assert "How easy was it to get this solved?" in stranger.get(f"{path}/effort").text
    (asked,) = surveys(bench)
    assert (asked.metric, asked.answers, asked.offered) == (Metric.CES, 0, 3)
    assert stranger.post(f"{path}/effort", data={}).status_code == 422
    assert stranger.post(f"{path}/effort", data={"score": "8"}).status_code == 422
    for score in ("2", "6"):
        assert stranger.post(f"{path}/effort", data={"score": score}).status_code == 200
    (answered,) = surveys(bench)
    assert (answered.answers, answered.offered) == (1, 3)


def test_a_letter_about_a_fix_asks_nothing(bench: Bench) -> None:
    path = bench.sent()
    assert bench.browser().get(f"{path}/effort").status_code == 404
    assert bench.browser().post(f"{path}/effort", data={"score": "7"}).status_code == 404
    assert surveys(bench) == ()


def test_whom_to_reach_by_hand_comes_as_a_table(bench: Bench) -> None:
    office = a_contact(external_id="o", email="info@acme.example", minutes=1, account="=1+1")
    issue = bench.letters.issue_of(a_contact(external_id="a"), office)
    bench.letters.ship(issue)
    letter = bench.letters.draft(issue)
    lead = bench.signed_in(Role.LEAD)
    answer = lead.get(f"/letters/{letter.id}/by-hand.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    head, row = answer.text.strip().splitlines()
    assert head == "customer,name,account,why,fixed,version,known_by"
    assert "'=1+1" in row
    assert "only a shared mailbox is known" in row
    assert TITLE in row
    bench.letters.word(letter, issue, " ")
    without_words = lead.get(f"/letters/{letter.id}/by-hand.csv").text
    assert "ISS-" not in without_words
    assert "Nobody has said yet" in without_words
    assert [one.state for one in bench.letters.readers(letter)] == [
        LetterState.DRAFTED,
        LetterState.SUPPRESSED,
    ]


def test_a_program_drafts_reads_approves_and_sends_a_letter(bench: Bench) -> None:
    bench.shipped()
    with serving(bench.application) as api:
        lead = api.as_(Role.LEAD)
        assert lead.post("/letters", {"issue": "ISS-99"}).status_code == 404
        made = lead.post("/letters", {"issue": "ISS-1"})
        assert (made.status_code, made.json()["counts"]) == (201, {"drafted": 3})
        assert lead.post("/letters/1/send", {"edition": 1}).status_code == 409
        words = {"ISS-1": {"en": {"title": "Exports are whole again"}}}
        edited = lead.post("/letters/1/edit", {"edition": 1, "words": words})
        assert edited.json()["edition"] == 2
        wrong = lead.post("/letters/1/edit", {"edition": 2, "words": {"nonsense": {}}})
        assert wrong.status_code == 422
        assert lead.post("/letters/1/approve", {"edition": 1}).status_code == 412
        (first, *_) = lead.get("/letters/1/preview", limit=1).json()["items"]
        assert "Exports are whole again" in first["text"]
        off = lead.post("/letters/1/take-off", {"addressee": 3, "reason": "called them"})
        assert off.json()["counts"] == {"drafted": 2, "suppressed": 1}
        listed = lead.get("/letters/1/addressees", state="suppressed").json()["items"]
        assert [(one["why"], one["reason"]) for one in listed] == [("taken_off", "called them")]
        assert lead.post("/letters/1/approve", {"edition": 2}).json()["customers"] == 2
        gone = lead.post("/opt-outs", {"emails": [" Export1@customer.example", "nobody"]})
        assert gone.json() == {"added": 1, "known": 0, "refused": ["nobody"]}
        sent = lead.post("/letters/1/send", {"edition": 2, "first": 5})
        assert (sent.status_code, sent.json()["customers"]) == (202, 1)
        bench.drain()
        assert [to for to, _ in bench.letters.mail.sent.values()] == [EXPORT]
        assert lead.get("/letters").json()["items"][0]["counts"] == {"sent": 1, "suppressed": 2}
        assert lead.post("/letters/1/drop", {}).status_code == 409
        assert lead.get("/letters/1/by-hand").text.startswith("customer,name")
        plan = {"check_in_days": 7, "language": "es"}
        assert lead.post("/letters/settings", plan).json()["check_in_days"] == 7
        assert lead.get("/letters/settings").json()["language"] == "es"
        (address,) = lead.get("/opt-outs").json()["items"]
        assert address["email"] == "export1@customer.example"


def opted_out(bench: Bench) -> int:
    with bench.application.open() as store:
        return store.opt_outs.count(bench.product.id)


def answers(bench: Bench) -> list[str]:
    """What came in answer to letters, as stored."""
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        found = store.placements.of_issue(bench.product.id, issue.id)
        contacts = [store.contacts.get(bench.product.id, one.contact_id) for one in found]
    return [one.text for one in contacts if one.source == "letter"]


def surveys(bench: Bench) -> tuple[Surveyed, ...]:
    with bench.application.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        return satisfaction_of(issue, store=store).surveys


def join_late(bench: Bench, issue: Issue, *emails: str) -> list[int]:
    """Contacts of these customers join at even odds, as once a fix is out."""
    sent = bench.pipeline.send(
        *(
            a_contact("The export stops somewhere", external_id=f"late-{one}", email=one)
            for one in emails
        )
    )
    ids = [one.contact_id for one in sent]
    with bench.application.open() as store:
        for one in ids:
            store.issues.unassign([one], now=bench.pipeline.clock.moment)
        places = [
            Place(one, issue.id, 0.4, 0.5, "test", MACHINE.name, "likely", is_late=True)
            for one in ids
        ]
        store.issues.assign_all(bench.product.id, places, now=bench.pipeline.clock.moment)
    return [int(one) for one in ids]


def test_who_only_joined_at_even_odds_is_left_out_until_a_person_confirms_it(bench: Bench) -> None:
    issue = bench.shipped()
    maybe, sure = "maybe@customer.example", EXPORT
    (contact, _) = join_late(bench, issue, maybe, sure)
    letter, lead = bench.letters.draft(issue), bench.signed_in(Role.LEAD)
    left_out = bench.letters.readers(letter, LetterState.SUPPRESSED)
    assert [(one.email, one.why) for one in left_out] == [(maybe, Why.JOINED_LATE)]
    assert sure in {one.email for one in bench.letters.readers(letter, LetterState.DRAFTED)}
    told = "joined after the fix, and may not belong; confirm them on the issue to include them"
    shown = lead.get(f"/letters/{letter.id}").text
    assert f"1 customer is left out: they {told}." in shown
    with bench.application.open() as store:
        assert present_letters.letter(letter, store=store).joined_late == 1
    assert "joined late, not sure</span>" in lead.get("/issues/ISS-1").text
    with bench.application.open() as store:
        version = store.issues.get(bench.product.id, issue.id).version
    kept = press(lead, "/issues/ISS-1", "/issues/ISS-1/keep", contacts=contact, version=version)
    assert kept.headers["location"] == "/issues/ISS-1?done=kept"
    press(lead, f"/letters/{letter.id}", f"/letters/{letter.id}/look")
    assert maybe in {one.email for one in bench.letters.readers(letter, LetterState.DRAFTED)}
    assert "left out" not in lead.get(f"/letters/{letter.id}").text
    press(lead, "/issues/ISS-1", "/issues/ISS-1/undo")
    press(lead, f"/letters/{letter.id}", f"/letters/{letter.id}/look")
    (again,) = bench.letters.readers(letter, LetterState.SUPPRESSED)
    assert again.why is Why.JOINED_LATE


def test_who_may_not_do_a_thing_is_told_so_whatever_is_missing(bench: Bench) -> None:
    letter = bench.letters.draft(bench.shipped())
    agent = bench.signed_in(Role.AGENT)
    for path in (
        *(f"/letters/{letter.id}/{verb}" for verb in ("approve", "send", "take-off", "words")),
        *("/letters/settings", "/issues/ISS-1/confirm", "/review/undo/ISS-1", "/people/invite"),
        *("/signals/rule", "/published", "/issues/ISS-1/workarounds", "/reports/weekly/plan"),
    ):
        assert press(agent, "/inbox", path).status_code == 403, path


def test_a_mail_that_came_back_is_handed_in_by_a_program(bench: Bench) -> None:
    bench.sent()
    (message_id,) = [name for name, (to, _) in bench.letters.mail.sent.items() if to == EXPORT]
    raw = (PAYLOADS / "postfix_failed.eml").read_text()
    for mark, value in (("RECIPIENT", EXPORT), ("MAILKEY", mail_key(message_id))):
        raw = raw.replace(mark, value)
    with serving(bench.application) as api:
        lead, agent = api.as_(Role.LEAD), api.as_(Role.AGENT)
        mail, kind = raw.encode(), "message/rfc822"
        assert agent.send("/bounces", mail, media_type=kind).status_code == 403
        told = lead.send("/bounces", mail, media_type=kind)
        assert told.status_code == 200, told.text
        assert (told.json()["bounced"], told.json()["ended"]) == (1, 1)
        assert lead.send("/bounces", mail, media_type=kind).json()["known"] == 1
        (dead,) = lead.get("/bounces").json()["items"]
        assert dead["email"] == EXPORT
        assert "User unknown" in dead["reason"]
        (row,) = lead.get("/outgoing", state="bounced").json()["items"]
        assert row["recipient"] == EXPORT
        assert lead.post(f"/outgoing/{row['id']}/retry").status_code == 409
        assert lead.post("/bounces/again", {"email": EXPORT.upper()}).status_code == 200
        assert lead.post("/bounces/again", {"email": EXPORT}).status_code == 404
        plain = lead.send("/bounces", b"Subject: hi\n\nhello", media_type=kind)
        assert plain.json()["is_report"] is False
        assert lead.send("/bounces", b"{}").status_code == 415
    page = bench.signed_in(Role.LEAD).get("/letters/1?state=failed").text
    assert "came back: 550 5.1.1" in page
