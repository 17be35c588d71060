"""The arguments of ``milpcore loops`` and their help."""

from __future__ import annotations

import argparse
from typing import Any

from milpcore.cli.arguments import count, gap, positive_seconds, small_share
from milpcore.cli.shared_arguments import add_output

SUMMARY = "heat exchanger networks with utility loops between plants"
DESCRIPTION = (
    "Utility loops between plants: the zones of the stream table are the plants. Designs a\n"
    "network of least total annual cost with a bound that no network is below; --evaluate\n"
    "simulates a given one, costs every part of it and names what is wrong."
)
DEFAULT_STREAMS = "loop_two_plants"
DEFAULT_TOLERANCE = 1e-6
DEFAULT_GAP = 0.01
DEFAULT_TIME_LIMIT_S = 120.0
DESIGN_DEFAULTS: dict[str, Any] = {
    "loops": 1,
    "utility_exchangers": False,
    "gap": DEFAULT_GAP,
    "time_limit": DEFAULT_TIME_LIMIT_S,
}
"""Options of a design, which an evaluation has no use for."""
EVALUATION_DEFAULTS: dict[str, Any] = {"tolerance": DEFAULT_TOLERANCE}
"""Likewise of an evaluation."""
EPILOG = """\
The stream table needs the column htc. A network file is JSON, see docs/loops.md. --json prints
  {"tac_per_a": ..., "bound_per_a": ..., "gap": ..., "tac_without_utility_exchangers_per_a": ...,
   "tac_with_utility_exchangers_per_a": ..., "currency": "$", "costs": {...}, "loops": [...],
   "hot_utility_kW": ..., "cold_utility_kW": ..., "n_units": ..., "status": "optimal" (within the
   gap), "time_limit", "node_limit" (the bound gets no further) or "interrupted", "reason": ...,
   "solve_s": ..., "caveat": ...}
and with --evaluate
  {"tac_per_a": ..., "tac_with_utility_exchangers_per_a": ..., "currency": "$",
   "costs": {"hot_utility": ..., "cold_utility": ..., "exchangers": ..., "pipes": ...,
   "pumps": ..., "heaters_coolers": ...},
   "loops": [{"flow_kW_per_K": ..., "supply_C": ..., "return_C": ...}], "hot_utility_kW": ...,
   "cold_utility_kW": ..., "n_units": ..., "status": "feasible", "tolerance": 1e-06,
   "violations": [{"rule": ..., "where": ..., "value": ..., "limit": ..., "tolerance": ...}]}
tac_per_a has the exchangers between streams and loops only, the other total heaters and coolers,
too; it is null where utilities have no temperatures. A network that breaks a rule has status
"refused" and exit code 1.

examples:
  milpcore loops                                    the bundled two plants
  milpcore loops loop_four_plants --loops 2 --time-limit 600 --out results
  milpcore loops --evaluate network.json            with the bundled two plants
  milpcore loops plants.csv --parameters costs.toml --evaluate network.json --out results
  milpcore loops --evaluate printed.json --tolerance 1e-3 --json

"""


def fill(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Parameters
    ----------
    command : argparse.ArgumentParser
        Where to add them.
    """
    command.add_argument(
        "--parameters",
        metavar="FILE",
        help="distances, fluid, cost laws, utilities and limits, TOML (default: those of the "
        "bundled case; needed for other streams)",
    )
    command.add_argument(
        "--evaluate",
        metavar="NETWORK",
        help="JSON file of a network to simulate, cost and check",
    )
    command.add_argument(
        "--loops",
        metavar="N",
        type=count,
        help="at most so many loops (default: 1)",
    )
    command.add_argument(
        "--utility-exchangers",
        action="store_true",
        default=None,
        help="minimise the total with heaters and coolers; both totals are shown either way",
    )
    command.add_argument(
        "--gap",
        type=gap,
        help="share of the cost between network and bound that is good enough (default: 0.01)",
    )
    command.add_argument(
        "--time-limit",
        metavar="S",
        type=positive_seconds,
        help="seconds for start, search and bound together (default: 120)",
    )
    command.add_argument(
        "--tolerance",
        metavar="SHARE",
        type=small_share,
        help="by how much an evaluated network may miss a rule, as a share of flows, heat and "
        "100 K; 1e-3 suits printed figures (default: 1e-6)",
    )
    add_output(
        command,
        "the network, its parts as CSV and the figures (PNG, SVG): network diagram, composite "
        "curves, costs",
    )
