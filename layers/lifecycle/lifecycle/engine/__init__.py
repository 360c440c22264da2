"""The engine: the pure function from (log, funnel) to (state, transitions)."""
