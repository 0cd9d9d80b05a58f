"""CDEvents in CloudEvents envelopes as ship signals."""
