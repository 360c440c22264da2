"""The checklist of a funnel: which answers count, and what a stage still misses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from lifecycle.funnel.definition import Requirement


def is_met(answer: Any) -> bool:
    """Whether an answer meets its question.

    ``false``, ``null`` and an empty text do not. Anything else does, but for an object with the field ``met``, which
    says so itself.
    """
    if isinstance(answer, Mapping) and "met" in answer:
        return bool(answer["met"])
    return answer is not None and answer is not False and not (isinstance(answer, str) and not answer.strip())


def missing(requirement: Requirement, met: Collection[str]) -> tuple[str, ...]:
    """The questions that a stage still waits for; none where it requires no more.

    Arguments:
        requirement: what the stage requires.
        met: the keys of the questions that are met.
    """
    unmet = tuple(key for key in requirement.of if key not in met)
    lacking = tuple(key for key in requirement.always if key not in met)
    if len(requirement.of) - len(unmet) >= requirement.at_least:
        return lacking
    return (*lacking, *(key for key in unmet if key not in lacking))
