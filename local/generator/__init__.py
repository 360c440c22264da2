"""A believable half-year of one organisation, as a pure function of a day, a seed and a size; and the day after it."""

from local.generator.half_year import DEFAULT_PROSPECTS, HalfYear, generate
from local.generator.people import DEFAULT_SEED
from local.generator.today import today

__all__ = ["DEFAULT_PROSPECTS", "DEFAULT_SEED", "HalfYear", "generate", "today"]
