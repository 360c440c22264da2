"""What is well-formed and wrong all the same: definitions that contradict themselves, or lead nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lifecycle.funnel.definition import Funnel
from lifecycle.funnel.meaning.contradiction import World
from lifecycle.funnel.meaning.impossible import impossible_parts
from lifecycle.funnel.meaning.oddities import oddities
from lifecycle.funnel.meaning.places import other_places, stage_places
from lifecycle.funnel.meaning.reach import Reach
from lifecycle.funnel.meaning.references import broken_references
from lifecycle.funnel.meaning.satisfiable import Budget
from lifecycle.funnel.problem import Problem, in_order


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found.

    Attributes:
        errors: what nobody can have meant; such a definition cannot come into force.
        warnings: what somebody may have meant, and should look at.
    """

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check(document: Mapping[str, Any], funnel: Funnel) -> Checked:
    """Judge what a definition means.

    Arguments:
        document: the definition, which ``document.problems_of`` found nothing wrong with, normalised.
        funnel: what ``parse_funnel`` read from it.

    Returns:
        What was found, in the order of the document. Contradictions are looked for once all references are right, and
        what leads nowhere once nothing contradicts itself: before that, nobody could tell.
    """
    references = in_order(document, broken_references(document))
    if references:
        return Checked(references, ())
    budget = Budget()
    world = World(funnel)
    places = [*(place for _, _, place in stage_places(document)), *other_places(document)]
    impossible = in_order(document, (one for place in places for one in impossible_parts(place, world, budget)))
    if impossible:
        return Checked(impossible, ())
    reach = Reach(document, funnel, budget)
    warnings = (*reach.idle_origins(), *oddities(document, reach, budget))
    return Checked(in_order(document, reach.problems()), in_order(document, warnings))
