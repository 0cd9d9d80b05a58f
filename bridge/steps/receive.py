"""Receive: turn a stored webhook envelope into news, after the sender has had its answer."""

from bridge.domain.errors import UnknownEvent
from bridge.ports import Webhook
from bridge.steps.context import Context
from bridge.steps.track import hear


def receive(context: Context, *, delivery_id: int) -> None:
    """Translate one envelope and queue what it asks for; an unknown event is kept with a reason."""
    with context.open() as store:
        delivery = store.connections.delivery(delivery_id)
        if delivery.state != "received":
            return
        connection = store.connections.get(delivery.connection_id)
        webhook: Webhook = context.webhooks[connection.integration]
        try:
            news = webhook.translate(context.secrets.decrypt(delivery.sealed))
        except UnknownEvent as error:
            store.connections.finish_delivery(delivery_id, "failed", reason=str(error))
            return
        for one in news:
            hear(one, connection, store=store)
        store.connections.finish_delivery(delivery_id, "done" if news else "ignored")
