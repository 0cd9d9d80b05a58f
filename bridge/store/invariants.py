"""What must always be true of the data, as queries that find where it is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_MOST = 20


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that is broken, and by what."""

    promise: str
    where: str


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What the database server says of itself."""

    version: str
    pgvector: str
    now: datetime


_QUERIES: Mapping[str, str] = {
    "an issue has at most one open ticket per connection and episode": """
        SELECT 'ISS-' || issue.number || ': ' || string_agg(DISTINCT ticket.key, ', ')
        FROM filing JOIN ticket ON ticket.id = filing.ticket_id
        JOIN issue ON issue.id = filing.issue_id
        WHERE NOT ticket.is_deleted AND ticket.category <> 'done'
        GROUP BY issue.number, filing.connection_id, filing.episode
        HAVING count(DISTINCT ticket.id) > 1""",
    "a linked filing has a ticket of its own connection, and only a linked one has": """
        SELECT 'filing ' || filing.id FROM filing LEFT JOIN ticket ON ticket.id = filing.ticket_id
        WHERE (filing.state = 'linked') <> (ticket.id IS NOT NULL)
        OR ticket.connection_id <> filing.connection_id
        OR ticket.product_id <> filing.product_id""",
    "no filing is being sent past its lease": """
        SELECT 'filing ' || id FROM filing
        WHERE state = 'sending'
        AND lease_until < CAST(:now AS timestamptz) - interval '1 minute'""",
    "a person gets one notice per issue, kind and episode": """
        SELECT 'issue ' || issue_id || ', ' || kind FROM notice
        GROUP BY recipient_id, issue_id, kind, episode HAVING count(*) > 1""",
    "an issue's newest decision about its state is its state": """
        SELECT 'ISS-' || issue.number || ' is ' || issue.state FROM issue
        LEFT JOIN LATERAL (
            SELECT after ->> 'state' AS state FROM decision
            WHERE decision.issue_id = issue.id AND after ? 'state' AND NOT after ? 'faq'
            ORDER BY seq DESC LIMIT 1
        ) AS newest ON true
        WHERE coalesce(newest.state, 'candidate') <> issue.state""",
    "a contact is on at most one issue": """
        SELECT 'contact ' || contact_id FROM assignment WHERE ended_at IS NULL
        GROUP BY contact_id, part HAVING count(*) > 1""",
    "contacts, issues and customers belong to one product": """
        SELECT 'assignment ' || assignment.id FROM assignment
        JOIN contact ON contact.id = assignment.contact_id
        JOIN issue ON issue.id = assignment.issue_id
        LEFT JOIN customer ON customer.id = contact.customer_id
        WHERE assignment.ended_at IS NULL AND (contact.product_id <> issue.product_id
        OR assignment.product_id <> issue.product_id
        OR customer.product_id <> contact.product_id)""",
    "a merged issue has no contacts, and forwards inside its product": """
        SELECT 'ISS-' || issue.number FROM issue
        JOIN issue AS survivor ON survivor.id = issue.merged_into
        LEFT JOIN assignment ON assignment.issue_id = issue.id AND assignment.ended_at IS NULL
        WHERE survivor.product_id <> issue.product_id OR assignment.id IS NOT NULL
        GROUP BY issue.id""",
    "a merged customer points at one that was not merged": """
        SELECT 'customer ' || gone.id FROM customer AS gone
        JOIN customer AS kept ON kept.id = gone.merged_into
        WHERE kept.merged_into IS NOT NULL OR kept.product_id <> gone.product_id""",
    "the count on a ticket is its issue's distinct customers": """
        SELECT ticket.key || ': ' || ticket.written_customers || ' written, '
            || count(DISTINCT coalesce(customer.merged_into, customer.id)) || ' counted'
        FROM ticket
        JOIN LATERAL (
            WITH RECURSIVE forwarded AS (
                SELECT issue.id, issue.merged_into FROM issue WHERE issue.id = (
                    SELECT issue_id FROM filing WHERE ticket_id = ticket.id ORDER BY id LIMIT 1
                )
                UNION ALL
                SELECT issue.id, issue.merged_into FROM issue
                JOIN forwarded ON issue.id = forwarded.merged_into
            )
            SELECT id AS issue_id FROM forwarded WHERE merged_into IS NULL
        ) AS first ON true
        LEFT JOIN assignment
            ON assignment.issue_id = first.issue_id AND assignment.ended_at IS NULL
        LEFT JOIN contact ON contact.id = assignment.contact_id
        LEFT JOIN customer ON customer.id = contact.customer_id
            AND NOT customer.is_shared
        WHERE ticket.written_at IS NOT NULL AND NOT ticket.is_deleted
        AND NOT EXISTS (
            SELECT 1 FROM procrastinate_jobs WHERE task_name = 'refresh'
            AND status IN ('todo', 'doing') AND (args ->> 'ticket_id')::bigint = ticket.id
        )
        AND NOT EXISTS (
            SELECT 1 FROM assignment AS moved WHERE moved.issue_id = first.issue_id
            AND greatest(moved.created_at, moved.ended_at)
                > CAST(:now AS timestamptz) - interval '2 minutes'
        )
        GROUP BY ticket.id
        HAVING count(DISTINCT coalesce(customer.merged_into, customer.id))
            <> ticket.written_customers""",
}


class Invariants:
    """Looks for broken promises over all products."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def server(self) -> ServerFacts:
        """Versions, and the server's clock."""
        query = text(
            "SELECT current_setting('server_version'), clock_timestamp(),"
            " (SELECT extversion FROM pg_extension WHERE extname = 'vector')"
        )
        row = self._session.execute(query).one()
        return ServerFacts(str(row[0]).split()[0], str(row[2]), row[1])

    def promises(self) -> list[str]:
        """What is looked at."""
        return list(_QUERIES)

    def violations(self, *, now: datetime) -> list[Violation]:
        """Where a promise is broken, at most twenty places each."""
        found = []
        for promise, query in _QUERIES.items():
            places = self._session.scalars(text(f"{query} LIMIT {_MOST}"), {"now": now})
            found += [Violation(promise, str(place)) for place in places]
        return found
