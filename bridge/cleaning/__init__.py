"""Raw text to the part that states the problem; pure functions."""
