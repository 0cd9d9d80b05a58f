"""The letters of a product, and one of them: for whom, how far, what it says, and the buttons."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response

from bridge.domain.errors import BridgeError, InvalidInput, InvalidMove, NotConfigured, Outdated
from bridge.domain.letters import WHY_WORDS, LetterKind, LetterState, Why
from bridge.domain.permissions import Action
from bridge.steps.letter_export import as_csv, by_hand
from bridge.steps.letter_look import look_again, why_fallen_of
from bridge.steps.letter_sending import Writer, can_mail, send_letter
from bridge.steps.letters import (
    approve_letter,
    draft_letter,
    drop_letter,
    missing_words,
    take_off,
)
from bridge.steps.tell import Telling
from bridge.store.addressees import Addressee
from bridge.store.letters import Letter
from bridge.web import words
from bridge.web.issues.pages import issue_named
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(
    prefix="/letters",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.PUBLISH)],
)

_SHOWN, _SAMPLES = 50, 3
_DONE = {
    "drafted": "Drafted. Nobody has got anything: read it, approve it, then send it.",
    "looked": "Looked again at who is affected.",
    "saved": "Saved.",
    "unapproved": "Saved. What was approved before is a draft again.",
    "approved": "Approved. It can be sent now.",
    "sent": "On its way. It takes a while until all of it is out.",
    "taken": "Taken off: this customer gets no letter about these fixes.",
    "planned": "Saved. It holds from the next draft on.",
    "dropped": "Dropped. A later letter may tell of the same fixes.",
}
Id = Annotated[int, Path(ge=1, lt=1 << 63)]
Edition = Annotated[int, Form(ge=1, lt=1 << 31)]
Done = Annotated[str, Query(max_length=20)]


@router.get("")
def list_letters(visit: VisitDep, done: Done = "") -> Response:
    """All letters, newest first, with how far each is."""
    visit.caller.require(Action.PUBLISH)
    letters = visit.store.letters.all(visit.product.id, limit=_SHOWN)
    counts = visit.store.addressees.counts([one.id for one in letters])
    return page(
        visit,
        "letters.html",
        letters=[(one, _names(one, visit), _fallen(one, visit), counts[one.id]) for one in letters],
        opt_outs=visit.store.opt_outs.count(visit.product.id),
        plan=visit.store.letters.plan(visit.product.id),
        done=_DONE.get(done, ""),
    )


@router.post("")
def draft(
    visit: SubmissionDep,
    issue: Annotated[Typed, Form(max_length=40)] = "",
    kind: Annotated[LetterKind, Form()] = LetterKind.FIX,
) -> Response:
    """Draft a letter about an issue's fix, or let the issue join the one of its release."""
    visit.caller.require(Action.PUBLISH)
    letter = draft_letter(issue_named(issue, visit), kind, telling_of(visit))
    return redirect(visit.address(f"/letters/{letter.id}", done="drafted"))


@router.get("/{letter_id}")
def show_letter(  # noqa: PLR0913 - one parameter a part of the address
    letter_id: Id,
    visit: VisitDep,
    *,
    done: Done = "",
    state: Annotated[LetterState | None, Query()] = None,
    after: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
    reader: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None,
) -> Response:
    """One letter: what each customer would read, and who gets it or not."""
    visit.caller.require(Action.PUBLISH)
    letter = visit.store.letters.get(visit.product.id, letter_id)
    return _show(letter, visit, done=done, state=state, after=after, reader=reader)


@router.post("/{letter_id}/look")
def look(letter_id: Id, visit: SubmissionDep) -> Response:
    """Look again at who is affected, and whom the fix has reached."""
    return _acted(letter_id, visit, lambda one: look_again(one, telling_of(visit)), "looked")


@router.post("/{letter_id}/approve")
def approve(letter_id: Id, visit: SubmissionDep, edition: Edition) -> Response:
    """What it says was read."""

    def act(letter: Letter) -> None:
        approve_letter(letter, edition=edition, telling=telling_of(visit))

    return _acted(letter_id, visit, act, "approved")


@router.post("/{letter_id}/send")
def send(
    letter_id: Id,
    visit: SubmissionDep,
    edition: Edition,
    first: Annotated[int | None, Form(ge=1, le=1_000_000)] = None,
    ready: Annotated[int | None, Form(ge=0, le=1_000_000)] = None,
) -> Response:
    """To the first few who were approved, or to all of them; `ready`: how many could be sent."""

    def act(letter: Letter) -> None:
        told = telling_of(visit)
        send_letter(letter, edition=edition, telling=told, first=first, ready=ready)

    return _acted(letter_id, visit, act, "sent")


@router.post("/{letter_id}/take-off")
def take_reader_off(
    letter_id: Id, visit: SubmissionDep, reader: Annotated[int, Form(ge=1, lt=1 << 63)]
) -> Response:
    """This customer gets no letter."""

    def act(letter: Letter) -> None:
        take_off(letter, visit.store.addressees.get(reader), telling_of(visit))

    return _acted(letter_id, visit, act, "taken")


@router.post("/{letter_id}/drop")
def drop(letter_id: Id, visit: SubmissionDep) -> Response:
    """It is not wanted."""
    visit.caller.require(Action.PUBLISH)
    letter = visit.store.letters.get(visit.product.id, letter_id, lock=True)
    try:
        drop_letter(letter, telling_of(visit))
    except InvalidMove as error:
        return _show(letter, visit, error=error)
    return redirect(visit.address("/letters", done="dropped"))


@router.get("/{letter_id}/by-hand.csv")
def export(letter_id: Id, visit: VisitDep) -> Response:
    """Whom a person has to reach in another way."""
    visit.caller.require(Action.PUBLISH)
    letter = visit.store.letters.get(visit.product.id, letter_id)
    name = f'attachment; filename="letter-{letter.id}-by-hand.csv"'
    return Response(
        as_csv(by_hand(letter, visit.store)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": name},
    )


def telling_of(visit: Visit) -> Telling:
    """Who writes, in which product."""
    context = visit.web.application.context
    return Telling(visit.product, visit.store, context, visit.cause())


def _acted(letter_id: int, visit: Visit, act: Callable[[Letter], object], done: str) -> Response:
    visit.caller.require(Action.PUBLISH)
    letter = visit.store.letters.get(visit.product.id, letter_id, lock=True)
    try:
        act(letter)
    except (InvalidInput, InvalidMove, NotConfigured, Outdated) as error:
        return _show(letter, visit, error=error)
    return redirect(visit.address(f"/letters/{letter.id}", done=done))


def _show(  # noqa: PLR0913 - what of a letter is shown
    letter: Letter,
    visit: Visit,
    *,
    done: str = "",
    state: LetterState | None = None,
    after: int = 0,
    reader: int | None = None,
    error: BridgeError | None = None,
) -> Response:
    store = visit.store
    states = [state] if state else []
    found = store.addressees.of_letter(letter.id, states, after=after, limit=_SHOWN + 1)
    context = visit.web.application.context
    writer = Writer(letter, visit.product, store=store, context=context)
    status = {"status": status_of(error)} if error else {}
    return page(
        visit,
        "letter.html",
        letter=letter,
        names=_names(letter, visit),
        fallen=_fallen(letter, visit),
        unsure_words=WHY_WORDS[Why.JOINED_LATE],
        unsure=store.addressees.count_why(letter.id, Why.JOINED_LATE),
        counts=store.addressees.counts([letter.id])[letter.id],
        readers=found[:_SHOWN],
        after=found[_SHOWN - 1].id if len(found) > _SHOWN else None,
        state=state,
        samples=[(one, *writer.write(one)) for one in _samples(letter, visit, reader)],
        lacking=missing_words(letter, _drafted(letter, visit), store),
        has_mail=can_mail(store, context),
        is_local=not visit.web.is_secure,
        done=_DONE.get(done, ""),
        trouble=words.sentence(str(error)) if error else "",
        **status,
    )


def _samples(letter: Letter, visit: Visit, reader: int | None) -> list[Addressee]:
    """The customer who was asked for, else the first of each language who can be written to."""
    store = visit.store
    if reader is not None:
        one = store.addressees.get(reader)
        return [one] if one.letter_id == letter.id and one.fixes else []
    wanted = [LetterState.DRAFTED, LetterState.APPROVED, LetterState.SENDING, LetterState.SENT]
    first: dict[str, Addressee] = {}
    for one in store.addressees.of_letter(letter.id, wanted, limit=1_000):
        first.setdefault(one.language, one)
    return list(first.values())[:_SAMPLES]


def _drafted(letter: Letter, visit: Visit) -> list[Addressee]:
    return visit.store.addressees.of_letter(letter.id, [LetterState.DRAFTED])


def _fallen(letter: Letter, visit: Visit) -> dict[str, str]:
    """The issues whose fix does not hold any more, with why; that is what a correction tells."""
    store = visit.store
    if letter.kind is LetterKind.CORRECTION:
        return {}
    return {
        store.issues.get(letter.product_id, one.issue_id).name: words.sentence(reason)
        for one in store.letters.issues(letter.id)
        if (reason := why_fallen_of(one, letter, store)) is not None
    }


def _names(letter: Letter, visit: Visit) -> list[str]:
    issues = visit.store.letters.issues(letter.id)
    return [visit.store.issues.get(visit.product.id, one.issue_id).name for one in issues]
