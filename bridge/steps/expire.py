"""Expire: forget what was only kept for a while."""

from datetime import timedelta

from bridge.steps.context import Context

_DELIVERIES = timedelta(days=14)
_ANSWERS = timedelta(days=7)
_LINES = timedelta(days=60)


def expire(context: Context) -> None:
    """Drop old originals, noted lines, webhook envelopes, stored answers, logins, questions."""
    now = context.now()
    with context.open() as store:
        for product in store.products.all():
            keep = timedelta(days=product.raw_retention_days)
            store.contacts.drop_raw(product.id, before=now - keep)
        store.templates.drop_uses(before=now - _LINES)
        store.connections.drop_deliveries(before=now - _DELIVERIES)
        store.paces.drop_old()
        store.answers.drop(before=now - _ANSWERS)
        store.suggestions.expire(now=now)
        store.people.drop_expired_logins(now=now)
