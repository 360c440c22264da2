"""The lifecycle-stage engine: which stage each prospect is in, why, and since when."""
