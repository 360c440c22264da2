"""Lengths of time that add up over the parts of a long piece of work, and of which quantiles can be asked.

A DDSketch (Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
VLDB 2019): a histogram whose bins grow with the values, so that every quantile is right to within two per cent. Bins
are never collapsed, so adding up is exact, in whatever order the parts come.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from ddsketch.ddsketch import BaseDDSketch
from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import DenseStore

#: How far a quantile may be off, as a part of itself. Ten years in seconds then take 490 bins at most.
ACCURACY = 0.02

_MAPPING = LogarithmicMapping(ACCURACY)
_SECOND = timedelta(seconds=1)

#: Three hundred years in seconds.
_LONGEST = 10**10


def _bounds() -> list[int]:
    """The longest whole seconds of each bin from the first on, up to longer than anything takes."""
    bounds: list[int] = []
    while not bounds or bounds[-1] < _LONGEST:
        place = len(bounds)
        seconds = max(1, int(_MAPPING.gamma**place))
        while _MAPPING.key(seconds) <= place:
            seconds += 1
        while _MAPPING.key(seconds) > place:
            seconds -= 1
        bounds.append(seconds)
    return bounds


#: The longest whole seconds of each bin from the first on.
BOUNDS = _bounds()


def bin_of_seconds(seconds: int) -> int:
    """The bin that a length of time is counted in: 0 for less than a second, which counts as none, and then upwards.

    By looking among the bounds of the bins, which takes a quarter of the time that a logarithm does.
    """
    return bisect_left(BOUNDS, seconds) + 1 if seconds > 0 else 0


def quantiles_of(counts: Sequence[int], parts: Sequence[float]) -> list[timedelta | None]:
    """Quantiles of lengths of which only the bins are known: the same that ``Durations`` would give.

    Arguments:
        counts: how many there are in each bin (``bin_of_seconds``), from 0 on.
        parts: which quantiles; 0.5 is the half.
    """
    up_to = list(accumulate(counts))
    if not up_to or not up_to[-1]:
        return [None for _ in parts]
    return [_length_of(bisect_right(up_to, part * (up_to[-1] - 1))) for part in parts]


@cache
def _length_of(place: int) -> timedelta:
    """The length that stands for those in a bin."""
    return timedelta(seconds=round(_MAPPING.value(place - 1))) if place else timedelta(0)


class Durations:
    """Lengths of time, to the second."""

    def __init__(self) -> None:
        self._fill(DenseStore(), zeros=0)

    def _fill(self, bins: DenseStore, zeros: int) -> None:
        self._bins = bins
        self._sketch = BaseDDSketch(_MAPPING, bins, DenseStore(), float(zeros))

    def take(self, duration: timedelta) -> None:
        """Count one more; less than a second counts as none."""
        self._sketch.add(float(max(0, duration // _SECOND)))

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self._sketch.count)

    def quantile(self, part: float) -> timedelta | None:
        """The length that a part of them (0.5: the half) does not exceed; ``None`` where there are none."""
        seconds = self._sketch.get_quantile_value(part)
        return None if seconds is None else timedelta(seconds=round(seconds))

    def dump(self) -> dict[str, Any]:
        """Plain JSON values, which ``merge`` takes: lengths of less than a second, and bins from a first one on."""
        bins = self._bins
        values: dict[str, Any] = {}
        if zeros := self.count - int(bins.count):
            values["zeros"] = zeros
        if bins.count:
            start, end = bins.min_key - bins.offset, bins.max_key - bins.offset + 1
            values |= {"first": bins.min_key, "bins": [int(count) for count in bins.bins[start:end]]}
        return values

    def merge(self, values: Mapping[str, Any]) -> None:
        """Add what ``dump`` gave of others."""
        zeros = self.count - int(self._bins.count) + int(values.get("zeros", 0))
        for place, count in enumerate(values.get("bins", ())):
            if count:
                self._bins.add(int(values["first"]) + place, float(count))
        self._fill(self._bins, zeros)
