"""The arguments of ``milpcore sensitivity`` and their help."""

from __future__ import annotations

import argparse
import math

from milpcore.cli.arguments import names
from milpcore.cli.retrofit_arguments import count, temperatures
from milpcore.cli.shared_arguments import add_economics, add_objective, add_output

SUMMARY = "how fixed levels answer to prices and other parameters"
DESCRIPTION = (
    "Cost and heat pumps of utility levels that stay where they are, over any parameter of the\n"
    "economics, with the exact values where the set of heat pumps changes."
)
EPILOG = """\
Tipping points are found by halving, with optimal bases as proof, not read off the steps. --json
prints
  {"levels_C": [...], "objective": "tac", "parameters": [{"parameter": "...", "base": ...,
   "points": [{"value": ..., "percent": ..., "tac_EUR_per_a": ..., "heat_pumps": [...], ...}],
   "tipping_points": [{"percent": ..., "value": ..., "before": [...], "after": [...], ...}]}]}
and with --map
  {"parameters": [...], "sets": [...], "set_index": [[...]], "tac_EUR_per_a": [[...]],
   "borders": [...], ...}
with costs in EUR/a, CO2 t/a, heat kW, temperatures °C.

examples:
  milpcore sensitivity --existing 15,35,80,134,214,285,1600 \\
      --vary electricity_price_EUR_per_MWh,co2_price_EUR_per_t
  milpcore sensitivity site.csv --existing 25,80,140 --vary max_lift_K --from -30 --to 30 --json
  milpcore sensitivity --existing 15,35,80,134,214,285,1600 --map --out map \\
      --vary electricity_price_EUR_per_MWh,heat_pump_investment_EUR_per_kW

"""


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
        help="the levels, °C; write --existing=-10,25 where the first is negative",
    )
    command.add_argument(
        "--vary",
        metavar="KEY,KEY,...",
        type=names,
        required=True,
        help="what to vary, one after the other: keys of the table [site] of an economics file, "
        "such as electricity_price_EUR_per_MWh, co2_price_EUR_per_t or max_lift_K",
    )
    for name, default, what in (("from", -50.0, "lowest"), ("to", 50.0, "highest")):
        command.add_argument(
            f"--{name}",
            dest=f"{name}_percent",
            metavar="P",
            type=percent,
            default=default,
            help=f"{what} change from the base value, %% (default: {default:g})",
        )
    command.add_argument(
        "--steps",
        metavar="N",
        type=count,
        default=41,
        help="values of each parameter, from 2 (default: 41)",
    )
    command.add_argument(
        "--map",
        action="store_true",
        help="vary two parameters together and map the best sets of heat pumps",
    )
    command.add_argument("--no-pumps", action="store_true", help="allow no heat pumps")
    add_economics(command, "base values")
    add_objective(command)
    add_output(command, "every table as CSV, the figure (PNG, SVG)")


def percent(text: str) -> float:
    """Read a change in percent, finite.

    Examples
    --------
    >>> percent("-50"), percent("12.5")
    (-50.0, 12.5)
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} must be a number (%)")
    return value
