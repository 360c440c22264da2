"""Finds the data sets of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from local.replay import olist, snowplow
from local.replay.dataset import DataError, DataSet, Loader

_LOADERS: Sequence[Loader] = (olist.load, snowplow.load)


def discover(folder: Path) -> list[DataSet]:
    """Every data set that a loader knows, in the folder itself and in the folders right under it.

    Raises:
        DataError: the folder does not exist or holds none, or a file is not what it should be.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    folders = [folder, *sorted(child for child in folder.iterdir() if child.is_dir())]
    found = [data_set for each in folders for load in _LOADERS if (data_set := load(each)) is not None]
    if not found:
        raise DataError(f"{folder}: no data set that can be replayed; known are {olist.LEADS} and {snowplow.EVENTS}")
    return found
