"""Tell: one notice per person, issue, kind and episode, in the transaction of what it tells."""

from datetime import datetime

from bridge.domain.issues import Issue
from bridge.domain.people import NoticeKind, UserId
from bridge.store import Store


def tell_agents(
    issue: Issue, kind: NoticeKind, text: str, *, store: Store, now: datetime
) -> list[UserId]:
    """Put a notice into the inbox of everybody who handled an affected contact.

    Contacts that no agent handled are the leads' business. Returns who was newly told.
    """
    agents, has_unhandled = store.issues.agents(issue.id)
    recipients = [UserId(agent) for agent in agents]
    if has_unhandled or not recipients:
        recipients += [lead.id for lead in store.people.leads(issue.product_id)]
    told = []
    for recipient in dict.fromkeys(recipients):
        notice_id = store.notices.add(issue, recipient, kind, text=text, now=now)
        if notice_id is not None:
            store.enqueue("notify", product_id=issue.product_id, notice_id=notice_id)
            told.append(recipient)
    return told
