"""What a run meets, and what came of it."""

from dataclasses import dataclass, field

from bridge.domain.tickets import FilingPolicy

CREATE = "POST /rest/api/3/issue$"
LAGS = (0, 5, 120, 600)
"""Seconds that the search index is late, before scaling."""


@dataclass(frozen=True)
class Scenario:
    """What goes wrong in the tracker while so many issues are filed."""

    name: str
    fault: str | None = None
    seconds: float | None = None
    """Of the fault, after scaling."""
    route: str = CREATE
    count: int | None = None
    """How many calls meet the fault; by default one for each issue."""
    policy: FilingPolicy = FilingPolicy.RETRY
    names_ticket: bool = False
    """A parked filing is answered with a ticket that a person made, not by filing again."""
    bad_door: str | None = None
    """Nobody listens at the tracker's address at first ("refused"), or somebody without a good
    certificate ("tls")."""


@dataclass
class Verdict:
    """What came of a run."""

    moments: list[str] = field(default_factory=list, repr=False)
    was_killed: bool = False
    woke_early: bool = False
    """The sleeper was in somebody's way, so it woke before the other one had done everything."""
    lost: int = 0
    duplicates: int = 0
    creates: int = 0
    seconds: float = 0.0
    trouble: str = ""
    """Why it did not come to rest; empty when all is well."""

    @property
    def is_good(self) -> bool:
        """Each issue has its one open ticket."""
        return not (self.lost or self.duplicates or self.trouble)

    def place(self, run: str, kill_at: int | None) -> str:
        """Where a run of that name was killed, in words."""
        if kill_at is None:
            return run
        name = self.moments[kill_at - 1] if kill_at <= len(self.moments) else "not reached"
        return f"{run} ({name})"
