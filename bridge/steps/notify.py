"""Notify: carry messages to channels, at least once under one stable id.

The row says how far a message has come, the queue only wakes somebody up. A try is written down
before it is made and belongs to one sender for the time of a lease; a try that nobody heard the end
of is looked up, repeated under the same id, or left to a person: whichever the channel allows.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bridge.domain.contacts import ProductId
from bridge.domain.errors import (
    AnswerLost,
    EndpointGone,
    InvalidMove,
    NotReachable,
    OutsideError,
    Refused,
    TryAgainLater,
)
from bridge.domain.messages import AfterLoss, MessageState, wait_after
from bridge.domain.people import Notice, UserId
from bridge.ports import Message, Notifier
from bridge.steps.bounces import holds_dead_back, require_alive
from bridge.steps.context import Context
from bridge.steps.letter_sending import holds_letter_back, letter_sent, wake_letter
from bridge.steps.outside import wake_sender
from bridge.steps.people import completed
from bridge.steps.report import send_again
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.messages import Dispatch, Outgoing, Result
from bridge.store.reports import report_named

_MOST_IN_FULL = 20
_TRIED_AGAIN = (MessageState.FAILED, MessageState.BOUNCED, MessageState.UNKNOWN)

log = structlog.get_logger()


def notify(context: Context, *, product_id: int, outgoing_id: int) -> None:
    """Send a message, together with what goes out with it, when it is due."""
    with context.open() as store:
        outgoing = store.messages.get(ProductId(product_id), outgoing_id)
        notifier = _carrier(outgoing, store, context)
        if notifier is None:
            return
        now = context.now()
        if holds_letter_back(outgoing, store=store, now=now):
            return
        if holds_dead_back(outgoing, store=store, now=now):
            return
        lease_until = now + timedelta(seconds=context.settings.notify_lease_seconds)
        dispatch = store.messages.claim(outgoing_id, now=now, lease_until=lease_until)
        if dispatch is None:
            if outgoing.due_at is not None and outgoing.due_at > now:
                wake_sender(outgoing, store, at=outgoing.due_at)
            return
    _Sending(dispatch, notifier, context).run()


def send_due(context: Context) -> None:
    """Wake what is due and has no job any more, such as after a restore of the database."""
    with context.open() as store:
        for one in store.messages.due(now=context.now()):
            wake_sender(one, store)
        for product_id, letter_id in store.letters.half_planned():
            wake_letter(product_id, letter_id, store)


def acknowledge(notice: Notice, *, store: Store, now: datetime) -> None:
    """The reader has read it, wherever: what waits to be sent of it is not needed any more."""
    store.notices.acknowledge(notice.id, now=now)
    store.messages.acknowledge(notice.id)


def acknowledge_all(
    reader: UserId, product_id: ProductId, *, up_to: int, store: Store, now: datetime
) -> int:
    """The reader has read all of theirs up to that one; returns how many that are."""
    read = store.notices.acknowledge_all(product_id, reader, up_to=up_to, now=now)
    store.messages.acknowledge(*read)
    return len(read)


def retry_message(outgoing: Outgoing, *, store: Store, now: datetime) -> None:
    """A person wants it tried again, as the same message.

    Raises InvalidMove unless it failed or may have been lost.
    """
    if outgoing.state not in _TRIED_AGAIN:
        raise InvalidMove(f"the message is {outgoing.state}: only a failed one is sent again")
    require_alive(outgoing, store)
    if (named := report_named(outgoing.event)) is not None:
        # Its mail is made anew from the report, with its pictures.
        send_again(outgoing.id, outgoing.product_id, named, store=store)
        return
    store.messages.retry(outgoing.id, now=now)
    wake_sender(outgoing, store)


def enable_channel(connection: Connection, *, store: Store, now: datetime) -> int:
    """Send there again, what failed meanwhile too; returns how many messages that are."""
    store.connections.enable(connection.id)
    count = store.messages.retry_all(connection.id, now=now)
    store.enqueue("send_due", once="send_due")
    return count


def _carrier(outgoing: Outgoing, store: Store, context: Context) -> Notifier | None:
    """The channel; without one the message has failed, with the reason."""
    if outgoing.connection_id is not None:
        connection = store.connections.get(outgoing.connection_id)
        if connection.disabled_at is None:
            return context.channel(connection)
        reason = f"{connection.name} is disabled: {connection.trouble or 'no reason given'}"
    else:
        for notifier in context.notifiers:
            if notifier.name == outgoing.channel:
                return notifier
        reason = f"no channel {outgoing.channel} is set up any more"
    store.messages.give_up(outgoing.id, reason)
    return None


class _Sending:
    """One try of one message."""

    def __init__(self, dispatch: Dispatch, notifier: Notifier, context: Context) -> None:
        self._dispatch = dispatch
        self._notifier = notifier
        self._context = context
        self._first = dispatch.rows[0]
        self._may_be_there = dispatch.was_lost

    def run(self) -> None:
        """Look where that tells, else send; write down what came of it."""
        if self._may_be_there and self._notifier.after_loss is AfterLoss.ASK:
            self._finish(Result(MessageState.UNKNOWN, reason="nobody heard whether it arrived"))
            return
        try:
            receipt = self._found() or self._send()
        except TryAgainLater as error:
            self._later(error, error.retry_after_seconds)
        except AnswerLost as error:
            self._lost(error)
        except NotReachable as error:
            self._finish(Result(MessageState.SUPPRESSED, reason=str(error)))
        except Refused as error:
            self._refused(error)
        else:
            self._finish(Result(MessageState.SENT, receipt=receipt))

    def _found(self) -> str | None:
        if not (self._may_be_there and self._notifier.after_loss is AfterLoss.LOOK):
            return None
        receipt = self._notifier.find(self._first.recipient, self._dispatch.message_id)
        self._may_be_there = False
        return receipt

    def _send(self) -> str:
        message = compose(self._dispatch.rows, self._context)
        message = completed(message, self._first, self._context)
        return self._notifier.send(message, self._first.recipient, self._dispatch.message_id)

    def _later(self, error: OutsideError, wish_seconds: float | None = None) -> None:
        wait = wait_after(self._dispatch.attempt, self._dispatch.message_id)
        if wait is None:
            reason = f"given up after {self._dispatch.attempt} tries: {error}"
            self._finish(Result(MessageState.FAILED, reason=reason))
            self._disable(reason)
            return
        state = MessageState.UNKNOWN if self._may_be_there else MessageState.PLANNED
        wait = max(wait, timedelta(seconds=wish_seconds or 0))
        self._finish(Result(state, reason=str(error), due_at=self._context.now() + wait))

    def _lost(self, error: AnswerLost) -> None:
        self._may_be_there = True
        if self._notifier.after_loss is AfterLoss.ASK:
            self._finish(Result(MessageState.UNKNOWN, reason=str(error)))
        else:
            self._later(error)

    def _refused(self, error: Refused) -> None:
        self._finish(Result(MessageState.FAILED, reason=str(error)))
        if isinstance(error, EndpointGone):
            self._disable(str(error))

    def _finish(self, result: Result) -> None:
        now = self._context.now()
        with self._context.open() as store:
            is_ours = store.messages.finish(self._dispatch, result, now=now)
            if is_ours and result.state is MessageState.SENT:
                letter_sent(self._first, store=store, now=now)
            if is_ours and result.due_at is not None:
                again = store.messages.get(self._first.product_id, self._first.id)
                wake_sender(again, store, at=result.due_at)
        if result.state is not MessageState.SENT:
            message_id = self._dispatch.message_id
            log.info("a message was not sent", message_id=message_id, state=result.state.value)

    def _disable(self, reason: str) -> None:
        if self._first.connection_id is not None:
            with self._context.open() as store:
                now = self._context.now()
                store.connections.disable(self._first.connection_id, reason=reason, now=now)


def compose(rows: Sequence[Outgoing], context: Context) -> Message:
    """What is said: one thing as it is, several under one subject."""
    public_url = context.settings.public_url.rstrip("/")
    settings_url = f"{public_url}/inbox/settings" if rows[0].notice_id is not None else None
    if len(rows) == 1:
        one = rows[0]
        return Message(
            one.subject, one.text, settings_url, reply_to=one.reply_to, stop_url=one.stop_url
        )
    parts = [row.text for row in rows[:_MOST_IN_FULL]]
    if len(rows) > _MOST_IN_FULL:
        parts.append(f"{len(rows) - _MOST_IN_FULL} more are in your inbox: {public_url}/inbox")
    subject = f"{len(rows)} notices about issues of your customers"
    if rows[0].bundle.startswith("fixed in "):
        subject = f"{len(rows)} issues are {rows[0].bundle}"
    return Message(subject, "\n\n".join(parts), settings_url)
