"""What the data itself says the result must be, held against what the API says it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One number: ``expected`` is computed from the data sent, ``found`` comes from the API."""

    label: str
    expected: int
    found: int

    @property
    def holds(self) -> bool:
        """Whether they agree."""
        return self.expected == self.found
