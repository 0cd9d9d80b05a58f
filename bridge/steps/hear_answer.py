"""Hear: what a customer wrote into the form behind a letter, by its words; thanks are no return."""

from bridge.domain.contacts import Contact, ContactNature, ProductId
from bridge.domain.issues import FIXED, IssueId
from bridge.domain.people import CUSTOMER, MACHINE
from bridge.steps.context import Context
from bridge.steps.follow_up import recount_soon, refresh_soon
from bridge.steps.kinds import judged
from bridge.store import Store
from bridge.store.waiting import JudgedContact
from models.kinds import Kind

_LEAST_CHATTER = 0.5
"""Likelier than all other kinds together: who was asked whether it is still broken says thanks."""


def hear_answer(context: Context, *, product_id: int, contact_id: int) -> None:
    """Take thanks and small talk off the issue again; hold anything else against its fix."""
    # Loaded before the block opens: the first time it can take half a minute.
    context.encoder()
    with context.open() as store:
        product = store.products.lock_grouping(ProductId(product_id))
        contact = store.contacts.get(product.id, contact_id)
        # Where a person has put it meanwhile, it stays.
        issue_id = store.placements.placed_by(product.id, contact.id, CUSTOMER)
        if issue_id is None:
            return
        kind = _kind_of(contact, product.id, store=store, context=context)
        if _says_nothing(kind, context):
            _take_off(kind, issue_id, product.id, store=store, context=context)
        elif store.issues.get(product.id, issue_id).state in FIXED:
            store.enqueue("watch", product_id=product.id, issue_id=issue_id, contact_id=contact.id)


def _kind_of(
    contact: Contact, product_id: ProductId, *, store: Store, context: Context
) -> JudgedContact:
    """What the finder takes it for; what the door had no need to read on has no text."""
    if contact.nature is not ContactNature.MESSAGE:
        return JudgedContact(contact.id, contact.nature, contact.kind or Kind.CHATTER.value, 1.0)
    (vector,) = context.encoder().encode([contact.text])
    told = [(contact.id, contact.text, vector)]
    return judged(told, product_id, store=store, context=context)[0]


def _says_nothing(kind: JudgedContact, context: Context) -> bool:
    if kind.nature is not ContactNature.MESSAGE:
        # "Still so" is too little to find an issue by, and an answer all the same.
        return kind.nature is not ContactNature.EMPTY
    # An encoder that knows nothing of kinds says so by a bar that nothing reaches.
    bar = context.finder.least_chatter
    least = bar if bar >= 1 else min(bar, _LEAST_CHATTER)
    return kind.kind == Kind.CHATTER.value and kind.confidence > least


def _take_off(
    kind: JudgedContact,
    issue_id: IssueId,
    product_id: ProductId,
    *,
    store: Store,
    context: Context,
) -> None:
    """It is kept, and counts nowhere."""
    now = context.now()
    nature = kind.nature if kind.nature is not ContactNature.MESSAGE else ContactNature.CHATTER
    kept = JudgedContact(kind.id, nature, kind.kind, kind.confidence)
    store.waiting.mark_placed([kept], now=now)
    store.issues.unassign([kind.id], now=now)
    recount_soon(issue_id, product_id, store=store)
    refresh_soon(issue_id, store=store, context=context)
    store.decisions.record(
        product_id,
        "answer_without_problem",
        at=now,
        actor=MACHINE,
        issue_id=issue_id,
        after={"contact": kind.id, "sure": round(kind.confidence, 2)},
        reason="a customer answered a letter with thanks or small talk, by its words: no return",
        origin="job:hear_answer",
    )
