"""A definition of a funnel in words, as its two owners read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lifecycle.funnel.definition import Funnel, Stage
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.pages.stages import StageLook, Stages

_DECISIONS = {"accept": "a salesperson accepts the prospect", "disqualify": "somebody disqualifies the prospect"}


class StageInWords(NamedTuple):
    """One stage: how it looks, what it is, who owns it, what leads in, and what else is to be said of it."""

    look: StageLook
    description: str
    owner: str | None
    enters: tuple[str, ...]
    rules: tuple[str, ...]


class DefinitionInWords(NamedTuple):
    """A whole definition: its stages, and what is said of all of them."""

    name: str
    description: str
    ladder: tuple[StageInWords, ...]
    beside: tuple[StageInWords, ...]
    scoring: tuple[str, ...]
    checklist: tuple[tuple[str, str], ...]
    recycling: tuple[str, ...]


def in_words(definition: Mapping[str, Any]) -> DefinitionInWords:
    """Tell what a definition says.

    Arguments:
        definition: a document that the schema lets through.
    """
    funnel, stages = parse_funnel(definition, version=0), Stages(definition)
    told = tuple(_stage(stage, stages) for stage in funnel.stages)
    return DefinitionInWords(
        name=funnel.name,
        description=funnel.description,
        ladder=tuple(stage for stage in told if not stage.look.beside),
        beside=tuple(stage for stage in told if stage.look.beside),
        scoring=tuple(_scoring(funnel)),
        checklist=tuple((question.label, question.question) for question in funnel.qualification),
        recycling=tuple(_recycling(funnel, stages)),
    )


def _stage(stage: Stage, stages: Stages) -> StageInWords:
    return StageInWords(
        stages[stage.key], stage.description, stage.owner, tuple(_enters(stage, stages)), tuple(_rules(stage))
    )


def _enters(stage: Stage, stages: Stages) -> Iterator[str]:
    if stage.enter_when:
        yield f"when {stage.enter_when.sentence}"
    if stage.decision:
        yield f"when {_DECISIONS.get(stage.decision, f'the decision is {stage.decision}')}"
    if not stage.enter_when and not stage.decision:
        yield "by decision only"
    if stage.origins is not None:
        yield f"only from {' or '.join(stages[key].label for key in stage.origins) or 'nowhere'}"
    if stage.requires:
        yield f"only with answers to {stage.requires.sentence}"


def _rules(stage: Stage) -> Iterator[str]:
    if stage.time_limit:
        yield f"Prospects should stay no longer than {stage.time_limit}."
    if stage.reopens:
        yield "Takes prospects back from beside the ladder."
    if stage.allow_reversion:
        yield "New evidence brings prospects back here from a higher stage."
    if stage.lead_status:
        yield f"Sales sees the lead status {stage.lead_status}."
    if stage.statuses:
        yield f"Statuses: {', '.join(status.label for status in stage.statuses)}."
    if stage.actions:
        yield f"Entering it sets off {', '.join(stage.actions)}."
    if not stage.reported:
        yield "Is in no report."


def _scoring(funnel: Funnel) -> Iterator[str]:
    for criterion, points in funnel.scoring.rules:
        yield f"{criterion.sentence}: {points}"
    for type_, points in sorted(funnel.scoring.weights.items(), key=lambda weight: -weight[1]):
        yield f"{type_}: {points}"
    if funnel.scoring.other:
        yield f"any other inbound activity: {funnel.scoring.other}"
    for fit, points in funnel.scoring.fit:
        yield f"{fit.sentence}: {points}, while it is so"
    if funnel.scoring.half_life:
        yield f"points lose half their worth every {funnel.scoring.half_life}"


def _recycling(funnel: Funnel, stages: Stages) -> Iterator[str]:
    for rule in funnel.recycling:
        origins = (
            "" if rule.from_stages is None else f" in {' or '.join(stages[key].label for key in rule.from_stages)}"
        )
        reasons = "" if rule.reasons is None else f" because of {' or '.join(rule.reasons)}"
        yield f"Prospects{origins} whose deals are all lost{reasons} go to {stages[rule.to_stage].label}."
