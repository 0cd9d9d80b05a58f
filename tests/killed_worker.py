"""A real worker process that kills itself with SIGKILL at one moment of the filing path.

Usage: killed_worker.py before|after|never
"before": after `sending` is committed and before the request leaves.
"after": after the tracker has answered and before we commit the ticket.
"""

import os
import signal
import sys
from datetime import datetime

from bridge.domain.tickets import Attempt, TicketDraft, TicketRef
from bridge.settings import Settings
from bridge.wiring import build
from bridge.worker import Worker
from integrations.jira.tracker import JiraTracker


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Patch this process only, then work like any worker."""
    moment = sys.argv[1]
    create = JiraTracker.create

    def dying(
        self: JiraTracker,
        draft: TicketDraft,
        attempt: Attempt,
        *,
        until: datetime | None = None,
    ) -> TicketRef:
        if moment == "before":
            _die()
        ref = create(self, draft, attempt, until=until)
        if moment == "after":
            _die()
        return ref

    JiraTracker.create = dying  # type: ignore[method-assign]
    application = build(Settings())
    try:
        Worker(application).run_forever()
    finally:
        application.close()


if __name__ == "__main__":
    main()
