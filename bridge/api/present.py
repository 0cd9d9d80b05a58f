"""Our own things to what the API shows of them."""

from collections.abc import Sequence
from dataclasses import asdict

from bridge.api.connection_schemas import ConnectionOut
from bridge.api.fix_schemas import EndingOut, LadderOut, RungOut
from bridge.api.schemas import (
    ActorOut,
    ComparedOut,
    CustomerOut,
    DecisionOut,
    FilingOut,
    IssueContactOut,
    IssueOut,
    NearestOut,
    NoticeOut,
    ProofOut,
    RankPartOut,
    ReleaseOut,
    RunnerUpOut,
    StillComingOut,
    TicketFieldOut,
    TicketOut,
)
from bridge.domain.contacts import ProductId
from bridge.domain.fixes import Release
from bridge.domain.issues import Issue, IssueId
from bridge.domain.moments import with_moments
from bridge.domain.people import Notice
from bridge.domain.products import Product
from bridge.domain.rank import Rank, RankPart, RankRules
from bridge.domain.regression import HasFix
from bridge.domain.tickets import Filing
from bridge.steps.context import Context
from bridge.steps.drafts import issue_link
from bridge.steps.ladder import ladder_of
from bridge.steps.prove import FixProof, proof_words
from bridge.steps.ship_rule import waits_for
from bridge.steps.still_coming import still_coming
from bridge.steps.why import Nearest, nearest_members
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.contacts import AssignedContact
from bridge.store.customers import AffectedCustomer
from bridge.store.decisions import Decision
from bridge.store.issues import IssueSummary
from bridge.store.tickets import Ticket


def issue(issue_id: IssueId, product: Product, *, store: Store, context: Context) -> IssueOut:
    """One issue as it is now."""
    summary = store.issues.summary(product.id, issue_id)
    return issues([summary], product, store=store, context=context)[0]


def issues(
    summaries: Sequence[IssueSummary], product: Product, *, store: Store, context: Context
) -> list[IssueOut]:
    """Issues with their tickets and filings."""
    ids = [summary.issue.id for summary in summaries]
    survivors = [one.issue.merged_into for one in summaries if one.issue.merged_into]
    tickets = store.tickets.of_issues(ids)
    filings = store.filings.newest_of_issues(ids)
    names = store.issues.names(product.id, survivors)
    return [
        _issue(
            summary,
            tickets=tickets[summary.issue.id],
            filing=filings.get(summary.issue.id),
            merged_into=names.get(summary.issue.merged_into or 0),
            link=issue_link(summary.issue.name, product, context),
            waiting_for=waits_for(summary.issue, product, store),
            rules=context.settings.rank_rules,
        )
        for summary in summaries
    ]


def _issue(  # noqa: PLR0913 - all that is shown beside the issue itself
    summary: IssueSummary,
    *,
    tickets: Sequence[Ticket],
    filing: Filing | None,
    merged_into: str | None,
    link: str,
    waiting_for: str,
    rules: RankRules,
) -> IssueOut:
    found, rank = summary.issue, Rank.of(summary.impact, rules)
    return IssueOut(
        id=found.name,
        number=found.number,
        title=found.title,
        state=found.state,
        outcome=found.outcome,
        contact_count=summary.counts.contacts,
        customer_count=summary.counts.customers,
        account_count=summary.counts.accounts,
        anonymous_count=summary.counts.anonymous,
        first_seen_at=summary.first_seen_at,
        last_seen_at=summary.last_seen_at,
        rank=rank.score,
        rank_parts=[_rank_part(one) for one in rank.parts],
        key_terms=list(summary.key_terms),
        fixed_in=found.fixed_in,
        shipped_at=found.shipped_at,
        waits_for=waiting_for or None,
        episode=found.episode,
        version=found.version,
        merged_into=merged_into,
        tickets=[
            TicketOut(key=one.ref.key, url=one.ref.url, status=one.category, outcome=one.outcome)
            for one in tickets
            if not one.is_deleted
        ],
        filing=_filing(filing, tickets) if filing else None,
        snoozed_until=found.snoozed_until,
        snoozed_customers=found.snoozed_customers,
        suggested_title=found.suggested_title,
        link=link,
    )


def fix(issue: Issue, product: Product, *, store: Store, context: Context) -> LadderOut:
    """How far the fix of an issue has come, and what still comes."""
    found = ladder_of(issue, product, store=store, context=context)
    still = None
    if issue.shipped_at is not None:
        until = context.now()
        still = still_coming(issue, issue.shipped_at, until, store=store, context=context)
    return LadderOut(
        issue=issue.name,
        rungs=[RungOut(**asdict(one)) for one in found.rungs],
        ending=None if found.ending is None else EndingOut(**asdict(found.ending)),
        followed=found.followed,
        still_coming=None if still is None else StillComingOut(**asdict(still)),
    )


def proof(issue: Issue, found: FixProof) -> ProofOut:
    """The proof of a fix."""
    compared = found.proof
    return ProofOut(
        issue=issue.name,
        fixed_in=found.fixed_in,
        shipped_at=found.shipped_at,
        compared=None
        if compared is None
        else ComparedOut(**asdict(compared), is_proven=compared.is_proven),
        still_coming=StillComingOut(**asdict(found.still)),
        lately=found.lately,
        days_to_ticket=found.days_to_ticket,
        days_to_release=found.days_to_release,
        quiet_days=found.quiet_days,
        words=proof_words(found),
    )


def _filing(filing: Filing, tickets: Sequence[Ticket]) -> FilingOut:
    asks = [TicketFieldOut.model_validate(asdict(one)) for one in filing.asks]
    reason = filing.reason
    for one in tickets:
        if one.id == filing.ticket_id and one.is_deleted:
            reason = f"{one.ref.key} is gone from the tracker, or hidden from us: file it again"
    return FilingOut(state=filing.state, reason=reason, asks=asks)


def connection(one: Connection, store: Store) -> ConnectionOut:
    """A connection as its operator sees it."""
    asks = {ask.id: ask for filing in store.filings.refused(one.id) for ask in filing.asks}
    return ConnectionOut(
        name=one.name,
        integration=one.integration,
        url=_text(one, "url"),
        project=_text(one, "project"),
        issue_type=_text(one, "issue_type"),
        policy=one.policy,
        fields=one.fields,
        asks=[TicketFieldOut.model_validate(asdict(ask)) for ask in asks.values()],
        trouble=one.trouble,
        paused_until=one.paused_until,
    )


def _text(one: Connection, name: str) -> str | None:
    value = one.config.get(name)
    return None if value is None else str(value)


def _rank_part(one: RankPart) -> RankPartOut:
    return RankPartOut(
        name=one.name,
        value=one.value,
        weight=one.weight,
        contribution=one.contribution,
        told=one.told,
    )


def assigned_contacts(
    found: Sequence[AssignedContact], of: Issue, *, store: Store, context: Context | None = None
) -> list[IssueContactOut]:
    """Contacts of an issue with why they are on it; the nearest of each only with a context."""
    others = [one.runner_up_id for one in found if one.runner_up_id is not None]
    names = store.issues.names(of.product_id, others)
    texts = {one.contact.id: one.contact.text for one in found}
    nearest = nearest_members(texts, of.id, store=store, context=context) if context else {}
    return [_assigned(one, names, nearest.get(one.contact.id)) for one in found]


def _assigned(
    one: AssignedContact, names: dict[int, str], nearest: Nearest | None
) -> IssueContactOut:
    contact = one.contact
    runner_up = None
    if one.runner_up_id is not None:
        runner_up = RunnerUpOut(
            issue=names.get(one.runner_up_id), similarity=one.runner_up_similarity
        )
    return IssueContactOut(
        id=contact.id,
        source=contact.source,
        external_id=contact.external_id,
        channel=contact.channel,
        occurred_at=contact.occurred_at,
        subject=contact.subject,
        text=contact.text,
        kind=contact.kind,
        kind_confidence=contact.kind_confidence,
        lang=contact.lang,
        version=contact.version,
        platform=contact.platform,
        conversation=contact.conversation,
        customer=contact.customer_id,
        similarity=one.similarity,
        threshold=one.threshold,
        runner_up=runner_up,
        nearest=NearestOut(
            contact=nearest.contact_id,
            similarity=nearest.similarity,
            shared=list(nearest.shared),
        )
        if nearest
        else None,
        assigned_by=one.actor,
        placed_by_person=one.is_placed_by_person,
        reason=one.reason,
    )


def customer(one: AffectedCustomer, has_fix: HasFix | None) -> CustomerOut:
    """A person who is counted."""
    return CustomerOut(
        id=one.id,
        name=one.name,
        account=one.account,
        contact_count=one.contact_count,
        first_seen_at=one.first_seen_at,
        last_seen_at=one.last_seen_at,
        has_fix=has_fix,
    )


def decision(one: Decision) -> DecisionOut:
    """One entry of a history."""
    return DecisionOut(
        seq=one.seq,
        at=one.at,
        actor=ActorOut(kind=one.actor.kind, name=one.actor.name),
        action=one.action,
        # What undo needs is for undo: ids by the hundred.
        before=with_moments({key: value for key, value in one.before.items() if key != "undo"}),
        after=with_moments(one.after),
        reason=one.reason,
        origin=one.origin,
    )


def release(one: Release) -> ReleaseOut:
    """A version customers can get."""
    return ReleaseOut(
        id=one.id,
        version=one.version,
        component=one.component,
        shipped_at=one.shipped_at,
        percent=one.percent,
        is_withdrawn=one.is_withdrawn,
    )


def notices(found: Sequence[Notice], product_id: ProductId, store: Store) -> list[NoticeOut]:
    """Messages of an inbox."""
    names = store.issues.names(product_id, [one.issue_id for one in found])
    return [
        NoticeOut(
            id=one.id,
            recipient=one.recipient,
            issue=names[one.issue_id],
            kind=one.kind,
            episode=one.episode,
            text=one.text,
            reasons=list(one.reasons),
            state=one.state,
            created_at=one.created_at,
        )
        for one in found
    ]
