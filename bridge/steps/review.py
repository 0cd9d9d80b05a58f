"""Review: a person's verbs on issues, and the machine's where a product files by itself."""

import math
from dataclasses import replace

import numpy as np

from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidInput, InvalidMove, NotConfigured
from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import TRACKED, Issue, IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.domain.tickets import TRACKERS, Filing, FilingState
from bridge.steps.asking import real_key
from bridge.steps.burst import burst_since
from bridge.steps.context import Context, rows_of
from bridge.steps.kinds import judge_soon
from bridge.steps.moves import Cause, move_issue, require_living
from bridge.steps.naming import rename
from bridge.steps.outage import require_no_outage
from bridge.steps.refusal import FieldsChosen, choose_fields, note_again, try_again
from bridge.store import Store
from bridge.store.examples import NO_PROBLEM
from models.clustering import is_varied


def confirm_issue(issue: Issue, *, store: Store, cause: Cause) -> Issue:
    """It is one real issue."""
    require_living(issue, store=store)
    # Whether it is one need not be asked any more.
    store.suggestions.withdraw(issue.product_id, issue_ids=[issue.id], kind=SuggestionKind.REAL)
    if not cause.actor.is_machine:
        judge_soon(issue.product_id, store=store)
    return move_issue(issue, IssueState.CONFIRMED, store=store, cause=cause)


def dismiss_issue(
    issue: Issue, *, store: Store, cause: Cause, states_no_problem: bool = False
) -> Issue:
    """It is not an issue; the reason is kept.

    states_no_problem: its contacts are thanks, small talk, advertising and the like; contacts of
    their kind found no issue from then on.
    """
    require_living(issue, store=store)
    if not cause.reason.strip():
        raise InvalidInput("a reason is needed to dismiss an issue", pointer="/reason")
    require_no_outage(issue, store=store)
    store.suggestions.withdraw(issue.product_id, issue_ids=[issue.id])
    if states_no_problem:
        judge_soon(issue.product_id, store=store)
        cause = replace(cause, kept={NO_PROBLEM: True})
    return move_issue(issue, IssueState.DISMISSED, store=store, cause=cause)


class _AskedFor(Exception):
    """Leaves a savepoint, and with it the lock taken inside."""


def take_to_file(issue: Issue, *, store: Store, again: bool = False) -> Issue | None:
    """The issue, locked, for `file_issue`; None and no lock when asking would change nothing.

    Of fifty people who ask at once each would else wait for the answers of all before.
    """
    require_living(issue, store=store)
    if _is_asked_for(issue, again, store):
        return None
    try:
        with store.savepoint():
            taken = store.issues.get(issue.product_id, issue.id, lock=True)
            if _is_asked_for(taken, again, store):
                raise _AskedFor
    except _AskedFor:
        return None
    return taken


def _is_asked_for(issue: Issue, again: bool, store: Store) -> bool:
    """Whether its ticket is under way or there, and asking for it changes nothing."""
    filing = store.filings.of_episode(issue)
    if filing is None or filing.state in (FilingState.REFUSED, FilingState.UNLINKED):
        return False
    if filing.state is FilingState.PARKED:
        return not again
    return filing.ticket_id is None or not store.tickets.get(filing.ticket_id).is_deleted


def file_issue(  # noqa: PLR0913 - what a person may say about the ticket
    issue: Issue,
    product: Product,
    *,
    store: Store,
    cause: Cause,
    again: bool = False,
    chosen: FieldsChosen | None = None,
) -> Issue:
    """Want a ticket for it: plans the filing of this episode and queues the job, once.

    Asking again, from another tab or by another person, changes nothing, but a refused filing, or
    one whose ticket was deleted in the tracker, is tried again. A parked one only with `again`:
    then somebody has looked and says that the first request made no ticket. `chosen` are values
    for fields that the tracker asks for.
    """
    require_living(issue, store=store)
    existing = store.filings.of_episode(issue)
    if existing is not None:
        choose_fields(existing, chosen or FieldsChosen({}), store=store)
        _file_again(existing, again, store=store, cause=cause)
    # What came back after a fix may need a ticket of its own: the next episode's filing.
    is_tracked = issue.state in TRACKED and issue.state is not IssueState.REGRESSED
    if existing is not None or is_tracked:
        return issue
    found = (store.connections.of_product(product.id, name) for name in TRACKERS)
    connection = next(filter(None, found), None)
    if connection is None:
        raise NotConfigured("no tracker is connected: run `bridge jira connect` first")
    if issue.state is IssueState.CANDIDATE:
        issue = confirm_issue(issue, store=store, cause=cause)
    if issue.state not in (IssueState.CONFIRMED, IssueState.REGRESSED):
        raise InvalidMove(
            f"{issue.name} is {issue.state.words}; only a confirmed issue can be filed"
        )
    instance = connection.config["instance"]
    fingerprint = f"{instance}/{product.slug}/{issue.name}/{issue.episode}"
    filing = store.filings.plan(issue, connection.id, fingerprint=fingerprint, now=cause.at)
    choose_fields(filing, chosen or FieldsChosen({}), store=store)
    store.decisions.record(
        issue.product_id,
        "file",
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        after={"filing": filing.id, "episode": issue.episode},
        reason=cause.reason,
        origin=cause.origin,
    )
    store.enqueue("file", once=f"file:{filing.id}", filing_id=filing.id)
    return issue


def _file_again(filing: Filing, again: bool, *, store: Store, cause: Cause) -> None:
    """Plan a filing once more where a person may want that."""
    if filing.state is FilingState.UNLINKED and filing.left_ticket_id is not None:
        raise InvalidMove("our marks are still coming off its ticket: try again in a moment")
    is_open = filing.state in (FilingState.REFUSED, FilingState.UNLINKED)
    if is_open or (filing.state is FilingState.PARKED and again):
        try_again(filing, store=store, cause=cause)
    elif filing.ticket_id and store.tickets.get(filing.ticket_id).is_deleted:
        store.filings.replan(filing.id)
        note_again(filing, "deleted", store=store, cause=cause)


def promote(context: Context, *, product_id: int, issue_id: int) -> None:
    """Confirm and file a candidate over the thresholds, where the product files by itself."""
    with context.open() as store:
        product = store.products.get(ProductId(product_id))
        issue = store.issues.get(product.id, issue_id, lock=True)
        if issue.state is not IssueState.CANDIDATE or not product.filing_auto:
            return
        counts = store.issues.counts(issue.id)
        if counts.contacts < product.min_contacts or counts.customers < product.min_customers:
            return
        if issue.merged_into is not None or not _is_sure(issue.id, store, context):
            return
        if _waits(issue, store, context):
            return
        key = real_key(issue.id, counts.contacts)
        if store.suggestions.was_rejected(product.id, SuggestionKind.REAL, key):
            return
        rename(issue.id, product.id, store=store, context=context)
        reason = f"{counts.contacts} contacts by {counts.customers} customers"
        cause = Cause(MACHINE, context.now(), reason, "job:promote")
        file_issue(issue, product, store=store, cause=cause)


def _waits(issue: Issue, store: Store, context: Context) -> bool:
    """Whether an answer is expected first; an outage waits for nobody."""
    if not context.waits_for_review():
        return False
    began = store.vectors.burst_at(context.encoder().name, issue.id)
    if began is not None and began >= burst_since(context.now(), context.finder):
        return False
    return store.suggestions.is_asked(issue.product_id, issue.id)


def _is_sure(issue_id: IssueId, store: Store, context: Context) -> bool:
    """Whether the finder takes it for an issue of its own.

    People word a problem in their own ways: one template repeated is no issue.
    """
    encoder = context.encoder()
    seen = store.vectors.outlook(encoder.name, issue_id)
    if (seen.new_issue if seen else -math.inf) < context.finder.least_new:
        return False
    members = store.vectors.of_issue(issue_id, encoder.name, limit=200)
    vectors = rows_of([np.asarray(vector) for *_, vector in members], encoder.dimensions)
    return is_varied(vectors, settings=context.finder)
