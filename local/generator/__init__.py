"""A believable half-year of one organisation, as a pure function of a seed and a size."""

from local.generator.half_year import DEFAULT_PROSPECTS, HalfYear, generate
from local.generator.people import DEFAULT_SEED

__all__ = ["DEFAULT_PROSPECTS", "DEFAULT_SEED", "HalfYear", "generate"]
