"""Reads what the index by day lists into columns. It brings NumPy along, so only who makes figures imports it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifecycle.day_columns import DayColumns, Places
from lifecycle.steps import DayRow, LostDeal
from lifecycle.store.day_items import KNOWN, item_day_row
from lifecycle.store.items import from_attributes
from lifecycle.store.step_text import LINES, apart, format_step, parse_shapes, parse_step, parse_tellings, parse_terms


class _Column:
    """Things of which there are few, each once, and which of them came one after the other."""

    def __init__(self) -> None:
        self.things = Places()
        self._of: list[NDArray[np.int64]] = []

    def take(self, things: Iterable[Any], many: int) -> None:
        """Take in so many things."""
        self._of.append(np.fromiter(map(self.things.__getitem__, things), np.int64, many))

    @property
    def of(self) -> NDArray[np.int64]:
        """The places of those that came."""
        return _joined(self._of)


class DayReader:
    """Takes the items of a day in, page by page. A step costs some sixty bytes: only numbers of it are kept."""

    def __init__(self) -> None:
        self._causes = _Column()
        self._alike = _Column()
        self._tellings = _Column()
        self._times: list[NDArray[np.int64]] = []
        self._corrected: list[DayRow] = []
        self._lost: list[LostDeal] = []

    def take(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Take items in, as DynamoDB spells them."""
        causes, texts, others = picked_out(items)
        self.take_steps(causes, texts)
        self._take_others(others)

    def take_steps(self, causes: Sequence[str], texts: Sequence[str]) -> None:
        """Take steps in, by their causes and their texts."""
        lines, many = _lines(texts), len(texts)
        if len(lines) != LINES * many:
            # Some are of the form that steps had before, of one line.
            lines = _lines([format_step(parse_step(text)) for text in texts])
        self._causes.take(causes, many)
        self._alike.take(lines[::LINES], many)
        self._tellings.take(lines[1::LINES], many)
        self._times.append(np.frombuffer(bytes.fromhex("".join(lines[2::LINES])), ">i8").astype(np.int64))

    def _take_others(self, items: Sequence[Mapping[str, Any]]) -> None:
        for row in map(item_day_row, map(from_attributes, items)):
            if isinstance(row, LostDeal):
                self._lost.append(row)
            elif row.corrected:
                self._corrected.append(row)

    def columns(self) -> DayColumns:
        """All that was taken in."""
        shapes, terms, alike = _Column(), _Column(), self._alike.of
        for column, lines in zip((shapes, terms), zip(*map(apart, self._alike.things), strict=True), strict=False):
            column.take(lines, len(lines))
        return DayColumns(
            shapes=parse_shapes(shapes.things),
            causes=list(self._causes.things),
            terms=parse_terms(terms.things),
            tellings=parse_tellings(self._tellings.things),
            shape_of=shapes.of[alike],
            cause_of=self._causes.of,
            terms_of=terms.of[alike],
            telling_of=self._tellings.of,
            times=_joined(self._times),
            corrected=self._corrected,
            lost=self._lost,
        )


def picked_out(items: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[str], list[Mapping[str, Any]]]:
    """Causes and texts of the steps among some items, and the items that are none."""
    causes, texts, others = [], [], []
    for item in items:
        if "step" in item:
            causes.append(item["cause"]["S"] if "cause" in item else KNOWN)
            texts.append(item["step"]["S"])
        else:
            others.append(item)
    return causes, texts, others


def _lines(texts: Sequence[str]) -> list[str]:
    return "\n".join(texts).split("\n") if texts else []


def _joined(columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(columns) if columns else np.empty(0, np.int64)
