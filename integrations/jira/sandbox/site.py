"""The site as one call sees it: its state, its own address and the dialect spoken."""

from dataclasses import dataclass

from integrations.jira.sandbox.records import Ticket
from integrations.jira.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Site:
    """What every verb of the sandbox works on."""

    store: Store
    base: str
    """Address without a slash at the end."""
    version: str = "3"
    """Version of the REST API; "2" has plain text where "3" has ADF."""

    def rest(self, path: str) -> str:
        """The `self` address of something."""
        return f"{self.base}/rest/api/{self.version}/{path}"

    @property
    def project(self) -> str:
        """Key of the only project."""
        return self.store.setting("project")

    @property
    def speaks_plain_text(self) -> bool:
        """Whether rich text travels as plain text."""
        return self.version == "2"

    def ticket_address(self, ticket: Ticket) -> str:
        """The `self` address of a ticket."""
        return self.rest(f"issue/{ticket.id}")
