"""The site as one call sees it: its state, its own address and the dialect spoken."""

import json
from dataclasses import dataclass, replace

from integrations.jira.sandbox.catalog import ISSUE_TYPES, Named
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

    def lacks(self, permission: str) -> bool:
        """Whether the account may not do that; who may not browse sees no project at all."""
        lacking: list[str] = json.loads(self.store.setting("lacking"))
        return "BROWSE_PROJECTS" in lacking or permission in lacking

    @property
    def closed_moves(self) -> list[str]:
        """Ids of transitions that the workflow does not have any more."""
        closed: list[str] = json.loads(self.store.setting("closed_moves"))
        return closed

    @property
    def issue_types(self) -> tuple[Named, ...]:
        """The types that the project offers, under the names that they have by now."""
        return tuple(one for one in self.known_types if one.name)

    @property
    def known_types(self) -> tuple[Named, ...]:
        """Those that it does not offer any more, too; they have no name."""
        names: dict[str, str] = json.loads(self.store.setting("type_names"))
        return tuple(replace(one, name=names.get(one.id, one.name)) for one in ISSUE_TYPES)

    def ticket(self, reference: str) -> Ticket | None:
        """The ticket of that id or key, as long as the account may see it."""
        return None if self.lacks("BROWSE_PROJECTS") else self.store.ticket(reference)

    @property
    def speaks_plain_text(self) -> bool:
        """Whether rich text travels as plain text."""
        return self.version == "2"

    def ticket_address(self, ticket: Ticket) -> str:
        """The `self` address of a ticket."""
        return self.rest(f"issue/{ticket.id}")
