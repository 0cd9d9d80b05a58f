"""Receive: turn a stored webhook envelope into news, after the sender has had its answer."""

from bridge.domain.errors import UnknownEvent
from bridge.ports import Webhook
from bridge.steps.context import Context
from bridge.steps.signals import hear_signal
from bridge.steps.track import hear
from bridge.store.deliveries import DeliveryState


def receive(context: Context, *, delivery_id: int) -> None:
    """Translate one envelope and queue what it asks for; an unknown event is kept with a reason."""
    with context.open() as store:
        delivery = store.deliveries.take(delivery_id)
        if delivery is None:
            return
        connection = store.connections.get(delivery.connection_id)
        if connection.integration in context.signals:
            hear_signal(delivery, connection, store=store, context=context)
            return
        if delivery.state is not DeliveryState.RECEIVED:
            return
        webhook: Webhook = context.webhooks[connection.integration]
        try:
            news = webhook.translate(context.secrets.decrypt(delivery.sealed))
        except UnknownEvent as error:
            store.connections.finish_delivery(delivery_id, "failed", reason=str(error))
            return
        for one in news:
            hear(one, connection, store=store)
        store.connections.finish_delivery(delivery_id, "done" if news else "ignored")
