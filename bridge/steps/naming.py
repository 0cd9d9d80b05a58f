"""Name an issue from its members: a title in the customers' own words, and its key terms."""

from collections.abc import Sequence

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.issues import IssueId
from bridge.steps.context import Context, rows_of
from bridge.store import Store
from bridge.store.vectors import Centroid
from models.naming import TITLE_CHARACTERS, Sense, are_same_title, key_terms, title
from models.spoken import in_main_language
from models.telling import telling_terms
from models.texts import cut, words
from models.vectors import Vectors, centered

_MOST_MEMBERS = 60
_OTHERS = 12


def rename(issue_id: IssueId, product_id: ProductId, *, store: Store, context: Context) -> None:
    """Write the machine's newest title and terms."""
    encoder = context.encoder()
    members = store.vectors.of_issue(issue_id, encoder.name, limit=_MOST_MEMBERS)
    if not members:
        return
    # Oldest first: of equally typical sentences the first one said keeps the title stable.
    members.reverse()
    # Translated ones lie nearer to the middle: they would speak for all, whatever most write in.
    is_main = in_main_language([text for _, text, _, _ in members])
    members = [one for one, is_in in zip(members, is_main, strict=True) if is_in]
    texts = [text for _, text, _, _ in members]
    vectors = rows_of([vector for *_, vector in members], encoder.dimensions)
    elsewhere = context.word_use(store, product_id)
    center = context.center(store, product_id)
    near = store.centroids.nearest(
        product_id, encoder.name, vectors.mean(axis=0), but=issue_id, most=_OTHERS
    )
    titles = store.issues.titles(one.issue_id for one in near)
    name = title(
        texts,
        centered(vectors, center),
        elsewhere,
        sense=_sense(product_id, near, list(titles.values()), store=store, context=context),
        first=first_letters([contact_id for contact_id, *_ in members], store),
    )
    twin = next((one for one, other in titles.items() if are_same_title(name, other)), None)
    if twin is not None:
        name = _told_apart(name, texts, twin, store=store, context=context)
    name = context.mentions(store, product_id).hide(name)
    store.issues.rename(issue_id, name, key_terms(texts, elsewhere))


def _told_apart(
    name: str, texts: Sequence[str], twin: IssueId, *, store: Store, context: Context
) -> str:
    """The title with what its contacts say more often than those of the other issue."""
    others = store.vectors.of_issue(twin, context.encoder().name, limit=_MOST_MEMBERS)
    told = [
        term
        for term in telling_terms(texts, [text for _, text, _, _ in others])
        if not set(term.split()) <= set(words(name))
    ]
    return f"{cut(name, TITLE_CHARACTERS - len(told[0]) - 3)} ({told[0]})" if told else name


def _sense(
    product_id: ProductId,
    near: Sequence[Centroid],
    titles: Sequence[str],
    *,
    store: Store,
    context: Context,
) -> Sense:
    """What clauses are held against."""
    encoder, asides = context.encoder(), context.asides()
    center = context.center(store, product_id)
    others = centered(rows_of([one.mean for one in near], encoder.dimensions), center)
    reader = context.reader(store, product_id)

    def rows(clauses: Sequence[str]) -> Vectors:
        return context.clause_vectors(clauses, reader)

    return Sense(
        rows=lambda clauses: centered(rows(clauses), center),
        others=others,
        points=lambda clauses: asides.points(clauses, rows(clauses)),
        titles=titles,
        named=context.mentions(store, product_id).are_in,
    )


def first_letters(contact_ids: Sequence[ContactId], store: Store) -> list[bool]:
    """Which of an issue's contacts, oldest first, are a customer's first; unknown ones are."""
    customers = store.customers.of_contacts(contact_ids)
    seen: set[int] = set()
    found = []
    for contact_id in contact_ids:
        customer = customers.get(contact_id)
        found.append(customer is None or customer not in seen)
        seen.update([] if customer is None else [customer])
    return found
