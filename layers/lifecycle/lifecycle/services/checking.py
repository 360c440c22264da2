"""Whether a decision can mean what it says, given where the prospect stands and what the funnel in force asks for."""

from __future__ import annotations

from lifecycle.engine.machine import Machine
from lifecycle.engine.plan import PlannedStage
from lifecycle.events import Decision
from lifecycle.funnel.checklist import is_met, missing
from lifecycle.funnel.criteria import DecisionCriterion, leaves_of
from lifecycle.services.errors import (
    EmailKnownError,
    QualificationMissingError,
    UnknownStageError,
    UnknownSubStatusError,
)


def check_ruling(machine: Machine, decision: Decision) -> None:
    """Refuse a decision that could not mean what it says.

    Arguments:
        machine: where the prospect stands.
        decision: an accept, a disqualification, or the setting of a stage.

    Raises:
        UnknownStageError, EmailKnownError: the stage is not the funnel's, or not for a known prospect.
        UnknownSubStatusError: the status is not the stage's.
        QualificationMissingError: the stage that it leads to requires more of the checklist than is answered.
    """
    plan = machine.plan
    straight = plan.by_decision.get(decision.action)
    if decision.action == "set_stage" and decision.stage is not None:
        straight = plan.by_key.get(decision.stage)
        if straight is None:
            raise UnknownStageError(decision.stage, plan.funnel.stage_keys)
        if straight.stage.anonymous and machine.known is not None:
            raise EmailKnownError(decision.stage)
        _check_status(straight, decision.status)
    target = straight or _led_to(machine, decision)
    if target is not None and target is not machine.at:
        _check_requirement(machine, target, decision)


def _check_status(stage: PlannedStage, status: str | None) -> None:
    known = tuple(one.key for one in stage.stage.statuses)
    if status is not None and status not in known:
        raise UnknownSubStatusError(status, stage.stage.key, known)


def _led_to(machine: Machine, decision: Decision) -> PlannedStage | None:
    """The lowest stage ahead that such a decision is evidence for."""
    at = machine.at
    ahead = [stage for stage in machine.plan.ladder if stage.rank > at.rank and (at.rank >= 0 or stage.stage.reopens)]
    return next((stage for stage in ahead if _asks_for(stage, decision)), None)


def _asks_for(stage: PlannedStage, decision: Decision) -> bool:
    criterion = stage.stage.enter_when
    return criterion is not None and any(
        isinstance(leaf, DecisionCriterion) and leaf.action == decision.action and not lasting
        for leaf, lasting in leaves_of(criterion)
    )


def _check_requirement(machine: Machine, target: PlannedStage, decision: Decision) -> None:
    requirement = target.stage.requires
    if requirement is None:
        return
    told = {key for key, answer in decision.qualification.items() if is_met(answer)}
    met = told | (machine.met_questions() - decision.qualification.keys())
    if left := missing(requirement, met):
        labels = {question.key: question.label for question in machine.plan.funnel.qualification}
        raise QualificationMissingError(
            target.stage.label, tuple((key, labels[key]) for key in left), requirement.sentence
        )
