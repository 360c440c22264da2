"""The laptop: the whole system on one machine, and what can be tried out on it."""
