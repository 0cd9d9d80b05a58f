"""What we would write into a ticket now: absolute numbers and redacted evidence."""

from collections.abc import Sequence

from bridge.domain.contacts import ProductId, RedactedText
from bridge.domain.fixes import version_key
from bridge.domain.issues import IssueId
from bridge.domain.products import Product
from bridge.domain.rank import Rank
from bridge.domain.scope import Asker
from bridge.domain.tickets import Quote, TicketDraft, Urgency
from bridge.domain.workarounds import offered
from bridge.steps.context import Context, rows_of
from bridge.steps.naming import first_letters
from bridge.store import Store
from models.kinds import Kind
from models.naming import best_quotes
from models.spoken import in_main_language
from models.texts import clauses, trimmed, words

_QUOTES = 5
_MOST_MEMBERS = 200
_SAYS_WHAT = 0.6
_SMALL_TALK_WORDS = 7


def draft_ticket(  # noqa: PLR0913 - the others are issues that share the ticket
    issue_id: IssueId,
    fingerprint: str,
    product_id: ProductId,
    *,
    store: Store,
    context: Context,
    others: Sequence[IssueId] = (),
) -> TicketDraft:
    """The ticket of an issue as it should look now.

    others: further issues that the same ticket stands for. It counts who has any of them, once.
    """
    product, settings = store.products.get(product_id), context.settings
    summary = store.issues.summary(product_id, issue_id)
    together = [store.issues.summary(product_id, one) for one in others]
    counts = store.issues.counts_together([issue_id, *others]) if others else summary.counts
    seen = [summary, *together]
    first = [one.first_seen_at for one in seen if one.first_seen_at]
    last = [one.last_seen_at for one in seen if one.last_seen_at]
    found = {version for one in (issue_id, *others) for version in store.issues.versions(one)}
    versions = sorted(found, key=lambda one: (version_key(one) or (), one))
    active = offered(store.workarounds.all(product_id, issue_id=issue_id), Asker())
    return TicketDraft(
        fingerprint=fingerprint,
        issue_name=summary.issue.name,
        title=RedactedText(summary.issue.title),
        customers=counts.customers,
        accounts=counts.accounts,
        contacts=counts.contacts,
        anonymous=counts.anonymous,
        first_seen_at=min(first, default=None),
        last_seen_at=max(last, default=None),
        versions=tuple(versions),
        quotes=pick_quotes(issue_id, product_id, store=store, context=context),
        workaround=active[0].text if active else None,
        urgency=Urgency.of(
            max(Rank.of(one.impact, settings.rank_rules).score for one in seen),
            settings.priority_ranks,
        ),
        link=issue_link(summary.issue.name, product, context),
    )


def pick_quotes(
    issue_id: IssueId, product_id: ProductId, *, store: Store, context: Context
) -> tuple[Quote, ...]:
    """At most five sentences of customers: typical, recent and different from each other."""
    encoder = context.encoder()
    members = store.vectors.of_issue(issue_id, encoder.name, limit=_MOST_MEMBERS)
    if not members:
        return ()
    is_main = in_main_language([text for _, text, _, _ in members])
    members = [one for one, is_in in zip(members, is_main, strict=True) if is_in]
    texts = [text for _, text, _, _ in members]
    mentions = context.mentions(store, product_id)
    # Members come newest first; who wrote first is told from the oldest on.
    is_first = first_letters([one for one, *_ in members][::-1], store)[::-1]
    chosen = best_quotes(
        texts,
        rows_of([vector for *_, vector in members], encoder.dimensions),
        [moment for _, _, moment, _ in members],
        limit=_QUOTES,
        good=[one and not mentions.are_in(text) for one, text in zip(is_first, texts, strict=True)],
    )
    quotes = []
    for row in chosen:
        contact = store.contacts.get(product_id, members[row][0])
        text = mentions.hide(_pithy(contact.text, product_id, store=store, context=context))
        quotes.append(Quote(text, contact.occurred_at, contact.channel, contact.version))
    return tuple(quotes)


def _pithy(text: str, product_id: ProductId, *, store: Store, context: Context) -> str:
    """A contact without the small talk at both ends.

    Where what follows it only stands beside a problem, the beginning stays: it says what is meant.
    """
    said = clauses(text)
    vectors = context.clause_vectors(said, context.reader(store, product_id))
    judged = context.kinds(store, product_id).judge(said, vectors)
    is_kept = [
        one.kind is not Kind.CHATTER or len(words(clause)) > _SMALL_TALK_WORDS
        for one, clause in zip(judged, said, strict=True)
    ]
    start = is_kept.index(True) if True in is_kept else 0
    points = context.asides().points(said, vectors)
    if start and points[start] < _SAYS_WHAT:
        is_kept[0] = True
    return trimmed(text, is_kept)


def issue_link(name: str, product: Product, context: Context) -> str:
    """The address of an issue's page."""
    return f"{context.settings.public_url.rstrip('/')}/issues/{name}?product={product.slug}"
