"""A funnel made ready for the fold: every condition becomes a gauge, every criterion a function of the gauges.

Compiled once per funnel version. An activity then costs the additions of its own type and direction; the criteria are
asked only when a gauge passed its threshold, which is the only time that their answer can become yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from lifecycle.events import Activity, Direction
from lifecycle.funnel.checklist import missing
from lifecycle.funnel.criteria import (
    ActivityCriterion,
    AllCriterion,
    AnyCriterion,
    AtLeastCriterion,
    AttributeCriterion,
    BelowCriterion,
    Criterion,
    DealCriterion,
    DecisionCriterion,
    KnownCriterion,
    MailDomainCriterion,
    NotCriterion,
    ScoreCriterion,
    StageCriterion,
    leaves_of,
    parts_of,
)
from lifecycle.funnel.definition import Funnel, Stage
from lifecycle.funnel.mail_domains import are_at

if TYPE_CHECKING:
    from lifecycle.engine.machine import Machine

Test = Callable[["Machine"], bool]
Holds = Callable[[Mapping[str, Any]], bool]

#: Where the tallies of a machine keep each direction; automated activities have a place of their own.
TALLIES = ("inbound", "outbound", "internal", "automated")
AUTOMATED = TALLIES.index("automated")


class Gauge(NamedTuple):
    """What a machine counts for one leaf of the criteria.

    ``lasting``: over the whole log, not only since the line, as a criterion under ``not`` asks. ``length``: of a
    period, ``None`` where the number alone counts.
    """

    criterion: ActivityCriterion | DecisionCriterion
    lasting: bool
    threshold: int
    length: timedelta | None


class Counting(NamedTuple):
    """What one activity of a given type and direction adds.

    ``always`` holds the counting gauges it adds to whatever its properties; ``when`` those with a test of them;
    ``windows`` the gauges of a period, with a test or without; ``tested`` tells whether there is any of these two.
    ``rules`` are the scoring rules that may give points in
    place of ``points``.
    """

    tally: int
    points: int
    rules: tuple[tuple[Holds | None, int], ...]
    always: tuple[int, ...]
    when: tuple[tuple[int, Holds], ...]
    windows: tuple[tuple[int, Holds | None], ...]
    tested: bool


class PlannedStage(NamedTuple):
    """A stage with its compiled criterion. ``rank`` is its place on the ladder, -1 beside it.

    ``holds`` asks everything that letting a prospect in takes but the origin: the criterion and the checklist.
    ``gauges`` are those of the activities that are evidence for it.
    """

    rank: int
    stage: Stage
    holds: Test
    meets: Test
    gauges: frozenset[int]

    def admits(self, origin: str) -> bool:
        """Whether criteria may lead here from a stage."""
        return self.stage.origins is None or origin in self.stage.origins


class Fading(NamedTuple):
    """A score threshold whose passing by decay alone matters: ``odd`` where falling below it may make a stage hold."""

    threshold: int
    lasting: bool
    odd: bool


class Plan:
    """A compiled funnel.

    Attributes:
        funnel: what it was compiled from.
        gauges: what the machines count, by index.
        scores, lasting_scores: the thresholds of the score since the line, and of that over the whole log, ascending.
        trait_names: the traits that it reads, under the names by which events may tell them.
        reads_mail: it asks where an email is.
        stages: all, in the order of the funnel; ``ladder`` and ``ladder_down``, ``exits`` (beside the ladder, by
            criteria), ``reopening`` and ``reverting`` are those of a kind; ``by_key`` and ``by_decision`` find them;
            ``onward`` tells where criteria may lead from each, in the order in which they are asked.
        durations: by stage, after which times in it a criterion may become true.
        expiring, fading: the gauges and scores that may make a criterion true by the passing of time.
        timed: whether any criterion may become true by the passing of time.
        layout: names what a machine counts and where, so that stored counts are not taken for others.
    """

    def __init__(self, funnel: Funnel) -> None:
        self.funnel = funnel
        self._criteria = tuple(_criteria_of(funnel))
        self._leaves = [leaf for criterion in self._criteria for leaf in leaves_of(criterion)]
        self._index: dict[tuple[str, bool], int] = {}
        self.gauges = self._gauges()
        self.thresholds = tuple(gauge.threshold for gauge in self.gauges)
        self.decisions = self._by_action()
        scores = [(leaf.at_least, lasting) for leaf, lasting in self._leaves if isinstance(leaf, ScoreCriterion)]
        self.scores = tuple(sorted({threshold for threshold, lasting in scores if not lasting}))
        self.lasting_scores = tuple(sorted({threshold for threshold, lasting in scores if lasting}))
        self.half_life = funnel.scoring.half_life.length if funnel.scoring.half_life else None
        self.fit = tuple((self._test(criterion), points) for criterion, points in funnel.scoring.fit)
        self.questions = tuple(
            (question.key, self._test(question.met_when) if question.met_when else None)
            for question in funnel.qualification
        )
        self.trait_names, self.reads_mail = self._traits()
        self._plan_stages()
        self._plan_times()
        self.layout = _layout(self)
        self.countings: dict[tuple[str, Direction], Counting] = {}
        self._reads: dict[tuple[str, Direction], frozenset[str]] = {}

    # ---- compiling --------------------------------------------------------------------------------------------------

    def _gauges(self) -> tuple[Gauge, ...]:
        gauges: list[Gauge] = []
        for leaf, lasting in self._leaves:
            if isinstance(leaf, ActivityCriterion | DecisionCriterion) and (repr(leaf), lasting) not in self._index:
                # By its text, for Python takes 1 and True for equal.
                self._index[repr(leaf), lasting] = len(gauges)
                if isinstance(leaf, DecisionCriterion):
                    gauges.append(Gauge(leaf, lasting, 1, None))
                else:
                    gauges.append(Gauge(leaf, lasting, leaf.count, leaf.within.length if leaf.within else None))
        return tuple(gauges)

    def _by_action(self) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for index, gauge in enumerate(self.gauges):
            if isinstance(gauge.criterion, DecisionCriterion):
                found[gauge.criterion.action] = (*found.get(gauge.criterion.action, ()), index)
        return found

    def _traits(self) -> tuple[frozenset[str], bool]:
        asked = [leaf for leaf, _ in self._leaves]
        asked += [criterion for criterion, _ in self.funnel.scoring.fit]
        asked += [question.met_when for question in self.funnel.qualification if question.met_when]
        names = [leaf.condition.name for leaf in asked if isinstance(leaf, AttributeCriterion)]
        reads_mail = any(isinstance(leaf, MailDomainCriterion) for leaf in asked)
        return frozenset(root for name in names for root in (name, name.partition(".")[0])), reads_mail

    def _plan_stages(self) -> None:
        self.stages = tuple(self._planned(index, stage) for index, stage in enumerate(self.funnel.stages))
        self.ladder = tuple(stage for stage in self.stages if stage.rank >= 0)
        self.ladder_down = tuple(reversed(self.ladder))
        self.exits = tuple(stage for stage in self.stages if stage.rank < 0 and stage.stage.enter_when)
        self.reopening = tuple(stage for stage in self.ladder_down if stage.stage.reopens)
        self.reverting = tuple(stage for stage in self.ladder_down if stage.stage.allow_reversion)
        self.by_key = {stage.stage.key: stage for stage in self.stages}
        self.onward = {stage.stage.key: tuple(self._onward_from(stage)) for stage in self.stages}
        self.by_decision = {stage.stage.decision: stage for stage in self.stages if stage.stage.decision}
        self.statuses = {
            stage.key: tuple(
                (status.key, self._compile(status.when) if status.when else None) for status in stage.statuses
            )
            for stage in self.funnel.stages
        }

    def _onward_from(self, at: PlannedStage) -> Iterator[PlannedStage]:
        """The stages that criteria may lead to from one: exits first, then the ladder from above."""
        candidates = (*self.exits, *self.ladder_down) if at.rank >= 0 else self.reopening
        for stage in candidates:
            if (stage.rank < 0 or stage.rank > at.rank) and stage.admits(at.stage.key):
                yield stage

    def _planned(self, index: int, stage: Stage) -> PlannedStage:
        criterion = stage.enter_when
        meets = self._compile(criterion) if criterion else _never
        leaves = leaves_of(criterion) if criterion else ()
        gauges = frozenset(
            self._index[repr(leaf), lasting]
            for leaf, lasting in leaves
            if isinstance(leaf, ActivityCriterion) and not lasting
        )
        requirement = stage.requires
        if requirement is None:
            holds = meets
        else:
            holds = lambda machine: meets(machine) and not missing(requirement, machine.met_questions())  # noqa: E731
        return PlannedStage(-1 if stage.beside else index, stage, holds, meets, gauges)

    def _plan_times(self) -> None:
        """Which leaves may make a stage hold by the passing of time: by becoming true, or under an odd number of nots
        by becoming false."""
        durations: dict[str, set[timedelta]] = {}
        expiring: set[int] = set()
        fading: set[Fading] = set()
        entered_by = [stage.enter_when for stage in self.funnel.stages if stage.enter_when]
        for leaf, odd, lasting in (found for criterion in entered_by for found in _with_parity(criterion)):
            if isinstance(leaf, StageCriterion) and not odd:
                for stage in leaf.stages:
                    durations.setdefault(stage, set()).add(leaf.duration.length)
            elif isinstance(leaf, ActivityCriterion) and leaf.within and odd:
                expiring.add(self._index[repr(leaf), lasting])
            elif isinstance(leaf, ScoreCriterion) and self.half_life:
                fading.add(Fading(leaf.at_least, lasting, odd))
        self.durations = {stage: tuple(sorted(lengths)) for stage, lengths in durations.items()}
        self.expiring, self.fading = tuple(sorted(expiring)), tuple(sorted(fading))
        self.timed = bool(self.durations or self.expiring or self.fading)

    def _compile(self, criterion: Criterion, *, lasting: bool = False) -> Test:
        match criterion:
            case AllCriterion(parts):
                return _all([self._compile(part, lasting=lasting) for part in parts])
            case AnyCriterion(parts):
                return _any([self._compile(part, lasting=lasting) for part in parts])
            case AtLeastCriterion(count, parts):
                tests = [self._compile(part, lasting=lasting) for part in parts]
                return lambda machine: sum(test(machine) for test in tests) >= count
            case NotCriterion(part):
                test = self._compile(part, lasting=True)
                return lambda machine: not test(machine)
        return self._compile_leaf(criterion, lasting=lasting)

    def _compile_leaf(self, leaf: Criterion, *, lasting: bool) -> Test:
        match leaf:
            case ActivityCriterion() | DecisionCriterion():
                return _reached(self._index[repr(leaf), lasting], self.gauges[self._index[repr(leaf), lasting]])
            case ScoreCriterion(at_least):
                return lambda machine: machine.score_at(machine.now, lasting=lasting) >= at_least
            case DealCriterion():
                return _deal(leaf, lasting=lasting)
            case StageCriterion(stages, duration):
                return _been_in(frozenset(stages), duration.length)
            case BelowCriterion(stage):
                rank = self.funnel.stage_keys.index(stage)
                return lambda machine: 0 <= machine.at.rank < rank
        return self._test(leaf)

    def _test(self, leaf: Criterion) -> Test:
        """Compile a criterion that asks of the person, and not of what happened."""
        match leaf:
            case KnownCriterion():
                return _known
            case AttributeCriterion(condition):
                holds = condition.compiled()
                return lambda machine: holds(machine.traits)
            case MailDomainCriterion(domain):
                competitors = self.funnel.competitor_domains
                return lambda machine: are_at(machine.emails, domain, competitors)
        raise TypeError(f"{leaf} cannot be compiled")

    # ---- activities -------------------------------------------------------------------------------------------------

    def counting(self, type_: str, direction: Direction) -> Counting:
        """What an activity of this type and direction adds (computed once, then remembered)."""
        found = self.countings.get((type_, direction))
        if found is None:
            found = self.countings[type_, direction] = self._counting(type_, direction)
        return found

    def _counting(self, type_: str, direction: Direction) -> Counting:
        always: list[int] = []
        when: list[tuple[int, Holds]] = []
        windows: list[tuple[int, Holds | None]] = []
        for index, gauge in enumerate(self.gauges):
            leaf = gauge.criterion
            if isinstance(leaf, ActivityCriterion) and counts_kind(leaf, type_, direction):
                holds = _conditions(leaf)
                if gauge.length is not None:
                    windows.append((index, holds))
                elif holds is not None:
                    when.append((index, holds))
                else:
                    always.append(index)
        scoring = self.funnel.scoring
        rules = tuple(
            (_conditions(rule), points) for rule, points in scoring.rules if counts_kind(rule, type_, direction)
        )
        points = scoring.weights.get(type_, scoring.other) if direction == "inbound" else 0
        return Counting(
            TALLIES.index(direction), points, rules, tuple(always), tuple(when), tuple(windows), bool(when or windows)
        )

    def points(self, activity: Activity) -> int:
        """The points that an activity earns when it happens (see ``Scoring``)."""
        counting = self.counting(activity.type, activity.direction)
        for holds, points in counting.rules:
            if holds is None or holds(activity.properties):
                return points
        return counting.points

    def feeds(self, activity: Activity) -> set[int]:
        """The gauges that an activity adds to."""
        counting = self.counting(activity.type, activity.direction)
        tested = (*counting.when, *counting.windows)
        return {*counting.always, *(index for index, holds in tested if holds is None or holds(activity.properties))}

    def reads(self, type_: str, direction: Direction) -> frozenset[str]:
        """The properties, by name or path, that are read of activities of this type and direction."""
        found = self._reads.get((type_, direction))
        if found is None:
            leaves = (*(gauge.criterion for gauge in self.gauges), *(rule for rule, _ in self.funnel.scoring.rules))
            found = self._reads[type_, direction] = frozenset(
                condition.name
                for leaf in leaves
                if isinstance(leaf, ActivityCriterion) and counts_kind(leaf, type_, direction)
                for condition in leaf.where
            )
        return found

    # ---- versions ---------------------------------------------------------------------------------------------------

    def heir(self, stage: Stage) -> PlannedStage | None:
        """The stage that a stage of an earlier version has become: the one of the same key, else the one that
        ``replaces`` it, else (a rollback) one that it replaced itself; ``None`` where it is no more."""
        if stage.key in self.by_key:
            return self.by_key[stage.key]
        replacing = (planned for planned in self.stages if stage.key in planned.stage.replaces)
        replaced = (self.by_key[key] for key in stage.replaces if key in self.by_key)
        return next(replacing, None) or next(replaced, None)

    def nearest(self, before: Plan, stage: Stage) -> PlannedStage:
        """Where the prospects of a stage stand that is no more: on the nearest lower stage of the ladder that both
        versions have, else on the first."""
        below = before.ladder[: max(before.by_key[stage.key].rank, 0)]
        kept = (self.by_key.get(lower.stage.key) for lower in reversed(below))
        return next((lower for lower in kept if lower is not None and lower.rank >= 0), self.ladder[0])


def counts_kind(criterion: ActivityCriterion, type_: str, direction: Direction) -> bool:
    """Whether activities of a type and direction count for a criterion, as far as these two tell."""
    return criterion.type in (None, type_) and criterion.direction in (None, direction)


def tells(name: str, traits: Mapping[str, Any]) -> bool:
    """Whether traits, as one event tells them, say something of the trait of that name or path."""
    return name in traits or name.partition(".")[0] in traits


def _layout(plan: Plan) -> str:
    """A short name of everything that the meaning of stored counts depends on."""
    return f"{crc32(repr((plan.gauges, plan.funnel.scoring, sorted(plan.trait_names))).encode()):08x}"


def _criteria_of(funnel: Funnel) -> Iterator[Criterion]:
    for stage in funnel.stages:
        if stage.enter_when:
            yield stage.enter_when
        for status in stage.statuses:
            if status.when:
                yield status.when


def _with_parity(
    criterion: Criterion, *, odd: bool = False, lasting: bool = False
) -> Iterator[tuple[Criterion, bool, bool]]:
    parts = parts_of(criterion)
    if not parts:
        yield criterion, odd, lasting
    negates = isinstance(criterion, NotCriterion)
    for part in parts:
        yield from _with_parity(part, odd=odd is not negates, lasting=lasting or negates)


def _conditions(criterion: ActivityCriterion) -> Holds | None:
    tests = [condition.compiled() for condition in criterion.where]
    if not tests:
        return None
    if len(tests) == 1:
        return tests[0]
    return lambda properties: all(holds(properties) for holds in tests)


def _reached(index: int, gauge: Gauge) -> Test:
    threshold, length = gauge.threshold, gauge.length
    if length is None:
        return lambda machine: machine.counts[index] >= threshold

    def within(machine: Machine) -> bool:
        times = machine.windows.get(index, [])
        return len(times) == threshold and machine.now - times[0] < length

    return within


def _been_in(stages: frozenset[str], length: timedelta) -> Test:
    def holds(machine: Machine) -> bool:
        return (
            machine.at.stage.key in stages
            and machine.since is not None
            and machine.now - machine.since.occurred_at >= length
        )

    return holds


def _deal(criterion: DealCriterion, *, lasting: bool) -> Test:
    def holds(machine: Machine) -> bool:
        line = None if lasting else machine.line
        for deal in machine.deals.values():  # noqa: SIM110 - a loop is faster, and this is asked often
            if deal.satisfies(criterion, line):
                return True
        return False

    return holds


def _all(tests: list[Test]) -> Test:
    if len(tests) == 2:
        one, two = tests
        return lambda machine: one(machine) and two(machine)

    def holds(machine: Machine) -> bool:
        for test in tests:  # noqa: SIM110 - a loop is faster, and this is asked often
            if not test(machine):
                return False
        return True

    return holds


def _any(tests: list[Test]) -> Test:
    if len(tests) == 2:
        one, two = tests
        return lambda machine: one(machine) or two(machine)

    def holds(machine: Machine) -> bool:
        for test in tests:  # noqa: SIM110 - a loop is faster, and this is asked often
            if test(machine):
                return True
        return False

    return holds


def _known(machine: Machine) -> bool:
    return machine.known is not None


def _never(_: Machine) -> bool:
    return False
