"""``milpcore loops --evaluate``: a network simulated, costed, checked, shown and written."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from milpcore.cli.loops_source import LoopSource, faults_of, loop_inputs, loop_source
from milpcore.cli.loops_text import evaluation_json, evaluation_text
from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import Drawn, check_output, show, write_output
from milpcore.cli.record import INPUTS
from milpcore.cli.signals import ctrl_c_after, is_interrupted_early
from milpcore.faults import Fault, InputError
from milpcore.loops.evaluate import evaluate
from milpcore.loops.evaluation import Evaluation
from milpcore.loops.network import LoopNetwork
from milpcore.loops.network_files import read_network, write_network
from milpcore.loops.parameter_files import write_parameters
from milpcore.site.table_files import write_tables
from milpcore.streams import write_streams

FIGURES = ("network", "composite_curves", "costs")
TABLES = ("exchangers", "utilities", "streams", "headers", "pipes", "loops", "costs")
COPIES = ("streams.csv", "parameters.toml")
NETWORK = "network.json"
_TABLE = {"costs": "cost_table"}


def run_evaluation(arguments: argparse.Namespace) -> int:
    """Evaluate the network of the command, show it, write it."""
    inputs = loop_inputs(arguments)
    check_output(arguments.out, inputs=inputs, writes=network_writes(), copies=COPIES)
    source, network = _read(arguments)
    if is_interrupted_early(arguments):
        print_error("interrupted")
        return INTERRUPTED
    with ctrl_c_after(), faults_of(arguments, arguments.evaluate):
        found = evaluate(source.case, network, tolerance=arguments.tolerance)

    def write(out: str) -> None:
        write_output(
            out,
            tables=lambda folder: write_network_tables(folder, found),
            figures=network_figures(source.source.name, found),
            entries={
                "command": "loops",
                "streams": source.source.name,
                "network": Path(arguments.evaluate).name,
                "tolerance": found.tolerance,
                "violations": [str(violation) for violation in found.violations],
            },
            inputs=inputs,
        )

    show(
        content=lambda: evaluation_json(found),
        text=lambda: f"{_heading(source, found)}\n\n{evaluation_text(found)}",
        write=write,
        as_json=arguments.json,
        out=arguments.out,
    )
    if not found.is_feasible and arguments.json:
        count = len(found.violations)
        what = "1 violation" if count == 1 else f"{count} violations, the first"
        print_error(f"refused: {what}: {found.violations[0]}")
    return OK if found.is_feasible else NO_SOLUTION


def _read(arguments: argparse.Namespace) -> tuple[LoopSource, LoopNetwork]:
    """Read case and network; the faults of both come together."""
    titles: list[str] = []
    faults: list[Fault] = []
    source, network = None, None
    try:
        source = loop_source(arguments)
    except InputError as error:
        titles.append(error.title)
        faults.extend(error.faults)
    try:
        network = read_network(arguments.evaluate)
    except InputError as error:
        titles.append(error.title)
        faults.extend(error.faults)
    if source is None or network is None:
        raise InputError(", ".join(titles), tuple(faults))
    return source, network


def network_writes() -> list[str]:
    """List what a network may write besides its record and its inputs."""
    return [
        NETWORK,
        *(f"{name}.csv" for name in TABLES),
        *(f"{name}.{suffix}" for name in FIGURES for suffix in ("png", "svg")),
    ]


def write_network_tables(folder: Path, found: Evaluation) -> None:
    """Write a network, the tables of its evaluation and copies of the inputs.

    Parameters
    ----------
    folder : Path
        A folder that exists.
    found : Evaluation
        The network evaluated.
    """
    write_tables({name: getattr(found, _TABLE.get(name, name)) for name in TABLES}, folder)
    write_network(found.network, folder / NETWORK)
    copies = folder / INPUTS
    copies.mkdir()
    write_streams(found.case.streams, copies / "streams.csv")
    write_parameters(found.case.parameters, copies / "parameters.toml")


def network_figures(name: str, found: Evaluation) -> Iterator[Drawn]:
    """Draw the figures of a network one by one.

    Parameters
    ----------
    name : str
        Name of the case.
    found : Evaluation
        The network evaluated.

    Yields
    ------
    Drawn
    """
    from milpcore import plots

    yield Drawn("network", plots.loop_network(found, title=f"{name}: network"))
    title = f"{name}: composite curves of the loops"
    yield Drawn("composite_curves", plots.loop_composite_curves(found, title=title))
    yield Drawn("costs", plots.loop_costs(found, title=f"{name}: total annual cost"))


def _heading(source: LoopSource, found: Evaluation) -> str:
    """Say what was evaluated."""
    lines = [source.headline, source.source.origin, found.network.title]
    lines.append(f"evaluated within a share of {found.tolerance:g}")
    return "\n".join(filter(None, lines))
