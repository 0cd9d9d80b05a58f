"""Events to other systems by Standard Webhooks."""
