"""The demo product: an invented company's twelve weeks of customer contacts, made from a seed."""
