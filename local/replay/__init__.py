"""Replays real data sets through the public API and holds the result against the data."""
