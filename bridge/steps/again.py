"""Again: what somebody is told who asks for what was done already, by them or by somebody else."""

from bridge.steps.moves import Cause
from bridge.store import Store


def already(by: str | None, deed: str, *, store: Store, cause: Cause) -> str:
    """`you have already approved it`, or who else has; addresses are not shown around.

    by: who did it, by the name in the record.
    """
    if by == cause.actor.name:
        return f"you have already {deed}"
    who = named(by or "somebody", store)
    return f"{who} has already {deed}"


def named(by: str, store: Store) -> str:
    """How somebody is called whom a record names; addresses are not shown around."""
    person = store.people.by_email(by) if "@" in by else None
    return (person.name if person else None) or by.split("@")[0]
