"""Who may do what: roles to actions, as data."""

from collections.abc import Mapping
from enum import StrEnum

from bridge.domain.people import Role


class Action(StrEnum):
    """Something a caller may be allowed to do inside one product."""

    READ = "read"
    """Issues, their evidence and history, releases and workarounds."""
    ADD_CONTACTS = "add_contacts"
    MATCH = "match"
    READ_OWN_INBOX = "read_own_inbox"
    READ_ANY_INBOX = "read_any_inbox"
    READ_MESSAGES = "read_messages"
    """What went to whom through which channel, and send again what failed."""
    USE_WORKAROUNDS = "use_workarounds"
    WRITE_WORKAROUNDS = "write_workarounds"
    REVIEW = "review"
    """Confirm, dismiss, snooze, merge, split, move, undo, and answer suggestions."""
    FILE = "file"
    SHIP = "ship"
    """Say that a release has reached customers."""
    PUBLISH = "publish"
    """Who gets reports, what customers may read, and letters to them."""
    OPERATE = "operate"
    """Metrics, connections, people."""

    @property
    def words(self) -> str:
        """What somebody who lacks it may not do."""
        return _WORDS[self.value]


_WORDS: Mapping[str, str] = {
    "read": "read issues",
    "add_contacts": "send in contacts",
    "match": "ask which issue a contact is about",
    "read_own_inbox": "read an inbox",
    "read_any_inbox": "read other people's inboxes",
    "read_messages": "see what was sent to whom",
    "use_workarounds": "use workarounds",
    "write_workarounds": "write workarounds and answer tasks",
    "review": "decide about issues",
    "file": "ask for tickets",
    "ship": "say what has shipped",
    "publish": "decide what customers read, and who gets reports",
    "operate": "manage connections, people and settings",
}

_A = Action
_AGENT = frozenset({_A.READ, _A.ADD_CONTACTS, _A.MATCH, _A.READ_OWN_INBOX, _A.USE_WORKAROUNDS})
_LEAD = _AGENT | {
    _A.READ_ANY_INBOX,
    _A.READ_MESSAGES,
    _A.WRITE_WORKAROUNDS,
    _A.REVIEW,
    _A.FILE,
    _A.SHIP,
    _A.PUBLISH,
}

ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.ADMIN: frozenset(Action),
    Role.LEAD: _LEAD,
    Role.AGENT: _AGENT,
    Role.ENGINEER: frozenset({_A.READ, _A.MATCH, _A.READ_OWN_INBOX, _A.SHIP}),
}
"""A role that is not here, and an action that is not listed, is denied."""


def is_allowed(role: Role, action: Action) -> bool:
    """Whether that role may do that."""
    return action in ALLOWED.get(role, frozenset())
