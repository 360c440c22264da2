"""Criteria: the typed conditions of a funnel, each of which can be read aloud.

A criterion says *what* must hold. The engine compiles it for speed and holds it against a log for evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from lifecycle.events import Action, DealStatus, Direction
from lifecycle.funnel.conditions import Condition
from lifecycle.funnel.durations import Duration

MailDomain = Literal["free_mail", "competitor", "business"]


@dataclass(frozen=True, slots=True)
class KnownCriterion:
    """An email is known."""

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return "an email is known"


@dataclass(frozen=True, slots=True)
class ActivityCriterion:
    """At least ``count`` activities of a type (``None``: any) and direction (``None``: any) with such properties.

    ``within``: all of them less than this long ago (``None``: at any time).
    """

    type: str | None
    direction: Direction | None
    where: tuple[Condition, ...]
    count: int = 1
    within: Duration | None = None

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        number = "one" if self.count == 1 else f"{self.count}"
        words = [number, *([self.direction] if self.direction else []), self.type or "activity"]
        text = " ".join(words) + (f" within {self.within}" if self.within else "")
        return text + (" whose " + " and ".join(part.sentence for part in self.where) if self.where else "")


@dataclass(frozen=True, slots=True)
class ScoreCriterion:
    """The score is at least a threshold."""

    at_least: int

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return f"a score of {self.at_least}"


@dataclass(frozen=True, slots=True)
class AttributeCriterion:
    """A trait of the prospect, as last told, meets a condition."""

    condition: Condition

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return f"the {self.condition.sentence}"


@dataclass(frozen=True, slots=True)
class MailDomainCriterion:
    """Where the prospect's emails are.

    ``free_mail``: every one is at a free provider; ``competitor``: one is at a competitor of the funnel's list;
    ``business``: one is at neither.
    """

    domain: MailDomain

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return {
            "free_mail": "the email is at a free provider",
            "competitor": "the email is at a competitor",
            "business": "the email is at a company",
        }[self.domain]


@dataclass(frozen=True, slots=True)
class AmountRange:
    """An amount of a deal, in one currency (``None``: in whichever)."""

    at_least: Decimal | None
    at_most: Decimal | None
    currency: str | None

    @property
    def words(self) -> str:
        """The range in words."""
        bounds = [("at least", self.at_least), ("at most", self.at_most)]
        text = " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
        return f"{text} {self.currency}" if self.currency else text

    def holds(self, amount: Decimal | None, currency: str | None) -> bool:
        """Whether an amount is in the range; one that is not known is not."""
        return (
            amount is not None
            and (self.currency is None or currency == self.currency)
            and (self.at_least is None or amount >= self.at_least)
            and (self.at_most is None or amount <= self.at_most)
        )


@dataclass(frozen=True, slots=True)
class DealCriterion:
    """A linked deal has a status, is in a pipeline and of an amount, with the prospect in a role (``None``: any)."""

    status: DealStatus | None
    roles: tuple[str, ...] | None = None
    pipelines: tuple[str, ...] | None = None
    amount: AmountRange | None = None

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return (f"a linked deal is {self.status}" if self.status else "a deal is linked") + self.details

    @property
    def details(self) -> str:
        """What is asked beside the status, in words."""
        return (
            (f" with the role {' or '.join(self.roles)}" if self.roles else "")
            + (f" in the pipeline {' or '.join(self.pipelines)}" if self.pipelines else "")
            + (f" of {self.amount.words}" if self.amount else "")
        )


@dataclass(frozen=True, slots=True)
class DecisionCriterion:
    """A person took a decision of this kind."""

    action: Action

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return f"a decision to {self.action}"


@dataclass(frozen=True, slots=True)
class StageCriterion:
    """The prospect has been in one of some stages for at least so long."""

    stages: tuple[str, ...]
    duration: Duration

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return f"{self.duration} in {' or '.join(self.stages)}"


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
class AtLeastCriterion:
    """At least ``count`` of the parts hold."""

    count: int
    parts: tuple[Criterion, ...]

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        return f"at least {self.count} of (" + "; ".join(part.sentence for part in self.parts) + ")"


@dataclass(frozen=True, slots=True)
class NotCriterion:
    """The part does not hold at present: a question about now, over the whole log, which knows no line."""

    part: Criterion

    @property
    def sentence(self) -> str:
        """The criterion in words."""
        match self.part:
            case KnownCriterion():
                return "no email is known"
            case DealCriterion(status=None):
                return "no deal is linked" + self.part.details
            case DealCriterion(status):
                return f"no linked deal is {status}" + self.part.details
            case ActivityCriterion(count=1):
                return "no" + self.part.sentence.removeprefix("one")
        return f"not ({self.part.sentence})"


Criterion = (
    KnownCriterion
    | ActivityCriterion
    | ScoreCriterion
    | AttributeCriterion
    | MailDomainCriterion
    | DealCriterion
    | DecisionCriterion
    | StageCriterion
    | BelowCriterion
    | AllCriterion
    | AnyCriterion
    | AtLeastCriterion
    | NotCriterion
)


def _bracketed(part: Criterion, when: type) -> str:
    return f"({part.sentence})" if isinstance(part, when) else part.sentence


def parts_of(criterion: Criterion) -> tuple[Criterion, ...]:
    """The criteria that one is directly built of; none for a leaf."""
    match criterion:
        case AllCriterion(parts) | AnyCriterion(parts) | AtLeastCriterion(_, parts):
            return parts
        case NotCriterion(part):
            return (part,)
    return ()


def leaves_of(criterion: Criterion, *, negated: bool = False) -> Iterator[tuple[Criterion, bool]]:
    """The criteria without parts that one is built of, in the order of its sentence.

    Yields:
        Each with whether it stands under a ``not``, at any depth: such a one is asked about the whole log.
    """
    parts = parts_of(criterion)
    if not parts:
        yield criterion, negated
    for part in parts:
        yield from leaves_of(part, negated=negated or isinstance(criterion, NotCriterion))
