"""Raw text to the part that states the problem; pure functions."""

from bridge.cleaning.door import door_text, plain_text
from bridge.cleaning.pipeline import Cleaned, clean

__all__ = ["Cleaned", "clean", "door_text", "plain_text"]
