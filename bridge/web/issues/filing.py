"""How it stands between an issue and its ticket, in words, and what a person may do about it."""

from dataclasses import dataclass

from bridge.domain.issues import Issue, IssueState, Outcome
from bridge.domain.tickets import Filing, FilingState, TicketField
from bridge.store.connections import Connection
from bridge.store.tickets import Ticket
from bridge.web import words
from bridge.web.visit import Visit


@dataclass(frozen=True, slots=True)
class TicketState:
    """The sentence on the page, and the buttons below it."""

    sentence: str
    is_trouble: bool = False
    can_file: bool = False
    button: str = "File in Jira"
    can_name: bool = False
    """A person may say which ticket it is."""
    again: bool = False
    """The button says that it does not exist."""
    can_unlink: bool = False
    """A person may say that it is not the ticket of this issue."""
    asks: tuple[TicketField, ...] = ()
    """What the tracker wants to know before it makes the ticket."""


_UNFILED = {
    IssueState.CANDIDATE: "No ticket yet: a lead decides whether it becomes one.",
    IssueState.CONFIRMED: "No ticket yet: a lead decides when it is filed.",
    IssueState.REGRESSED: "It is back; the ticket is the one of the earlier fix.",
}
"""For those who cannot file: what is so, without what a button would do."""


def ticket_state(issue: Issue, visit: Visit) -> TicketState:
    """How it stands now."""
    store = visit.store
    filing = store.filings.of_episode(issue)
    connection = store.connections.of_product(visit.product.id, "jira")
    if filing is None:
        if not visit.may("file"):
            return TicketState(_UNFILED.get(issue.state, ""))
        return _without_filing(issue, connection)
    if filing.ticket_id is not None:
        return _linked(issue, store.tickets.get(filing.ticket_id))
    return _in_words(filing, store.connections.get(filing.connection_id))


def _linked(issue: Issue, ticket: Ticket) -> TicketState:
    if ticket.is_deleted:
        gone = f"{ticket.ref.key} is gone from Jira, or hidden from us. A new ticket can be filed."
        return TicketState(gone, is_trouble=True, can_file=True, button="File a new ticket")
    can_unlink = issue.state not in (IssueState.SHIPPED, IssueState.VERIFIED)
    if ticket.outcome is Outcome.DUPLICATE:
        lost = f"{ticket.ref.key} was closed as a duplicate, but its links lead to no ticket that "
        lost += "we can see. Link it in Jira to the one it duplicates, or say here which one it is."
        return TicketState(lost, is_trouble=True, can_name=True, can_unlink=can_unlink)
    return TicketState("", can_unlink=can_unlink)


def _without_filing(issue: Issue, connection: Connection | None) -> TicketState:
    if issue.state not in (IssueState.CANDIDATE, IssueState.CONFIRMED):
        if issue.state is IssueState.REGRESSED:
            told = "It is back; the ticket is the one of the earlier fix. Should engineering "
            told += "reopen that one, nothing needs to be done here; else file a new one."
            return TicketState(told, can_file=connection is not None, button="File a new ticket")
        return TicketState("")
    if connection is None:
        return TicketState("No tracker is connected yet: `bridge jira connect` does it.")
    project = connection.config.get("project", "")
    what = f"Files one ticket in project {project} with the counts, versions and up to five quotes."
    if issue.state is IssueState.CANDIDATE:
        what = f"Confirms the issue and files one ticket in project {project} with the counts, "
        what += "versions and up to five quotes."
    return TicketState(f"{what} Asking twice gives the same ticket.", can_file=True)


def _in_words(filing: Filing, connection: Connection) -> TicketState:
    reason = words.sentence(filing.reason) if filing.reason else ""
    match filing.state:
        case FilingState.PLANNED:
            if connection.trouble:
                wait = f"The ticket waits for Jira: {words.sentence(connection.trouble)}"
                return TicketState(wait, is_trouble=True, can_name=True)
            wait = f"Not filed yet: {reason}" if reason else "The ticket will be filed in a moment."
            return TicketState(wait, can_name=True)
        case FilingState.SENDING:
            return TicketState("The ticket is being filed now.")
        case FilingState.UNCERTAIN:
            return TicketState(
                "We are checking with Jira whether ticket creation went through. No second "
                f"ticket is sent before that is sure. The reason: {reason}",
                is_trouble=True,
                can_name=True,
            )
        case FilingState.PARKED:
            return TicketState(
                "Nobody is sure whether Jira made the ticket, and none is sent again by itself. "
                f"The reason: {reason} Please look in Jira, then say which of the two it is.",
                is_trouble=True,
                can_file=True,
                button="It does not exist: file again",
                can_name=True,
                again=True,
            )
        case FilingState.REFUSED:
            mend = "Choose below" if filing.asks else "Put that right"
            return TicketState(
                f"Jira refused the ticket: {reason} {mend}, then try again.",
                is_trouble=True,
                can_file=True,
                button="Try again",
                can_name=True,
                asks=filing.asks,
            )
        case FilingState.UNLINKED:
            is_off = filing.left_ticket_id is None
            told = f"No ticket: {reason}"
            if not is_off:
                told += " Our marks are still coming off; then it can be filed again."
            return TicketState(told, can_file=is_off, can_name=is_off)
        case _:
            return TicketState("")
