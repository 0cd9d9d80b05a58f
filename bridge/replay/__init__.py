"""Replay: what would the bridge have done on these contacts?"""

from bridge.replay.run import ReplayOptions, replay

__all__ = ["ReplayOptions", "replay"]
