"""`python -m local.simulate funnel.yaml`: what a funnel would do to the prospects of the local stack.

The funnel becomes a draft, the draft is simulated, and the draft goes again unless it is to be kept. With API_URL and
API_KEY in the environment the same happens to a deployed stack. Nothing is written to any prospect.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from local.client import ApiProblemError, ProspectClient
from local.progress import simulate_visibly
from local.request import Json
from local.session import Address, on_local_stack
from local.simulation_report import actions_line, findings, histories_table, matrix_table, moves_table

#: How many kinds of moves (from one stage to another) are explained, and by how many prospects each.
KINDS, EACH = 8, 2
_INVALID = 422


def read_definition(path: Path) -> Json | str:
    """A funnel as it is sent: JSON as a document, anything else as the text that it is, which the API reads as YAML.

    Raises:
        OSError, UnicodeDecodeError: the file cannot be read.
        json.JSONDecodeError: it is named as JSON and is none.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix.lower() != ".json":
        return text
    document: Json = json.loads(text)
    return document


def run(client: ProspectClient, definition: Json | str, console: Console, *, keep: bool) -> bool:
    """Try a funnel and print what it would do.

    Arguments:
        client: the API.
        definition: the funnel.
        console: where to print.
        keep: leave the draft there.

    Returns:
        Whether the funnel could be tried to the end.
    """
    try:
        draft = client.create_draft(definition)
    except ApiProblemError as error:
        if error.status != _INVALID or "errors" not in error.document:
            raise
        console.print(*findings("The funnel cannot be used:", error.document["errors"], error.document), sep="\n")
        return False
    try:
        _announce(draft, console)
        return _simulate(client, draft, console)
    finally:
        if keep:
            console.print(f"\nThe draft is kept: {draft['draft_id']}")
        else:
            client.delete_draft(draft["draft_id"])


def _announce(draft: Json, console: Console) -> None:
    """Print what the draft changes, and what may be a mistake in it."""
    console.print("\n[bold]It changes[/]" if draft["changes"] else "\nIt changes nothing.")
    for sentence in draft["changes"]:
        console.print(f"  {sentence}", markup=False, highlight=False)
    console.print(*findings("\nWhat may be a mistake:", draft["warnings"]), sep="\n")


def _simulate(client: ProspectClient, draft: Json, console: Console) -> bool:
    simulation_id = client.start_simulation(draft["draft_id"])
    try:
        simulation = simulate_visibly(client, simulation_id, console)
    except KeyboardInterrupt:
        client.cancel_simulation(simulation_id)
        raise
    if simulation["status"] != "done":
        why = simulation["failure"] or "Somebody cancelled it."
        console.print(f"[bold red]The simulation ended as {simulation['status']}.[/] {why}")
        return False
    _report(client, simulation, console)
    return True


def _report(client: ProspectClient, simulation: Json, console: Console) -> None:
    if simulation["failure"]:
        console.print(f"[bold yellow]{escape(simulation['failure'])}[/]")
    moved, stay = simulation["moved"], simulation["stay"]
    console.print(f"\n[bold]On publishing, {moved:,} would move and {stay:,} would stay.[/]")
    if moved:
        console.print(matrix_table(simulation["moves"]))
        console.print(moves_table(_some_of_each_kind(client, simulation), moved))
    console.print(actions_line(simulation["actions"]))
    console.print()
    console.print(histories_table(simulation["history"]))


def _some_of_each_kind(client: ProspectClient, simulation: Json) -> list[Json]:
    """Some of the prospects who would move, of the most frequent kinds of moves."""
    kinds = [
        (count, from_stage, to_stage)
        for from_stage, row in simulation["moves"].items()
        for to_stage, count in row.items()
    ]
    some: list[Json] = []
    for _, from_stage, to_stage in sorted(kinds, reverse=True)[:KINDS]:
        some += islice(client.simulated_moves(simulation["simulation_id"], from_stage, to_stage, limit=EACH), EACH)
    return some


def main(arguments: Sequence[str] | None = None) -> int:
    """Try a funnel; 0 if it could be tried to the end, 1 if not, 130 if it was interrupted."""
    parser = argparse.ArgumentParser(prog="python -m local.simulate", description="Try a funnel on real prospects.")
    parser.add_argument("funnel", type=Path, help="its definition, as YAML or JSON")
    parser.add_argument("--keep", action="store_true", help="leave the draft there, to be signed and published")
    options = parser.parse_args(arguments)
    try:
        definition = read_definition(options.funnel)
    except (OSError, ValueError) as error:
        parser.error(f"{options.funnel} cannot be read: {error}")
    console = Console()
    return on_local_stack(
        lambda client: run(client, definition, console, keep=options.keep),
        console,
        instead=_elsewhere(),
        interrupted="Interrupted: the simulation is cancelled.",
    )


def _elsewhere() -> Address | None:
    """The API that the environment names, if it names one."""
    url, key = os.environ.get("API_URL"), os.environ.get("API_KEY")
    return Address(url, key) if url and key else None


if __name__ == "__main__":
    sys.exit(main())
