"""Machine learning: texts and arrays in, arrays and small results out. No database tables here."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.finder import IssueFinder

__all__ = ["IssueFinder"]


def __getattr__(name: str) -> object:
    """Load the estimator only when it is asked for: scikit-learn takes a second to import."""
    if name == "IssueFinder":
        from models.finder import IssueFinder

        return IssueFinder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
