"""What the sandbox keeps, each as one JSON document in the state file."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

Json = dict[str, object]


class Record(BaseModel):
    """A document; a change is a new copy."""

    model_config = ConfigDict(frozen=True)


class Ticket(Record):
    """An issue in Jira's words; links, comments and properties lie beside it."""

    id: int
    number: int
    project: str
    issue_type: str
    status: str
    summary: str
    created: datetime
    updated: datetime
    status_changed: datetime
    description: Json | None = None
    environment: Json | None = None
    labels: tuple[str, ...] = ()
    priority: str = ""
    fix_versions: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    resolution: str | None = None
    resolved: datetime | None = None
    customers: float | None = None
    accounts: float | None = None
    severity: str | None = None

    @property
    def key(self) -> str:
        """`FB-12`."""
        return f"{self.project}-{self.number}"


class Version(Record):
    """A version of the project, released or not."""

    id: int
    name: str
    description: str | None = None
    archived: bool = False
    released: bool = False
    start_date: date | None = None
    release_date: date | None = None


class Comment(Record):
    """A comment; its body is ADF."""

    id: int
    ticket_id: int
    body: Json
    created: datetime
    updated: datetime


class RemoteLink(Record):
    """A link to an outside page; `content` is what the caller sent, absent members as null."""

    id: int
    ticket_id: int
    global_id: str | None
    content: Json


class TicketLink(Record):
    """Two tickets that relate: `source` shows the outward words, `target` the inward ones."""

    id: int
    type: str
    source: int
    target: int


class Change(Record):
    """One entry of a ticket's changelog."""

    id: int
    ticket_id: int
    at: datetime
    items: tuple[Json, ...]


class Webhook(Record):
    """An admin webhook."""

    id: int
    name: str
    url: str
    events: tuple[str, ...]
    jql: str
    secret: str | None
    is_enabled: bool
    has_body: bool
    updated: datetime


class Delivery(Record):
    """One event for one webhook, and how its sending goes."""

    id: int
    webhook_id: int
    url: str
    identifier: str
    event: str
    body: str
    secret: str | None
    tries: int = 0
    due: datetime
    status: int | None = None
    is_over: bool = False
