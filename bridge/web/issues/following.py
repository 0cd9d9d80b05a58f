"""Whether the visitor is told of an issue, whoever handled its contacts."""

from fastapi import APIRouter, Response

from bridge.domain.issues import Issue
from bridge.domain.permissions import Action
from bridge.web.issues.actions import acted
from bridge.web.pages import PageRoute
from bridge.web.visit import SubmissionDep, needs

router = APIRouter(
    prefix="/issues/{name}",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.READ_OWN_INBOX)],
)


@router.post("/follow")
def follow(name: str, visit: SubmissionDep) -> Response:
    """The visitor is told of it, whoever handled its contacts."""
    visit.caller.require(Action.READ_OWN_INBOX)

    def act(issue: Issue) -> None:
        visit.store.notices.follow(visit.store.people.known(visit.email).id, issue.id)

    return acted(name, visit, act, done="followed")


@router.post("/unfollow")
def unfollow(name: str, visit: SubmissionDep) -> Response:
    """Whoever is told for another reason still is."""
    visit.caller.require(Action.READ_OWN_INBOX)

    def act(issue: Issue) -> None:
        visit.store.notices.unfollow(visit.store.people.known(visit.email).id, issue.id)

    return acted(name, visit, act, done="unfollowed")
