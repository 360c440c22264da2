"""`python -m local.replay <folder>`: sends real data sets to the local stack and holds the result against the data."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from local.client import ProspectClient
from local.replay.dataset import DataError, DataSet
from local.replay.discovery import discover
from local.replay.disorder import disorder
from local.replay.run import run
from local.session import on_local_stack


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the stack up and replay.

    Returns:
        0 if the engine agrees with the data, 1 if it does not or the stack failed, 2 if there is nothing to replay.
    """
    options = _options(arguments)
    console = Console()
    try:
        data_sets = discover(options.folder)
    except DataError as error:
        console.print(f"[bold red]{escape(str(error))}[/]")
        return 2

    def replay_all(client: ProspectClient) -> bool:
        # Every data set is replayed, whatever came of the one before.
        agreements = [_replay(client, data_set, options, console) for data_set in data_sets]
        return all(agreements)

    return on_local_stack(replay_all, console)


def _replay(client: ProspectClient, data_set: DataSet, options: argparse.Namespace, console: Console) -> bool:
    deliveries = disorder(data_set.deliveries, shuffle=options.shuffle, repeat=options.repeat)
    return all(check.holds for check in run(client, data_set, deliveries, console))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.replay", description=__doc__)
    parser.add_argument("folder", type=Path, help="a data set's folder, or one that holds several")
    parser.add_argument("--shuffle", type=int, metavar="SEED", help="send in an order shuffled by this seed")
    parser.add_argument("--repeat", type=_share, default=0.0, metavar="FRACTION", help="send so many again (0 to 1)")
    return parser.parse_args(arguments)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a fraction from 0 to 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
