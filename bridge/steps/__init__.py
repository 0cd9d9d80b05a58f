"""One verb per file: what the product does, in the order contacts flow."""
