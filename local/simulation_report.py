"""The tables that a simulation prints. Every number and sentence in them comes from the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from rich.markup import escape
from rich.table import Table

from local.request import Json


def findings(title: str, found: Sequence[Json], document: Json | None = None) -> list[str]:
    """What is wrong with a definition, or may be: each with its place and what would be right; nothing for nothing.

    Arguments:
        title: what to say above them.
        found: ``field`` or ``where``, ``reason`` and ``expected`` of each.
        document: the problem document that lists them, which may have left some out.
    """
    if not found:
        return []
    lines = [f"[bold]{title}[/]"]
    for one in found:
        place = one.get("field") or one.get("where") or "the funnel"
        lines.append(f"  [bold]{escape(place)}[/] {escape(one['reason'])}; expected: {escape(one['expected'])}")
    if omitted := (document or {}).get("omitted"):
        lines.append(f"  and {omitted:,} more")
    return lines


def matrix_table(moves: Mapping[str, Mapping[str, int]]) -> Table:
    """How many would move, by the stage that they leave (rows) and the stage that they enter (columns)."""
    targets = list(dict.fromkeys(to_stage for row in moves.values() for to_stage in row))
    table = Table(title="Who would move", title_justify="left")
    table.add_column("from, to")
    for to_stage in targets:
        table.add_column(to_stage, justify="right")
    for from_stage, row in moves.items():
        table.add_row(from_stage, *(f"{row[to_stage]:,}" if to_stage in row else "" for to_stage in targets))
    return table


def moves_table(moves: Sequence[Json], total: int) -> Table:
    """Some of those who would move, each with the reason."""
    left = total - len(moves)
    table = Table(title="Why", title_justify="left", caption_justify="left")
    table.add_column("prospect", no_wrap=True)
    table.add_column("move", no_wrap=True)
    table.add_column("because", overflow="fold")
    for move in moves:
        table.add_row(move["prospect_id"], f"{move['from']} → {move['to']}", escape(move["because"]))
    table.caption = f"and {left:,} more" if left else None
    return table


def actions_line(actions: Mapping[str, int]) -> str:
    """What the moves would set off."""
    if not actions:
        return "No action would be set off."
    return "Actions that would be set off: " + ", ".join(f"{name} {count:,}" for name, count in actions.items())


def histories_table(history: Json) -> Table:
    """What history would have looked like: under the version in force, and under the draft, side by side."""
    table = Table(title="History under the version in force, and under the draft", title_justify="left")
    table.add_column("stage")
    for heading in ("entered", "now", "went on", "median time"):
        table.add_column(heading, justify="right")
    table.add_column("stage of the draft")
    for heading in ("entered", "now", "went on", "median time"):
        table.add_column(heading, justify="right")
    for left, right in _side_by_side(history["in_force"]["stages"], history["draft"]["stages"]):
        table.add_row(*_cells(left), *_cells(right))
    return table


def _side_by_side(in_force: Sequence[Json], draft: Sequence[Json]) -> Iterator[tuple[Json | None, Json | None]]:
    """Stages of both funnels, those of one key in one row, all of them in the order of their own funnel."""
    shared = [stage["stage"] for stage in draft]
    ahead = list(draft)
    for stage in in_force:
        if stage["stage"] in shared[len(draft) - len(ahead) :]:
            while ahead[0]["stage"] != stage["stage"]:
                yield None, ahead.pop(0)
            yield stage, ahead.pop(0)
        else:
            yield stage, None
    for stage in ahead:
        yield None, stage


def _cells(stage: Json | None) -> tuple[str, str, str, str, str]:
    if stage is None:
        return "", "", "", "", ""
    rate = f"{stage['went_on'] / stage['entered']:.1%}" if stage["entered"] else ""
    time = stage["time_in_stage"]
    return (
        escape(stage["label"]),
        f"{stage['entered']:,}",
        f"{stage['now']:,}",
        "" if stage["beside"] else rate,
        readable(timedelta(seconds=time["median"])) if time else "",
    )


def readable(length: timedelta) -> str:
    """A length of time in the unit that fits it."""
    if length >= timedelta(days=2):
        return f"{length / timedelta(days=1):.1f} days"
    if length >= timedelta(hours=2):
        return f"{length / timedelta(hours=1):.1f} hours"
    if length >= timedelta(minutes=2):
        return f"{length / timedelta(minutes=1):.0f} min"
    return f"{length.total_seconds():.0f} s"
