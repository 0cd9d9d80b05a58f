"""Letters: a lead drafts what affected customers are told of a fix, reads it, and approves it.

Nothing here sends anything: `letter_sending` does, once a person has approved. docs/letters.md
tells the rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.domain.errors import InvalidInput, InvalidMove, Outdated
from bridge.domain.issues import FIXED, Issue, IssueId
from bridge.domain.letter_texts import TEXTS, first_words
from bridge.domain.letters import (
    LANGUAGES,
    MOST_WORDS,
    WHY_WORDS,
    FixWords,
    LetterKind,
    LetterPlan,
    LetterState,
    LetterText,
    Why,
    check_text,
    check_words,
    language_of,
)
from bridge.domain.people import is_address
from bridge.domain.workarounds import Workaround
from bridge.steps.again import already
from bridge.steps.letter_look import look_again
from bridge.steps.moves import require_living
from bridge.steps.tell import Telling
from bridge.store import Store
from bridge.store.addressees import Addressee
from bridge.store.letters import Letter

_S = LetterState
_MOST_DAYS = 90


def draft_letter(issue: Issue, kind: LetterKind, telling: Telling) -> Letter:
    """The open letter about the issue's release, which tells of the issue too from now on.

    All fixes of a release are one letter until the first of it is sent; a customer who was told of
    a fix is in no other letter about it.
    """
    if kind is LetterKind.CORRECTION:
        raise InvalidMove(
            "a correction is drafted by itself, when a fix falls that letters told of"
        )
    require_living(issue, store=telling.store)
    if issue.state not in FIXED or issue.fixed_in is None:
        raise InvalidMove(f"a letter tells of a fix, and {issue.name} is {issue.state.words}")
    store, cause, product = telling.store, telling.cause, telling.product
    store.letters.lock(product.id)
    letter = store.letters.find_open(product.id, kind, issue.fixed_in)
    if letter is None:
        texts = {**TEXTS[kind], **store.letters.plan(product.id).texts.get(kind, {})}
        author = cause.actor.name
        letter = store.letters.add(
            product.id, kind, issue.fixed_in, texts=texts, author=author, now=cause.at
        )
    known = {one.issue_id: one.episode for one in store.letters.issues(letter.id)}
    if known.get(issue.id) != issue.episode:
        store.letters.save_issue(letter.id, issue, _first_words(issue, store))
        record_letter("letter_drafted", letter, [issue.id], telling)
    look_again(letter, telling)
    return letter


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody had before them when they changed a letter."""

    edition: int
    approved: int | None = None
    """Which edition was approved then."""


def edit_letter(
    letter: Letter,
    *,
    seen: Seen,
    texts: Mapping[str, LetterText],
    words: Mapping[IssueId, Mapping[str, FixWords]],
    telling: Telling,
) -> Letter:
    """Say it in other words, in the languages and of the issues that are given.

    What was approved is a draft again, so whoever edits has to know that it was. `letter` is
    locked.
    """
    _require_edition(letter, seen.edition)
    if letter.approved_edition not in (None, seen.approved):
        raise Outdated(
            f"{letter.approved_by} approved it meanwhile, and other words make it a draft again:"
            " look at it, then save once more if they are needed"
        )
    store = telling.store
    if store.addressees.unplanned(letter.id, limit=1):
        raise InvalidMove("it is being sent right now: try again in a minute")
    changed = {name: check_text(letter.kind, name, text) for name, text in texts.items()}
    known = {one.issue_id: one for one in store.letters.issues(letter.id)}
    for issue_id, by_language in words.items():
        if issue_id not in known:
            raise InvalidInput("the letter does not tell of that issue", pointer="/words")
        told = {**known[issue_id].words, **_checked(by_language)}
        issue = store.issues.get(letter.product_id, issue_id)
        if issue.episode == known[issue_id].episode:
            store.letters.save_issue(letter.id, issue, told)
    store.letters.edit(letter.id, {**letter.texts, **changed})
    store.addressees.unapprove(letter.id)
    return store.letters.get(letter.product_id, letter.id)


def approve_letter(letter: Letter, *, edition: int, telling: Telling) -> int:
    """A person has read it: all drafts of it may be sent; returns how many. `letter` is locked."""
    _require_edition(letter, edition)
    store = telling.store
    if letter.dropped_at is not None:
        raise InvalidMove("the letter was dropped")
    # First words may come from elsewhere, where braces mean nothing.
    for told in store.letters.issues(letter.id):
        _checked(told.words)
    # A fix may not hold any more, and people may have opted out, since the page was opened.
    look_again(letter, telling)
    drafted = store.addressees.of_letter(letter.id, [_S.DRAFTED])
    if not drafted:
        raise InvalidMove(_why_nobody(letter, telling))
    for one in missing_words(letter, drafted, store):
        raise InvalidInput(f"say what was fixed, for customers: {one}", pointer="/words")
    store.letters.approve(letter.id, by=telling.cause.actor.name)
    count = store.addressees.approve(letter.id)
    record_letter("letter_approved", letter, _issue_ids(letter, store), telling, count=count)
    return count


def _why_nobody(letter: Letter, telling: Telling) -> str:
    """Why there is nothing to approve."""
    if letter.approved_edition != letter.edition:
        return "nobody is to get this letter now, so there is nothing to approve"
    deed = "approved this letter"
    return already(letter.approved_by, deed, store=telling.store, cause=telling.cause)


def missing_words(letter: Letter, readers: Sequence[Addressee], store: Store) -> list[str]:
    """`ISS-1 in de`: what these customers would be told of without words for it."""
    needed = {(fix.issue_id, one.language) for one in readers for fix in one.fixes}
    words = {one.issue_id: one.words for one in store.letters.issues(letter.id)}
    empty = FixWords("")
    return [
        f"{store.issues.get(letter.product_id, issue_id).name} in {language}"
        for issue_id, language in sorted(needed)
        if not words[issue_id].get(language, empty).title
    ]


def take_off(letter: Letter, addressee: Addressee, telling: Telling) -> None:
    """This customer gets no letter about these fixes."""
    if addressee.letter_id != letter.id:
        raise InvalidInput("that is another letter", pointer="/addressee")
    reason = telling.cause.reason or WHY_WORDS[Why.TAKEN_OFF]
    if addressee.state is _S.SUPPRESSED:
        raise InvalidMove(f"this customer gets no letter anyway: {addressee.reason}")
    if not telling.store.addressees.suppress([addressee.id], Why.TAKEN_OFF, reason):
        raise InvalidMove("this customer's letter was sent, or is being sent")


def drop_letter(letter: Letter, telling: Telling) -> None:
    """The letter is not wanted; a later one may tell of the same fixes. `letter` is locked."""
    if letter.dropped_at is not None:
        raise InvalidMove("the letter was dropped already")
    if not letter.is_open:
        raise InvalidMove("some of the letter was sent, which nothing takes back")
    store = telling.store
    ids = _issue_ids(letter, store)
    store.letter_readers.forget(letter.id)
    store.letters.drop(letter.id, now=telling.cause.at)
    record_letter("letter_dropped", letter, ids, telling)


def plan_letter_texts(plan: LetterPlan, telling: Telling) -> LetterPlan:
    """How the product writes from the next draft on; raises InvalidInput."""
    if plan.reply_to is not None and not is_address(plan.reply_to):
        raise InvalidInput("answers go to an e-mail address", pointer="/reply_to")
    if plan.language not in LANGUAGES:
        raise InvalidInput(f"there are texts in: {', '.join(LANGUAGES)}", pointer="/language")
    if plan.check_in_days is not None and not 1 <= plan.check_in_days <= _MOST_DAYS:
        raise InvalidInput(f"it can be from 1 to {_MOST_DAYS} days", pointer="/check_in_days")
    texts = {
        kind: {name: check_text(kind, name, text) for name, text in by_language.items()}
        for kind, by_language in plan.texts.items()
    }
    plan = replace(plan, texts=texts)
    telling.store.letters.set_plan(telling.product.id, plan)
    telling.store.decisions.record(
        telling.product.id,
        "letter_plan",
        at=telling.cause.at,
        actor=telling.cause.actor,
        after={"language": plan.language, "check_in_days": plan.check_in_days},
        origin=telling.cause.origin,
    )
    return plan


def _require_edition(letter: Letter, edition: int) -> None:
    if letter.edition != edition:
        raise Outdated("somebody has changed the letter meanwhile: look at it again")


def _checked(words: Mapping[str, FixWords]) -> dict[str, FixWords]:
    found = {}
    for language, one in words.items():
        if language not in LANGUAGES:
            raise InvalidInput(f"there are texts in: {', '.join(LANGUAGES)}", pointer="/words")
        found[language] = check_words(one)
    return found


def _first_words(issue: Issue, store: Store) -> dict[str, FixWords]:
    """What a person wrote for customers before; never the issue's own title, nor a contact."""
    known = store.known.find(issue.id)
    workarounds: list[Workaround] = store.workarounds.all(issue.product_id, issue_id=issue.id)
    instead = [text for one in workarounds if (text := one.content.after_fix_text)]
    no_longer = [text for one in workarounds if (text := one.customer_text)]
    return first_words(
        known.title[:MOST_WORDS] if known else "",
        language_of(None, store.letters.plan(issue.product_id).language),
        instead=instead[-1] if instead else None,
        no_longer=no_longer[-1] if no_longer else None,
    )


def _issue_ids(letter: Letter, store: Store) -> list[IssueId]:
    return [one.issue_id for one in store.letters.issues(letter.id)]


def record_letter(
    action: str,
    letter: Letter,
    issue_ids: Sequence[IssueId],
    telling: Telling,
    *,
    count: int | None = None,
) -> None:
    """Write into the history of each issue what became of a letter about it."""
    after: dict[str, object] = {"letter": letter.id, "kind": letter.kind.value}
    if count is not None:
        after["told"] = f"{count} customers" if count != 1 else "1 customer"
    for issue_id in issue_ids:
        telling.store.decisions.record(
            letter.product_id,
            action,
            at=telling.cause.at,
            actor=telling.cause.actor,
            issue_id=issue_id,
            after=after,
            reason=telling.cause.reason,
            origin=telling.cause.origin,
        )
