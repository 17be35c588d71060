"""The arguments of ``milpcore sweep`` and their help."""

from __future__ import annotations

import argparse

SUMMARY = "thousands of cases from a study file"
DESCRIPTION = (
    "Run a study in many cases, such as scenarios of prices: costs, heat pumps and what regret\n"
    "costs, with a checkpoint that the same command resumes from."
)
EPILOG = """\
The study file says what runs (fixed_levels, greenfield or retrofit) in which cases (a grid, a Latin
hypercube or a table; the columns are keys of the economics):

  [study]
  run = "fixed_levels"
  streams = "site_400"
  levels_C = [15, 35, 80, 134, 214, 285, 1600]
  [site]
  gas_price_EUR_per_MWh = 40.0
  [cases]
  method = "latin_hypercube"
  n_cases = 10000
  seed = 1
  [cases.ranges]
  electricity_price_EUR_per_MWh = [40, 130]
  co2_price_EUR_per_t = [40, 200]

Instead of levels_C: n_levels for greenfield; existing_C, move and range_K for retrofit. Instead of
ranges: [cases.values] with lists for method "grid", file = "cases.csv" for "table". --json prints
the summary; the results of all cases are in DIR. Ctrl-C keeps finished cases.

examples:
  milpcore sweep scenarios.toml --out scenarios --workers 2
  milpcore sweep scenarios.toml --out scenarios --scheduler tcp://10.0.0.1:8786

"""


def fill(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Parameters
    ----------
    command : argparse.ArgumentParser
        Where to add them.
    """
    command.add_argument(
        "study", metavar="STUDY.toml", help="what runs in which cases, as shown below"
    )
    workers = command.add_mutually_exclusive_group()
    workers.add_argument(
        "--workers", metavar="N", type=int, default=1, help="processes to start (default: 1, here)"
    )
    workers.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="Dask scheduler such as tcp://10.0.0.1:8786; needs the extra milpcore[dask]",
    )
    command.add_argument(
        "--out",
        metavar="DIR",
        required=True,
        help="where results, summary and figures go, in place of those of an older run, and the "
        "checkpoint that the same command resumes from; needs the extra milpcore[plot]",
    )
    command.add_argument(
        "--format",
        choices=("csv", "parquet"),
        default="csv",
        help="of the results; parquet needs the extra milpcore[parquet] (default: csv)",
    )
    command.add_argument("--quiet", action="store_true", help="show no progress")
