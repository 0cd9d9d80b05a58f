"""Correction letters: to whom a letter told of a fix that does not hold, as long as it does not."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bridge.domain.issues import FIXED, Issue, IssueId
from bridge.domain.letters import WHY_WORDS, FixTold, LetterKind, LetterState, Why
from bridge.domain.products import Product
from bridge.store import Store
from bridge.store.addressees import Addressee
from bridge.store.letter_readers import Wanted
from bridge.store.letters import Letter, LetterIssue

_S = LetterState
_CORRECTION = LetterKind.CORRECTION


def correct_soon(issue: Issue, *, store: Store) -> None:
    """A fix fell: where letters told of it, queue the draft that puts it right."""
    if any(_told_of_fix(one) for one in store.letters.of_issue(issue.id)):
        store.enqueue(
            "draft_correction",
            product_id=issue.product_id,
            issue_id=issue.id,
            episode=issue.episode,
        )


def told_wrongly(issue_id: IssueId, episode: int, store: Store) -> dict[int, Addressee]:
    """By customer, those to whom a letter about the fix before that episode really went."""
    found: dict[int, Addressee] = {}
    for letter in reversed(store.letters.of_issue(issue_id)):
        if not _told_of_fix(letter):
            continue
        for one in store.addressees.of_letter(letter.id, [_S.SENT]):
            told = [fix for fix in one.fixes if _is_of(fix, issue_id, episode)]
            if told:
                found[one.customer_id] = replace(one, fixes=tuple(told))
    return found


def look_at_correction(letter: Letter, product: Product, store: Store) -> list[Wanted]:
    """Whom a correction is for as of now; nobody once the issue is fixed again."""
    issues = [one for one in store.letters.issues(letter.id) if _is_wrong(one, letter, store)]
    done = store.letter_readers.told(_CORRECTION, issues, letter_id=letter.id)
    people: dict[int, Addressee] = {}
    fixes: dict[int, list[FixTold]] = {}
    for issue in issues:
        for customer_id, one in told_wrongly(issue.issue_id, issue.episode, store).items():
            if (issue.issue_id, customer_id) not in done:
                people[customer_id] = one
                told = replace(one.fixes[-1], episode=issue.episode, has_it=None)
                fixes.setdefault(customer_id, []).append(told)
    return _wanted(people, fixes, product, store)


def may_correct(fixes: Iterable[FixTold], product: Product, store: Store) -> bool:
    """Whether none of it has been fixed since: then the correction would be wrong."""
    issues = [store.issues.get(product.id, one.issue_id) for one in fixes]
    return bool(issues) and all(one.state not in FIXED for one in issues)


def _wanted(
    people: Mapping[int, Addressee],
    fixes: Mapping[int, list[FixTold]],
    product: Product,
    store: Store,
) -> list[Wanted]:
    emails = [one.email for one in people.values() if one.email]
    opted = store.opt_outs.among(product.id, emails, list(people))
    dead = frozenset(store.bounces.dead(product.id, emails))
    found = []
    for customer_id, one in sorted(people.items()):
        why = Why.BOUNCED if one.email in dead else None
        if opted.holds(one.email, customer_id):
            why = Why.OPTED_OUT
        found.append(
            Wanted(
                customer_id=customer_id,
                email=one.email,
                name=one.name,
                language=one.language,
                state=_S.SUPPRESSED if why else _S.DRAFTED,
                why=why,
                reason=WHY_WORDS[why] if why else None,
                fixes=tuple(fixes[customer_id]),
            )
        )
    return found


def _told_of_fix(letter: Letter) -> bool:
    return letter.kind is not _CORRECTION and letter.begun_at is not None


def _is_of(fix: FixTold, issue_id: IssueId, episode: int) -> bool:
    return fix.issue_id == issue_id and fix.episode == episode - 1


def _is_wrong(one: LetterIssue, letter: Letter, store: Store) -> bool:
    """Whether the issue is still in the episode that its fix fell with."""
    issue = store.issues.get(letter.product_id, one.issue_id)
    is_same = issue.merged_into is None and issue.episode == one.episode
    return is_same and issue.state not in FIXED
