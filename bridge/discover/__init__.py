"""Discover: which issues are in a file of contacts? Needs no database and no account."""

from bridge.discover.evaluating import Scores, evaluate
from bridge.discover.run import DiscoverOptions, discover

__all__ = ["DiscoverOptions", "Scores", "discover", "evaluate"]
