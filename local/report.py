"""What the demo and the replay print beside the reports. Every number and sentence in it comes from the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from local.checks import Check
from local.request import Json

#: The properties that say most about an activity, in this order; a line of evidence shows the first that there is.
_TELLING = ("form", "content", "webinar", "rating", "score", "bounce", "mailing", "url")


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
