"""What the rank is made of, read from the real store; never a stored counter."""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bridge.domain.contacts import AccountReceived, ContactReceived, CustomerReceived, Rating
from bridge.domain.issues import Issue, IssueState
from bridge.domain.rank import Impact, Rank, RankRules, RankWeights
from bridge.domain.tickets import Urgency
from bridge.settings import Settings
from bridge.steps.drafts import draft_ticket
from bridge.steps.ingest import IngestResult
from bridge.store import Engine, Store, make_engine, open_store
from bridge.store.issues import IssueFilter
from tests.builders import a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.groups_bench import Groups

DAY = 24 * 60.0
EXPORT = "The export button does nothing when I press it"


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """The test's own database, for what no step does."""
    assert settings.database_url is not None
    made = make_engine(settings.database_url.get_secret_value())
    yield made
    made.dispose()


def wrote(
    number: int, who: str, *, minutes: float, channel: str = "email", rating: Rating | None = None
) -> ContactReceived:
    made = a_contact(
        EXPORT,
        external_id=f"rank-{number}",
        email=f"{who}@customer.example",
        minutes=minutes,
        channel=channel,
    )
    return replace(made, rating=rating)


def an_issue(groups: Groups, *contacts: ContactReceived) -> Issue:
    """An issue of these contacts, wherever the finder has put them."""
    sent = groups.pipeline.send(*contacts)
    return groups.issue_of([one.contact_id for one in sent], "Export")


def impact_of(groups: Groups, issue: Issue) -> Impact:
    with groups.application.open() as store:
        return store.issues.summary(groups.product.id, issue.id).impact


def test_journeys_growth_ratings_and_age_are_counted_from_contacts(groups: Groups) -> None:
    issue = an_issue(
        groups,
        wrote(1, "ada", minutes=0),
        wrote(2, "ada", minutes=1, channel="chat"),
        wrote(3, "ada", minutes=2, channel="chat", rating=Rating("csat", 1)),
        wrote(4, "ada", minutes=3, channel="email"),
        wrote(5, "bob", minutes=4, rating=Rating("csat", 4)),
        wrote(6, "cyd", minutes=5),
        wrote(7, "dee", minutes=14 * DAY),
        wrote(8, "cyd", minutes=14 * DAY + 1, rating=Rating("nps", 0)),
        replace(wrote(9, "-", minutes=14 * DAY + 2), customer=CustomerReceived(display_name="Al")),
    )
    impact = impact_of(groups, issue)
    assert (impact.customers, impact.recent_customers) == (4, 2)
    assert (impact.further_contacts, impact.channel_switches, impact.effort) == (4, 2, 6)
    assert (impact.rated_customers, impact.unhappy_customers) == (2, 1)
    assert impact.mean_rating == pytest.approx((0.0 + 0.75) / 2)
    assert impact.weeks == pytest.approx(2, abs=0.01)
    assert impact.tiers == {}


def test_the_tries_of_one_customer_are_bounded(groups: Groups) -> None:
    issue = an_issue(
        groups,
        *(
            wrote(number, "ada", minutes=number, channel=("email", "chat")[number % 2])
            for number in range(20)
        ),
        *contacts_about_export(4, first=100, minutes=30),
    )
    impact = impact_of(groups, issue)
    assert (impact.customers, impact.further_contacts, impact.channel_switches) == (5, 19, 19)
    assert impact.effort == 10


def test_accounts_count_by_tier_once_each(groups: Groups) -> None:
    def of(number: int, key: str | None, tier: str | None) -> ContactReceived:
        account = AccountReceived(key, tier=tier) if key else None
        return replace(wrote(number, f"w{number}", minutes=number), account=account)

    issue = an_issue(
        groups,
        of(1, "acme", "Enterprise"),
        of(2, "acme", None),
        of(3, "beta", " enterprise "),
        of(4, "gamma", "Gold"),
        of(5, "delta", None),
        of(6, None, None),
    )
    assert impact_of(groups, issue).tiers == {"enterprise": 2, "gold": 1}
    with groups.application.open() as store:
        assert store.issues.summary(groups.product.id, issue.id).counts.accounts == 4


def test_a_shared_mailbox_is_no_journey_and_merged_people_are_one(groups: Groups) -> None:
    first, second = groups.issue("export", 4), groups.issue("login", 4)
    survivor = groups.merge(first, second)
    impact = impact_of(groups, survivor)
    # shared@ of both topics is one person who wrote twice.
    assert (impact.customers, impact.further_contacts) == (7, 1)
    with groups.application.open() as store:
        counts = store.issues.counts(survivor.id)
        summary = store.issues.summary(groups.product.id, survivor.id)
    assert summary.counts == counts


def test_a_contact_with_two_problems_on_one_issue_is_one_contact(
    groups: Groups, engine: Engine
) -> None:
    issue = groups.issue("export", 4)
    with groups.application.open() as store:
        before = store.issues.summary(groups.product.id, issue.id)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO assignment (product_id, contact_id, part, issue_id, similarity,"
                " threshold, encoder, actor, reason, created_at) SELECT product_id, contact_id, 1,"
                " issue_id, similarity, threshold, encoder, actor, reason, created_at"
                " FROM assignment WHERE issue_id = :id"
            ),
            {"id": issue.id},
        )
    with groups.application.open() as store:
        after = store.issues.summary(groups.product.id, issue.id)
        assert after.counts == store.issues.counts(issue.id)
    assert (after.counts, after.impact) == (before.counts, before.impact)


def test_the_list_is_sorted_by_the_very_score_that_is_shown(groups: Groups) -> None:
    for topic, count in (("export", 4), ("login", 6)):
        groups.issue(topic, count)
    tries = [
        replace(
            wrote(number, f"w{number % 3}", minutes=10 + number, channel=channel),
            rating=Rating("csat", 1 + number % 3),
            account=AccountReceived(f"acme{number % 2}", tier="gold"),
        )
        for number, channel in enumerate(("email", "chat", "email", "chat", "chat", "email"))
    ]
    an_issue(groups, *tries)
    rules = RankRules(RankWeights(effort=3, satisfaction=2, age=7), {"gold": 9})
    with groups.application.open() as store:
        found = store.issues.search(groups.product.id, IssueFilter(rules=rules))
        plain = store.issues.search(groups.product.id, IssueFilter())
    assert found[0].issue.title == "Export"
    assert plain[0].issue.title != "Export"
    for rank_rules, issues in ((rules, found), (RankRules(), plain)):
        scores = [Rank.of(one.impact, rank_rules).score for one in issues]
        assert scores == sorted(scores, reverse=True)
        assert [one.position / 1000 for one in issues] == pytest.approx(scores, abs=0.002)


def test_pages_by_rank_neither_repeat_nor_leave_out_an_issue(groups: Groups) -> None:
    for topic, count in (("export", 3), ("login", 3), ("invoice", 5)):
        groups.issue(topic, count)
    seen: list[int] = []
    with groups.application.open() as store:
        whole = store.issues.search(groups.product.id, IssueFilter())
        after: tuple[int, int] | None = None
        for _ in whole:
            (one,) = store.issues.search(groups.product.id, IssueFilter(limit=1, after=after))
            seen.append(one.issue.number)
            after = (one.position, one.issue.number)
        assert store.issues.search(groups.product.id, IssueFilter(limit=1, after=after)) == []
    assert len(seen) >= 3
    assert seen == [one.issue.number for one in whole]


def test_an_issue_without_contacts_has_a_rank_of_nought(groups: Groups) -> None:
    issue = groups.issue("login", 3)
    contacts = groups.on(issue)
    with groups.application.open() as store:
        store.issues.unassign(contacts, now=groups.pipeline.clock.moment)
        summary = store.issues.summary(groups.product.id, issue.id)
        (listed,) = store.issues.search(groups.product.id, IssueFilter(words=issue.name))
    assert summary.impact == listed.impact == Impact()
    assert (listed.position, listed.counts.contacts) == (0, 0)


def test_a_rating_that_comes_later_counts_and_one_that_stays_changes_nothing(
    groups: Groups,
) -> None:
    # An update without another text used to send the contact to the finder a second time.
    sent, pipeline = contacts_about_export(5), groups.pipeline
    first = pipeline.send(*sent)
    issue = groups.issue_of([one.contact_id for one in first], "Export")
    later = pipeline.clock.moment + timedelta(hours=1)
    rated = replace(sent[0], updated_at=later, rating=Rating("CSAT", 2))
    assert [one.result for one in pipeline.send(rated)] == [IngestResult.UPDATED]
    assert [one.result for one in pipeline.send(rated)] == [IngestResult.UNCHANGED]
    assert [one.result for one in pipeline.send(sent[1])] == [IngestResult.UNCHANGED]
    assert [one.contact_id for one in first] == groups.on(issue)
    impact = impact_of(groups, issue)
    assert (impact.rated_customers, impact.unhappy_customers) == (1, 1)


def test_the_urgency_of_a_ticket_follows_the_configured_rank(groups: Groups) -> None:
    issue = groups.issue("export", 4, state=IssueState.CONFIRMED)
    context = groups.application.context
    weighty = replace(
        context, settings=context.settings.model_copy(update={"rank_weights": RankWeights(30)})
    )
    with groups.application.open() as store:
        product_id = groups.product.id
        plain = draft_ticket(issue.id, "f", product_id, store=store, context=context)
        heavy = draft_ticket(issue.id, "f", product_id, store=store, context=weighty)
    assert (plain.urgency, heavy.urgency) == (Urgency.LOW, Urgency.HIGHEST)


@pytest.mark.parametrize("count", [int(os.environ.get("BRIDGE_RANK_CONTACTS", "20000"))])
def test_the_ranked_list_is_quick(count: int, engine: Engine, pipeline: Pipeline) -> None:
    """BRIDGE_RANK_CONTACTS=100000 and -s measure it at the size of docs/rank.md."""
    with engine.begin() as connection:
        for statement in _CROWD:
            connection.execute(text(statement), {"contacts": count, "issues": count // 50})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    seconds = {}
    with open_store(engine, pipeline.queue) as store:
        for name, wanted in (
            ("all", IssueFilter(limit=26)),
            ("a tab", IssueFilter(limit=26, states=(IssueState.CANDIDATE,))),
        ):
            seconds[name] = min(_took(store, pipeline, wanted) for _ in range(3))
        biggest = store.issues.search(pipeline.product.id, IssueFilter(limit=1))[0]
        started = time.monotonic()
        store.issues.summary(pipeline.product.id, biggest.issue.id)
        seconds["the biggest issue"] = time.monotonic() - started
    sys.stderr.write(f"\n{count} contacts: {seconds}\n")
    # Some 5 microseconds a contact; a third of a second more is the machine's.
    assert seconds["all"] < 0.35 + count * 20e-6, seconds


def _took(store: Store, pipeline: Pipeline, wanted: IssueFilter) -> float:
    started = time.monotonic()
    assert len(store.issues.search(pipeline.product.id, wanted)) == 26
    return time.monotonic() - started


_CROWD = (
    """INSERT INTO account (product_id, key, tier, domains)
    SELECT 1, 'acc-' || n, (ARRAY['enterprise', 'business', 'solo', NULL])[1 + n % 4], '{}'
    FROM generate_series(1, 500) n""",
    """INSERT INTO customer (product_id, account_id, is_shared)
    SELECT 1, (SELECT min(id) FROM account) + n % 500, n % 97 = 0
    FROM generate_series(1, :contacts / 3) n""",
    """INSERT INTO issue
    (product_id, number, state, title, key_terms, episode, version, created_at)
    SELECT 1, n, (ARRAY['candidate', 'filed', 'confirmed', 'shipped'])[1 + n % 4],
        'Issue ' || n, '{}', 1, 1, now()
    FROM generate_series(1, :issues) n""",
    """INSERT INTO contact (product_id, source, external_id, channel, occurred_at, content_hash,
        subject, text, text_hash, nature, outcome, attempts, lang, customer_id, account_id,
        satisfaction_metric, satisfaction, placed_at)
    SELECT 1, 'bench', n, (ARRAY['email', 'chat', 'phone'])[1 + n * 7919 % 3],
        '2026-01-01'::timestamptz + n * interval '1 minute', ''::bytea, 'subject',
        repeat('words of a customer ', 30), n::text::bytea, 'message', 'accepted', 0, 'en',
        CASE WHEN n % 10 > 0 THEN first_customer + customer END,
        CASE WHEN n % 10 > 0 THEN first_account + customer % 500 END,
        CASE WHEN n % 8 = 0 THEN 'csat' END, CASE WHEN n % 8 = 0 THEN n % 5 / 4.0 END, now()
    FROM (
        SELECT n, n * 7919 % (:contacts / 3) AS customer,
            (SELECT min(id) FROM customer) AS first_customer,
            (SELECT min(id) FROM account) AS first_account
        FROM generate_series(1, :contacts) n
    ) AS crowd""",
    # A few issues are large, most are small.
    """INSERT INTO assignment (product_id, contact_id, part, issue_id, similarity, threshold,
        encoder, actor, reason, created_at)
    SELECT 1, id, 0, (SELECT min(id) FROM issue)
        + floor(:issues * power(id * 7919 % 10007 / 10007.0, 3))::bigint,
        0.9, 0.5, 'hashing', 'machine', 'alike', now()
    FROM contact""",
)
