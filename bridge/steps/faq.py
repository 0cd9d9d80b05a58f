"""FAQ: recurring questions become suggestions of articles; what an article brings is watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.cleaning.door import door_text
from bridge.domain.contacts import RedactedText
from bridge.domain.errors import InvalidInput, InvalidMove, NotFound, Outdated
from bridge.domain.faq import AskedOften, Faq, FaqState, SentAnswer, asks, best_answer
from bridge.domain.moments import passed, rfc3339
from bridge.domain.products import Product
from bridge.redaction import Redactor
from bridge.steps.context import Context
from bridge.steps.moves import Cause
from bridge.store import Store
from models.proof import MOST_DAYS, Proof, prove
from models.spoken import spoken
from models.texts import clauses

_DAY = timedelta(days=1)
_MOST_BYTES = 20_000
_LONGEST_LINK = 2_000
_MOST_TYPICAL = 50
_LONGEST = 200
"""A longer sentence is no question for a headline."""
_WORKED_ON = (FaqState.OPEN, FaqState.WITHDRAWN, FaqState.ACCEPTED, FaqState.PUBLISHED)


@dataclass(frozen=True, slots=True)
class ReplyReceived:
    """What an agent answered, raw."""

    external_id: str
    text: str
    sent_at: datetime
    source: str = "api"
    contact: str | None = None
    """External id of the contact that is answered, in the same source;"""
    conversation: str | None = None
    """or its conversation."""
    agent_email: str | None = None


def take_reply(
    received: ReplyReceived, product: Product, *, store: Store, context: Context
) -> bool:
    """Keep an answer, cleaned and redacted; whether it is new. Raises NotFound, InvalidInput.

    The contact has to be known: without it nobody knows the customer's name, to take it out.
    """
    if received.contact is None and received.conversation is None:
        raise InvalidInput("say which contact or conversation it answers", pointer="/contact")
    if received.sent_at > context.now() + _DAY:
        raise InvalidInput("this moment has not come yet", pointer="/sent_at")
    found = store.replies.contact_of(
        product.id, received.source, contact=received.contact, conversation=received.conversation
    )
    if found is None:
        raise NotFound("no such contact: send it first, then what was answered")
    contact_id, name = found
    most = context.settings.max_text_bytes
    cleaned = context.clean(received.text, subject=None, max_bytes=most)
    redactor = Redactor(known_names=[name] if name else [], region=product.region)
    agent = received.agent_email
    agent_id = store.people.agent(agent, product.id) if agent and "@" in agent else None
    return store.replies.save(
        product.id,
        received.source,
        received.external_id,
        contact_id=contact_id,
        text=redactor.redact(cleaned.text),
        agent_id=agent_id,
        sent_at=received.sent_at,
        now=context.now(),
    )


def suggest_faqs(context: Context) -> None:
    """Look through each product's issues for recurring questions."""
    with context.open() as store:
        products = store.products.all()
    for product in products:
        with context.open() as store:
            suggest_for(product, store=store, now=context.now())


def suggest_for(product: Product, *, store: Store, now: datetime) -> None:
    """Suggest an article for each recurring question; take back what is none any more."""
    redactor = Redactor(region=product.region)
    wanted = [
        one
        for one in store.faqs.asked_often(product.id)
        if one.is_question(
            least_contacts=product.min_contacts, least_customers=product.min_customers
        )
    ]
    # One that came along with a merge and that a person has had: that is the question, or the no.
    kept = store.faqs.kept_for([one.issue_id for one in wanted])
    wanted = [one for one in wanted if one.issue_id not in kept]
    for one in wanted:
        question = _question_of(one, store)
        answers = store.replies.of_issue(one.issue_id, until=now)
        best = best_answer(_in_language_of(question, answers))
        store.faqs.suggest(product.id, one, best, question=redactor.redact(question), now=now)
    store.faqs.withdraw_others(product.id, [one.issue_id for one in wanted])


def _question_of(one: AskedOften, store: Store) -> str:
    """Its title where that asks, else what customers ask, in the title's language if they do."""
    if asks(one.title):
        return one.title
    texts = store.faqs.texts_of(one.issue_id, limit=_MOST_TYPICAL)
    written = [clause for text in texts for clause in clauses(text) if len(clause) <= _LONGEST]
    language = spoken(one.title).language
    alike = [clause for clause in written if spoken(clause).language == language]
    return one.asked_in(alike) or one.asked_in(written) or one.title


def _in_language_of(question: str, answers: Sequence[SentAnswer]) -> Sequence[SentAnswer]:
    """Answers in the language that the question is asked in; all where there is none."""
    language = spoken(question).language
    if language is None:
        return answers
    return [one for one in answers if spoken(one.text).language == language] or answers


def edit_faq(  # noqa: PLR0913 - two texts, each by its name
    faq: Faq,
    product: Product,
    *,
    question: str,
    answer: str,
    edition: int | None,
    store: Store,
    cause: Cause,
) -> Faq:
    """Say it in other words, redacted; raises Outdated when somebody was faster."""
    _require(faq, _WORKED_ON)
    if edition is not None and edition != faq.edition:
        raise Outdated("somebody changed this question meanwhile: read it again")
    redactor = Redactor(region=product.region)
    new_question, new_answer = (_clean(one, redactor) for one in (question, answer))
    if not new_question:
        raise InvalidInput("an article needs its question", pointer="/question")
    if (new_question, new_answer) == (faq.question, faq.answer):
        return faq
    store.faqs.change(
        faq.id, now=cause.at, question=new_question, answer=new_answer, is_edited=True
    )
    return _decided(faq, "faq_edited", store=store, cause=cause)


def accept_faq(faq: Faq, *, store: Store, cause: Cause) -> Faq:
    """The article is wanted; raises InvalidMove without an answer."""
    if faq.state is FaqState.ACCEPTED:
        return faq
    _require(faq, (FaqState.OPEN, FaqState.WITHDRAWN))
    if not faq.answer:
        raise InvalidMove("write the answer first")
    return _to(faq, FaqState.ACCEPTED, "faq_accepted", store=store, cause=cause)


def publish_faq(
    faq: Faq, link: str, *, store: Store, cause: Cause, published_at: datetime | None = None
) -> Faq:
    """The article is out at that address; from then on its question's contacts are watched."""
    _require(faq, (FaqState.ACCEPTED, FaqState.PUBLISHED))
    link = link.strip()
    if not link.startswith(("https://", "http://")) or len(link) > _LONGEST_LINK:
        raise InvalidInput("give the address as it is in the browser: https://…", pointer="/link")
    told = published_at or faq.published_at or cause.at
    at = passed(told, now=cause.at, pointer="/published_at")
    if (faq.state, faq.link, faq.published_at) == (FaqState.PUBLISHED, link, at):
        return faq
    store.faqs.change(
        faq.id,
        now=cause.at,
        state=FaqState.PUBLISHED.value,
        link=link,
        published_at=at,
        decided_by=cause.actor.name,
    )
    return _decided(faq, "faq_published", store=store, cause=cause)


def dismiss_faq(faq: Faq, *, store: Store, cause: Cause) -> Faq:
    """No article, for that reason; it is not suggested again.

    One that is out counts as taken down: its link is gone, and nothing is watched any more.
    """
    if faq.state is FaqState.DISMISSED:
        return faq
    _require(faq, _WORKED_ON)
    if not cause.reason.strip():
        raise InvalidInput("a reason is needed: why no article?", pointer="/reason")
    action = "faq_dismissed"
    if faq.state is FaqState.PUBLISHED:
        store.faqs.change(faq.id, now=cause.at, link=None, published_at=None)
        action = "faq_taken_down"
    return _to(faq, FaqState.DISMISSED, action, store=store, cause=cause)


def faq_proof(faq: Faq, *, store: Store, now: datetime) -> Proof | None:
    """The question's contacts before and since its article; None while nothing compares."""
    if faq.published_at is None:
        return None
    issue = store.issues.standing_for(faq.product_id, faq.issue_id)
    first = store.issues.summary(faq.product_id, issue.id).first_seen_at
    if first is None:
        return None
    before = min(MOST_DAYS, (faq.published_at - first) // _DAY)
    after = min(MOST_DAYS, (now - faq.published_at) // _DAY)
    if before < 1 or after < 1:
        return None
    since = faq.published_at
    reads = store.after_fix
    old = reads.days(faq.product_id, issue.id, since=since - before * _DAY, count=before)
    new = reads.days(faq.product_id, issue.id, since=since, count=after)
    return prove(old.on_issue, new.on_issue, old.others, new.others)


def faq_words(faq: Faq, proof: Proof | None) -> str:
    """What the article has brought, in a sentence; empty before it is out."""
    if faq.published_at is None:
        return ""
    if proof is None:
        return "There is not enough before or since the article to compare yet."
    lies = f"between {proof.least_avoided:.0f} and {proof.most_avoided:.0f}"
    if proof.is_proven:
        count = f"{proof.avoided:.0f} fewer question{'s' if round(proof.avoided) != 1 else ''}"
        return f"About {count} in {proof.days_after} days ({lies})."
    return (
        f"No change yet: in {proof.days_after} days {proof.after} came where"
        f" {proof.expected:.0f} were to be expected ({lies} fewer)."
    )


def _clean(text: str, redactor: Redactor) -> RedactedText:
    stored, _ = door_text(text, max_bytes=_MOST_BYTES)
    return redactor.redact(stored.strip())


def _require(faq: Faq, states: tuple[FaqState, ...]) -> None:
    if faq.state not in states:
        raise InvalidMove(f"this question is {faq.state}")


def _to(faq: Faq, state: FaqState, action: str, *, store: Store, cause: Cause) -> Faq:
    store.faqs.change(
        faq.id,
        now=cause.at,
        state=state.value,
        reason=cause.reason or None,
        decided_by=cause.actor.name,
    )
    return _decided(faq, action, store=store, cause=cause)


def _decided(faq: Faq, action: str, *, store: Store, cause: Cause) -> Faq:
    changed = store.faqs.get(faq.product_id, faq.id)
    store.decisions.record(
        faq.product_id,
        action,
        at=cause.at,
        actor=cause.actor,
        issue_id=store.issues.standing_for(faq.product_id, faq.issue_id).id,
        before=_told(faq),
        after={"faq": faq.id, **_told(changed)},
        reason=cause.reason,
        origin=cause.origin,
    )
    return changed


def _told(faq: Faq) -> dict[str, object]:
    """What the history keeps of it."""
    return {
        "faq_state": faq.state.value,
        "question": faq.question,
        "answer": faq.answer,
        "link": faq.link,
        "published_at": rfc3339(faq.published_at) if faq.published_at else None,
    }
