"""What agents tell customers: how an issue stands, and which notices are not true any more."""

from collections.abc import Mapping, Sequence

from bridge.domain.issues import FIXED, Issue, IssueState, Outcome
from bridge.domain.people import Notice, NoticeKind
from bridge.domain.workarounds import say_instead
from bridge.store.outages import Outage
from bridge.web.words import STATES

_S = IssueState
_STANDS: Mapping[IssueState, str] = {
    _S.CANDIDATE: "Others wrote the same; nobody has confirmed it yet.",
    _S.CONFIRMED: "It is confirmed; engineering has no ticket yet.",
    _S.FILED: "Engineering has a ticket for it.",
    _S.IN_PROGRESS: "Engineering works on it.",
    _S.RESOLVED: "Engineering is done; customers do not have the fix yet.",
    _S.REGRESSED: "There was a fix, and it did not hold: do not tell customers that it is fixed.",
    _S.DECLINED: "Engineering closed it without a fix.",
    _S.SNOOZED: "It is put aside for now.",
    _S.DISMISSED: "A person decided that it is no issue.",
}
_DECLINED: Mapping[Outcome, str] = {
    Outcome.WONT_FIX: "Engineering will not fix it.",
    Outcome.CANNOT_REPRODUCE: "Engineering could not reproduce it: ask the customer for details.",
}
_OF_NO_FIX = (NoticeKind.REGRESSION, NoticeKind.CORRECTION, NoticeKind.OUTCOME, NoticeKind.ROLLOUT)


def stands(issue: Issue) -> str:
    """How far an issue is, for somebody who is asked about it; empty where customers have a fix."""
    told = _STANDS.get(issue.state, "")
    if issue.state is _S.DECLINED and issue.outcome is not None:
        return _DECLINED.get(issue.outcome, told)
    return told


def may_change(issue: Issue) -> bool:
    """Whether there will be more to tell one day."""
    return issue.state not in (*FIXED, _S.DECLINED, _S.DISMISSED)


def say_of(issue: Issue) -> str:
    """What to tell a customer about the fix; empty while there is none that holds."""
    is_fixed = issue.state in FIXED and issue.fixed_in is not None
    return say_instead(issue.fixed_in) if is_fixed and issue.fixed_in else ""


def since(notice: Notice, issue: Issue, outages: Sequence[Outage]) -> str:
    """What has made a notice untrue since it was written; empty while it holds.

    issue: the one that stands for the notice's by now. outages: those of it that are open, which
    may have been declared on what was merged into it.
    """
    if notice.kind is NoticeKind.OUTAGE:
        told_of = (notice.issue_id, notice.episode)
        is_on = any((one.issue_id, one.number) == told_of for one in outages)
        return "" if is_on else "This outage is over."
    if issue.state in FIXED:
        return _since_a_fix(notice, issue)
    is_done = notice.kind is NoticeKind.FIX or (
        notice.kind is NoticeKind.ROLLOUT and issue.state is not _S.RESOLVED
    )
    if is_done or (notice.kind is NoticeKind.OUTCOME and issue.state is not _S.DECLINED):
        return f"Not so any more: the issue is now “{STATES[issue.state]}”."
    return ""


def _since_a_fix(notice: Notice, issue: Issue) -> str:
    if notice.kind in _OF_NO_FIX:
        return f"Since then it was fixed in {issue.fixed_in}."
    came_back = issue.id == notice.issue_id and notice.episode < issue.episode
    if notice.kind is NoticeKind.FIX and came_back:
        return f"It came back since, and was fixed again in {issue.fixed_in}."
    return ""
