"""Send letters: what a person approved goes out like every message, at least once under one id.

A letter is looked at again when its message is planned and before each try: whoever has opted out
meanwhile, or whose fix does not hold any more, gets none.
"""

from dataclasses import replace
from datetime import datetime

from bridge.domain.contacts import LETTER_SOURCE, ProductId
from bridge.domain.errors import InvalidMove, NotConfigured, NotFound, Outdated
from bridge.domain.issues import FIXED, IssueId
from bridge.domain.letter_texts import ToCustomer, write_out
from bridge.domain.letters import (
    WHY_WORDS,
    FixTold,
    FixWords,
    LetterKind,
    LetterLinks,
    LetterPlan,
    LetterState,
    Why,
)
from bridge.domain.products import Product
from bridge.domain.satisfaction import SCALES, Metric, RatingReceived
from bridge.steps.context import Context
from bridge.steps.letter_correction import may_correct
from bridge.steps.letters import record_letter
from bridge.steps.outside import wake_sender
from bridge.steps.satisfaction import take_rating
from bridge.steps.tell import Telling
from bridge.store import Store
from bridge.store.addressees import Addressee
from bridge.store.affected import ContactName
from bridge.store.letters import Letter
from bridge.store.messages import Outgoing, Planned
from bridge.store.secrets import Secrets

MAIL = "smtp"
NO_WORDS = "[Nobody has said yet, in words for customers, what was fixed]"
SOURCE = LETTER_SOURCE
"""What comes back from letters has this source."""
_BATCH = 100


def send_letter(
    letter: Letter,
    *,
    edition: int,
    telling: Telling,
    first: int | None = None,
    ready: int | None = None,
) -> int:
    """Send what was approved, the first so many or all; returns to how many customers.

    `letter` is locked. Raises InvalidMove unless this very edition was approved, and Outdated
    where more or fewer can be sent than the `ready` ones that somebody saw: pressed twice, a
    sample would be two.
    """
    if not can_mail(telling.store, telling.context):
        raise NotConfigured("no mail server is set up: set BRIDGE_SMTP_HOST")
    if letter.approved_edition != letter.edition or letter.edition != edition:
        raise InvalidMove("what the letter says now was not approved: look at it first")
    store = telling.store
    if ready is not None:
        _require_still_ready(ready, letter, store)
    count = store.addressees.start(letter.id, limit=first)
    if not count:
        raise InvalidMove("everybody whose letter was approved has it, or it is on its way to them")
    store.letters.begin(letter.id, now=telling.cause.at)
    wake_letter(letter.product_id, letter.id, store)
    issues = [one.issue_id for one in store.letters.issues(letter.id)]
    record_letter("letter_sent", letter, issues, telling, count=count)
    return count


def _require_still_ready(ready: int, letter: Letter, store: Store) -> None:
    can_go = store.addressees.counts([letter.id])[letter.id].get(LetterState.APPROVED, 0)
    if can_go not in (0, ready):
        raise Outdated(
            f"{ready} letters could be sent when you looked, and {can_go} can now: see what was "
            "sent meanwhile"
        )


def can_mail(store: Store, context: Context) -> bool:
    """Whether a mail server is set, here or where the newest worker runs: that one sends."""
    here = any(one.name == MAIL for one in context.notifiers)
    return here or MAIL in store.installation.read().channels


def wake_letter(product_id: ProductId, letter_id: int, store: Store) -> None:
    """Have the messages of a letter planned."""
    once = f"plan_letters:{letter_id}"
    store.enqueue("plan_letters", once=once, product_id=product_id, letter_id=letter_id)


def plan_letters(context: Context, *, product_id: int, letter_id: int) -> None:
    """Plan a message for each customer who was handed over, some in each transaction."""
    while True:
        with context.open() as store:
            batch = store.addressees.unplanned(letter_id, limit=_BATCH)
            if not batch:
                return
            product = store.products.get(ProductId(product_id))
            letter = store.letters.get(product.id, letter_id)
            writer = Writer(letter, product, store=store, context=context)
            for one in batch:
                _plan(one, writer, store=store, now=context.now())


def _plan(one: Addressee, writer: "Writer", *, store: Store, now: datetime) -> None:
    why = why_not(one, store)
    if why is not None or one.email is None:
        found = why or Why.NO_ADDRESS
        store.addressees.suppress([one.id], found, WHY_WORDS[found])
        return
    links = writer.links(one)
    subject, text = writer.write(one, links)
    planned = Planned(
        event=f"letter:{one.letter_id}",
        recipient=one.email,
        channel=MAIL,
        subject=subject,
        text=text,
        due_at=now,
        addressee_id=one.id,
        reply_to=writer.plan.reply_to,
        stop_url=links.stop,
    )
    outgoing_id = store.messages.plan(one.product_id, planned, now=now)
    if outgoing_id is None:
        why = Why.SAME_ADDRESS
        store.addressees.suppress([one.id], why, WHY_WORDS[why])
        return
    wake_sender(store.messages.get(one.product_id, outgoing_id), store)


class Writer:
    """Writes the letters of one kind and release out."""

    def __init__(self, letter: Letter, product: Product, *, store: Store, context: Context) -> None:
        self._letter = letter
        self._product = product
        self._secrets = context.secrets
        self._base = context.settings.public_url.rstrip("/")
        self._words = {one.issue_id: one.words for one in store.letters.issues(letter.id)}
        self.plan: LetterPlan = store.letters.plan(product.id)

    def links(self, one: Addressee) -> LetterLinks:
        """The addresses in this customer's letter; whoever has them answers for the customer."""
        return self._links(token_of(one.id, self._secrets))

    def write(self, one: Addressee, links: LetterLinks | None = None) -> tuple[str, str]:
        """Subject and text; without links as a preview, whose links lead nowhere."""
        to = ToCustomer(
            product=self._product.name,
            language=one.language,
            name=one.name,
            fixes=[(fix, self._words_of(fix, one.language)) for fix in one.fixes],
            links=links or self._links("…"),
            is_correction=self._letter.kind is LetterKind.CORRECTION,
        )
        return write_out(self._letter.texts[one.language], to)

    def _words_of(self, fix: FixTold, language: str) -> FixWords:
        told = self._words.get(fix.issue_id, {}).get(language, FixWords(""))
        # Nothing without words is sent: only a preview can lack them.
        return told if told.title else replace(told, title=NO_WORDS)

    def _links(self, token: str) -> LetterLinks:
        base = f"{self._base}/mail/{token}"
        return LetterLinks(f"{base}/stop", f"{base}/still-broken", f"{base}/effort")


def token_of(addressee_id: int, secrets: Secrets) -> str:
    """The name of one letter in its links, which nobody can make up."""
    return f"{addressee_id}-{secrets.sign(f'letter {addressee_id}'.encode())}"


def why_not(one: Addressee, store: Store) -> Why | None:
    """Why this letter must not go out now, whatever was approved."""
    emails = [one.email] if one.email else []
    opted = store.opt_outs.among(one.product_id, emails, [one.customer_id])
    if opted.holds(one.email, one.customer_id):
        return Why.OPTED_OUT
    if store.bounces.dead(one.product_id, emails):
        return Why.BOUNCED
    if store.letters.get(one.product_id, one.letter_id).kind is LetterKind.CORRECTION:
        product = store.products.get(one.product_id)
        return None if may_correct(one.fixes, product, store) else Why.FIXED_AGAIN
    holds = all(_holds(fix, one.product_id, store) for fix in one.fixes)
    return None if holds and one.fixes else Why.NOT_FIXED


def _holds(fix: FixTold, product_id: ProductId, store: Store) -> bool:
    """Whether what is said of a fix is still true."""
    own = store.issues.get(product_id, fix.issue_id)
    issue = store.issues.standing_for(product_id, fix.issue_id)
    if issue.state not in FIXED or (own.merged_into is None and issue.episode != fix.episode):
        return False
    out = store.fixes.of_issue(issue.id)
    return any(o.release.version == fix.version and not o.release.is_withdrawn for o in out)


def holds_letter_back(outgoing: Outgoing, *, store: Store, now: datetime) -> bool:
    """Whether a message carries a letter that must not go out any more; it is suppressed then."""
    if outgoing.addressee_id is None:
        return False
    why = why_not(store.addressees.get(outgoing.addressee_id), store)
    if why is None:
        return False
    store.letter_messages.hold_back(outgoing.id, WHY_WORDS[why], now=now)
    if why is Why.NOT_FIXED and outgoing.message_id is None:
        # Never tried: nothing went out, and another letter may tell of the fix once it holds.
        store.addressees.untell([outgoing.addressee_id])
    return True


def letter_sent(outgoing: Outgoing, *, store: Store, now: datetime) -> None:
    """The mail server took it: with a check-in a question was asked."""
    if outgoing.addressee_id is None:
        return
    one = store.addressees.get(outgoing.addressee_id)
    if store.letters.get(one.product_id, one.letter_id).kind is LetterKind.CHECK_IN:
        product = store.products.get(one.product_id)
        take_rating(effort_of(one, store, offered_at=now), product, store=store, now=now)


def letter_came_back(outgoing: Outgoing, *, store: Store) -> None:
    """Nobody got it: a question in it was not asked, unless somebody answered all the same."""
    if outgoing.addressee_id is not None:
        asked = _effort_id(outgoing.addressee_id)
        store.ratings.take_offer_back(outgoing.product_id, Metric.CES, asked)


def _effort_id(addressee_id: int) -> str:
    return f"letter-{addressee_id}"


def effort_of(
    one: Addressee,
    store: Store,
    *,
    offered_at: datetime | None,
    score: int | None = None,
    answered_at: datetime | None = None,
) -> RatingReceived:
    """The one question of a check-in as a rating of the customer's newest contact about it."""
    issues = [fix.issue_id for fix in one.fixes]
    standing = {IssueId(store.issues.standing_for(one.product_id, i).id) for i in issues}
    contact = store.affected.newest_contact(one.customer_id, standing)
    about = contact or ContactName(SOURCE, f"letter-{one.id}")
    return RatingReceived(
        external_id=_effort_id(one.id),
        metric=Metric.CES,
        scale=SCALES[Metric.CES],
        source=about.source,
        score=score,
        contact=about.external_id,
        offered_at=offered_at,
        answered_at=answered_at,
    )


def letter_named(token: str, store: Store, secrets: Secrets) -> Addressee:
    """The letter behind the token of a link; NotFound for every other text."""
    name, _, _ = token.partition("-")
    if not (name.isascii() and name.isdecimal() and len(name) < 19):
        raise NotFound("there is no such page")
    if not secrets.is_signed(f"letter {int(name)}".encode(), token.partition("-")[2]):
        raise NotFound("there is no such page")
    return store.addressees.get(int(name))
