"""What letters say: the words of one letter, and how a product writes to its customers."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Path, Response

from bridge.domain.errors import InvalidInput, InvalidMove, Outdated
from bridge.domain.issues import IssueId
from bridge.domain.letter_texts import TEXTS
from bridge.domain.letters import (
    LANGUAGES,
    FixWords,
    LetterKind,
    LetterPlan,
    LetterText,
)
from bridge.domain.permissions import Action
from bridge.steps.letters import Seen, edit_letter, plan_letter_texts
from bridge.store.letters import Letter
from bridge.web import words
from bridge.web.letters.pages import telling_of
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(
    prefix="/letters",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.PUBLISH)],
)

Id = Annotated[int, Path(ge=1, lt=1 << 63)]
Short = Annotated[list[Annotated[Typed, Form(max_length=1_000)]], Form(max_length=400)]
Long = Annotated[list[Annotated[Typed, Form(max_length=20_000)]], Form(max_length=10)]
Numbers = Annotated[list[int], Form(max_length=400)]
Words = Mapping[IssueId, Mapping[str, FixWords]]
_NAMES = {"en": "English", "de": "Deutsch", "es": "Español"}


@router.get("/settings")
def show_settings(visit: VisitDep) -> Response:
    """How the product writes."""
    visit.caller.require(Action.PUBLISH)
    return _settings(visit.store.letters.plan(visit.product.id), visit)


@router.post("/settings")
def save_settings(  # noqa: PLR0913 - one parameter a field of the form
    visit: SubmissionDep,
    reply_to: Annotated[Typed, Form(max_length=300)] = "",
    language: Annotated[Typed, Form(max_length=10)] = "en",
    check_in_days: Annotated[Typed, Form(max_length=100)] = "",
    kind: Short = [],  # noqa: B006 - FastAPI copies it
    text_language: Short = [],  # noqa: B006
    subject: Short = [],  # noqa: B006
    body: Long = [],  # noqa: B006
) -> Response:
    """From the next draft on."""
    visit.caller.require(Action.PUBLISH)
    texts: dict[LetterKind, dict[str, LetterText]] = defaultdict(dict)
    for one, name, first, rest in zip(kind, text_language, subject, body, strict=False):
        own = LetterText(first, _lines(rest))
        if one in list(LetterKind) and own != TEXTS[LetterKind(one)].get(name):
            texts[LetterKind(one)][name] = own
    plan = LetterPlan(
        reply_to=reply_to.strip() or None,
        language=language,
        texts=texts,
    )
    try:
        plan_letter_texts(replace(plan, check_in_days=_days(check_in_days)), telling_of(visit))
    except InvalidInput as error:
        return _settings(plan, visit, error=error, days=check_in_days)
    return redirect(visit.address("/letters", done="planned"))


def _days(typed: str) -> int | None:
    """What a person typed as days; a number too large for any use stays one."""
    plain = typed.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal()):
        raise InvalidInput("give whole days, such as 7", pointer="/check_in_days")
    return int(plain[:9])


@router.get("/{letter_id}/words")
def show_words(letter_id: Id, visit: VisitDep) -> Response:
    """All texts of one letter."""
    visit.caller.require(Action.PUBLISH)
    letter = visit.store.letters.get(visit.product.id, letter_id)
    return _words(letter, visit)


@router.post("/{letter_id}/words")
def save_words(  # noqa: PLR0913 - one parameter a field of the form
    letter_id: Id,
    visit: SubmissionDep,
    edition: Annotated[int, Form(ge=1, lt=1 << 31)],
    approved: Annotated[int | None, Form(ge=1, lt=1 << 31)] = None,
    text_language: Short = [],  # noqa: B006
    subject: Short = [],  # noqa: B006
    body: Long = [],  # noqa: B006
    notes: Long = [],  # noqa: B006
    issue: Numbers = [],  # noqa: B006
    issue_language: Short = [],  # noqa: B006
    title: Short = [],  # noqa: B006
    note: Short = [],  # noqa: B006
) -> Response:
    """Another edition, which nobody has approved."""
    visit.caller.require(Action.PUBLISH)
    letter = visit.store.letters.get(visit.product.id, letter_id, lock=True)
    texts = {
        name: LetterText(first, _lines(rest), _lines(more))
        for name, first, rest, more in zip(text_language, subject, body, notes, strict=False)
    }
    told: dict[IssueId, dict[str, FixWords]] = defaultdict(dict)
    for number, name, first, rest in zip(issue, issue_language, title, note, strict=False):
        told[IssueId(number)][name] = FixWords(first, _lines(rest))
    telling = telling_of(visit)
    try:
        seen = Seen(edition, approved)
        edit_letter(letter, seen=seen, texts=texts, words=told, telling=telling)
    except (InvalidInput, InvalidMove, Outdated) as error:
        typed = replace(letter, texts={**letter.texts, **texts})
        return _words(typed, visit, told=told, error=error)
    done = "saved" if letter.approved_edition is None else "unapproved"
    return redirect(visit.address(f"/letters/{letter.id}", done=done))


def _lines(text: str) -> str:
    """Browsers send every line end as two characters."""
    return text.replace("\r\n", "\n")


def _words(
    letter: Letter,
    visit: Visit,
    *,
    told: Words | None = None,
    error: InvalidInput | InvalidMove | Outdated | None = None,
) -> Response:
    status = {"status": status_of(error)} if error else {}
    issues = []
    for one in visit.store.letters.issues(letter.id):
        by_language = {**one.words, **(told or {}).get(one.issue_id, {})}
        issues.append((visit.store.issues.get(visit.product.id, one.issue_id), by_language))
    return page(
        visit,
        "letter_words.html",
        letter=letter,
        issues=issues,
        languages=[(name, _NAMES[name]) for name in LANGUAGES],
        none_told=FixWords(""),
        trouble=words.sentence(str(error)) if error else "",
        **status,
    )


def _settings(
    plan: LetterPlan, visit: Visit, *, error: InvalidInput | None = None, days: str | None = None
) -> Response:
    status = {"status": status_of(error)} if error else {}
    texts = [
        (kind, name, _NAMES[name], plan.texts.get(kind, {}).get(name, TEXTS[kind][name]))
        for kind in LetterKind
        for name in LANGUAGES
    ]
    return page(
        visit,
        "letter_settings.html",
        plan=plan,
        days=plan.check_in_days or "" if days is None else days,
        texts=texts,
        languages=[(name, _NAMES[name]) for name in LANGUAGES],
        trouble=words.sentence(str(error)) if error else "",
        wrong=(error.pointer or "").lstrip("/") if error else "",
        **status,
    )
