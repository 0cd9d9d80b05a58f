"""The service between customer support and engineering."""

__version__ = "0.1.0"
