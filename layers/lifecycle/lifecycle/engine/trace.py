"""What is left of an activity that is not to be kept any longer: its trace, all that a fold can ask about it.

Folding traces in place of their activities gives the same state and the same transitions, under every version of the
funnel that was known when they were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lifecycle.engine.journey import CAMPAIGN_PROPERTIES, OWNER_TRAIT, SOURCE_PROPERTY
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity

_REPORTED = (SOURCE_PROPERTY, *CAMPAIGN_PROPERTIES)


def trace_of(activity: Activity, plans: Iterable[Plan]) -> Activity:
    """The trace of an activity.

    Arguments:
        activity: one as it was recorded.
        plans: the versions of the funnel that may still judge it.

    Returns:
        When it occurred, of which type it was and whom it named, with those of its properties and traits that a
        criterion or a rule of the score reads, and what reports break down by. Of one that never counts, nothing of the
        latter.
    """
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    source = None
    if not activity.automated:
        properties = {name: activity.properties[name] for name in _REPORTED if name in activity.properties}
        traits = {OWNER_TRAIT: activity.traits[OWNER_TRAIT]} if OWNER_TRAIT in activity.traits else {}
        source = activity.source
        for plan in plans:
            # A name before the paths that begin with it: who reads the whole value needs no part of it.
            for name in sorted(plan.reads(activity.type, activity.direction)):
                _keep(name, activity.properties, properties)
            traits |= {name: activity.traits[name] for name in plan.trait_names.intersection(activity.traits)}
    return replace(activity, properties=properties, traits=traits, source=source, condensed=True)


def _keep(name: str, values: Mapping[str, Any], kept: dict[str, Any]) -> None:
    """Keep the value that ``conditions.finder`` finds by a name or, where no value has the whole name, by its path."""
    if name in values:
        kept[name] = values[name]
    elif "." in name:
        _keep_path(name.split("."), values, kept)


def _keep_path(steps: list[str], values: Mapping[str, Any], kept: dict[str, Any]) -> None:
    step, *rest = steps
    if step not in values:
        return
    value = values[step]
    if not rest:
        kept[step] = value
    elif isinstance(value, Mapping) and kept.get(step) is not value:
        below = kept.setdefault(step, {})
        _keep_path(rest, value, below)
