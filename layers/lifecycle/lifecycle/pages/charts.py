"""Charts as the plain values that assets/charts.js draws, each with the table of the same numbers beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lifecycle.pages.stages import colour_of
from lifecycle.reports.asked import ReportedStage
from lifecycle.reports.periods import Span

Model = dict[str, Any]
#: From a stage to the address of the prospects behind its number.
LinkOf = Callable[[str], str]

#: Where a Sankey diagram's moves begin that come from outside the reports.
_KNOWN = "(known)"


class Looks:
    """How the stages of a report look."""

    def __init__(self, stages: Sequence[ReportedStage]) -> None:
        self._stages = {
            stage.stage: (stage.label, stage.colour or colour_of(place)) for place, stage in enumerate(stages)
        }

    def label(self, stage: str) -> str:
        """Its label; its key where the report has no such stage."""
        return self._stages.get(stage, (stage, ""))[0]

    def colour(self, stage: str) -> str:
        """Its colour."""
        return self._stages.get(stage, ("", colour_of(0)))[1]


def funnel_chart(stages: Iterable[ReportedStage], looks: Looks, values: Mapping[str, int], link: LinkOf) -> Model:
    """How many at each rung of the ladder."""
    ladder = [stage.stage for stage in stages if not stage.beside]
    items = [
        {
            "key": key,
            "label": looks.label(key),
            "value": values[key],
            "colour": looks.colour(key),
            "href": link(key) if values[key] else None,
        }
        for key in ladder
    ]
    return {"kind": "funnel", "items": items}


class Series(NamedTuple):
    """The values of a stage over the periods."""

    stage: str
    values: tuple[int, ...]


def trend_chart(
    periods: Sequence[tuple[str, Span]], series: Iterable[Series], looks: Looks, link: str, *, stacked: bool
) -> Model:
    """Numbers of stages over time.

    Arguments:
        periods: what they are called, and which days they are.
        series: a line for each stage.
        looks: of the stages.
        link: where the prospects behind a number are listed, with ``STAGE``, ``FROM`` and ``TO`` in the place of what
            it is about: written out for each number, the links would be most of the page.
        stacked: bars upon each other, instead of lines.
    """
    return {
        "kind": "trend",
        "periods": [label for label, _ in periods],
        "spans": [[span.first.isoformat(), span.last.isoformat()] for _, span in periods],
        "link": link,
        "stacked": stacked,
        "series": [
            {
                "stage": one.stage,
                "label": looks.label(one.stage),
                "colour": looks.colour(one.stage),
                "values": list(one.values),
            }
            for one in series
        ],
    }


class Link(NamedTuple):
    """How many moved from a stage (``None``: became known) to another, and where they are listed."""

    from_stage: str | None
    to_stage: str
    moved: int
    href: str


def sankey_chart(links: Sequence[Link], looks: Looks, order: Mapping[str, int]) -> Model:
    """Moves between stages.

    The diagram knows no circles, so whoever goes back, or comes back from beside the ladder, arrives at a second node
    of that stage, with an arrow in its name.
    """
    nodes: dict[str, Model] = {}
    made: list[Model] = []
    for link in links:
        if not link.moved or link.from_stage == link.to_stage:
            continue
        source, target = _ends(link, order)
        label_from = "Became known" if link.from_stage is None else looks.label(link.from_stage)
        nodes.setdefault(source, _node(source, label_from, link.from_stage, looks))
        nodes.setdefault(target, _node(target, looks.label(link.to_stage), link.to_stage, looks))
        nodes[source]["out"] += link.moved
        nodes[target]["in"] += link.moved
        made.append(
            {
                "source": source,
                "target": target,
                "value": link.moved,
                "from": label_from,
                "to": looks.label(link.to_stage),
                "href": link.href,
            }
        )
    for node in nodes.values():
        node["value"] = max(node.pop("in"), node.pop("out"))
    return {"kind": "sankey", "nodes": list(nodes.values()), "links": made}


def _ends(link: Link, order: Mapping[str, int]) -> tuple[str, str]:
    """The nodes of a move, such that all lead from a lower place to a higher one."""
    if link.from_stage is None:
        return _KNOWN, link.to_stage
    if order.get(link.from_stage, 0) < order.get(link.to_stage, 0):
        return link.from_stage, link.to_stage
    return link.from_stage, f"back:{link.to_stage}"


def _node(name: str, label: str, stage: str | None, looks: Looks) -> Model:
    colour = "#6b7280" if stage is None else looks.colour(stage)
    return {
        "name": name,
        "label": f"↩ {label}" if name.startswith("back:") else label,
        "colour": colour,
        "in": 0,
        "out": 0,
    }


class Bar(NamedTuple):
    """One category of a bar chart: its name, its values, its colour, and where its prospects are listed."""

    label: str
    values: tuple[float | None, ...]
    colour: str | None = None
    href: str | None = None


def bar_chart(series: Sequence[str], bars: Sequence[Bar], *, numbers: str = "number") -> Model:
    """Numbers of a few things side by side.

    Arguments:
        series: what the values of each bar are called.
        bars: from top to bottom.
        numbers: how they are written: ``number``, ``length`` (seconds) or ``percent``.
    """
    return {
        "kind": "bars",
        "format": numbers,
        "categories": [{"label": bar.label, "colour": bar.colour, "href": bar.href} for bar in bars],
        "series": [{"label": name, "values": [bar.values[at] for bar in bars]} for at, name in enumerate(series)],
    }
