"""What is different between the stages of two versions of a funnel, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from lifecycle.funnel.changes.criterion_changes import entry_change, in_words
from lifecycle.funnel.changes.matching import fewest_moves, match
from lifecycle.funnel.changes.notation import same
from lifecycle.funnel.definition import Funnel, Requirement, Stage, SubStatus


class Names:
    """How sentences call the stages of a funnel: by the label, with the key where two labels are the same."""

    def __init__(self, funnel: Funnel) -> None:
        labels = Counter(stage.label for stage in funnel.stages)
        self._names = {
            stage.key: quoted(stage.label) + (f" ({stage.key})" if labels[stage.label] > 1 else "")
            for stage in funnel.stages
        }

    def __getitem__(self, key: str) -> str:
        return self._names.get(key, key)

    def listed(self, keys: Iterable[str], joint: str = " or ") -> str:
        """Some stages in a row."""
        return joint.join(self[key] for key in keys)


def quoted(text: str) -> str:
    """A text in quotation marks; ``none`` in place of an empty one."""
    return f'"{text}"' if text else "none"


def ended(text: str) -> str:
    """A sentence with a full stop, unless it ends in a quotation that has one."""
    return text if text.endswith(('."', '?"', '!"')) else text + "."


@dataclass(frozen=True)
class StageChanges:
    """The stages of two versions, held against each other.

    Attributes:
        old, new: the versions. A stage that has only got another key has the new one in both.
        former: by the new key of each such stage its old one.
    """

    old: Funnel
    new: Funnel
    former: Mapping[str, str]

    @cached_property
    def before(self) -> Names:
        """How the old version calls its stages."""
        return Names(self.old)

    @cached_property
    def now(self) -> Names:
        """How the new version calls its stages."""
        return Names(self.new)

    def sentences(self) -> Iterator[str]:
        """All that is different, stage by stage: up the ladder, then beside it; removed ones where they stood."""
        for key in self._in_order():
            if key not in self.new.stage_keys:
                yield self._removed(self.old.stage(key))
            elif key not in self.old.stage_keys:
                yield self._added(self.new.stage(key))
            else:
                yield from self._stayed(self.old.stage(key), self.new.stage(key))

    def _in_order(self) -> Sequence[str]:
        order = list(self.new.stage_keys)
        for place, key in enumerate(self.old.stage_keys):
            if key not in order:
                order.insert(order.index(self.old.stage_keys[place - 1]) + 1 if place else 0, key)
        return order

    # ---- stages that came or went -----------------------------------------------------------------------------------

    def _removed(self, stage: Stage) -> str:
        heir = self._heir(stage)
        where = f"its prospects go to {self.now[heir]}" if heir else "no stage takes over its prospects"
        return f"Stage {self.before[stage.key]} is removed; {where}."

    def _heir(self, stage: Stage) -> str | None:
        """The stage that takes over the prospects of one that is gone."""
        for other in self.new.stages:
            if stage.key in other.replaces:
                return other.key
        # A rollback: the stage goes, and one that it had replaced is back.
        return next((key for key in stage.replaces if key in self.new.stage_keys), None)

    def _added(self, stage: Stage) -> str:
        blank = Stage(stage.key, stage.label, reported=not stage.anonymous)
        owner = f", owned by {stage.owner}" if stage.owner else ""
        entry = stage.enter_when.sentence if stage.enter_when else "a decision only"
        sentences = [
            f"Stage {self.now[stage.key]} is new, {_place(self.new, self.now, stage.key)}{owner}",
            f"It is entered by {entry}",
            *(f"It {_verb(switch, stage)}" for switch in _SWITCHES if switch.value(stage) != switch.value(blank)),
            *(
                f"{aspect.name.capitalize()}: {aspect.words(aspect.value(stage), self.now)}"
                for aspect in _ASPECTS
                if aspect.name != "owner" and not same(aspect.value(stage), aspect.value(blank))
            ),
            *([f"Statuses: {'; '.join(map(_status, stage.statuses))}"] if stage.statuses else []),
            *([f"It takes over the prospects of {self.before.listed(stage.replaces, ' and ')}"] * bool(stage.replaces)),
        ]
        return " ".join(map(ended, sentences))

    # ---- stages that stayed -----------------------------------------------------------------------------------------

    def _stayed(self, old: Stage, new: Stage) -> Iterator[str]:
        yield from self._called(old, new)
        for phrase in self._changed(old, new):
            yield ended(f"Stage {self.now[new.key]}: {phrase}")

    def _changed(self, old: Stage, new: Stage) -> Iterator[str]:
        yield from self._placed(old, new)
        if entry := entry_change(old.enter_when, new.enter_when):
            yield entry
        for switch in _SWITCHES:
            if switch.value(old) != switch.value(new):
                yield f"now {switch.does}" if switch.value(new) else f"no longer {switch.does}"
        for aspect in _ASPECTS:
            then, value = aspect.value(old), aspect.value(new)
            if not same(then, value):
                yield f"{aspect.name} now {aspect.words(value, self.now)}; before: {aspect.words(then, self.before)}"
        yield from _statuses(old.statuses, new.statuses)
        yield from self._heritage(old, new)

    def _called(self, old: Stage, new: Stage) -> Iterator[str]:
        former, before, now = self.former.get(new.key), self.before[old.key], self.now[new.key]
        if old.label != new.label:
            yield f"Stage {before} is now called {now}" + (f" (key {former} -> {new.key})." if former else ".")
        elif former:
            yield f"Stage {now} has another key ({former} -> {new.key})."

    def _placed(self, old: Stage, new: Stage) -> Iterator[str]:
        if old.beside != new.beside or new.key in self._moved:
            now, before = _place(self.new, self.now, new.key), _place(self.old, self.before, old.key)
            yield f"now stands {now}; before: {before}"

    @cached_property
    def _moved(self) -> frozenset[str]:
        """The stages that changed their place among those that were on the ladder, or beside it, and still are."""
        return frozenset().union(
            *(
                fewest_moves(_group(self.old, beside=beside), _group(self.new, beside=beside))
                for beside in (False, True)
            )
        )

    def _heritage(self, old: Stage, new: Stage) -> Iterator[str]:
        """Whose prospects it takes over, as far as no other sentence tells."""
        gone = (stage for stage in self.old.stages if stage.key not in self.new.stage_keys)
        told = {self.former.get(new.key), *(stage.key for stage in gone if self._heir(stage) == new.key)}
        found = match(old.replaces, new.replaces, str)
        if gained := [key for key in found.added if key not in told]:
            yield f"now takes over the prospects of {self.before.listed(gained, ' and ')}"
        # As in a rollback, a stage may have got back the key that it had replaced.
        if lost := [key for key in found.removed if key != new.key or new.key not in self.former]:
            yield f"no longer takes over the prospects of {self.before.listed(lost, ' and ')}"
        if found.moved:
            yield "lists the stages whose prospects it takes over in another order"


# ---- what a stage declares ------------------------------------------------------------------------------------------


class _Switch(NamedTuple):
    """Something that a stage does or does not: ``does`` with *now* or *no longer* before it."""

    value: Callable[[Stage], bool]
    does: str
    does_not: str


class _Aspect(NamedTuple):
    """Something that a stage declares, by name and in words."""

    name: str
    value: Callable[[Stage], Any]
    words: Callable[[Any, Names], str]


def _or_none(value: object, _: Names) -> str:
    return "none" if value is None else str(value)


def _required(requirement: Requirement | None, _: Names) -> str:
    if requirement is None:
        return "nothing"
    always = f", {' and '.join(requirement.always)} in any case" if requirement.always else ""
    return f"{requirement.at_least} of {', '.join(requirement.of)}{always}"


_SWITCHES = (
    _Switch(lambda stage: stage.anonymous, "holds the prospects without an email", "is for people with an email"),
    _Switch(lambda stage: stage.reported, "counts in reports", "does not count in reports"),
    _Switch(
        lambda stage: stage.reopens,
        "takes prospects back from beside the ladder",
        "takes nobody back from beside the ladder",
    ),
    _Switch(
        lambda stage: stage.allow_reversion,
        "takes prospects back from higher stages when something new speaks for it",
        "takes nobody back from higher stages",
    ),
)
_ASPECTS = (
    _Aspect("description", lambda stage: stage.description, lambda text, _: quoted(text)),
    _Aspect("owner", lambda stage: stage.owner, _or_none),
    _Aspect("colour", lambda stage: stage.colour, _or_none),
    _Aspect(
        "stages from which criteria lead in",
        lambda stage: stage.origins,
        lambda keys, names: "any" if keys is None else names.listed(keys) or "none",
    ),
    _Aspect("decision that leads straight in", lambda stage: stage.decision, _or_none),
    _Aspect("requirement of the checklist", lambda stage: stage.requires, _required),
    _Aspect("time limit", lambda stage: stage.time_limit, _or_none),
    _Aspect("lead status", lambda stage: stage.lead_status, _or_none),
    _Aspect("actions on entry", lambda stage: stage.actions, lambda names, _: ", ".join(names) or "none"),
)


def _verb(switch: _Switch, stage: Stage) -> str:
    return switch.does if switch.value(stage) else switch.does_not


def _group(funnel: Funnel, *, beside: bool) -> list[str]:
    return [stage.key for stage in funnel.stages if stage.beside is beside]


def _place(funnel: Funnel, names: Names, key: str) -> str:
    """Where a stage stands, by its neighbours."""
    beside = funnel.stage(key).beside
    group = _group(funnel, beside=beside)
    place = group.index(key)
    lower = names[group[place - 1]] if place else None
    higher = names[group[place + 1]] if place + 1 < len(group) else None
    if beside:
        return "beside the ladder" + (f", after {lower}" if lower else f", before {higher}" if higher else "")
    if lower and higher:
        return f"between {lower} and {higher}"
    if lower:
        return f"at the top, above {lower}"
    return f"at the bottom, below {higher}" if higher else "alone on the ladder"


# ---- the statuses of a stage ----------------------------------------------------------------------------------------


def _status(status: SubStatus) -> str:
    words = quoted(status.label) + (f" ({status.description})" if status.description else "")
    return words + (f", by itself when {status.when.sentence}" if status.when else "")


def _statuses(old: Sequence[SubStatus], new: Sequence[SubStatus]) -> Iterator[str]:
    found = match(old, new, lambda status: status.key)
    yield from (f"new status {_status(status)}" for status in found.added)
    yield from (f"status {quoted(status.label)} is removed" for status in found.removed)
    for before, now in found.kept:
        name = f"status {quoted(now.label)}"
        if before.label != now.label:
            yield f"{name} is called so now; before: {quoted(before.label)}"
        if before.description != now.description:
            yield f"{name}: description now {quoted(now.description)}; before: {quoted(before.description)}"
        if not same(before.when, now.when):
            words = in_words(now.when, before.when, none="somebody sets it")
            yield f"{name} now holds when {words[0]}; before: when {words[1]}"
    if found.moved:
        yield f"the statuses now stand in the order {', '.join(quoted(status.label) for status in new)}"
    if old and new and old[0].key != new[0].key:
        yield f"whoever enters now starts as {quoted(new[0].label)}; before: {quoted(old[0].label)}"
