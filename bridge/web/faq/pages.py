"""The page of recurring questions: drafts to accept, articles that are out, what they brought."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response

from bridge.domain.errors import InvalidInput, InvalidMove, Outdated
from bridge.domain.faq import Faq, FaqState
from bridge.domain.issues import Issue
from bridge.domain.permissions import Action
from bridge.steps.faq import (
    accept_faq,
    dismiss_faq,
    edit_faq,
    faq_proof,
    faq_words,
    publish_faq,
)
from bridge.web import words
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(prefix="/faq", route_class=PageRoute, include_in_schema=False)

_PAGE_SIZE = 20
_TABS = {
    FaqState.OPEN: "Suggested",
    FaqState.ACCEPTED: "Wanted",
    FaqState.PUBLISHED: "Published",
    FaqState.DISMISSED: "Not wanted",
}
_DONE = {
    "edited": "Saved. The machine leaves these words alone from now on.",
    "accepted": "Wanted. Say where the article is once it is out.",
    "published": "Thank you. From now on its question is watched.",
    "dismissed": "It is not suggested again.",
    "taken_down": "It counts as taken down: its link is gone from here, its question is watched no"
    " more and not suggested again. In your help centre nothing was changed: take it down there.",
}
Id = Annotated[int, Path(ge=1, lt=1 << 63)]
Words = Annotated[Typed, Form(max_length=20_000)]


@dataclass(frozen=True, slots=True)
class ShownFaq:
    """A question with all that its card tells."""

    one: Faq
    issue: Issue
    since: str
    """What the article has brought; empty before it is out."""


@router.get("")
def list_faqs(
    visit: VisitDep,
    state: Annotated[str, Query(max_length=20)] = "open",
    after: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Oldest first; an unknown state shows what is suggested."""
    wanted = next((one for one in _TABS if one.value == state), FaqState.OPEN)
    return _page(visit, wanted, after=after, done=_DONE.get(done, ""))


@router.post("/{faq_id}/edit", dependencies=[needs(Action.WRITE_WORKAROUNDS)])
def edit(
    faq_id: Id,
    visit: SubmissionDep,
    question: Words = "",
    answer: Words = "",
    edition: Annotated[int, Form(ge=0, lt=1 << 31)] = 0,
) -> Response:
    """In other words."""

    def act(faq: Faq) -> Faq:
        return edit_faq(
            faq,
            visit.product,
            question=question,
            answer=answer,
            edition=edition,
            store=visit.store,
            cause=visit.cause(),
        )

    return _answered(faq_id, visit, act, done="edited")


@router.post("/{faq_id}/accept", dependencies=[needs(Action.WRITE_WORKAROUNDS)])
def accept(faq_id: Id, visit: SubmissionDep) -> Response:
    """The article is wanted."""
    return _answered(
        faq_id,
        visit,
        lambda faq: accept_faq(faq, store=visit.store, cause=visit.cause()),
        done="accepted",
    )


@router.post("/{faq_id}/publish", dependencies=[needs(Action.WRITE_WORKAROUNDS)])
def publish(
    faq_id: Id, visit: SubmissionDep, link: Annotated[Typed, Form(max_length=2_000)] = ""
) -> Response:
    """The article is out."""
    return _answered(
        faq_id,
        visit,
        lambda faq: publish_faq(faq, link, store=visit.store, cause=visit.cause()),
        done="published",
    )


@router.post("/{faq_id}/dismiss", dependencies=[needs(Action.WRITE_WORKAROUNDS)])
def dismiss(
    faq_id: Id, visit: SubmissionDep, reason: Annotated[Typed, Form(max_length=2_000)] = ""
) -> Response:
    """No article."""
    return _answered(
        faq_id,
        visit,
        lambda faq: dismiss_faq(faq, store=visit.store, cause=visit.cause(reason)),
        done="dismissed",
        done_when_out="taken_down",
    )


def _answered(
    faq_id: int, visit: Visit, act: Callable[[Faq], Faq], *, done: str, done_when_out: str = ""
) -> Response:
    visit.caller.require(Action.WRITE_WORKAROUNDS)
    faq = visit.store.faqs.get(visit.product.id, faq_id, lock=True)
    try:
        with visit.store.savepoint():
            changed = act(faq)
    except (InvalidInput, InvalidMove, Outdated) as error:
        shown = faq.state if faq.state in _TABS else FaqState.OPEN
        return _page(visit, shown, after=max(faq.id - 1, 0), trouble=error)
    was_out = faq.state is FaqState.PUBLISHED
    told = done_when_out if was_out and done_when_out else done
    return redirect(visit.address("/faq", state=changed.state.value, done=told))


def _page(
    visit: Visit,
    state: FaqState,
    *,
    after: int = 0,
    done: str = "",
    trouble: InvalidInput | InvalidMove | Outdated | None = None,
) -> Response:
    store, product_id = visit.store, visit.product.id
    found = store.faqs.all(product_id, [state], after=after, limit=_PAGE_SIZE + 1)
    items = []
    for one in found[:_PAGE_SIZE]:
        issue = store.issues.standing_for(product_id, one.issue_id)
        since = faq_words(one, faq_proof(one, store=store, now=visit.now))
        items.append(ShownFaq(one, issue, since))
    return page(
        visit,
        "faq.html",
        *([status_of(trouble)] if trouble else []),
        items=items,
        tabs=_TABS,
        state=state,
        more=items[-1].one.id if len(found) > _PAGE_SIZE else None,
        after=after,
        done=done,
        trouble=words.sentence(str(trouble)) if trouble else "",
    )
