"""The page of the settings of reports: at whose midnights their days begin, and what is aimed at in each stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from lifecycle.contract.refusals import FieldError, InvalidRequestError, pointer
from lifecycle.pages.forms import GOAL
from lifecycle.pages.stages import StageLook, Stages
from lifecycle.services.funnels import FunnelDesk
from lifecycle.services.report_settings import ReportSettingsDesk
from lifecycle.store.report_records import ReportSettings

_ZONE = "time_zone"


class GoalField(NamedTuple):
    """The field of a stage's goal: what stands in it, what is wrong with that, and whether the funnel has the stage."""

    look: StageLook
    name: str
    text: str
    problem: FieldError | None
    is_former: bool


class ReportSettingsPage:
    """The settings of a workspace's reports, shown and changed.

    Arguments:
        funnel: of the workspace: its stages can have goals.
        settings: of the workspace's reports.
        now: the present.
    """

    def __init__(self, funnel: FunnelDesk, settings: ReportSettingsDesk, now: datetime) -> None:
        self._funnel = funnel
        self._settings = settings
        self._now = now

    def shown(self) -> dict[str, Any]:
        """The page with the settings as they are."""
        return self._page(_fields_of(self._settings.settings()), ())

    def refused(self, fields: Mapping[str, str], errors: Sequence[FieldError]) -> dict[str, Any]:
        """The page with what was typed, and with what is wrong beside the field that it is about.

        Arguments:
            fields: of the form.
            errors: why it was refused.
        """
        return self._page(fields, errors)

    def change(self, wanted: ReportSettings) -> str:
        """Set all of the settings, as PUT /reports/settings does.

        A stage that the funnel no longer has can keep the goal that it had, for reports look back; none gets a new one.

        Arguments:
            wanted: as they are to be.

        Returns:
            What is to be said of it; one of ``NOTICES``.

        Raises:
            InvalidRequestError: a goal is of no stage.
            ReportSettingsBusyError: others changed them at every attempt.
        """
        before, known = self._settings.settings(), [look.key for look in self._stages().known]
        strange = [stage for stage in wanted.goals if stage not in known and stage not in before.goals]
        if strange:
            expected = f"one of {', '.join(known)}"
            raise InvalidRequestError(
                [FieldError(pointer(("goals", stage)), "is not a stage of the funnel", expected) for stage in strange]
            )
        after = self._settings.change(wanted, self._now)
        return "settings_changed" if after.time_zone == before.time_zone else "time_zone_changed"

    def _page(self, fields: Mapping[str, str], errors: Sequence[FieldError]) -> dict[str, Any]:
        goals = list(self._goals(fields, errors))
        zone_problem = _problem_at(pointer((_ZONE,)), errors)
        beside = {zone_problem, *(goal.problem for goal in goals)}
        return {
            "title": "Settings of the reports",
            "time_zone": fields.get(_ZONE, ""),
            "time_zone_problem": zone_problem,
            "time_zones": time_zones(),
            "goals": goals,
            "errors": errors,
            "other_errors": [error for error in errors if error not in beside],
        }

    def _goals(self, fields: Mapping[str, str], errors: Sequence[FieldError]) -> Iterator[GoalField]:
        """A field for each stage that prospects can be counted in, then one for each other stage that has a goal."""
        stages = self._stages()
        known = [look.key for look in stages.known]
        given = [name.removeprefix(GOAL) for name in fields if name.startswith(GOAL)]
        for key in (*known, *(key for key in given if key not in known)):
            problem = _problem_at(pointer(("goals", key)), errors)
            yield GoalField(stages[key], GOAL + key, fields.get(GOAL + key, ""), problem, key not in known)

    def _stages(self) -> Stages:
        return Stages(self._funnel.in_force(self._now).in_force.definition)


def _fields_of(settings: ReportSettings) -> dict[str, str]:
    """The fields of the form, as the settings would fill them."""
    return {_ZONE: settings.time_zone} | {GOAL + stage: str(goal) for stage, goal in sorted(settings.goals.items())}


def _problem_at(place: str, errors: Sequence[FieldError]) -> FieldError | None:
    """The first thing wrong at a place of the settings, or within it."""
    return next((error for error in errors if f"{error.field}/".startswith(f"{place}/")), None)


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """The names of the IANA database that are places; its other ones are kept for programs of former times."""
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return ("UTC", *sorted(name for name in names if "/" in name and not name.startswith(("Etc/", "SystemV/"))))
