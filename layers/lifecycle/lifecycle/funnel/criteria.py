"""Criteria: the typed conditions of a funnel, each of which can be read aloud.

A criterion says *what* must hold. The engine compiles it for speed and holds it against a log for evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from lifecycle.events import Action, DealStatus, Direction

Comparison = Literal["equals", "in", "at_least", "at_most"]


@dataclass(frozen=True, slots=True)
class PropertyCondition:
    """A comparison of one property of an activity. A property that is absent or of another type does not hold."""

    name: str
    comparison: Comparison
    operand: Any

    def holds(self, properties: Mapping[str, Any]) -> bool:
        """Whether the property compares as the condition says."""
        value = properties.get(self.name)
        if self.comparison == "equals":
            return isinstance(value, bool) is isinstance(self.operand, bool) and bool(value == self.operand)
        if self.comparison == "in":
            return isinstance(value, str) and value in self.operand
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return False
        return bool(value >= self.operand if self.comparison == "at_least" else value <= self.operand)

    @property
    def sentence(self) -> str:
        """The condition in words."""
        if self.comparison == "in":
            return f"{self.name} is one of {', '.join(self.operand)}"
        words = {"equals": "is", "at_least": "is at least", "at_most": "is at most"}
        return f"{self.name} {words[self.comparison]} {self.operand}"


@dataclass(frozen=True, slots=True)
class KnownCriterion:
    """An email is known."""

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return "an email is known"


@dataclass(frozen=True, slots=True)
class ActivityCriterion:
    """At least ``count`` activities of a type (``None``: any) and direction (``None``: any) with such properties."""

    type: str | None
    direction: Direction | None
    where: tuple[PropertyCondition, ...]
    count: int = 1

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        number = "one" if self.count == 1 else f"{self.count}"
        words = [number, *([self.direction] if self.direction else []), self.type or "activity"]
        text = " ".join(words)
        return text + (" whose " + " and ".join(part.sentence for part in self.where) if self.where else "")


@dataclass(frozen=True, slots=True)
class ScoreCriterion:
    """The score of the inbound activities is at least a threshold."""

    at_least: int

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return f"a score of {self.at_least}"


@dataclass(frozen=True, slots=True)
class DealCriterion:
    """A linked deal has a status (``None``: any), with the prospect in one of some roles (``None``: any)."""

    status: DealStatus | None
    roles: tuple[str, ...] | None = None

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        text = f"a linked deal is {self.status}" if self.status else "a deal is linked"
        return text + (f" with the role {' or '.join(self.roles)}" if self.roles else "")


@dataclass(frozen=True, slots=True)
class DecisionCriterion:
    """A person took a decision of this kind."""

    action: Action

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return f"a decision to {self.action}"


@dataclass(frozen=True, slots=True)
class BelowCriterion:
    """The prospect stands on the ladder below a stage."""

    stage: str

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return f"the prospect is below {self.stage}"


@dataclass(frozen=True, slots=True)
class AllCriterion:
    """Every part holds."""

    parts: tuple[Criterion, ...]

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return " and ".join(_bracketed(part, AnyCriterion) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyCriterion:
    """At least one part holds."""

    parts: tuple[Criterion, ...]

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return " or ".join(_bracketed(part, AllCriterion) for part in self.parts)


@dataclass(frozen=True, slots=True)
class NotCriterion:
    """The part does not hold at present: a question about now, which knows no line (design, rule 8)."""

    part: Criterion

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        if isinstance(self.part, KnownCriterion):
            return "no email is known"
        if isinstance(self.part, DealCriterion) and not self.part.roles:
            return f"no linked deal is {self.part.status}" if self.part.status else "no deal is linked"
        return f"not ({self.part.sentence})"


Criterion = (
    KnownCriterion
    | ActivityCriterion
    | ScoreCriterion
    | DealCriterion
    | DecisionCriterion
    | BelowCriterion
    | AllCriterion
    | AnyCriterion
    | NotCriterion
)


def _bracketed(part: Criterion, when: type) -> str:
    return f"({part.sentence})" if isinstance(part, when) else part.sentence


def leaves_of(criterion: Criterion) -> tuple[Criterion, ...]:
    """The criteria without parts that a criterion is built of, in the order of its sentence."""
    if isinstance(criterion, AllCriterion | AnyCriterion):
        return tuple(leaf for part in criterion.parts for leaf in leaves_of(part))
    if isinstance(criterion, NotCriterion):
        return leaves_of(criterion.part)
    return (criterion,)
