"""Notify: carry an inbox notice to the channels outside, at least once under one stable id."""

import structlog

from bridge.domain.contacts import ProductId
from bridge.domain.errors import AnswerLost, Refused, TryAgainLater
from bridge.domain.people import Notice
from bridge.ports import Message, Notifier
from bridge.steps.context import Context

_MOST_TRIES = 8

log = structlog.get_logger()


def notify(context: Context, *, product_id: int, notice_id: int) -> None:
    """Send the notice through every configured channel that has not carried it yet."""
    with context.open() as store:
        notice = store.notices.get(ProductId(product_id), notice_id)
    for notifier in context.notifiers:
        _send(notice, notifier, ProductId(product_id), context)


def _send(notice: Notice, notifier: Notifier, product_id: ProductId, context: Context) -> None:
    with context.open() as store:
        outgoing = store.notices.plan_message(
            notice.id,
            product_id,
            recipient=notice.recipient,
            channel=notifier.name,
            now=context.now(),
        )
        if outgoing.state in ("sent", "failed", "unknown", "suppressed"):
            return
        if store.notices.is_overtaken(notice):
            reason = "the fix was taken back, or does not hold, before this was sent"
            store.notices.note_message(outgoing.id, "suppressed", reason=reason)
            return
        store.notices.note_message(outgoing.id, "sending")
    subject = notice.text.splitlines()[0]
    message_id = f"notice-{notice.id}.{notifier.name}"
    try:
        receipt = notifier.send(Message(subject, notice.text), notice.recipient, message_id)
    except TryAgainLater as error:
        state = "failed" if outgoing.attempts + 1 >= _MOST_TRIES else "planned"
        with context.open() as store:
            store.notices.note_message(outgoing.id, state, reason=str(error))
        if state == "planned":
            raise
    except Refused as error:
        with context.open() as store:
            store.notices.note_message(outgoing.id, "failed", reason=str(error))
        log.warning("a notice was refused", notice_id=notice.id, channel=notifier.name)
    except AnswerLost as error:
        with context.open() as store:
            store.notices.note_message(outgoing.id, "unknown", reason=str(error))
        log.warning("a notice may be lost", notice_id=notice.id, channel=notifier.name)
    else:
        with context.open() as store:
            store.notices.note_message(outgoing.id, "sent", receipt=receipt)
