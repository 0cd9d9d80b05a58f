"""Measurements against other tools; they need benchmarks/requirements.txt and the labelled data."""
