"""Items of reports: how settings, days and the figures of a day are spelled in the table."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from lifecycle.store.items import Item, format_time, parse_time
from lifecycle.store.report_records import DayRecord, ReportSettings
from lifecycle.store.schema import (
    DAY_PREFIX,
    FIGURES_FORM,
    REPORT_SETTINGS,
    figures_sk,
    part_pk,
    piece_sk,
    reports_pk,
)

#: Bytes of one piece of a part; an item holds 400 KB, its names and keys included.
MOST_BYTES = 350_000


def settings_item(workspace: str, settings: ReportSettings) -> Item:
    """The settings of a workspace's reports."""
    return {
        "pk": reports_pk(workspace),
        "sk": REPORT_SETTINGS,
        "time_zone": settings.time_zone,
        "goals": dict(settings.goals) or None,
        "revision": settings.revision,
    }


def item_settings(item: Item) -> ReportSettings:
    """The settings that an item keeps."""
    goals = {stage: int(goal) for stage, goal in item.get("goals", {}).items()}
    return ReportSettings(item["time_zone"], goals, int(item["revision"]))


def figures_item(workspace: str, record: DayRecord) -> Item:
    """How the figures of a day came about."""
    return {
        "pk": reports_pk(workspace),
        "sk": figures_sk(record.day),
        "done_at": None if record.done_at is None else format_time(record.done_at),
        "zone": record.zone,
        "cost_ms": round(record.cost * 1000),
        "form": FIGURES_FORM,
    }


def items_days(items: Iterable[Item]) -> list[DayRecord]:
    """The days that the marks and the items of figures tell of, in order."""
    found: dict[date, DayRecord] = {}
    for item in items:
        prefix, _, text = item["sk"].partition("#")
        day = date.fromisoformat(text)
        record = found.get(day, DayRecord(day))
        if prefix + "#" == DAY_PREFIX:
            found[day] = replace(record, marked_at=parse_time(item["marked_at"]))
        elif item["form"] != FIGURES_FORM:
            found[day] = record
        else:
            done_at, cost = parse_time(item["done_at"]), int(item["cost_ms"]) / 1000
            found[day] = replace(record, done_at=done_at, zone=item["zone"], cost=cost)
    return [found[day] for day in sorted(found)]


def part_items(workspace: str, name: str, day: date, done_at: datetime, figures: Any) -> Iterator[Item]:
    """One part of a day's figures, packed: usually one item, more where they are many.

    Arguments:
        workspace: the workspace's id.
        name: of the part.
        day: whose figures.
        done_at: when the reading began that they come from.
        figures: plain JSON values.
    """
    text = json.dumps(figures, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    packed = zlib.compress(text.encode())
    pieces = [packed[start : start + MOST_BYTES] for start in range(0, len(packed), MOST_BYTES)]
    for number, piece in enumerate(pieces):
        yield {
            "pk": part_pk(workspace, name),
            "sk": piece_sk(day, number),
            "of": len(pieces),
            "done_at": format_time(done_at),
            "figures": piece,
        }


class TornError(Exception):
    """The pieces of some figures are of two writers: the later one was at work while they were read. Read again."""


def figures_of(pieces: Sequence[Mapping[str, Any]]) -> Any:
    """One part of a day's figures.

    Arguments:
        pieces: its items in order, as DynamoDB spells them, for a year of them is read at once. Behind those that count
            may be some from when the figures were larger.

    Raises:
        TornError: they do not belong together.
    """
    whole = pieces[: int(pieces[0]["of"]["N"])]
    if len({(piece["of"]["N"], piece["done_at"]["S"]) for piece in whole}) != 1 or len(whole) < int(
        whole[0]["of"]["N"]
    ):
        raise TornError
    return json.loads(zlib.decompress(b"".join(bytes(piece["figures"]["B"]) for piece in whole)))


def days_of(items: Iterable[Mapping[str, Any]]) -> Iterator[tuple[date, list[Mapping[str, Any]]]]:
    """The pieces of each day, of items in the order of their keys."""
    for day, pieces in groupby(items, key=lambda item: str(item["sk"]["S"]).partition("#")[0]):
        yield date.fromisoformat(day), list(pieces)
