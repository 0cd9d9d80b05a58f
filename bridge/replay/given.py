"""Issues that a file names, in place of the finder: to see what follows it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from bridge.domain.contacts import ContactNature, ProductId
from bridge.domain.errors import InvalidInput
from bridge.domain.issues import IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.queue import InlineQueue
from bridge.steps.context import Context
from bridge.steps.follow_up import Counted, group_changed
from bridge.steps.moves import Cause
from bridge.steps.review import file_issue
from bridge.store import Store
from bridge.store.issues import Place
from bridge.store.waiting import JudgedContact, WaitingContact
from bridge.wiring import Application
from integrations.files.reading import read_rows
from integrations.files.shapes import text_of
from models.kinds import Kind

_BATCH = 256
_FINDERS = ("consolidate", "parts", "second_look", "judge", "templates", "recount")
"""Jobs that would move contacts or read their vectors."""


def read_assignments(path: Path) -> Mapping[str, str]:
    """The issue of each contact, by the ids and names of the file; who has none is left out."""
    found: dict[str, str] = {}
    for line in read_rows(path):
        if line.row is None:
            raise InvalidInput(f"{path.name} line {line.number}: {line.reason}")
        cluster = line.row.get("cluster")
        if not isinstance(cluster, str | int | None):
            raise InvalidInput(f"{path.name} line {line.number}: cluster must be a name or null")
        try:
            name = text_of(line.row, "id")
        except InvalidInput as error:
            raise InvalidInput(f"{path.name} line {line.number}: {error}") from error
        if cluster is not None:
            found[name] = str(cluster)
    return found


class GivenIssues:
    """Places each contact where the file says, and files an issue over the thresholds."""

    def __init__(self, clusters: Mapping[str, str]) -> None:
        self._clusters = clusters
        self.issues: dict[str, IssueId] = {}
        """By the names of the file, those that have a contact."""

    def take_over(self, application: Application, queue: InlineQueue) -> None:
        """Stand in for the jobs of the finder."""
        queue.jobs["assign"] = partial(self._assign, application.context)
        queue.jobs["promote"] = partial(_promote, application.context)
        queue.jobs.update(dict.fromkeys(_FINDERS, _nothing))

    def _assign(self, context: Context, *, product_id: int) -> None:
        with context.open() as store:
            product = store.products.lock_grouping(ProductId(product_id))
            waiting = store.waiting.take(product.id, context.encoder().name, limit=_BATCH)
            if not waiting:
                return
            for one in waiting:
                self._place(one, product, store=store, context=context)
            judged = [
                JudgedContact(one.id, ContactNature.MESSAGE, Kind.PROBLEM.value, 1.0)
                for one in waiting
            ]
            store.waiting.mark_placed(judged, now=context.now())
            if len(waiting) == _BATCH:
                store.enqueue("assign", once=f"assign:{product_id}", product_id=product_id)

    def _place(
        self, contact: WaitingContact, product: Product, *, store: Store, context: Context
    ) -> None:
        name = self._clusters.get(store.contacts.get(product.id, contact.id).external_id)
        if name is None or contact.home is not None:
            return
        issue_id = self.issues.get(name)
        if issue_id is None:
            number, now = store.products.next_issue_number(product.id), context.now()
            issue_id = store.issues.add(product.id, number=number, title=name, terms=[], now=now)
            self.issues[name] = issue_id
        encoder, reason = context.encoder().name, "as the file says"
        place = Place(contact.id, issue_id, 1.0, 1.0, encoder, MACHINE.name, reason)
        store.waiting.assign(product.id, [place], now=context.now())
        issue = store.issues.get(product.id, issue_id)
        if issue.state in (IssueState.SHIPPED, IssueState.VERIFIED):
            store.enqueue("watch", product_id=product.id, issue_id=issue_id, contact_id=contact.id)
        contacts = store.issues.counts(issue_id).contacts
        counted = Counted(issue_id, issue.state, contacts)
        group_changed(counted, product, store=store, context=context)


def _promote(context: Context, *, product_id: int, issue_id: int) -> None:
    """File a candidate over the thresholds: the file knows that it is one issue."""
    with context.open() as store:
        product = store.products.get(ProductId(product_id))
        issue = store.issues.get(product.id, issue_id, lock=True)
        counts = store.issues.counts(issue.id)
        if issue.state is not IssueState.CANDIDATE or counts.customers < product.min_customers:
            return
        reason = f"{counts.contacts} contacts by {counts.customers} customers"
        cause = Cause(MACHINE, context.now(), reason, "job:promote")
        file_issue(issue, product, store=store, cause=cause)


def _nothing(**_: object) -> None:
    """The file has the last word."""
