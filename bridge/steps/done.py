"""Done: where a done ticket counts as shipped, its key stands for the version that has the fix."""

from bridge.domain.issues import Issue, Outcome
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.products import ShipRule
from bridge.domain.tickets import StatusCategory, TicketStatus
from bridge.steps.follow_version import source_of
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.tell import Telling
from bridge.store.connections import Connection
from bridge.store.tickets import Ticket


def ship_done(
    issue: Issue, status: TicketStatus, connection: Connection, telling: Telling, *, is_news: bool
) -> None:
    """Ship a resolved issue by its done ticket, where the product says so.

    is_news: the ticket has just become done. What a person took back does not come out again by
    any other change of the ticket.
    """
    product, store, cause = telling.product, telling.store, telling.cause
    is_fixed = status.outcome in (None, Outcome.FIXED) and status.category is StatusCategory.DONE
    if product.ship_rule is not ShipRule.DONE or not is_fixed:
        return
    known = store.fixes.find(product.id, status.ref.key, lock=True)
    if known is not None and known.is_withdrawn and not is_news:
        return
    told = ShipEvent(id="", source=source_of(connection), kind=ShipKind.RELEASED, at=cause.at)
    news = ReleaseNews(status.ref.key, cause.at, issue_ids=(issue.id,), told=told)
    ship(news, product, store=store, context=telling.context, cause=cause)


def take_done_back(ticket: Ticket, status: TicketStatus, telling: Telling) -> None:
    """Where a ticket was opened again, what shipped by its being done is out no more."""
    if status.category is StatusCategory.DONE:
        return
    product, store = telling.product, telling.store
    known = store.fixes.find(product.id, ticket.ref.key, lock=True)
    if known is not None and not known.is_withdrawn:
        store.fixes.withdraw(known.id, at=telling.cause.at)
