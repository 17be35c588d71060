"""The arguments of ``milpcore sensitivity`` and their help."""

from __future__ import annotations

import argparse
import math

from milpcore.cli.arguments import gap, names
from milpcore.cli.retrofit_arguments import NO_PASSING, count, kelvin, temperatures
from milpcore.cli.shared_arguments import add_economics, add_objective, add_output
from milpcore.faults import FaultList

SUMMARY = "how levels and designs answer to prices and other parameters"
DESCRIPTION = (
    "Cost and heat pumps of utility levels over any parameter of the economics, with the exact\n"
    "values where heat pumps change. The levels stay where they are, or with --designs the best\n"
    "greenfield design or retrofit is found again at every value."
)
EPILOG = """\
Tipping points are found by halving, with optimal bases as proof, not read off the steps. --json
prints
  {"levels_C": [...], "objective": "tac", "status": "finished", "unfinished": [],
   "parameters": [{"parameter": "...", "base": ...,
   "points": [{"value": ..., "percent": ..., "tac_EUR_per_a": ..., "heat_pumps": [...], ...}],
   "tipping_points": [{"percent": ..., "value": ..., "before": [...], "after": [...], ...}]}]}
and with --map
  {"status": "finished", "unfinished": [], "parameters": [...], "sets": [...],
   "set_index": [[...]], "tac_EUR_per_a": [[...]], "borders": [...], ...}
and with --designs
  {"objective": "tac", "status": "finished", "unfinished": [],
   "parameters": [{"parameter": "...", "base": ..., "is_finished": true,
   "points": [{"value": ..., "percent": ..., "levels_C": [...], "heat_pumps": [...], ...}],
   "tipping_points": [{"percent": ..., "value": ..., "before": {"levels_C": [...],
   "heat_pumps": [...]}, "after": {...}, ...}]}]}
with costs in EUR/a, CO2 t/a, heat kW, temperatures °C. Ctrl-C ends the study and keeps what is
finished; "status" is "interrupted" then, and "unfinished" names the parameters that are missing, or
the values of the first one in a map. --out replaces older results once a parameter is finished, or
the whole map.

examples:
  milpcore sensitivity --existing 15,35,80,134,214,285,1600 \\
      --vary electricity_price_EUR_per_MWh,co2_price_EUR_per_t
  milpcore sensitivity site.csv --existing 25,80,140 --vary max_lift_K --from -30 --to 30 --json
  milpcore sensitivity --existing 15,35,80,134,214,285,1600 --map --out map \\
      --vary electricity_price_EUR_per_MWh,heat_pump_investment_EUR_per_kW
  milpcore sensitivity --designs greenfield --levels 6 --vary electricity_price_EUR_per_MWh
  milpcore sensitivity site.csv --designs retrofit --existing 25,80,140 --move 1 --range 10 \\
      --vary co2_price_EUR_per_t --out designs

"""
FIXED, GREENFIELD, RETROFIT = "fixed", "greenfield", "retrofit"
_STEPS, _DESIGN_STEPS = 41, 21
_MOVE, _RANGE_K, _GAP = 1, 10.0, 0.0
_BELONGS_TO = {
    "existing": (FIXED, RETROFIT),
    "levels": (GREENFIELD,),
    "gap": (GREENFIELD,),
    "move": (RETROFIT,),
    "range": (RETROFIT,),
    "movable": (RETROFIT,),
    "map": (FIXED,),
    "no_pumps": (FIXED, RETROFIT),
}
"""Arguments that only some studies have."""


def fill(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command, but for the stream table.

    Parameters
    ----------
    command : argparse.ArgumentParser
        Where to add them.
    """
    command.add_argument(
        "--designs",
        choices=(FIXED, GREENFIELD, RETROFIT),
        default=FIXED,
        help="fixed: the levels of --existing stay; greenfield: the best ones of all, at most "
        "--levels; retrofit: the best moves of --existing (default: fixed)",
    )
    command.add_argument(
        "--existing",
        metavar="T,T,...",
        type=temperatures,
        help="the levels, °C; write --existing=-10,25 where the first is negative",
    )
    command.add_argument(
        "--levels", metavar="N", type=count, help="greenfield: largest number of levels"
    )
    command.add_argument(
        "--move",
        metavar="K",
        type=count,
        help="retrofit: levels that may move at a time, the best combination counts (default: 1)",
    )
    command.add_argument(
        "--range",
        metavar="K",
        type=kelvin,
        help=f"retrofit: how far a level may move, K; {NO_PASSING} (default: 10)",
    )
    command.add_argument(
        "--movable",
        metavar="T,T,...",
        type=temperatures,
        help="retrofit: existing levels that may move at all, °C (default: every one)",
    )
    command.add_argument(
        "--gap",
        metavar="G",
        type=gap,
        help="greenfield: relative gap of each search; above 0, designs that are better by less "
        "may be missed (default: 0)",
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
        help=f"values of each parameter, from 2 (default: {_STEPS}; with greenfield or retrofit "
        f"{_DESIGN_STEPS})",
    )
    command.add_argument(
        "--map",
        action="store_true",
        help="fixed: vary two parameters together and map the best sets of heat pumps",
    )
    command.add_argument(
        "--no-pumps", action="store_true", help="fixed, retrofit: allow no heat pumps"
    )
    add_economics(command, "base values")
    add_objective(command)
    add_output(command, "every table as CSV, the figure (PNG, SVG)")


def completed(arguments: argparse.Namespace) -> argparse.Namespace:
    """Fill in defaults that depend on ``--designs``.

    Parameters
    ----------
    arguments : argparse.Namespace
        As parsed.

    Returns
    -------
    argparse.Namespace
        A copy.

    Raises
    ------
    InputError
        Listing what is missing, and what another kind of study would need.
    """
    faults = FaultList()
    kind = arguments.designs
    values = {name: getattr(arguments, name) for name in _BELONGS_TO}
    given = {name for name, value in values.items() if value is not None and value is not False}
    for name in sorted(given, key=list(_BELONGS_TO).index):
        if kind not in _BELONGS_TO[name]:
            rule = f"has no meaning with --designs {kind}"
            remedy = f"leave it out, or use --designs {' or '.join(_BELONGS_TO[name])}"
            faults.add("", _option(name), "", rule, remedy)
    needed = "levels" if kind == GREENFIELD else "existing"
    if needed not in given:
        remedy = "such as --levels 6" if kind == GREENFIELD else "such as --existing 25,80,140"
        faults.add("", _option(needed), "", f"is needed with --designs {kind}", remedy)
    faults.raise_if_any("sensitivity")
    defaults = {
        "steps": _STEPS if kind == FIXED else _DESIGN_STEPS,
        "move": _MOVE,
        "range": _RANGE_K,
        "gap": _GAP,
    }
    missing = {name: value for name, value in defaults.items() if getattr(arguments, name) is None}
    return argparse.Namespace(**{**vars(arguments), **missing})


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


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
