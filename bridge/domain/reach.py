"""Has a fix reached a customer? What is known of them in, what can truly be said out."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.fixes import carrier_of, version_key
from bridge.domain.regression import FixedVersion


@dataclass(frozen=True, slots=True)
class KnownOfCustomer:
    """What is known of a customer that decides what is true for them."""

    version: str | None = None
    platform: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """A release with the fix, and where it went only; empty for everywhere."""

    fixed: FixedVersion
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a fix has reached a customer; with a version they can be told."""

    version: str | None
    has_it: bool | None = None
    """None where nobody knows which version they use."""
    reason: str = ""
    """Why they wait, without a version."""


def reach_of(known: KnownOfCustomer, carriers: Sequence[Carrier]) -> Reach:
    """What can truly be said to a customer about a fix that these releases carry."""
    living = [one for one in carriers if not one.fixed.is_withdrawn]
    if not living:
        return Reach(None, reason="no release with the fix is out")
    platform = (known.platform or "").strip().lower()
    meant = [
        one
        for one in living
        if not platform or not one.fixed.platforms or platform in one.fixed.platforms
    ]
    if not meant:
        where = ", ".join(sorted({p for one in living for p in one.fixed.platforms}))
        return Reach(None, reason=f"the fix is for {where} only so far")
    held = _hold(known.version, meant)
    if held is not None and held[1]:
        return Reach(held[0].fixed.version, has_it=True)
    target = held[0] if held else _newest(meant)
    reason = _why_it_waits(target, (known.region or "").strip().lower())
    if reason:
        return Reach(None, reason=reason)
    return Reach(target.fixed.version, has_it=None if held is None else False)


def _hold(version: str | None, carriers: Sequence[Carrier]) -> tuple[Carrier, bool] | None:
    """Which release a customer of that version is told of, and whether theirs has the fix."""
    if version is None:
        return None
    for one in carriers:
        if one.fixed.version.strip().lower() == version.strip().lower():
            return one, True
    keys = {key: one for one in carriers if (key := version_key(one.fixed.version)) is not None}
    ours = version_key(version)
    if ours is None or not keys:
        return None
    found = carrier_of(ours, list(keys))
    if found is not None:
        return keys[found], True
    return keys[min((key for key in keys if key > ours), default=max(keys))], False


def _newest(carriers: Sequence[Carrier]) -> Carrier:
    """The release that everybody can have, where there is one."""
    return max(
        carriers,
        key=lambda one: (
            one.fixed.percent >= 100 and not one.regions,
            version_key(one.fixed.version) or (),
            one.fixed.shipped_at,
        ),
    )


def _why_it_waits(carrier: Carrier, region: str) -> str:
    fixed = carrier.fixed
    if fixed.percent < 100:
        return f"{fixed.version} has reached {fixed.percent} % of customers so far"
    if carrier.regions and region not in carrier.regions:
        where = ", ".join(sorted(carrier.regions))
        who = f"they are in {region}" if region else "where they are is not known"
        return f"{fixed.version} has reached {where} only so far, and {who}"
    return ""
