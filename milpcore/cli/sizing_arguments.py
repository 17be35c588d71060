"""The arguments of ``milpcore sizing`` and their help."""

from __future__ import annotations

import argparse

from milpcore.cli.arguments import gap, positive_seconds, share
from milpcore.cli.shared_arguments import add_output

SUMMARY = "sizes of heat pumps, boilers and stores under fluctuating demand"
DESCRIPTION = (
    "Sizes of heat pumps, boilers and thermal stores, and their operation over a profile of heat\n"
    "demand and waste heat, of least total annual cost, proven optimal within a gap."
)
CASE_NAMES = ("base_48h", "flexible_pump_48h")
"""Those of `milpcore.sizing.case_names`, which ``--help`` must not wait for."""
STUDY_NAMES = ("case1", "case2", "case3")
"""Those of `milpcore.sizing.studies`."""
DEFAULT_CASE = "base_48h"
DEFAULT_GAP = 1e-3
DEFAULT_SHARE = 1e-3
DEFAULT_WORKERS = 2
EPILOG = """\
--json prints
  {"sizes": {"heat_pump_kW": ..., "boiler_kW": ..., "store_kWh": ...},
   "size_ranges": {"heat_pump": {"unit": "kW", "proven_least": ..., "found_least": ...,
                                 "found_most": ..., "proven_most": ...}, ...},
   "ranges_share": 0.001, "tac_EUR_per_a": ..., "bound_EUR_per_a": ..., "gap": ...,
   "opex_EUR_per_a": ..., "capex_EUR_per_a": ..., "co2_t_per_a": ..., "status": "optimal",
   "solve_s": ...}
with the units of the plant by name; without a design the numbers, and without ranges
"size_ranges", are null. The bound is proven: no plant costs less. A range holds the sizes of all
plants that cost at most SHARE more than the one shown: none lies beyond what is proven, and plants
as far out as what is found exist. Where a range is wide, cost does not determine the size.

At the time limit, and at Ctrl-C ("status" is then "interrupted"), the best plant so far is shown
with its gap; Ctrl-C during the search for ranges keeps what is known of them. --out replaces older
results once a search has ended with a plant, or with the proof that there is none; what Ctrl-C has
left of one is written where there is nothing older.

The file of --economics has a table [plant] of prices and any number of [[heat_pump]], [[boiler]],
[[electric_boiler]], [[store]] and [[chiller]], also existing ones; a copy of it is in DIR/inputs of
every run.

--study runs many bundled problems instead of one, --time-limit holding for each (default: 120 s in
case1, 60 s in the others). The parameters of flexible_pump_48h in case1 are ours, chosen so that
the paper's finding appears. The tables say how each statement fares beside what is proven. With
--out, Ctrl-C keeps finished points, and the same command goes on with the rest. --json prints
  {"study": "case1", "status": "finished", "n_points": ..., "n_finished": ..., "gap": ...,
   "time_limit_s": ..., "tables": {"findings": [{"statement": ..., "verdict": ...}, ...], ...}}

examples:
  milpcore sizing                                 the bundled case, 48 h in steps of 15 min
  milpcore sizing profile.csv --economics plant.toml --time-limit 60 --out results
  milpcore sizing profile.csv --gap 5e-4 --json > sizes.json
  milpcore sizing --study case2 --workers 2 --out case2
  milpcore sizing --ranges 0.005 --ranges-time 120

"""


def fill(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Parameters
    ----------
    command : argparse.ArgumentParser
        Where to add them.
    """
    command.add_argument(
        "profile",
        metavar="PROFILE",
        nargs="?",
        default=DEFAULT_CASE,
        help="CSV file with the columns time_h (or time),heat_demand_kW,waste_heat_kW and as "
        "wanted prices, emission factors and COPs over time (or a workbook .xlsx), or the name of "
        f"a bundled case: {', '.join(CASE_NAMES)} (default: {DEFAULT_CASE})",
    )
    command.add_argument(
        "--sheet",
        metavar="NAME",
        help='sheet of a workbook (default: the one called "profile", else the only one)',
    )
    command.add_argument(
        "--economics",
        metavar="FILE",
        help="prices and units, TOML; keys left out keep their default, and without any unit those "
        f"of {DEFAULT_CASE} stay",
    )
    command.add_argument(
        "--gap",
        type=gap,
        default=DEFAULT_GAP,
        help="relative gap between cost and proven bound at which the search ends (default: 1e-3)",
    )
    command.add_argument(
        "--time-limit",
        metavar="S",
        type=positive_seconds,
        help="seconds of the search for a plant; the best one so far is shown with its gap",
    )
    ranges = command.add_mutually_exclusive_group()
    ranges.add_argument(
        "--ranges",
        metavar="SHARE",
        type=share,
        default=DEFAULT_SHARE,
        help="how much more than the plant shown others may cost whose sizes are in the ranges, as "
        "a share of TAC (default: 1e-3)",
    )
    ranges.add_argument("--no-ranges", action="store_true", help="search for no ranges of sizes")
    command.add_argument(
        "--ranges-time",
        metavar="S",
        type=positive_seconds,
        help="seconds for all ranges (default: as many as the search has taken, but at least 30 "
        "and at most 60, and no more than --time-limit; with --study 40 for each point that has "
        "them); what is not finished shows what is proven so far",
    )
    command.add_argument(
        "--study",
        choices=STUDY_NAMES,
        help="case1: operation, flexibility, load changes and cooling water; case2: sizes over the "
        "heat pump's investment, and rules of thumb; case3: sizes over the spread of the demand",
    )
    command.add_argument(
        "--workers",
        metavar="N",
        type=int,
        help=f"processes of --study (default: {DEFAULT_WORKERS}); refused without it",
    )
    add_output(
        command,
        "summary, sizes, ranges, operation and costs as CSV, operation and costs as PNG and SVG",
    )
