"""Text without personal data: typed, stable placeholders such as <EMAIL_1> take its place."""

from bridge.redaction.mentions import Mentions
from bridge.redaction.redactor import Redactor, redact

__all__ = ["Mentions", "Redactor", "redact"]
