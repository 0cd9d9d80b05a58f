"""Ask: which questions about candidates would help most, for the review page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.domain.contacts import ContactId
from bridge.domain.grouping import Suggestion, SuggestionKind
from bridge.domain.issues import IssueId
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.vectors import SeenOutlook
from models.evidence import new_unless_same, probability
from models.settings import FinderSettings

LEAST_WORTH = 0.2
"""Questions worth less are not asked: a lead has time for a few."""

_FAR = 0.12
"""From this probability on another issue is near enough to be named in a question."""

_SECOND_TICKET = 0.7
"""What a second ticket costs where a missing one costs 1."""


_ABOUT_CANDIDATES = (SuggestionKind.SAME, SuggestionKind.REAL)


@dataclass(frozen=True, slots=True)
class Looked:
    """A candidate as it was just looked at."""

    seen: SeenOutlook
    size: int


def real_key(issue_id: IssueId, size: int) -> str:
    """Names the question whether a candidate is an issue: asked anew at 8, 16, 32 … contacts."""
    return f"{issue_id}/{size.bit_length()}"


def same_key(one: IssueId, other: IssueId) -> str:
    """Names the question whether two issues are one."""
    first, second = sorted((one, other))
    return f"{first}/{second}"


def belongs_key(contact_id: ContactId, issue_id: IssueId) -> str:
    """Names the question whether a contact is about an issue."""
    return f"{contact_id}/{issue_id}"


def ticket_key(issue_id: IssueId, connection_id: int, remote_id: str) -> str:
    """Names the question whether an existing ticket is about an issue."""
    return f"{issue_id}/{connection_id}/{remote_id}"


def ask_about(
    candidates: Mapping[IssueId, Looked], product: Product, *, store: Store, context: Context
) -> None:
    """Propose what is worth asking about these candidates; drop what is not any more."""
    wanted = [
        question
        for issue_id, looked in candidates.items()
        if looked.size >= product.min_contacts
        and (question := _question(issue_id, looked, product, context.finder)) is not None
    ]
    asked = [
        one
        for one in store.suggestions.open(product.id)
        if one.kind in _ABOUT_CANDIDATES and one.issue_id in candidates
    ]
    propose(wanted, asked, product, store=store, context=context)


@dataclass(frozen=True, slots=True)
class Question:
    """What the machine would like to ask; see `Suggestion`."""

    kind: SuggestionKind
    key: str
    issue_id: IssueId
    probability: float
    worth: float
    why: str
    log_odds: float | None = None
    other_id: IssueId | None = None
    contact_id: ContactId | None = None
    contacts: tuple[ContactId, ...] = ()
    similarity: float | None = None

    def is_told_by(self, asked: Suggestion | None) -> bool:
        """Whether it waits for an answer already, and says nearly the same."""
        return asked is not None and (
            (asked.issue_id, asked.other_id, asked.contacts, asked.question)
            == (self.issue_id, self.other_id, self.contacts, self.why)
        )


def propose(
    wanted: Sequence[Question],
    asked: Sequence[Suggestion],
    product: Product,
    *,
    store: Store,
    context: Context,
) -> None:
    """Ask what is wanted, and drop what is asked and not wanted any more.

    asked: the open questions about the same things.
    """
    keys = {(question.kind, question.key) for question in wanted}
    stale = [one.id for one in asked if (one.kind, one.key) not in keys]
    if stale:
        store.suggestions.withdraw(product.id, ids=stale)
    told = {(one.kind, one.key): one for one in asked}
    for question in wanted:
        if question.is_told_by(told.get((question.kind, question.key))):
            continue
        store.suggestions.propose(
            product.id,
            kind=question.kind,
            key=question.key,
            issue_id=question.issue_id,
            other_id=question.other_id,
            contact_id=question.contact_id,
            probability=question.probability,
            log_odds=question.log_odds,
            similarity=question.similarity,
            worth=question.worth,
            question=question.why,
            contacts=question.contacts,
            now=context.now(),
        )


def _question(
    issue_id: IssueId, looked: Looked, product: Product, settings: FinderSettings
) -> Question | None:
    """The one question about a candidate that would help most; None when all is clear."""
    seen = looked.seen
    is_sure = seen.new_issue >= settings.least_new
    if seen.nearest_id is not None and seen.same_as_nearest is not None:
        odds = seen.same_as_nearest + settings.asked_shift
        same = probability(odds)
        unless = new_unless_same(seen.new_issue, seen.same_as_nearest, settings)
        # A yes spares a second ticket, a no a missing one, which weighs more.
        worth = _SECOND_TICKET * same if is_sure else (1 - same) * probability(unless)
        if same >= _FAR and worth >= LEAST_WORTH:
            return Question(
                kind=SuggestionKind.SAME,
                key=same_key(issue_id, seen.nearest_id),
                issue_id=issue_id,
                other_id=seen.nearest_id,
                probability=same,
                log_odds=odds - product.same_shift,
                worth=worth,
                why=f"their contacts are alike; one issue with a probability of {same:.0%}",
            )
    real = probability(seen.new_issue)
    if is_sure or real < LEAST_WORTH:
        return None
    return Question(
        kind=SuggestionKind.REAL,
        key=real_key(issue_id, looked.size),
        issue_id=issue_id,
        probability=real,
        worth=real,
        why=f"its contacts came slowly or are alike by chance; real with {real:.0%}",
    )
