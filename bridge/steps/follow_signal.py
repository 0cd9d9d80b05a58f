"""Follow a signal: a version is out, has reached a part of the customers, or was taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.domain.fixes import Release, version_key
from bridge.domain.issues import FIXED
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.people import MACHINE
from bridge.domain.products import Product, ShipRule
from bridge.domain.signals import InRegion, share_of
from bridge.steps.context import Context
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, Shipped, ship
from bridge.steps.tell import Telling
from bridge.steps.withdraw import Withdrawn, lower, withdraw
from bridge.store import Store

_ORIGIN = "job:receive"
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Followed:
    """What a signal led to, in words."""

    words: str
    is_followed: bool = True


def follow(  # noqa: PLR0913 - one transaction needs all of it
    event: ShipEvent,
    product: Product,
    *,
    regions: Sequence[str],
    store: Store,
    context: Context,
    named: str = "",
) -> Followed:
    """Do what a signal in our own names asks for; told twice, it changes nothing.

    named: the tag or branch by which the sender calls the version, for whoever reads the log.
    """
    if product.ship_rule is ShipRule.BY_HAND:
        return Followed(f"{product.name} ships by hand: a person says what is out", False)
    following = _Following(product, tuple(regions), store, context, named)
    if event.kind.takes_back:
        return following.take_back(event)
    return following.bring_out(event)


@dataclass(frozen=True, slots=True)
class _Following:
    """A product, and everything one transaction needs."""

    product: Product
    regions: tuple[str, ...]
    store: Store
    context: Context
    named: str

    def bring_out(self, event: ShipEvent) -> Followed:
        """A version is out."""
        version = event.version or self._nameless(event)
        if not version:
            return Followed(f"{self._no_version()}, and this product ships by versions", False)
        older = self._runs_again(event, version)
        if older is not None:
            return self.take_back(replace(event, version="", back_to=version))
        named = self.store.meant.of_tickets(self.product.id, event.tracker_keys)
        issue_ids = self.store.issues.standing(self.product.id, named)
        is_deployed = event.kind is ShipKind.DEPLOYED
        if self.product.ship_rule is ShipRule.DEPLOYMENT and is_deployed:
            issue_ids += self.store.meant.done_before(self.product.id, event.at)
        news = ReleaseNews(
            version,
            event.at,
            component=event.component,
            percent=self._percent(event, version),
            issue_ids=tuple(dict.fromkeys(issue_ids)),
            told=event,
        )
        did = "was deployed" if is_deployed else "was released"
        cause = self._cause(event, f"{_named(version, event)} {did}")
        done = ship(news, self.product, store=self.store, context=self.context, cause=cause)
        return Followed(_shipped_words(version, done))

    def take_back(self, event: ShipEvent) -> Followed:
        """A version is out no more, or an older one runs again instead of what came after it."""
        if event.back_to:
            return self._go_back(event)
        if not event.version:
            return Followed(f"{self._no_version()}: say by hand which was taken back", False)
        known = self.store.fixes.find(
            self.product.id, event.version, component=event.component, lock=True
        )
        newer = [one for one in self._releases(event) if _is_newer(one, event.version)]
        if newer and not event.environment:
            words = f"{newer[0].version} is out, which may have the fixes of {event.version} too"
            return Followed(f"{words}: say by hand if they are taken back", False)
        if known is None:
            # News that it is out may be under way still, and come too late then.
            known = self.store.fixes.save_release(
                self.product.id,
                event.version,
                at=event.at,
                percent=100,
                component=event.component,
            )
        return Followed(self._withdraw(known, event))

    def _no_version(self) -> str:
        if not self.named:
            return "it names no version"
        return f"“{self.named[:60]}” is no version, as the mapping reads tags"

    def _go_back(self, event: ShipEvent) -> Followed:
        """What came after that version is taken back, and that version is out."""
        newer = [one for one in self._releases(event) if _is_after(one, event, self._base(event))]
        done: list[str] = []
        for one in sorted(newer, key=lambda release: release.id):
            locked = self.store.fixes.find(
                self.product.id, one.version, component=one.component, lock=True
            )
            told = replace(event, id=f"{event.id} {one.version}", kind=ShipKind.ROLLED_BACK)
            done.append(self._withdraw(locked or one, told))
        cause = self._cause(event, f"{_named(event.back_to, event)} runs again")
        told = replace(event, kind=ShipKind.DEPLOYED, version=event.back_to)
        percent = self._percent(told, event.back_to)
        news = ReleaseNews(event.back_to, event.at, event.component, percent, told=told)
        again = ship(news, self.product, store=self.store, context=self.context, cause=cause)
        words = "; ".join(done) if done else "nothing newer was out"
        return Followed(f"{words}; {_shipped_words(event.back_to, again)}")

    def _withdraw(self, known: Release, event: ShipEvent) -> str:
        """Take it back where it was taken back: elsewhere customers have it still."""
        percent = self._left_elsewhere(known, event)
        if percent:
            return self._lower(known, percent, event)
        done = withdraw(
            known,
            event,
            self.product,
            store=self.store,
            context=self.context,
            cause=self._cause(event, f"{_named(known.version, event)} was taken back"),
        )
        return _withdrawn_words(done)

    def _left_elsewhere(self, known: Release, event: ShipEvent) -> int:
        """The share of customers who have it still, once one region has it no more."""
        if not self.regions or not event.region or known.is_withdrawn:
            return 0
        words = self.store.rollouts.of_release(known.id)
        told = [
            InRegion(region, one.at, one.kind.takes_back)
            for one in words
            for region in ([one.region] if one.region else self.regions)
        ]
        before = share_of(self.regions, told)
        left = share_of(self.regions, [*told, InRegion(event.region, event.at, True)])
        return max(known.percent * left // before, 1) if left and before else 0

    def _lower(self, known: Release, percent: int, event: ShipEvent) -> str:
        """A region has it no more, others do: it steps down there."""
        store = self.store
        is_news = store.rollouts.note(self.product.id, known.id, event)
        if not is_news or percent >= known.percent:
            return f"{known.version} stays at {known.percent} %"
        cause = self._cause(event, f"{_named(known.version, event)} was taken back")
        telling = Telling(self.product, store, self.context, cause)
        reasons = lower(known, percent, event, telling=telling)
        down = [store.issues.get(self.product.id, one) for one in reasons]
        names = [one.name for one in down if one.state not in FIXED]
        words = f"{known.version} has gone back to {percent} %: {event.region} has it no more"
        return f"{words}; not fixed for everybody: {_list(names)}" if names else words

    def _releases(self, event: ShipEvent) -> list[Release]:
        """The releases of the component that customers can get."""
        found = self.store.fixes.releases(self.product.id)
        return [one for one in found if one.component == event.component and not one.is_withdrawn]

    def _base(self, event: ShipEvent) -> Release | None:
        return self.store.fixes.find(self.product.id, event.back_to, component=event.component)

    def _runs_again(self, event: ShipEvent, version: str) -> Release | None:
        """The release, where a deployment puts an older one back in the place of a newer one.

        A version that never ran there is no return, whatever its number: a back-port.
        """
        known = self.store.fixes.find(self.product.id, version, component=event.component)
        if known is None or event.kind is not ShipKind.DEPLOYED or not event.environment:
            return None
        told = self.store.rollouts.deployments(self.product.id, event.source, event.environment)
        ran = [at for release_id, at in told if release_id == known.id and at < event.at]
        if not ran:
            return None
        after = {release_id for release_id, at in told if min(ran) < at < event.at}
        newer = [one for one in self._releases(event) if one.id in after]
        base = replace(event, back_to=version)
        return known if any(_is_after(one, base, known) for one in newer) else None

    def _nameless(self, event: ShipEvent) -> str:
        """What a deployment without a version is called, where deployments count."""
        by_deployment = self.product.ship_rule is ShipRule.DEPLOYMENT
        if not by_deployment or event.kind is not ShipKind.DEPLOYED or not event.commit:
            return ""
        # A name that begins with a letter is never compared with versions.
        return f"deployment {event.commit[:12]}"

    def _percent(self, event: ShipEvent, version: str) -> int:
        """How many customers have it: as told, or by the regions that have it."""
        if not self.regions or not event.region:
            return event.percent or 100
        known = self.store.fixes.find(self.product.id, version, component=event.component)
        told = self.store.rollouts.of_release(known.id) if known else []
        heard = [InRegion(one.region, one.at, one.kind.takes_back) for one in told if one.region]
        share = share_of(self.regions, [*heard, InRegion(event.region, event.at, False)])
        return max(share * (event.percent or 100) // 100, 1)

    def _cause(self, event: ShipEvent, reason: str) -> Cause:
        return Cause(MACHINE, self.context.now(), reason, _ORIGIN, {"source": event.source})


def _is_after(release: Release, event: ShipEvent, base: Release | None) -> bool:
    """Whether a release came after the version that runs again."""
    if release.version == event.back_to or release.shipped_at > event.at:
        return False
    ours, theirs = version_key(event.back_to), version_key(release.version)
    if ours is not None and theirs is not None:
        return theirs > ours
    return base is not None and release.shipped_at > base.shipped_at


def _is_newer(release: Release, version: str) -> bool:
    ours, theirs = version_key(version), version_key(release.version)
    return ours is not None and theirs is not None and theirs > ours


def _named(version: str, event: ShipEvent) -> str:
    name = version if version.startswith("deployment ") else f"version {version}"
    return f"{name} of {event.component}" if event.component else name


def _shipped_words(version: str, done: Shipped) -> str:
    known = [one.name for one in done.known]
    shipped = [one.name for one in done.shipped if one.name not in known]
    not_shipped = [f"{issue.name} ({reason})" for issue, reason in done.not_shipped]
    words = f"{version} is out"
    if done.release.percent < 100:
        words = f"{version} has reached {done.release.percent} %"
    if done.release.is_withdrawn:
        words = f"{version} stays taken back: that was before"
    if shipped:
        words += f"; shipped: {_list(shipped)}"
    if known:
        words += f"; known already, nothing to do: {_list(known)}"
    if not_shipped:
        words += f"; not shipped: {_list(not_shipped)}"
    return words if shipped or known or not_shipped else f"{words}; no issue waits for it"


def _withdrawn_words(done: Withdrawn) -> str:
    if not done.release.is_withdrawn:
        return f"{done.release.version} stays out: that was before it came out"
    words = f"{done.release.version} is taken back"
    if done.stepped_down:
        words += f"; not fixed any more: {_list([issue.name for issue in done.stepped_down])}"
    if done.kept:
        words += f"; still fixed elsewhere: {_list([issue.name for issue in done.kept])}"
    return words


def _list(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
