"""Correction letters: to whom a letter told of a fix that does not hold, as long as it does not."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

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


def told_wrongly(issue: Issue, store: Store) -> dict[int, Addressee]:
    """By customer, those to whom a letter about the fix that fell really went.

    Letters about what was merged into the issue count as well: the survivor's fix is theirs. Who
    heard since that it is not so is left out.
    """
    family = [issue.id, *(one for one in store.issues.family(issue.id) if one != issue.id)]
    wrong = {one: _fallen_episodes(one, issue, store) for one in family}
    letters = store.letters.of_issue(issue.id)
    corrected: dict[int, datetime] = {}
    for letter in (one for one in letters if one.kind is _CORRECTION):
        for reader in store.addressees.of_letter(letter.id, [_S.SENT]):
            if reader.sent_at and any(fix.issue_id in wrong for fix in reader.fixes):
                last = corrected.get(reader.customer_id, reader.sent_at)
                corrected[reader.customer_id] = max(last, reader.sent_at)
    found: dict[int, Addressee] = {}
    for letter in (one for one in reversed(letters) if _told_of_fix(one)):
        for reader in store.addressees.of_letter(letter.id, [_S.SENT]):
            told = [fix for fix in reader.fixes if fix.episode in wrong.get(fix.issue_id, ())]
            since = corrected.get(reader.customer_id)
            if told and (since is None or reader.sent_at is None or reader.sent_at > since):
                found[reader.customer_id] = replace(reader, fixes=tuple(told))
    return found


def _fallen_episodes(member: IssueId, issue: Issue, store: Store) -> tuple[int, ...]:
    """Whose fixes fell with the issue's: its last one, and the last of what was merged into it.

    One that was merged away may have stepped down with the survivor, or stays as it was.
    """
    if member == issue.id:
        return (issue.episode - 1,)
    last = store.issues.get(issue.product_id, member).episode
    return (last - 1, last)


def look_at_correction(letter: Letter, product: Product, store: Store) -> list[Wanted]:
    """Whom a correction is for as of now; nobody once the issue is fixed again."""
    issues = [one for one in store.letters.issues(letter.id) if _is_wrong(one, letter, store)]
    done = store.letter_readers.told(_CORRECTION, issues, letter_id=letter.id)
    people: dict[int, Addressee] = {}
    fixes: dict[int, list[FixTold]] = {}
    for told_of in issues:
        issue = store.issues.get(letter.product_id, told_of.issue_id)
        for customer_id, one in told_wrongly(issue, store).items():
            if (issue.id, customer_id) not in done:
                people[customer_id] = one
                # Told of what was merged into it, they read of the issue that stands for both.
                last = one.fixes[-1]
                told = replace(last, issue_id=issue.id, episode=issue.episode, has_it=None)
                fixes.setdefault(customer_id, []).append(told)
    return _wanted(people, fixes, product, store)


def may_correct(fixes: Iterable[FixTold], product: Product, store: Store) -> bool:
    """Whether none of it has been fixed since: then the correction would be wrong."""
    issues = [store.issues.standing_for(product.id, one.issue_id) for one in fixes]
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


def _is_wrong(one: LetterIssue, letter: Letter, store: Store) -> bool:
    """Whether the issue is still in the episode that its fix fell with, and not fixed since.

    Merged away it is as wrong as before, until what stands for it is fixed.
    """
    issue = store.issues.get(letter.product_id, one.issue_id)
    heir = store.issues.standing_for(letter.product_id, issue.id)
    return issue.episode == one.episode and heir.state not in FIXED
