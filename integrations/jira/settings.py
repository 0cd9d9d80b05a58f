"""What one connection to a Jira project needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from bridge.domain.issues import Outcome


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """One project of one Jira Cloud site, and how we sign in there."""

    url: str
    """Address of the REST API, without a path on an ordinary site."""
    user: str
    """E-mail of the account; empty: the token is sent as a bearer token."""
    token: str = field(repr=False)
    project: str
    """Key of the project."""
    issue_type: str
    """Id of the issue type; `connect.resolve` turns a name into an id."""
    number_field: str | None = None
    """Id of the number field "Affected customers", such as customfield_10050."""
    instance: str = "bridge"
    """Tells several installations on one project apart; never change it once tickets exist."""
    webhook_secret: str | None = field(default=None, repr=False)
    allow_private: bool = False
    """Allows plain HTTP and private addresses: sandbox, demo, on-premises."""
    site_url: str | None = None
    """Address people open, when it is not the one of the API (api.atlassian.com)."""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """Resolution id to outcome, confirmed by a person; others are guessed from their names."""
    duplicate_transition: str | None = None
    """Transition, or status it leads to, that closes our own duplicate; by name or id."""
    accounts_field: str | None = None
    """Id of a number field for affected accounts, such as customfield_10051."""
    fields: Mapping[str, JsonValue] = field(default_factory=dict)
    """Values for other fields of each new ticket, by id or name; texts as people say them."""
    calls_per_second: float = 5.0
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 60.0

    @property
    def base_url(self) -> str:
        """The address of the API without a slash at its end."""
        return self.url.rstrip("/")

    def browse_url(self, key: str) -> str:
        """Address of a ticket's page."""
        return f"{(self.site_url or self.url).rstrip('/')}/browse/{key}"
