"""The weekly report and the daily digest: what they say, that they are kept, and sent once."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.issues import Issue, IssueState
from bridge.domain.messages import MessageState
from bridge.domain.reports import Line, Report, ReportKind, ReportPlan, Span
from bridge.steps import report as reporting
from bridge.steps.daily import daily_digest
from bridge.steps.moves import Cause, move_issue
from bridge.steps.notify import retry_message
from bridge.steps.report import plan_reports, report_of, send_now
from bridge.steps.ship import ReleaseNews, ship
from integrations.smtp.notifier import SmtpNotifier
from integrations.smtp.settings import SmtpSettings
from tests.builders import START, a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.groups_bench import MIA, Groups

WEEKLY, DAILY = ReportKind.WEEKLY, ReportKind.DAILY
WEEK = timedelta(weeks=1)
DEV = "dev@company.example"


class Post:
    """A mail server that keeps what it takes, and may say something else first."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep it unless told otherwise."""
        if self.answers:
            return self.answers.pop(0)
        mail = message_from_bytes(envelope.content or b"", _class=EmailMessage, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos[0], mail))
        return "250 2.0.0 queued"


@pytest.fixture
def post(pipeline: Pipeline) -> Iterator[Post]:
    """A mail server that the jobs send through."""
    found = Post()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    notifier = SmtpNotifier(SmtpSettings("127.0.0.1", port, starttls=False))
    pipeline.rewire(replace(pipeline.application.context, notifiers=(notifier,)))
    yield found
    controller.stop()


def at(pipeline: Pipeline, moment: datetime) -> None:
    pipeline.clock.advance(moment, pipeline.queue)


def weekly(pipeline: Pipeline, moment: datetime = START) -> Report:
    """The report of the week that a moment lies in."""
    with pipeline.application.open() as store:
        return report_of(
            pipeline.product,
            Span.holding(WEEKLY, moment),
            store=store,
            context=pipeline.application.context,
        )


def lines(report: Report, key: str) -> list[Line]:
    section = report.section(key)
    assert section is not None
    return list(section.lines)


def plan(pipeline: Pipeline, *recipients: str, kind: ReportKind = WEEKLY) -> None:
    with pipeline.application.open() as store:
        plan_reports(
            pipeline.product,
            ReportPlan(kind, recipients, weekday=0, hour=7),
            store=store,
            context=pipeline.application.context,
        )


def tick(pipeline: Pipeline) -> None:
    """The clock looks whether a report is due."""
    with pipeline.application.open() as store:
        store.enqueue("report_all", once="report_all")
    pipeline.queue.drain(pipeline.clock.moment)


@pytest.fixture
def issue(pipeline: Pipeline) -> Issue:
    """A confirmed issue of four customers."""
    made = Groups(pipeline).issue("export", 4)
    with pipeline.application.open() as store:
        cause = Cause(MIA, pipeline.clock.moment)
        made = move_issue(made, IssueState.CONFIRMED, store=store, cause=cause)
    at(pipeline, START + timedelta(hours=1))
    return made


def test_a_week_tells_of_its_issues_with_numbers_and_links(
    pipeline: Pipeline, issue: Issue
) -> None:
    found = weekly(pipeline)
    assert (found.name, found.is_whole) == ("2026-W10", False)
    (top,) = lines(found, "top")
    assert (top.issue, top.path) == (issue.name, f"/issues/{issue.name}")
    assert top.told == "4 customers, 4 contacts in seven days; confirmed, no ticket."
    assert [one.issue for one in lines(found, "new")] == [issue.name]
    assert found.facts[0].told.startswith("4 contacts of 4 customers (0 contacts the week before)")
    for key in ("growing", "regressed", "shipped", "verified", "quiet"):
        assert lines(found, key) == [], key


def test_what_has_not_moved_since_the_last_report_is_still(
    pipeline: Pipeline, issue: Issue
) -> None:
    with pipeline.application.open() as store:
        store.reports.keep(pipeline.product.id, weekly(pipeline))
    at(pipeline, START + WEEK)
    (top,) = lines(weekly(pipeline, START + WEEK), "top")
    assert top.is_still
    moved = replace(a_contact(external_id="more", email="new@x.example", minutes=7 * 24 * 60 + 1))
    (sent,) = pipeline.send(moved)
    with pipeline.application.open() as store:
        store.issues.unassign([sent.contact_id], now=pipeline.clock.moment)
    Groups(pipeline).issue_of([sent.contact_id], "another")
    with pipeline.application.open() as store:
        current = store.issues.get(issue.product_id, issue.id)
        cause = Cause(MIA, pipeline.clock.moment)
        move_issue(current, IssueState.FILED, store=store, cause=cause)
    (top,) = lines(weekly(pipeline, START + WEEK), "top")
    assert not top.is_still, "another state is news"


def test_growth_regression_and_quiet_are_told(pipeline: Pipeline) -> None:
    pipeline.send(*contacts_about_export(4))
    for week in range(1, 5):
        pipeline.send(*contacts_about_export(1, first=10 * week, minutes=week * 7 * 24 * 60))
    pipeline.send(*contacts_about_export(9, first=100, minutes=5 * 7 * 24 * 60))
    pipeline.consolidate()
    with pipeline.application.open() as store:
        found = store.issues.by_number(pipeline.product.id, 1)
        cause = Cause(MIA, pipeline.clock.moment)
        for state in (IssueState.CONFIRMED, IssueState.FILED):
            found = move_issue(found, state, store=store, cause=cause)
    at(pipeline, START + 6 * WEEK)
    grown = weekly(pipeline, START + 5 * WEEK)
    (line,) = lines(grown, "growing")
    assert line.told.startswith("9 contacts in seven days where ")
    assert lines(grown, "quiet") == []
    at(pipeline, START + 9 * WEEK)
    (quiet,) = lines(weekly(pipeline, START + 8 * WEEK), "quiet")
    assert quiet.told.startswith("No contact for 27 days")


def test_shipped_tells_how_many_were_told_and_verified_what_was_avoided(
    pipeline: Pipeline,
) -> None:
    for day in range(21):
        pipeline.send(*contacts_about_export(3, first=3 * day, minutes=day * 24 * 60))
        if day == 1:
            pipeline.consolidate()
    at(pipeline, START + timedelta(days=21))
    with pipeline.application.open() as store:
        found = store.issues.by_number(pipeline.product.id, 1)
        cause = Cause(MIA, pipeline.clock.moment)
        for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED):
            found = move_issue(found, state, store=store, cause=cause)
        news = ReleaseNews("4.1", pipeline.clock.moment, issue_ids=(found.id,))
        context = pipeline.application.context
        ship(news, pipeline.product, store=store, context=context, cause=cause)
    shipped_at = pipeline.clock.moment
    at(pipeline, shipped_at + timedelta(hours=1))
    (shipped,) = lines(weekly(pipeline, shipped_at), "shipped")
    assert shipped.told == "In 4.1 since 23 March; 1 person was told."
    at(pipeline, shipped_at + 2.5 * WEEK)
    (verified,) = lines(weekly(pipeline, shipped_at + 2 * WEEK), "verified")
    assert "contacts avoided in 17 days (between" in verified.told
    assert verified.weeks is not None
    assert verified.weeks.after == (0, 0)
    assert sum(verified.weeks.before) == 63
    assert verified.weeks.low <= verified.weeks.expected <= verified.weeks.high
    pipeline.send(*contacts_about_export(8, first=900, minutes=39 * 24 * 60, version="4.1"))
    at(pipeline, START + timedelta(days=40))
    (back,) = lines(weekly(pipeline, shipped_at + 2.7 * WEEK), "regressed")
    words = "fixed in 4.1 (6 customers with the fix wrote within a week, 6 are enough); "
    assert words in back.told


def test_a_report_is_kept_and_mailed_once_to_each_however_often_it_is_asked_for(
    pipeline: Pipeline, post: Post, issue: Issue
) -> None:
    plan(pipeline, DEV, "lead@company.example")
    at(pipeline, START + timedelta(days=6))
    tick(pipeline)
    assert post.mails == []
    at(pipeline, START + timedelta(days=7))  # Monday at nine; due at seven
    for _ in range(3):
        tick(pipeline)
    with pipeline.application.open() as store:
        span = Span.named(WEEKLY, "2026-W10")
        send_now(pipeline.product, span, store=store, context=pipeline.application.context)
    pipeline.queue.drain(pipeline.clock.moment)
    assert [recipient for recipient, _ in post.mails] == [DEV, "lead@company.example"]
    mail = post.mails[0][1]
    assert mail["Subject"] == "Weekly report: Default, week 10 of 2026, 2 to 8 March"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "4 customers" in body.get_content()
    html = mail.get_body(("html",))
    assert html is not None
    assert "http://127.0.0.1:8000/issues/" in html.get_content()
    with pipeline.application.open() as store:
        kept = store.reports.find(pipeline.product.id, WEEKLY, "2026-W10")
        sent = store.reports.sendings(pipeline.product.id, WEEKLY, span.name)
    assert kept is not None
    assert [one.state for one in sent] == ["sent", "sent"]
    # What was said stays said, whatever happens afterwards.
    with pipeline.application.open() as store:
        store.issues.change(store.issues.get(issue.product_id, issue.id), {"title": "Another"})
    assert weekly(pipeline).sections == kept.sections


def test_a_process_that_dies_while_sending_sends_under_the_same_id(
    pipeline: Pipeline, post: Post, issue: Issue
) -> None:
    plan(pipeline, DEV)
    at(pipeline, START + timedelta(days=7))
    context = pipeline.application.context
    product_id = pipeline.product.id
    reporting.report(context, product_id=product_id, kind="weekly", name="2026-W10")
    with pipeline.application.open() as store:
        (sending,) = store.reports.sendings(pipeline.product.id, WEEKLY, "2026-W10")
        # As a process leaves it that was killed between its two blocks.
        assert store.reports.take_sending(sending.id) is not None
    for _ in range(2):
        reporting.send_report(
            context, product_id=product_id, kind="weekly", name="2026-W10", sending_id=sending.id
        )
    pipeline.queue.drain(pipeline.clock.moment)
    assert len(post.mails) == 1
    reporting.report(context, product_id=product_id, kind="weekly", name="2026-W10")
    assert pipeline.queue.next_due() is None, "nobody is planned twice"


def test_a_refused_mail_is_told_in_the_digest_and_one_that_waits_is_tried_again(
    pipeline: Pipeline, post: Post, issue: Issue
) -> None:
    plan(pipeline, DEV)
    at(pipeline, START + timedelta(days=7))
    post.answers = ["554 no such person"]
    tick(pipeline)
    assert post.mails == []
    with pipeline.application.open() as store:
        digest = daily_digest(
            pipeline.product,
            Span.holding(DAILY, START),
            store=store,
            context=pipeline.application.context,
            now=pipeline.clock.moment,
        )
    (failed,) = lines(digest, "failed")
    assert failed.title == f"A message to {DEV} by smtp"
    assert "554 no such person" in failed.told


def test_a_failed_mail_that_a_person_sends_again_is_the_report_and_not_a_note(
    pipeline: Pipeline, post: Post, issue: Issue
) -> None:
    plan(pipeline, DEV)
    at(pipeline, START + timedelta(days=7))
    post.answers = ["554 no such person"]
    tick(pipeline)
    with pipeline.application.open() as store:
        (failed,) = store.messages.search(pipeline.product.id, [MessageState.FAILED], limit=5)
        retry_message(failed, store=store, now=pipeline.clock.moment)
        waiting = store.messages.get(pipeline.product.id, failed.id)
        with pytest.raises(InvalidMove, match="only a failed one"):
            retry_message(waiting, store=store, now=pipeline.clock.moment)
    pipeline.queue.drain(pipeline.clock.moment)
    ((_, mail),) = post.mails
    assert mail["Subject"] == failed.subject
    assert mail.get_body(("html",)) is not None
    with pipeline.application.open() as store:
        assert store.messages.get(pipeline.product.id, failed.id).state is MessageState.SENT


def test_a_day_tells_what_came_in_and_which_candidates_crossed_the_thresholds(
    pipeline: Pipeline,
) -> None:
    pipeline.send(*contacts_about_export(6))
    pipeline.consolidate()
    with pipeline.application.open() as store:
        for day, expected in ((START, ["ISS-1"]), (START + timedelta(days=1), [])):
            digest = daily_digest(
                pipeline.product,
                Span.holding(DAILY, day),
                store=store,
                context=pipeline.application.context,
                now=START + timedelta(days=2),
            )
            assert [one.issue for one in lines(digest, "candidates")] == expected
            if expected:
                assert digest.facts[0].told == "6 contacts of 6 customers (email 6)"


def test_without_a_mail_server_it_is_kept_and_said_why_nobody_got_it(
    pipeline: Pipeline, issue: Issue
) -> None:
    plan(pipeline, DEV)
    at(pipeline, START + timedelta(days=7))
    tick(pipeline)
    with pipeline.application.open() as store:
        (sending,) = store.reports.sendings(pipeline.product.id, WEEKLY, "2026-W10")
    assert sending.state == "failed"
    assert "BRIDGE_SMTP_HOST" in str(sending.reason)


def test_what_cannot_be_planned_or_sent_is_refused_in_words(pipeline: Pipeline) -> None:
    with pytest.raises(InvalidInput, match="is no address"):
        plan(pipeline, "nobody")
    context = pipeline.application.context
    with pipeline.application.open() as store:
        with pytest.raises(InvalidMove, match="has not ended"):
            send_now(pipeline.product, Span.holding(WEEKLY, START), store=store, context=context)
        last = Span.holding(WEEKLY, START).before
        with pytest.raises(InvalidMove, match="nobody is named"):
            send_now(pipeline.product, last, store=store, context=context)
        coming = Span.holding(WEEKLY, START + 2 * WEEK)
        with pytest.raises(InvalidInput, match="has not begun"):
            report_of(pipeline.product, coming, store=store, context=context)
