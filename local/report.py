"""The tables that the demo and the replay print. Every number and sentence in them comes from the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from lifecycle.funnel.parsing import default_funnel
from local.checks import Check
from local.reading import Reading
from local.request import Json

#: The properties that say most about an activity, in this order; a line of evidence shows the first that there is.
_TELLING = ("form", "content", "webinar", "rating", "score", "bounce", "mailing", "url")


def funnel(reading: Reading) -> RenderableType:
    """The funnel as a table, or a sentence where there is nobody to put into one."""
    if len(reading.prospects) == reading.anonymous:
        return f"Nobody is known yet: {reading.anonymous:,} anonymous visitors, who are never part of a funnel.\n"
    return _funnel_table(reading)


def _funnel_table(reading: Reading) -> Table:
    """The funnel: how many stand in each stage, how many got that far, and how that compares with the stage before.

    Anonymous prospects never appear in a funnel (design, rule 3), so the first rung is the known.
    """
    table = Table(title="The funnel", title_justify="left", caption_justify="left")
    table.add_column("stage")
    for heading in ("now", "this far", "of those before"):
        table.add_column(heading, justify="right")
    table.add_column("lead status")
    ladder = [stage for stage in default_funnel().stages if not stage.beside and not stage.anonymous]
    before: int | None = None
    for place, stage in enumerate(ladder):
        this_far = sum(reading.count(each.key) for each in ladder[place:])
        share = f"{this_far / before:.1%}" if before else ""
        table.add_row(
            stage.label, f"{reading.count(stage.key):,}", f"{this_far:,}", share, _statuses(reading, stage.key)
        )
        before = this_far
    table.add_section()
    for stage in (stage for stage in default_funnel().stages if stage.beside):
        table.add_row(stage.label, f"{reading.count(stage.key):,}", "", "", _statuses(reading, stage.key))
    table.caption = f"and {reading.anonymous:,} anonymous visitors, who are never part of a funnel"
    return table


def _statuses(reading: Reading, stage: str) -> str:
    counts = Counter(prospect["lead_status"] or "none" for prospect in reading.stages[stage])
    return ", ".join(f"{status} {count:,}" for status, count in counts.most_common())


def transitions_table(title: str, timeline: Sequence[Json]) -> Table:
    """The transitions of one prospect, oldest first, each with the criterion that held and its evidence.

    Arguments:
        title: whose they are.
        timeline: all entries, newest first, as the API gives them.
    """
    events = {entry["event_id"]: entry for entry in timeline if entry["kind"] != "transition"}
    transitions = [entry for entry in reversed(timeline) if entry["kind"] == "transition"]
    table = Table(title=title, title_justify="left", show_lines=True)
    table.add_column("when", no_wrap=True)
    table.add_column("move", no_wrap=True)
    table.add_column("because", overflow="fold")
    table.add_column("evidence", overflow="fold")
    for transition in transitions:
        table.add_row(
            _minute(transition["occurred_at"]),
            f"{transition['from']}\n→ {transition['to']}",
            _because(transition),
            "\n".join(_evidence(transition["evidence"], events)),
        )
    return table


def _because(transition: Json) -> str:
    """The criterion, and what else there is to say: who decided, for what reason, what was corrected since."""
    lines = [transition["criterion"] or transition["cause"]]
    if transition["actor"]:
        lines.append(f"by {transition['actor']}" + (f": {transition['reason']}" if transition["reason"] else ""))
    if transition["cycle"] > 1:
        lines.append(f"cycle {transition['cycle']}")
    if transition["corrected_by"]:
        lines.append("corrected since")
    return "; ".join(lines)


def _evidence(ids: Iterable[str], events: Mapping[str, Json]) -> list[str]:
    """At most four lines: a score may rest on dozens of visits."""
    lines = [_event_line(events[each]) if each in events else each for each in ids]
    return lines if len(lines) <= 4 else [*lines[:3], f"and {len(lines) - 3} more"]


def _event_line(event: Json) -> str:
    match event["kind"]:
        case "activity":
            what = " ".join([event["type"], *_telling(event["properties"])])
        case "deal":
            what = f"deal {event['status']}"
        case "decision":
            what = f"decision {event['action']}"
        case kind:
            what = kind
    return f"{what}, {_minute(event['occurred_at'])}"


def _telling(properties: Mapping[str, Any]) -> list[str]:
    return [f"{name}={properties[name]}" for name in _TELLING if name in properties][:1]


def checks_table(checks: Sequence[Check]) -> Table:
    """What the data says must come out, beside what the engine says."""
    table = Table(title="Checked against the data", title_justify="left")
    table.add_column("what")
    table.add_column("by the data", justify="right")
    table.add_column("by the engine", justify="right")
    table.add_column("")
    for check in checks:
        mark = "[green]agrees[/]" if check.holds else "[bold red]differs[/]"
        table.add_row(check.label, f"{check.expected:,}", f"{check.found:,}", mark)
    return table


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def standing(explanation: Json) -> str:
    """Where a prospect stands and because of what, and what the next stage still asks for."""
    because = explanation["because"]
    line = f"Now [bold]{explanation['stage']}[/] since {_minute(explanation['since'])}"
    lines = [f"{line}, because: {_because(because)}" if because else line]
    unmet = [stage for stage in explanation["next"] if not stage["criterion"]["met"]]
    lines += [f"Not yet {stage['stage']}: {stage['criterion']['sentence']}" for stage in unmet[:1]]
    return "\n".join(lines)


def rejections(rejected: Sequence[str]) -> list[str]:
    """What was refused, the first ten in full; nothing if nothing was."""
    if not rejected:
        return []
    more = [f"and {len(rejected) - 10:,} more"] if len(rejected) > 10 else []
    return ["[bold red]Rejected:[/]", *(escape(line) for line in rejected[:10]), *more]
