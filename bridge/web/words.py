"""States, moments and numbers in the words that readers know."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime

from bridge.domain.issues import FIXED, Issue, IssueState, Outcome
from bridge.domain.ladder import Ladder, RungKind, RungState
from bridge.domain.people import Because, NoticeKind, Role
from bridge.domain.tickets import StatusCategory
from bridge.steps.satisfaction import change_words, effort_words, survey_words
from bridge.store.decisions import Decision

_S = IssueState
STATES: Mapping[IssueState, str] = {
    _S.CANDIDATE: "Candidate",
    _S.CONFIRMED: "Confirmed",
    _S.FILED: "Filed",
    _S.IN_PROGRESS: "In progress",
    _S.RESOLVED: "Resolved",
    _S.SHIPPED: "Shipped",
    _S.VERIFIED: "Verified",
    _S.REGRESSED: "Regressed",
    _S.DECLINED: "Declined",
    _S.DISMISSED: "Dismissed",
    _S.SNOOZED: "Snoozed",
}
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.FIXED: "fixed",
    Outcome.WONT_FIX: "will not be fixed",
    Outcome.DUPLICATE: "duplicate of another ticket",
    Outcome.CANNOT_REPRODUCE: "cannot be reproduced",
}
TICKETS: Mapping[StatusCategory, str] = {
    StatusCategory.NEW: "to do",
    StatusCategory.IN_PROGRESS: "in progress",
    StatusCategory.DONE: "done",
}
NOTICES: Mapping[NoticeKind, str] = {
    NoticeKind.FIX: "Fixed",
    NoticeKind.CORRECTION: "Correction",
    NoticeKind.REGRESSION: "Back again",
    NoticeKind.WORKAROUND: "Workaround",
    NoticeKind.OUTCOME: "Closed without a fix",
    NoticeKind.ROLLOUT: "Rolling out",
    NoticeKind.OUTAGE: "Outage",
    NoticeKind.ALL_CLEAR: "All clear",
}
_ROLES: Mapping[Role, str] = {
    Role.ADMIN: "everything, also people and connections",
    Role.LEAD: "decides about issues, tickets and workarounds",
    Role.AGENT: "reads, uses workarounds, is told",
    Role.ENGINEER: "reads, tells of releases, is told",
}
BECAUSE: Mapping[Because, str] = {
    Because.AGENT: "you helped a customer with it",
    Because.WORKAROUND: "you used its workaround",
    Because.FOLLOWER: "you follow it",
    Because.OWNER: "you look after an affected account",
    Because.LEAD: "you lead the product",
    Because.TEAM: "you support the product",
}
_REACHED: Mapping[RungKind, str] = {
    RungKind.DONE: "Engineering is done with its ticket.",
    RungKind.RESOLVED: "It is resolved as fixed.",
    RungKind.RELEASED: "The fix is released.",
    RungKind.ROLLED_OUT: "The fix is rolled out to everybody.",
    RungKind.REACHED: "The fix has reached the customers who met it.",
    RungKind.QUIET: "The fix is out, and it has been quiet since.",
    RungKind.VERIFIED: "The fix is verified.",
}
_ENGINEERING = 2
"""So many rungs from the bottom are engineering's."""
_ACTIONS: Mapping[str, str] = {
    "candidate": "Found",
    "file": "Ticket asked for",
    "file_again": "Ticket asked for again",
    "ticket_named": "Ticket named",
    "duplicate_ticket": "Duplicate ticket found",
    "duplicate_followed": "Duplicate followed",
    "fields_set": "Fields of tickets set",
    "duplicate_reopened": "No duplicate any more",
    "linked_existing": "Linked to an existing ticket",
    "that_ticket": "The ticket exists",
    "not_that_ticket": "Not that ticket",
    "unlinked": "Taken off a ticket",
    "not_looked": "Existing tickets were not looked through",
    "filed": "Ticket filed",
    "workaround_copy_linked": "Copy of a workaround linked",
    "workaround_copy_unlinked": "Copy of a workaround unlinked",
    "task_approved": "Task approved",
    "task_done": "Task done",
    "task_dropped": "Task dropped",
    "workarounds_retired": "Workarounds retired",
    "workarounds_revived": "Workarounds offered again",
    "workaround_added": "Workaround added",
    "workaround_edited": "Workaround edited",
    "workaround_activated": "Workaround offered",
    "workaround_replaced": "Workaround replaced",
    "workaround_retired": "Workaround retired",
    "workaround_restored": "Workaround restored",
    "possible_return": "Possible return",
    "answer_without_problem": "Answer to a letter without a problem",
    "ticket_reopened": "Ticket opened again",
    "fix_withdrawn": "A release was taken back",
    "outage": "Outage declared",
    "all_clear": "All clear",
    "owner_not_told": "Account owner not told",
    "merge": "Merged",
    "merged": "Merged",
    "split": "Split",
    "split_from": "Split off",
    "move": "Contacts moved",
    "kept_apart": "Kept apart",
    "kept_together": "Kept together",
    "not_real": "Not one recurring issue",
    "undo": "Undone",
    "shown_to_customers": "Shown to customers",
    "hidden_from_customers": "Hidden from customers",
    "letter_drafted": "Letter to customers drafted",
    "letter_approved": "Letter to customers approved",
    "letter_sent": "Letter to customers sent",
    "letter_dropped": "Letter to customers dropped",
    "faq_edited": "Article edited",
    "faq_accepted": "Article wanted",
    "faq_published": "Article published",
    "faq_dismissed": "No article wanted",
    "faq_taken_down": "Article taken down",
}
# A wrong language code is worse than none for those who listen to the page.
_LANGUAGES = re.compile(
    "ar|bg|cs|da|de|el|en|es|et|fi|fr|he|hr|hu|it|ja|ko|lt|lv|nb|nl|no|pl|pt|ro|ru|sk|sl|sv|tr|uk|zh"
)
_STEPS = (
    (timedelta(minutes=1), timedelta(seconds=1), "s"),
    (timedelta(hours=1), timedelta(minutes=1), "min"),
    (timedelta(days=1), timedelta(hours=1), "h"),
    (timedelta(days=60), timedelta(days=1), "d"),
    (timedelta(days=730), timedelta(days=30), "months"),
)


def state_words(state: IssueState) -> str:
    """The state as shown."""
    return STATES[state]


def action_words(action: str) -> str:
    """What a decision did, as shown in the history."""
    return _ACTIONS.get(action, action.replace("_", " ").capitalize())


def decision_words(decision: Decision) -> str:
    """What a decision did, with what it did it to: "Merged: ISS-7 joined this issue"."""
    told = decision.after.get("told")
    words = action_words(decision.action)
    return f"{words}: {str(told).replace('_', ' ')}" if told else words


def because_words(reasons: Sequence[str]) -> str:
    """Why somebody is told: "you helped a customer with it, and you follow it"."""
    return ", and ".join(BECAUSE[Because(one)] for one in reasons)


def sure_words(probability: float) -> str:
    """How sure the machine is of a yes."""
    share = round(100 * probability)
    if share >= 50:
        return f"The machine would say yes, {share} % sure"
    return f"The machine would say no, {100 - share} % sure"


def why_words(question: str) -> str:
    """Why the machine asks, without how sure it is: that is told in a sentence of its own."""
    why, mark, odds = question.rpartition(";")
    return sentence(why if mark and odds.endswith("%") else question)


def fixed_words(issue: Issue) -> str:
    """Which version fixed an issue, or had before it came back."""
    return f"{'Fixed' if issue.state in FIXED else 'Was fixed'} in {issue.fixed_in}"


def reached_words(ladder: Ladder) -> str:
    """How far a fix has come, in one sentence."""
    if _is_out_in_vain(ladder):
        return "A fix is out, but it did not end the problem."
    reached = [one.kind for one in ladder.rungs if one.state is RungState.DONE]
    return _REACHED[reached[-1]] if reached else "Nothing is fixed yet."


def next_rung(ladder: Ladder) -> RungKind | None:
    """The lowest rung that is ahead of all that is reached; of a fix in vain, of engineering's."""
    rungs = ladder.rungs[:_ENGINEERING] if _is_out_in_vain(ladder) else ladder.rungs
    states = [one.state for one in rungs]
    reached = max((at for at, one in enumerate(states) if one is RungState.DONE), default=-1)
    ahead = (one for one in rungs[reached + 1 :] if one.state is not RungState.TAKEN_BACK)
    return next((one.kind for one in ahead), None)


def _is_out_in_vain(ladder: Ladder) -> bool:
    """Whether customers have a fix that did not hold: what it reached leads nowhere."""
    states = {one.kind: one.state for one in ladder.rungs}
    return (
        states[RungKind.RELEASED] is RungState.DONE
        and states[RungKind.QUIET] is RungState.TAKEN_BACK
    )


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits: "3 h ago"."""
    passed = now - moment
    if passed < timedelta(seconds=2):
        return "just now"
    for below, unit, name in _STEPS:
        if passed < below:
            return f"{passed // unit} {name} ago"
    return f"{passed // timedelta(days=365)} years ago"


def exact(moment: datetime) -> str:
    """The moment to the minute, in UTC."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def day(moment: datetime) -> str:
    """The day, in UTC."""
    return moment.strftime("%Y-%m-%d")


def number(value: float) -> str:
    """An integer with thin groups: 12 345."""
    return f"{int(value):,}".replace(",", "\u202f")


def plural(count: int, one: str, many: str | None = None) -> str:
    """The number with its noun."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def trend_words(counts: Sequence[int]) -> str:
    """What a sparkline shows, for those who do not see it."""
    half = len(counts) // 2
    before, lately = sum(counts[:half]), sum(counts[half:])
    course = "steady"
    if lately > before * 1.25:
        course = "rising"
    elif lately < before * 0.75:
        course = "falling"
    total = plural(sum(counts), "contact")
    return f"{total} in {len(counts)} days" + (f", {course}" if sum(counts) else "")


def sentence(text: str) -> str:
    """The text with a capital first letter and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def language(code: str | None) -> str:
    """The language code when it is a real one, else nothing."""
    short = re.split(r"[-_]", code or "")[0].lower()
    return short if _LANGUAGES.fullmatch(short) else ""


def web_address(address: str) -> str:
    """The address when it is one of the web, else nothing: no other scheme becomes a link."""
    return address if address.startswith(("https://", "http://")) else ""


def role_words(role: Role) -> str:
    """A role with what it may do, for whoever chooses one."""
    return f"{role.value}: {_ROLES[role]}"


FILTERS: Mapping[str, Callable[..., object]] = {
    "state_words": state_words,
    "action_words": action_words,
    "decision_words": decision_words,
    "sure_words": sure_words,
    "why_words": why_words,
    "reached_words": reached_words,
    "next_rung": next_rung,
    "fixed_words": fixed_words,
    "outcome_words": OUTCOMES.__getitem__,
    "ticket_words": TICKETS.__getitem__,
    "because_words": because_words,
    "notice_words": NOTICES.__getitem__,
    "ago": ago,
    "exact": exact,
    "day": day,
    "mail_date": format_datetime,
    "number": number,
    "plural": plural,
    "trend_words": trend_words,
    "sentence": sentence,
    "language": language,
    "web_address": web_address,
    "survey_words": survey_words,
    "change_words": change_words,
    "effort_words": effort_words,
    "role_words": role_words,
}
