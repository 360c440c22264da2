"""The tables that a simulation prints. Every number and sentence in them comes from the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from rich.box import SIMPLE_HEAD
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
    table = Table(title="Who would move", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("from, to", no_wrap=True)
    for to_stage in targets:
        table.add_column(to_stage, justify="right", overflow="fold")
    for from_stage, row in moves.items():
        table.add_row(from_stage, *(f"{row[to_stage]:,}" if to_stage in row else "" for to_stage in targets))
    return table


def moves_table(moves: Sequence[Json], total: int) -> Table:
    """Some of those who would move, each with the reason."""
    left = total - len(moves)
    table = Table(title="Why: some of each kind", title_justify="left", caption_justify="left", box=SIMPLE_HEAD)
    table.add_column("prospect", no_wrap=True)
    table.add_column("move", overflow="fold")
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
    table = Table(
        title="History under the version in force, and under the draft",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("\nstage", overflow="fold")
    for funnel in ("in force", "draft"):
        for heading in (f"{funnel}\nentered", "\nnow", "\nwent on", "\nmedian"):
            table.add_column(heading, justify="right", no_wrap=True)
    for in_force, draft in _side_by_side(history["in_force"]["stages"], history["draft"]["stages"]):
        label = (draft or in_force or {})["label"]
        table.add_row(escape(label), *_cells(in_force), *_cells(draft))
    return table


def _side_by_side(in_force: Sequence[Json], draft: Sequence[Json]) -> Iterator[tuple[Json | None, Json | None]]:
    """The stages of both funnels in the order of the one in force, one of both in one row.

    Those that only the draft has stand before the next one that both have.
    """
    waiting = list(draft)
    for stage in in_force:
        if stage["stage"] in [other["stage"] for other in waiting]:
            while waiting[0]["stage"] != stage["stage"]:
                yield None, waiting.pop(0)
            yield stage, waiting.pop(0)
        else:
            yield stage, None
    for other in waiting:
        yield None, other


def _cells(stage: Json | None) -> tuple[str, str, str, str]:
    if stage is None:
        return "", "", "", ""
    rate = f"{stage['went_on'] / stage['entered']:.1%}" if stage["entered"] and not stage["beside"] else ""
    time = stage["time_in_stage"]
    median = readable(timedelta(seconds=time["median"])) if time else ""
    return f"{stage['entered']:,}", f"{stage['now']:,}", rate, median


def readable(length: timedelta) -> str:
    """A length of time in the unit that fits it."""
    for unit, name in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if length >= 2 * unit:
            return f"{length / unit:.1f} {name}" if length < 10 * unit else f"{length / unit:.0f} {name}"
    return f"{length.total_seconds():.0f} s"
