"""A funnel: its stages in order, its scores and its checklist, as its definition says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

from lifecycle.events import Action
from lifecycle.funnel.criteria import ActivityCriterion, AttributeCriterion, Criterion, MailDomainCriterion
from lifecycle.funnel.durations import Duration

Team = Literal["marketing", "sales"]
OnPublication = Literal["forward_only", "by_criteria"]


@dataclass(frozen=True, slots=True)
class SubStatus:
    """A status within a stage, such as Cold or In progress of a suspect. ``when`` sets it by itself."""

    key: str
    label: str
    description: str
    when: Criterion | None


@dataclass(frozen=True, slots=True)
class Requirement:
    """How many questions of the checklist a stage requires to be met, and which of them in any case."""

    at_least: int
    of: tuple[str, ...]
    always: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The requirement in words."""
        among = f", {' and '.join(self.always)} among them" if self.always and len(self.of) > self.at_least else ""
        return f"{self.at_least} of {', '.join(self.of)}{among}"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a funnel. What it does hangs on what it declares, never on its key.

    Attributes:
        key, label, description, owner, colour: what people see.
        beside: it stands beside the ladder.
        anonymous: it is the stage of prospects without an email, which no decision may give to a known one.
        reported: whether reports count it.
        enter_when: what leads in; ``None`` where only a decision does.
        origins: the stages from which criteria lead in; ``None``: any. A decision knows no such bound.
        decision: the kind of decision that leads straight in.
        reopens: it takes prospects back from beside the ladder.
        allow_reversion: a new event that satisfies it brings a prospect back from a higher stage.
        requires: what of the checklist must be met before anybody is let in.
        time_limit: how long a prospect should stay at most.
        statuses: the statuses within the stage.
        lead_status: the sales view.
        replaces: stages of earlier versions whose prospects go here when this version comes into force.
        actions: names of the actions that a prospect's entry sets off.
    """

    key: str
    label: str
    description: str = ""
    owner: Team | None = None
    colour: str | None = None
    beside: bool = False
    anonymous: bool = False
    reported: bool = True
    enter_when: Criterion | None = None
    origins: tuple[str, ...] | None = None
    decision: Action | None = None
    reopens: bool = False
    allow_reversion: bool = False
    requires: Requirement | None = None
    time_limit: Duration | None = None
    statuses: tuple[SubStatus, ...] = ()
    lead_status: str | None = None
    replaces: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One point of the checklist: met by an answer of a decision, or by itself where ``met_when`` holds."""

    key: str
    label: str
    question: str
    met_when: AttributeCriterion | MailDomainCriterion | None


@dataclass(frozen=True, slots=True)
class Scoring:
    """What counts for the score.

    An activity earns the points of the first rule that it meets; without one, if it is inbound, those of its type in
    ``weights``, else ``other``. With a ``half_life`` they lose half their worth each time it has passed. ``fit``
    points are added while a trait meets its criterion.
    """

    weights: Mapping[str, int]
    other: int
    rules: tuple[tuple[ActivityCriterion, int], ...]
    half_life: Duration | None
    fit: tuple[tuple[AttributeCriterion | MailDomainCriterion, int], ...]


@dataclass(frozen=True, slots=True)
class Recycling:
    """Where a prospect goes once all its deals are lost.

    ``reasons`` ``None`` stands for any lost reason, ``from_stages`` ``None`` for every stage above ``to_stage``.
    """

    reasons: tuple[str, ...] | None
    from_stages: tuple[str, ...] | None
    to_stage: str


@dataclass(frozen=True, slots=True)
class BusinessTime:
    """When the organisation works: weekdays (0 is Monday), hours in a time zone, and the days off."""

    time_zone: str
    weekdays: frozenset[int]
    opens: time
    closes: time
    holidays: frozenset[date]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long activities are kept in full, from when they occurred: by type, else as long as ``default`` says.

    ``None`` stands for ever. What the funnel needs of an activity is kept for ever in any case.
    """

    default: Duration | None
    activities: Mapping[str, Duration]

    def of(self, activity_type: str) -> Duration | None:
        """How long activities of a type are kept in full; ``None``: for ever."""
        return self.activities.get(activity_type, self.default)


@dataclass(frozen=True, slots=True)
class Funnel:
    """An organisation's funnel. ``stages`` holds the ladder from bottom to top, then those beside it.

    ``on_publication`` says whether coming into force may move prospects back: those who do not meet their stage any
    more (``by_criteria``), or nobody.
    """

    version: int
    name: str
    description: str
    stages: tuple[Stage, ...]
    scoring: Scoring
    qualification: tuple[Question, ...]
    recycling: tuple[Recycling, ...]
    competitor_domains: frozenset[str]
    business_time: BusinessTime
    on_publication: OnPublication
    retention: Retention

    @property
    def stage_keys(self) -> tuple[str, ...]:
        """The keys of all stages, in order."""
        return tuple(stage.key for stage in self.stages)

    @property
    def ladder(self) -> tuple[Stage, ...]:
        """The stages on the ladder, from bottom to top."""
        return tuple(stage for stage in self.stages if not stage.beside)

    def stage(self, key: str) -> Stage:
        """The stage of a key.

        Raises:
            KeyError: the funnel has no such stage.
        """
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise KeyError(key)
