"""Outside: plan what carries a notice beyond the inbox, in the transaction that wrote it.

Who is told how follows the person's own preferences of that moment. docs/notices.md tells the
rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidInput
from bridge.domain.issues import Issue
from bridge.domain.messages import Timing, timing_of
from bridge.domain.people import Notice, NoticeKind, UserId
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.messages import Outgoing, Planned

_URGENT = frozenset({NoticeKind.OUTAGE, NoticeKind.ALL_CLEAR})
"""A digest tomorrow would be of no use."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to tell single people of a product."""

    name: str
    words: str
    connection_id: int | None = None


ROOMS = ("slack", "slack_webhook")
"""Kinds of connection that have a channel of the whole product."""
_WORDS = {"smtp": "E-mail", "slack": "Slack"}


def channels_of(product_id: ProductId, store: Store, context: Context) -> list[Channel]:
    """Every channel by which a person of the product can be told, beside the inbox."""
    # The command line, and a server without a worker, may not know by what workers send.
    own = [one.name for one in context.notifiers]
    names = dict.fromkeys([*own, *store.installation.read().channels])
    found = [Channel(one, _WORDS.get(one, one)) for one in names]
    for connection in store.connections.of_kind(product_id, "slack"):
        if connection.config.get("direct") and connection.disabled_at is None:
            found.append(Channel("slack", _WORDS["slack"], connection.id))
            break
    return found


def require_channels(
    names: Sequence[str], product_id: ProductId, store: Store, context: Context
) -> None:
    """Raise InvalidInput for a channel by which nobody of the product can be told."""
    known = sorted(one.name for one in channels_of(product_id, store, context))
    unknown = sorted(set(names) - {*known})
    if unknown:
        told = f"there are: {', '.join(known)}" if known else "none is set up beside the inbox"
        raise InvalidInput(f"there is no channel {unknown[0]}; {told}", pointer="/channels")


def fixed_in(version: str) -> str:
    """The bundle of all fixes in one release."""
    return f"fixed in {version}"


def send_outside(
    notice: Notice, recipient: UserId, store: Store, context: Context, *, bundle: str | None = None
) -> None:
    """Plan the notice for every channel that its reader wants."""
    now = context.now()
    wanted = store.notices.preferences(recipient)
    timing = timing_of(wanted, now, is_urgent=notice.kind in _URGENT)
    product_id = store.notices.product_of(notice.id)
    heard = _heard_through(notice, product_id, store)
    for channel in channels_of(product_id, store, context):
        if not wanted.wants(channel.name) or (heard is not None and channel.name not in heard):
            continue
        planned = Planned(
            event=f"notice-{notice.id}",
            recipient=notice.recipient,
            channel=channel.name,
            subject=notice.text.splitlines()[0],
            text=notice.text,
            due_at=timing.due_at,
            is_held=timing.bundle is not None,
            bundle=_bundle(timing, bundle),
            notice_id=notice.id,
            connection_id=channel.connection_id,
        )
        outgoing_id = store.messages.plan(product_id, planned, now=now)
        if outgoing_id is not None:
            at = planned.due_at if planned.is_held else None
            wake_sender(store.messages.get(product_id, outgoing_id), store, at=at)


def _heard_through(notice: Notice, product_id: ProductId, store: Store) -> set[str] | None:
    """The channels that an all-clear goes through: those that told of its outage; else any."""
    if notice.kind is not NoticeKind.ALL_CLEAR:
        return None
    return store.outages.channels_that_told(notice, product_id)


def post_in_rooms(
    issue: Issue, kind: NoticeKind, text: str, *, store: Store, context: Context
) -> None:
    """Plan one post a channel of the product, once for a kind and episode."""
    now = context.now()
    for connection in store.connections.of_kind(issue.product_id, *ROOMS):
        room = connection.config.get("channel")
        if not room or connection.disabled_at is not None:
            continue
        planned = Planned(
            event=f"{kind.value}:{issue.id}:{issue.episode}",
            recipient=str(room),
            channel=f"{connection.integration}:{connection.id}",
            subject=text.splitlines()[0],
            text=text,
            due_at=now,
            connection_id=connection.id,
        )
        outgoing_id = store.messages.plan(issue.product_id, planned, now=now)
        if outgoing_id is not None:
            wake_sender(store.messages.get(issue.product_id, outgoing_id), store)


def wake_sender(one: Outgoing, store: Store, *, at: datetime | None = None) -> None:
    """Wake a sender now, or when the message is due; one for all that goes out together."""
    group = one.message_id or f"{one.product_id}:{one.channel}:{one.recipient}:{one.bundle}"
    # A job that waits for tomorrow must not stand in the way of one that is wanted now.
    once = f"notify:{group}" if at is None else f"notify:{group}@{at:%Y-%m-%dT%H:%M:%S}"
    store.enqueue("notify", once=once, at=at, product_id=one.product_id, outgoing_id=one.id)


def _bundle(timing: Timing, bundle: str | None) -> str | None:
    """What waits goes out with all that waits for the same moment."""
    return timing.bundle or bundle
