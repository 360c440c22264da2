"""The use cases: record activities, update a deal, decide, evaluate, read."""
