"""Whom a letter is for: who is affected, what is true for each, and who is not written to."""

from collections.abc import Mapping, Sequence

from bridge.domain.customers import Identity, IdentityKind
from bridge.domain.issues import FIXED, IssueId
from bridge.domain.letters import (
    WHY_WORDS,
    FixTold,
    LetterKind,
    LetterState,
    Why,
    greeting_name,
    language_of,
)
from bridge.domain.reach import Carrier, reach_of
from bridge.domain.signals import InRegion, regions_having
from bridge.identity import RAW_PREFIX
from bridge.steps.holding import release_facts
from bridge.steps.letter_correction import look_at_correction
from bridge.steps.tell import Telling
from bridge.store import Store
from bridge.store.affected import Affected
from bridge.store.letter_readers import Wanted
from bridge.store.letters import Letter, LetterIssue
from bridge.store.opt_outs import OptedOut

_S = LetterState


def look_again(letter: Letter, telling: Telling) -> None:
    """Whom the letter is for as of now: newcomers, those the fix has reached, opt-outs."""
    store, product = telling.store, telling.product
    store.letters.lock(product.id)
    if letter.kind is LetterKind.CORRECTION:
        readers = look_at_correction(letter, product, store)
        store.letter_readers.settle(letter, readers, {}, now=telling.cause.at)
        return
    issues = _with_heirs(store.letters.issues(letter.id), letter, store)
    why_fallen = {one.issue_id: why_fallen_of(one, letter, store) for one in issues}
    standing = [one for one in issues if why_fallen[one.issue_id] is None]
    told = store.letter_readers.told(letter.kind, standing, letter_id=letter.id)
    carriers = {one.issue_id: carriers_of(one.issue_id, store) for one in standing}
    people = store.affected.of_issues(list(carriers))
    emails = {one.customer_id: address_of(one.identities) for one in people}
    addresses = [email for email, _ in emails.values() if email is not None]
    opted = store.opt_outs.among(product.id, addresses, list(emails))
    dead = frozenset(store.bounces.dead(product.id, addresses))
    look = _Look({one.issue_id: one for one in standing}, carriers, told, opted, dead)
    language = store.letters.plan(product.id).language
    wanted = [
        found
        for one in people
        if (found := look.wanted(one, emails[one.customer_id], otherwise=language)) is not None
    ]
    store.letter_readers.settle(letter, wanted, _fallen(why_fallen, store), now=telling.cause.at)


def _with_heirs(
    issues: Sequence[LetterIssue], letter: Letter, store: Store
) -> Sequence[LetterIssue]:
    """What the letter tells of; of what was merged the survivor too, if its release fixes that.

    The survivor takes over the words, unless it has its own: nobody has to write them again.
    """
    there = {one.issue_id for one in issues}
    for one in issues:
        heir = store.issues.standing_for(letter.product_id, one.issue_id)
        if heir.id in there or heir.state not in FIXED:
            continue
        out = (o.release for o in store.fixes.of_issue(heir.id))
        if any(o.version == letter.version and not o.is_withdrawn for o in out):
            store.letters.save_issue(letter.id, heir, one.words)
            there.add(heir.id)
    return issues if len(there) == len(issues) else store.letters.issues(letter.id)


def _fallen(why: Mapping[IssueId, str | None], store: Store) -> dict[int, str]:
    """Whose fix does not hold any more, with the reason for each customer."""
    ids = [issue_id for issue_id, reason in why.items() if reason is not None]
    return {
        one.customer_id: "; ".join(why[issue_id] or "" for issue_id in sorted(one.issues))
        for one in store.affected.of_issues(ids)
    }


class _Look:
    """One look at who is affected by what a letter tells of."""

    def __init__(
        self,
        issues: Mapping[IssueId, LetterIssue],
        carriers: Mapping[IssueId, Sequence[Carrier]],
        told: set[tuple[int, int]],
        opted: OptedOut,
        dead: frozenset[str],
    ) -> None:
        self._issues = issues
        self._carriers = carriers
        self._told = told
        self._opted = opted
        self._dead = dead
        self._addresses: set[str] = set()

    def wanted(
        self, one: Affected, address: tuple[str | None, Why | None], *, otherwise: str
    ) -> Wanted | None:
        """What this customer is told; None when that was done, or is in another letter."""
        fixes, waits, is_unsure = self._fixes(one)
        if not fixes and not waits and not is_unsure:
            return None
        email, why = (None, Why.SHARED_ADDRESS) if one.is_shared else address
        state, reason = _S.DRAFTED, None
        if self._opted.holds(email, one.customer_id):
            why = Why.OPTED_OUT
        elif email in self._dead:
            why = Why.BOUNCED
        elif is_unsure and not fixes and not waits:
            why = Why.JOINED_LATE
        elif why is None and not fixes:
            why, state, reason = Why.NOT_REACHED, _S.WAITING, "; ".join(dict.fromkeys(waits))
        elif why is None and email in self._addresses:
            why = Why.SAME_ADDRESS
        if why is not None and state is not _S.WAITING:
            state, reason = _S.SUPPRESSED, WHY_WORDS[why]
        if state is _S.DRAFTED and email is not None:
            self._addresses.add(email)
        return Wanted(
            customer_id=one.customer_id,
            email=email,
            name=greeting_name(one.name),
            language=language_of(one.language, otherwise),
            state=state,
            why=why,
            reason=reason,
            fixes=tuple(fixes),
        )

    def _fixes(self, one: Affected) -> tuple[list[FixTold], list[str], bool]:
        """What they are told, what they wait for, and whether they may not have met it at all."""
        fixes, waits, is_unsure = [], [], False
        for issue_id in sorted(one.issues):
            if (issue_id, one.customer_id) in self._told:
                continue
            if issue_id in one.unsure:
                is_unsure = True
                continue
            reach = reach_of(one.known, self._carriers[issue_id])
            if reach.version is None:
                waits.append(reach.reason)
            else:
                episode = self._issues[issue_id].episode
                fixes.append(FixTold(issue_id, episode, reach.version, reach.has_it))
        return fixes, waits, is_unsure


def carriers_of(issue_id: IssueId, store: Store) -> list[Carrier]:
    """The releases that carry the newest fix of an issue, and where each went."""
    found = [one for one in store.fixes.of_issue(issue_id) if not one.is_refuted]
    last = max((one.episode for one in found), default=0)
    carriers = []
    for one in found:
        if one.episode != last:
            continue
        release = one.release
        every = store.rollouts.of_release(release.id)
        told = [one for one in every if not one.kind.takes_back]
        places = [one.region or one.audience for one in told]
        # A region that was rolled back has it no more.
        words = [InRegion(one.region, one.at, one.kind.takes_back) for one in every if one.region]
        audiences = {one.audience.strip().lower() for one in told if not one.region}
        regions = regions_having(words) | audiences if all(places) else ()
        carriers.append(Carrier(release_facts(release), frozenset(regions)))
    return carriers


def address_of(identities: Sequence[Identity]) -> tuple[str | None, Why | None]:
    """Where a person can be written to: the address learned last; else why not."""
    addresses = [
        one
        for one in identities
        if one.kind is IdentityKind.EMAIL and not one.key.startswith(RAW_PREFIX)
    ]
    own = [one.key for one in addresses if not one.is_shared]
    if own:
        return own[-1], None
    return None, Why.SHARED_ADDRESS if addresses else Why.NO_ADDRESS


def why_fallen_of(one: LetterIssue, letter: Letter, store: Store) -> str | None:
    """Why the letter cannot tell of an issue any more; None while its fix holds."""
    issue = store.issues.get(letter.product_id, one.issue_id)
    if issue.merged_into is not None:
        heir = store.issues.standing_for(letter.product_id, issue.id)
        return f"{issue.name} was merged into {heir.name}"
    if issue.state not in FIXED:
        return f"the fix of {issue.name} does not hold any more"
    return None if issue.episode == one.episode else f"{issue.name} came back after this fix"
