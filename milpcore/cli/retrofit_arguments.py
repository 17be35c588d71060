"""The arguments of ``milpcore retrofit`` and their help."""

from __future__ import annotations

import argparse
import math

from milpcore.cli.shared_arguments import (
    add_alternatives,
    add_candidates,
    add_economics,
    add_objective,
    add_output,
    add_periods,
)

SUMMARY = "what moving existing levels saves"
DESCRIPTION = (
    "What heat pumps and moving existing utility levels save: every combination of so many\n"
    "levels, each within a range of its place, proven optimal."
)
EPILOG = """\
Savings are in percent of the objective, against the existing levels without heat pumps. A level
moves to a candidate (a limit temperature of a stream) or stays. Levels may not pass each other;
where two meet, one is given up.
--json prints
  {"baseline": {...}, "without_moves": {...}, "results": [{"moved_C": {"25": 35}, "levels_C": [...],
   "heat_pumps": [...], "tac_EUR_per_a": ..., "saving_percent": ..., "gap": ..., "solve_s": ...}]}
with costs in EUR/a, CO2 t/a, heat kW, temperatures °C. Ctrl-C ends the study and keeps what is
finished; the JSON then begins with
  "status": "interrupted", "n_configurations": ..., "n_not_started": ...
--out replaces older results once a combination is finished.

examples:
  milpcore retrofit --existing 13,25,80,143,214,285,1600
  milpcore retrofit site.csv --existing 25,80,140 --move 2 --range 15 --out results
  milpcore retrofit --existing 13,25,80,143,214,285,1600 --move 0 --add 1 --json
  milpcore retrofit site.csv --existing 25,80,140 --periods periods.csv

"""
NO_PASSING = "levels may not pass each other, and count as one where they meet"
"""What moves are not allowed, in the words of all commands."""
_EXISTING_RULE = "must be temperatures like 25,80,143 (°C)"


def fill(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command, but for the stream table.

    Parameters
    ----------
    command : argparse.ArgumentParser
        Where to add them.
    """
    command.add_argument(
        "--existing",
        metavar="T,T,...",
        type=temperatures,
        required=True,
        help="levels of today, °C; write --existing=-10,25 where the first is negative",
    )
    command.add_argument(
        "--move",
        metavar="K",
        type=count,
        default=1,
        help="levels that may move at a time: 1 for each alone, 2 for every pair, any larger "
        "number, 0 for none (default: 1)",
    )
    command.add_argument(
        "--range",
        metavar="K",
        type=kelvin,
        default=10.0,
        help=f"how far a level may move, K; {NO_PASSING} (default: 10)",
    )
    command.add_argument(
        "--movable",
        metavar="T,T,...",
        type=temperatures,
        help="existing levels that may move at all, °C (default: every one)",
    )
    command.add_argument("--no-pumps", action="store_true", help="allow no new heat pumps")
    command.add_argument(
        "--add",
        metavar="A",
        type=count,
        default=0,
        help="new levels in every combination, each at any candidate (default: 0)",
    )
    command.add_argument(
        "--close",
        metavar="C",
        type=count,
        default=0,
        help="existing levels given up in every combination, the best ones of those that may not "
        "move (default: 0)",
    )
    add_periods(command, "the same moves and pump sizes")
    add_candidates(command)
    add_alternatives(command, "the K best ways to move at most --move of the levels")
    add_economics(command)
    add_objective(command)
    add_output(command, "every table as CSV, the figures (PNG, SVG)")


def temperatures(text: str) -> tuple[float, ...]:
    """Read temperatures with commas between them.

    Parameters
    ----------
    text : str
        Numbers, °C.

    Returns
    -------
    tuple of float
        In the order given.

    Raises
    ------
    argparse.ArgumentTypeError
        For anything else; the message states the rule.

    Examples
    --------
    >>> temperatures("13,25.5, 80")
    (13.0, 25.5, 80.0)
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} {_EXISTING_RULE}") from None


def count(text: str) -> int:
    """Read a whole number from 0.

    Examples
    --------
    >>> count("2")
    2
    """
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 0")
    return int(text)


def kelvin(text: str) -> float:
    """Read a temperature difference, finite and not negative.

    Examples
    --------
    >>> kelvin("10")
    10.0
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 (K)")
    return value
