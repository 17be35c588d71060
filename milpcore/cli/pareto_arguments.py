"""The arguments of ``milpcore pareto`` and their help."""

from __future__ import annotations

import argparse
import math

from milpcore.cli.arguments import names, positive_seconds
from milpcore.cli.retrofit_arguments import NO_PASSING, count, kelvin, temperatures
from milpcore.cli.shared_arguments import add_economics, add_output

SUMMARY = "the exact front of two objectives, such as cost and CO2"
DESCRIPTION = (
    "The exact Pareto front of two objectives, for fixed levels, for existing levels some of\n"
    "which may move, or for the best levels of a greenfield; with marginal abatement costs."
)
DEFAULT_LEVELS = 8
DEFAULT_RANGE_K = 10.0
EPILOG = """\
Unsupported points, which are the best for no CO2 price but under a limit on emissions, are found
as well. At --resolution 0 the front is exact; otherwise no design is better than the front by more
than that share of the range of both objectives. --json prints
  {"objectives": ["tac", "co2"], "points": [{"tac_EUR_per_a": ..., "co2_t_per_a": ...,
   "is_supported": ..., "marginal_EUR_per_t": ..., "levels_C": [...], "heat_pumps": [...], ...}],
   "segments": [{"from_point": 1, "to_point": 2, "slope_EUR_per_t": ..., "jump_tac_EUR_per_a": ...,
   "distance_percent": ..., ...}], "distance_percent": ..., "unproven_ends": [],
   "status": "optimal", ...}
with costs in EUR/a, CO2 t/a, heat kW, temperatures °C. The marginal cost of a point is that up to
the next point of the front itself, whatever --points asks for. Ctrl-C and the time limit keep what
is found, with its proven distance; before both ends of the front are proven that is not known
(null), as are marginal costs and supported points, and "unproven_ends" names the ends. --out
replaces older results once both ends are proven.

examples:
  milpcore pareto --existing 15,35,80,134,214,285,1600
  milpcore pareto --existing 13,25,80,143,214,285,1600 --move 2 --points 10 --out front
  milpcore pareto site.csv --levels 6 --objectives opex,capex --resolution 0 --json

"""


def fill(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command, but for the stream table.

    Parameters
    ----------
    command : argparse.ArgumentParser
        Where to add them.
    """
    command.add_argument(
        "--objectives",
        metavar="A,B",
        type=names,
        default=("tac", "co2"),
        help="two of tac, opex, capex (EUR/a) and co2 (t/a) (default: tac,co2)",
    )
    levels = command.add_mutually_exclusive_group()
    levels.add_argument(
        "--levels",
        metavar="N",
        type=count,
        help=f"largest number of levels of a greenfield (default: {DEFAULT_LEVELS})",
    )
    levels.add_argument(
        "--existing",
        metavar="T,T,...",
        type=temperatures,
        help="levels of today, °C; write --existing=-10,25 where the first is negative",
    )
    command.add_argument(
        "--move",
        metavar="K",
        type=count,
        default=0,
        help="existing levels of which so many may move, any of them together (default: 0)",
    )
    command.add_argument(
        "--range",
        metavar="K",
        type=kelvin,
        default=DEFAULT_RANGE_K,
        help=f"how far a level may move, K; {NO_PASSING} (default: {DEFAULT_RANGE_K:g})",
    )
    command.add_argument(
        "--movable",
        metavar="T,T,...",
        type=temperatures,
        help="existing levels that may move at all, °C (default: every one)",
    )
    command.add_argument("--no-pumps", action="store_true", help="allow no heat pumps")
    command.add_argument(
        "--resolution",
        metavar="R",
        type=share,
        default=1e-3,
        help="share of the range of both objectives by which the front may be off; 0 for the exact "
        "front (default: 1e-3)",
    )
    command.add_argument(
        "--points",
        metavar="N",
        type=count,
        default=0,
        help="further points, each the best under one of N evenly spaced limits on the second "
        "objective (default: 0)",
    )
    command.add_argument(
        "--time-limit",
        metavar="S",
        type=positive_seconds,
        help="seconds of the search; the front so far is shown with its proven distance, or with "
        "the ends that are not proven yet",
    )
    add_economics(command)
    add_output(command, "every table as CSV, the figures (PNG, SVG)")


def share(text: str) -> float:
    """Read a share, from 0 to below 1.

    Examples
    --------
    >>> share("1e-3")
    0.001
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to below 1")
    return value
