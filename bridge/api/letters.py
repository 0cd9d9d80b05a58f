"""Letters to customers: drafted, read, approved and sent by whoever leads the product."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.responses import PlainTextResponse, Response

from bridge.api import present_letters
from bridge.api.bodies import Nothing
from bridge.api.deps import BODY_ANSWERS, Call, Publisher, answers, area, json_only
from bridge.api.idempotency import OnceDep
from bridge.api.letter_schemas import (
    AddresseePage,
    EditionIn,
    LetterDone,
    LetterEditIn,
    LetterIn,
    LetterOut,
    LetterPage,
    LetterPlanIn,
    LetterPlanOut,
    PreviewList,
    SendIn,
    TakeOffIn,
)
from bridge.api.paging import PageDep, page_of
from bridge.api.wire import MOST_ID, issue_number
from bridge.domain.errors import InvalidInput
from bridge.domain.issues import IssueId
from bridge.domain.letters import FixWords, LetterPlan, LetterState, LetterText
from bridge.steps.letter_export import as_csv, by_hand
from bridge.steps.letter_look import look_again
from bridge.steps.letter_sending import send_letter
from bridge.steps.letters import (
    Seen,
    approve_letter,
    draft_letter,
    drop_letter,
    edit_letter,
    plan_letter_texts,
    take_off,
)
from bridge.steps.tell import Telling
from bridge.store.letters import Letter

router = area("letters")

LetterPath = Annotated[int, Path(alias="id", ge=1, le=MOST_ID)]
States = Annotated[list[LetterState], Query(description="Repeat it for several.", max_length=10)]


@router.get("/letters", summary="List letters", responses=answers())
def list_letters(call: Publisher, page: PageDep) -> LetterPage:
    """Newest first, with how far each is."""
    found = call.store.letters.all(call.product.id, limit=page.limit + 1, before=page.after())
    items, after = page_of(found, page, lambda one: (one.id,))
    shown = [present_letters.letter(one, store=call.store) for one in items]
    return LetterPage(items=shown, next=after)


@router.post(
    "/letters",
    summary="Draft a letter",
    status_code=201,
    response_model=LetterOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def draft(body: LetterIn, call: Publisher, once: OnceDep) -> Response:
    """The open letter of the issue's release tells of it from now on; nobody gets anything."""

    def do() -> tuple[int, LetterOut]:
        issue = call.store.issues.by_number(call.product.id, body.issue)
        letter = draft_letter(issue, body.kind, _telling(call))
        return 201, present_letters.letter(letter, store=call.store)

    return once.run(call, do)


@router.get("/letters/settings", summary="How are customers written to?", responses=answers())
def show_plan(call: Publisher) -> LetterPlanOut:
    """The product's own texts, and whether check-ins are drafted."""
    return present_letters.plan(call.store.letters.plan(call.product.id))


@router.post(
    "/letters/settings",
    summary="Say how to write to customers",
    response_model=LetterPlanOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def set_plan(body: LetterPlanIn, call: Publisher, once: OnceDep) -> Response:
    """From the next draft on."""

    def do() -> tuple[int, LetterPlanOut]:
        texts = {
            kind: {name: LetterText(**one.model_dump()) for name, one in by_language.items()}
            for kind, by_language in body.texts.items()
        }
        plan = LetterPlan(body.reply_to, body.language, body.check_in_days, texts)
        return 200, present_letters.plan(plan_letter_texts(plan, _telling(call)))

    return once.run(call, do)


@router.get("/letters/{id}", summary="Show a letter", responses=answers())
def show(letter_id: LetterPath, call: Publisher) -> LetterOut:
    """What it says, and how many customers are in which state."""
    letter = call.store.letters.get(call.product.id, letter_id)
    return present_letters.letter(letter, store=call.store)


@router.get("/letters/{id}/addressees", summary="Whom is it for?", responses=answers())
def list_addressees(
    letter_id: LetterPath,
    call: Publisher,
    state: States = [],  # noqa: B006 - FastAPI copies it
    *,
    page: PageDep,
) -> AddresseePage:
    """Each customer with state and reason."""
    letter = call.store.letters.get(call.product.id, letter_id)
    found = call.store.addressees.of_letter(
        letter.id, state, after=page.after() or 0, limit=page.limit + 1
    )
    items, after = page_of(found, page, lambda one: (one.id,))
    return AddresseePage(items=[present_letters.addressee(one) for one in items], next=after)


@router.get("/letters/{id}/preview", summary="Read it", responses=answers())
def preview(
    letter_id: LetterPath, call: Publisher, limit: Annotated[int, Query(ge=1, le=100)] = 5
) -> PreviewList:
    """What the first customers would read; the links lead nowhere."""
    letter = call.store.letters.get(call.product.id, letter_id)
    found = present_letters.previews(
        letter, call.product, store=call.store, context=call.context, limit=limit
    )
    return PreviewList(items=found)


@router.get(
    "/letters/{id}/by-hand",
    summary="Whom must a person reach?",
    response_class=PlainTextResponse,
    responses=answers() | {200: {"description": "A table.", "content": {"text/csv": {}}}},
)
def list_by_hand(letter_id: LetterPath, call: Publisher) -> Response:
    """CSV: whose mail was refused or who has no own address, with what is known of them."""
    letter = call.store.letters.get(call.product.id, letter_id)
    table = as_csv(by_hand(letter, call.store))
    return Response(table, media_type="text/csv; charset=utf-8")


@router.post(
    "/letters/{id}/edit",
    summary="Say it in other words",
    response_model=LetterOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def edit(letter_id: LetterPath, body: LetterEditIn, call: Publisher, once: OnceDep) -> Response:
    """Another edition: what was approved is a draft again, 412 unless you know that it was."""

    def do(letter: Letter) -> int:
        texts = {name: LetterText(**one.model_dump()) for name, one in body.texts.items()}
        words = {
            _issue(name, call): {
                language: FixWords(one.title, one.note) for language, one in told.items()
            }
            for name, told in body.words.items()
        }
        seen = Seen(body.edition, body.approved_edition)
        edit_letter(letter, seen=seen, texts=texts, words=words, telling=_telling(call))
        return 0

    return _acted(letter_id, call, once, do, is_counted=False)


@router.post(
    "/letters/{id}/look-again",
    summary="Look again whom it is for",
    response_model=LetterOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def look(
    letter_id: LetterPath, call: Publisher, once: OnceDep, body: Nothing | None = None
) -> Response:
    """Newcomers, opt-outs, and whom the fix has reached since."""

    def do(letter: Letter) -> int:
        look_again(letter, _telling(call))
        return 0

    return _acted(letter_id, call, once, do, is_counted=False)


@router.post(
    "/letters/{id}/approve",
    summary="It may be sent",
    response_model=LetterDone,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def approve(letter_id: LetterPath, body: EditionIn, call: Publisher, once: OnceDep) -> Response:
    """All drafts of this edition; it sends nothing."""

    def do(letter: Letter) -> int:
        return approve_letter(letter, edition=body.edition, telling=_telling(call))

    return _acted(letter_id, call, once, do)


@router.post(
    "/letters/{id}/send",
    summary="Send it",
    status_code=202,
    response_model=LetterDone,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def send(letter_id: LetterPath, body: SendIn, call: Publisher, once: OnceDep) -> Response:
    """To the first few who were approved, or to all; 409 unless this edition was approved."""

    def do(letter: Letter) -> int:
        return send_letter(letter, edition=body.edition, telling=_telling(call), first=body.first)

    return _acted(letter_id, call, once, do, status=202)


@router.post(
    "/letters/{id}/take-off",
    summary="Leave a customer out",
    response_model=LetterOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def take_reader_off(
    letter_id: LetterPath, body: TakeOffIn, call: Publisher, once: OnceDep
) -> Response:
    """They get no letter about these fixes; 409 once theirs was handed over."""

    def do(letter: Letter) -> int:
        reader = call.store.addressees.get(body.addressee)
        take_off(letter, reader, _telling(call, body.reason))
        return 0

    return _acted(letter_id, call, once, do, is_counted=False)


@router.post(
    "/letters/{id}/drop",
    summary="Drop it",
    response_model=LetterOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def drop(
    letter_id: LetterPath, call: Publisher, once: OnceDep, body: Nothing | None = None
) -> Response:
    """A later letter may tell of the same fixes; 409 once some of it was sent."""

    def do(letter: Letter) -> int:
        drop_letter(letter, _telling(call))
        return 0

    return _acted(letter_id, call, once, do, is_counted=False)


def _acted(  # noqa: PLR0913 - what is done, and how it is answered
    letter_id: int,
    call: Call,
    once: OnceDep,
    do: Callable[[Letter], int],
    *,
    status: int = 200,
    is_counted: bool = True,
) -> Response:
    def act() -> tuple[int, LetterOut | LetterDone]:
        count = do(call.store.letters.get(call.product.id, letter_id, lock=True))
        now = call.store.letters.get(call.product.id, letter_id)
        shown = present_letters.letter(now, store=call.store)
        return status, LetterDone(customers=count, letter=shown) if is_counted else shown

    return once.run(call, act)


def _issue(name: str, call: Call) -> IssueId:
    try:
        return call.store.issues.by_number(call.product.id, issue_number(name)).id
    except ValueError as error:
        raise InvalidInput(str(error), pointer="/words") from error


def _telling(call: Call, reason: str = "") -> Telling:
    return Telling(call.product, call.store, call.context, call.cause(reason))
