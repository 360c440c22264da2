"""What is different between two definitions of a funnel, in sentences that both its owners understand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from lifecycle.funnel.changes.criterion_changes import in_words
from lifecycle.funnel.changes.matching import match
from lifecycle.funnel.changes.notation import notation, same
from lifecycle.funnel.changes.renaming import renamed_stages, with_new_keys
from lifecycle.funnel.changes.stage_changes import Names, StageChanges, ended, quoted
from lifecycle.funnel.criteria import ActivityCriterion, AttributeCriterion, MailDomainCriterion
from lifecycle.funnel.definition import BusinessTime, Funnel, Question, Recycling, Retention, Scoring
from lifecycle.funnel.durations import Duration
from lifecycle.funnel.parsing import WEEKDAYS, parse_funnel

#: A criterion and the points that it is worth.
Rule = tuple[ActivityCriterion | AttributeCriterion | MailDomainCriterion, int]


def changes(old_document: Mapping[str, Any], new_document: Mapping[str, Any]) -> tuple[str, ...]:
    """Tell what is different between two definitions.

    Arguments:
        old_document, new_document: two documents that the schema lets through, such as the definition in force and a
            draft.

    Returns:
        Sentences: on the stages in the order of the new funnel, then on all the rest. Together they name everything
        that differs, and there are none if and only if both documents mean the same funnel.
    """
    renamed = renamed_stages(old_document, new_document)
    old = parse_funnel(with_new_keys(old_document, renamed), version=1)
    new = parse_funnel(new_document, version=1)
    stages = StageChanges(old, new, former={key: former for former, key in renamed.items()})
    parts = (
        stages.sentences(),
        _questions(old.qualification, new.qualification),
        _scoring(old.scoring, new.scoring),
        _recycling(stages),
        _competitors(old, new),
        _business_time(old.business_time, new.business_time),
        _publication(old, new),
        _retention(old.retention, new.retention),
        _title(old, new),
    )
    return tuple(chain.from_iterable(parts))


def _differ(subject: str, now: str, before: str) -> Iterator[str]:
    if now != before:
        yield ended(f"{subject} now {now}; before: {before}")


# ---- the checklist --------------------------------------------------------------------------------------------------


def _questions(old: Sequence[Question], new: Sequence[Question]) -> Iterator[str]:
    found = match(old, new, lambda question: question.key)
    for question in found.added:
        wording = f" ({quoted(question.question)})" if question.question else ""
        met = f", met by itself when {question.met_when.sentence}" if question.met_when else ""
        yield f"Checklist: question {quoted(question.label)}{wording} is new{_nth(new, question)}{met}."
    for question in found.removed:
        yield f"Checklist: question {quoted(question.label)} is removed."
    for before, now in found.kept:
        yield from _question(before, now)
    if found.moved:
        yield f"Checklist: the questions now stand in the order {', '.join(quoted(one.label) for one in new)}."


def _question(old: Question, new: Question) -> Iterator[str]:
    name = f"Checklist: question {quoted(new.label)}"
    if old.label != new.label:
        yield f"Checklist: question {quoted(old.label)} is now called {quoted(new.label)}."
    yield from _differ(f"{name}: wording", quoted(new.question), quoted(old.question))
    if not same(old.met_when, new.met_when):
        now, before = in_words(new.met_when, old.met_when, none="somebody answers it")
        yield f"{name} is now met when {now}; before: when {before}."


# ---- the score ------------------------------------------------------------------------------------------------------


def _scoring(old: Scoring, new: Scoring) -> Iterator[str]:
    for type_ in sorted({*old.weights, *new.weights}):
        yield from _weight(type_, old, new)
    if old.other != new.other:
        yield f"Any other inbound activity is worth {_points(new.other)} instead of {old.other}."
    yield from _rules("Score", old.rules, new.rules, in_turn=True)
    yield from _rules("Fit", old.fit, new.fit, in_turn=False)
    yield from _differ("Half-life of points", str(new.half_life or "none"), str(old.half_life or "none"))


def _weight(type_: str, old: Scoring, new: Scoring) -> Iterator[str]:
    now, before = new.weights.get(type_, new.other), old.weights.get(type_, old.other)
    if type_ not in new.weights:
        yield f"An inbound {type_} is worth {_points(now)} like any other activity instead of {before} of its own."
    elif type_ not in old.weights:
        yield f"An inbound {type_} is worth {_points(now)} of its own instead of {before} like any other activity."
    elif now != before:
        yield f"An inbound {type_} is worth {_points(now)} instead of {before}."


def _rules(subject: str, old: Sequence[Rule], new: Sequence[Rule], *, in_turn: bool) -> Iterator[str]:
    """Rules that give points; ``in_turn``: only the first that holds does, so that their places matter."""
    found = match(old, new, lambda rule: notation(rule[0]))
    for rule in found.added:
        place = _nth(new, rule) if in_turn else ""
        yield f"{subject}: now {_points(rule[1])} for {_told(rule, found.removed)}{place}."
    for rule in found.removed:
        yield f"{subject}: no longer {_points(rule[1])} for {_told(rule, found.added)}."
    for (criterion, before), (_, now) in found.kept:
        if before != now:
            yield f"{subject}: now {_points(now)} instead of {before} for {criterion.sentence}."
    if found.moved:
        order = "; ".join(criterion.sentence for criterion, _ in new)
        yield f"{subject}: the order is now: {order}."


def _told(rule: Rule, others: Sequence[Rule]) -> str:
    """The criterion of a rule, exactly where one of the others reads the same."""
    sentence = rule[0].sentence
    alike = any(criterion.sentence == sentence for criterion, _ in others)
    return f"{sentence} ({notation(rule[0])})" if alike else sentence


def _points(number: int) -> str:
    return f"{number} point{'' if abs(number) == 1 else 's'}"


def _nth(entries: Sequence[Any], entry: Any) -> str:
    """The place of one entry of a list, for where it matters."""
    place = next(number for number, each in enumerate(entries, 1) if each is entry)
    return f", as number {place} of {len(entries)}" if len(entries) > 1 else ""


# ---- lost deals -----------------------------------------------------------------------------------------------------


def _recycling(stages: StageChanges) -> Iterator[str]:
    old, new = stages.old.recycling, stages.new.recycling
    found = match(old, new, lambda rule: notation((rule.reasons, rule.from_stages)))
    for rule in found.added:
        yield f"Lost deals: {_case(rule, stages.now)} now go to {stages.now[rule.to_stage]}{_nth(new, rule)}."
    for rule in found.removed:
        yield f"Lost deals: {_case(rule, stages.before)} no longer go to {stages.before[rule.to_stage]}."
    for before, now in found.kept:
        if before.to_stage != now.to_stage:
            to, instead = stages.now[now.to_stage], stages.before[before.to_stage]
            yield f"Lost deals: {_case(now, stages.now)} now go to {to} instead of {instead}."
    if found.moved:
        order = "; ".join(f"{_case(rule, stages.now)} to {stages.now[rule.to_stage]}" for rule in new)
        yield f"Lost deals: the rules now count in the order: {order}."


def _case(rule: Recycling, names: Names) -> str:
    origins = f"prospects in {names.listed(rule.from_stages)}" if rule.from_stages is not None else "prospects"
    reasons = f" whose deal was lost because of {' or '.join(map(quoted, rule.reasons))}" if rule.reasons else ""
    return origins + reasons


# ---- all the rest ---------------------------------------------------------------------------------------------------


def _competitors(old: Funnel, new: Funnel) -> Iterator[str]:
    yield from _came_and_went("Competitor domains", old.competitor_domains, new.competitor_domains)


def _came_and_went(subject: str, old: frozenset[str], new: frozenset[str]) -> Iterator[str]:
    added, removed = ", ".join(sorted(new - old)), ", ".join(sorted(old - new))
    phrases = [f"{names} {what}" for names, what in ((added, "added"), (removed, "removed")) if names]
    if phrases:
        yield f"{subject}: {'; '.join(phrases)}."


def _business_time(old: BusinessTime, new: BusinessTime) -> Iterator[str]:
    yield from _differ("Business time: time zone", new.time_zone, old.time_zone)
    yield from _differ("Business time: working days", _days(new), _days(old))
    yield from _differ("Business time: hours", _hours(new), _hours(old))
    then, now = (frozenset(day.isoformat() for day in one.holidays) for one in (old, new))
    yield from _came_and_went("Business time: holidays", then, now)


def _days(time: BusinessTime) -> str:
    return ", ".join(WEEKDAYS[day].capitalize() for day in sorted(time.weekdays)) or "none"


def _hours(time: BusinessTime) -> str:
    return f"{time.opens.isoformat('auto')[:5]} to {time.closes.isoformat('auto')[:5]}"


def _publication(old: Funnel, new: Funnel) -> Iterator[str]:
    words = {
        "forward_only": "moves nobody back",
        "by_criteria": "moves back those who do not meet their stage any more",
    }
    yield from _differ("Coming into force", words[new.on_publication], words[old.on_publication])


def _retention(old: Retention, new: Retention) -> Iterator[str]:
    for type_ in sorted({*old.activities, *new.activities}):
        if new.activities.get(type_) != old.activities.get(type_):
            yield f"Privacy: each {type_} is now {_kept(type_, new)}; before: {_kept(type_, old)}."
    if new.default != old.default:
        yield f"Privacy: any other activity is now {_deleted(new.default)}; before: {_deleted(old.default)}."


def _kept(type_: str, retention: Retention) -> str:
    """What becomes of activities of a type; without a word about it, of them as of any other."""
    return _deleted(retention.of(type_)) + ("" if type_ in retention.activities else " like any other")


def _deleted(duration: Duration | None) -> str:
    return f"deleted {duration} after it occurred" if duration else "kept for ever"


def _title(old: Funnel, new: Funnel) -> Iterator[str]:
    if old.name != new.name:
        yield f"The funnel is now called {quoted(new.name)}; before: {quoted(old.name)}."
    yield from _differ("Description of the funnel", quoted(new.description), quoted(old.description))
