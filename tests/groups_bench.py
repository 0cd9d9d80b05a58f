"""Issues that are made by hand, for tests of what people decide about groups."""

from collections.abc import Sequence

from bridge.domain.contacts import ContactId
from bridge.domain.errors import InvalidMove
from bridge.domain.grouping import ConstraintKind
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.people import MACHINE, Actor
from bridge.steps.groups import Act
from bridge.steps.merge import merge_issues
from bridge.steps.moves import Cause, move_issue
from bridge.steps.undo import undo_last, undoable
from bridge.store import Store
from bridge.store.issues import Place
from tests.builders import a_contact
from tests.conftest import Pipeline

MIA = Actor("person", "mia@support.example")
TEXTS = {
    "export": "The export button does nothing when I press it, number {n}",
    "login": "I cannot sign in since the password change, attempt {n}",
    "invoice": "My invoice of month {n} shows the wrong address",
}


class Groups:
    """Makes issues of contacts, and reads back what became of them."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.application = pipeline.application
        self.product = pipeline.product

    def contacts(self, topic: str, count: int, *, first: int = 0) -> list[ContactId]:
        """Contacts of one customer each, on no issue; the last customer of a topic is shared."""
        sent = self.pipeline.send(
            *(
                a_contact(
                    TEXTS[topic].format(n=first + number),
                    external_id=f"{topic}-{first + number}",
                    email="shared@customer.example"
                    if number == count - 1
                    else f"{topic}{first + number}@customer.example",
                    minutes=first + number,
                )
                for number in range(count)
            )
        )
        with self.application.open() as store:
            for one in sent:
                store.issues.unassign([one.contact_id], now=self.pipeline.clock.moment)
        return [one.contact_id for one in sent]

    def issue(
        self, topic: str, count: int = 4, *, state: IssueState = IssueState.CANDIDATE
    ) -> Issue:
        """An issue as the machine would have made it."""
        return self.issue_of(self.contacts(topic, count), f"About {topic}", state=state)

    def issue_of(
        self,
        contacts: Sequence[ContactId],
        title: str,
        *,
        state: IssueState = IssueState.CANDIDATE,
    ) -> Issue:
        """An issue of just these contacts."""
        now = self.pipeline.clock.moment
        with self.application.open() as store:
            number = store.products.next_issue_number(self.product.id)
            made = store.issues.add(self.product.id, number=number, title=title, terms=(), now=now)
            encoder = self.application.context.encoder().name
            places = [
                Place(one, made, 0.9 - place / 100, 0.5, encoder, MACHINE.name, "alike")
                for place, one in enumerate(contacts)
            ]
            store.issues.assign_all(self.product.id, places, now=now)
            store.vectors.recount(self.product.id, [made])
            issue = store.issues.get(self.product.id, made)
            cause = Cause(MACHINE, now, "test", "test")
            for step in _WAYS[state]:
                issue = move_issue(issue, step, store=store, cause=cause)
        return issue

    def act(self, store: Store, reason: str = "") -> Act:
        """Mia decides."""
        cause = Cause(MIA, self.pipeline.clock.moment, reason, "test")
        return Act(store, self.application.context, cause)

    def merge(self, survivor: Issue, *others: Issue) -> Issue:
        """Mia merges."""
        with self.application.open() as store:
            return merge_issues(survivor, others, self.act(store))

    def undo(self, issue: Issue) -> Issue:
        """Mia takes the last thing back, which pages offer exactly where it can be."""
        with self.application.open() as store:
            is_offered = undoable(self.now(issue), store=store) is not None
            if is_offered:
                try:
                    return undo_last(issue, self.act(store))
                except InvalidMove as refused:
                    raise AssertionError(f"undo of {issue.name} was offered") from refused
            undo_last(issue, self.act(store))
            raise AssertionError(f"undo of {issue.name} works and is not offered")

    def now(self, issue: Issue) -> Issue:
        """The issue as it is now."""
        with self.application.open() as store:
            return store.issues.get(self.product.id, issue.id)

    def on(self, issue: Issue) -> list[ContactId]:
        """The contacts of an issue."""
        with self.application.open() as store:
            placed = store.placements.of_issue(self.product.id, issue.id)
        return [one.contact_id for one in placed]

    def customers(self, issue: Issue) -> int:
        """How many customers are counted."""
        with self.application.open() as store:
            return store.issues.counts(issue.id).customers

    def pairs(self, kind: ConstraintKind) -> set[tuple[int, int]]:
        """The pairs in force of a kind."""
        with self.application.open() as store:
            found = store.constraints.of_product(self.product.id)
        return {one.pair for one in found if one.kind is kind}

    def centroids(self) -> dict[IssueId, tuple[int, list[float]]]:
        """Size and rounded sum of every centroid that counts."""
        encoder = self.application.context.encoder().name
        with self.application.open() as store:
            found = store.vectors.centroids(self.product.id, encoder)
        return {one.issue_id: (one.size, [round(float(v), 3) for v in one.total]) for one in found}

    def whole(self) -> tuple[object, ...]:
        """Everything about the groups that undo must bring back."""
        with self.application.open() as store:
            homes = store.issues.homes(self.product.id)
            survivors = store.issues.survivors(self.product.id)
            pairs = {
                (one.kind, one.pair, one.actor)
                for one in store.constraints.of_product(self.product.id)
            }
            states = store.issues.count_by_state(self.product.id)
            workarounds = {one.id: one.issue_id for one in store.workarounds.all(self.product.id)}
        return homes, survivors, pairs, states, workarounds, self.centroids()

    def broken_promises(self) -> Sequence[object]:
        """Invariants that do not hold."""
        with self.application.open() as store:
            return store.invariants.violations(now=self.pipeline.clock.moment)


_S = IssueState
_WAYS: dict[IssueState, tuple[IssueState, ...]] = {
    _S.CANDIDATE: (),
    _S.CONFIRMED: (_S.CONFIRMED,),
    _S.FILED: (_S.CONFIRMED, _S.FILED),
    _S.DISMISSED: (_S.DISMISSED,),
}
