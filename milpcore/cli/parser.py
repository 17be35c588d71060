"""The arguments of the command line and their help."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

from milpcore import __version__
from milpcore.cases import case_names
from milpcore.cli import (
    loops_arguments,
    pareto_arguments,
    retrofit_arguments,
    sensitivity_arguments,
    sizing_arguments,
    sweep_arguments,
)
from milpcore.cli.arguments import (
    FORMULATION_NAMES,
    LOOPS_PARTS,
    SIZING_PARTS,
    VARIANT_PARTS,
    gap,
    levels,
    names,
    positive_seconds,
    seconds,
)
from milpcore.cli.greenfield_models import GLIDE_EPILOG, PERIODS_EPILOG, STEPS_EPILOG, add_models
from milpcore.cli.shared_arguments import (
    add_alternatives,
    add_candidates,
    add_economics,
    add_objective,
    add_output,
    add_verbose,
)

_STREAMS_HELP = (
    "CSV file with the columns zone,name,t_supply,t_target,heat_flow,dt_cont in °C, kW and K "
    "(or a workbook .xlsx), or the name of a bundled case: {cases}"
)
_EXIT_CODES = """\
exit codes:
  0    every configuration has a solution
  1    at least one has none (says why; the others are still shown)
  2    bad arguments or input, or an optional package is missing
  70   an error of this package; --traceback shows where
  74   the output could not be written: a full disk, a closed standard output
  130  interrupted by Ctrl-C (143: by SIGTERM); what was finished is shown
"""
_MAIN_EPILOG = """\
examples:
  milpcore greenfield                     the bundled site of 400 streams, 2 to 15 levels
  milpcore greenfield site.csv --levels 6 --out results
  milpcore targets site.csv --json
  milpcore retrofit --existing 13,25,80,143,214,285,1600 --move 2
  milpcore sizing profile.csv --time-limit 60 --out results

milpcore COMMAND --help describes a command.

"""
_TARGETS_EPILOG = """\
Temperatures of pinches are on the shifted scale: hot streams lowered and cold streams raised by
their own dt_cont. --json prints
  {"hot_utility_kW": ..., "cold_utility_kW": ..., "pinch_C": [...]}

--zones lets streams of one zone exchange heat directly and adds "zones", "total_site" and
"residual_streams": what the zones leave, on the shifted scale with dt_cont 0. Residual streams are
a stream table for the other commands.

examples:
  milpcore targets dairy_8
  milpcore targets site.csv --out curves
  milpcore targets site.csv --zones --out zones
  milpcore greenfield zones/residual_streams.csv --levels 2-6

"""
_GREENFIELD_EPILOG = """\
Every number of levels is a maximum; fewer are used where more do not help. Costs are EUR/a, CO2
t/a, heat kW, temperatures °C in --json and CSV files; the printed table scales them.
Ctrl-C ends the study and keeps what is finished; the search that it interrupts shows what it has,
and configurations that were not started have status "interrupted" and no numbers. --out replaces
older results once a number of levels is proven to --gap.

examples:
  milpcore greenfield                               the bundled site, 2 to 15 levels
  milpcore greenfield site.csv --levels 4,6,8 --economics prices.toml --out results
  milpcore greenfield site.csv --levels 6 --objective co2 --json > six_levels.json
  milpcore greenfield site.csv --levels 4-6 --periods seasons.csv --out seasons
  milpcore greenfield site.csv --levels 4-8 --steps --steps-bound 30 --out steps
  milpcore greenfield loop_two_plants --levels 3-4 --glide 20

"""
_TIGHTNESS_EPILOG = """\
The root gap is that of the linear relaxation to the optimum proven by the exact search. "reduced"
variants leave out what no design as good as that optimum can use. --json prints
  {"rows": [{"max_levels": ..., "variant": ..., "lp_bound": ..., "root_gap": ..., ...}, ...]}
with costs in EUR/a, CO2 t/a. Ctrl-C ends the comparison and keeps what is finished. --out replaces
older results once a row has a bound.

With --model sizing, STREAMS is a profile (as of milpcore sizing; default: base_48h) and --economics
a plant. The optimum is the best plant found in --optimum-time, and the table says how far it is
proven. Variants are named commitment:direction:cuts, such as big_m:where_needed:no_cuts.

With --model loops, STREAMS are those of plants (as of milpcore loops; default: loop_two_plants).
Variants are energy:model:rows, for the least cost of utilities with one loop, and cost:cells:rows,
for the estimate of the total annual cost on cells of that width; money is in the case's currency.

examples:
  milpcore tightness                                the bundled site, 4, 6 and 8 levels
  milpcore tightness site.csv --levels 5 --formulation level_path,+pairing --time-limit 20
  milpcore tightness --levels 4,6,8,11 --out tightness
  milpcore tightness --model sizing --formulation three_binary,big_m --optimum-time 120
  milpcore tightness --model loops --formulation energy,16K --time-limit 20

"""


class _Command(NamedTuple):
    """A command: its help, its own arguments, and the stream table taken when none is named.

    `default_streams` is empty where one must be named, None where there is none.
    """

    name: str
    summary: str
    description: str
    epilog: str
    fill: Callable[[argparse.ArgumentParser], None]
    default_streams: str | None = "site_400"


def _commands() -> tuple[_Command, ...]:
    return (
        _Command(
            "targets",
            "minimum utilities, pinches, composite curves",
            "Minimum utilities without heat pumps, pinch temperatures and composite curves of a\n"
            "stream table.",
            _TARGETS_EPILOG,
            _fill_targets,
            default_streams="",
        ),
        _Command(
            "greenfield",
            "best utility levels and heat pumps",
            "Utility levels, connections and heat pumps of least cost or emissions,\n"
            "proven optimal within a gap, for several largest numbers of levels.",
            PERIODS_EPILOG + STEPS_EPILOG + GLIDE_EPILOG + _GREENFIELD_EPILOG,
            _fill_greenfield,
        ),
        _Command(
            "retrofit",
            retrofit_arguments.SUMMARY,
            retrofit_arguments.DESCRIPTION,
            retrofit_arguments.EPILOG,
            retrofit_arguments.fill,
        ),
        _Command(
            "sensitivity",
            sensitivity_arguments.SUMMARY,
            sensitivity_arguments.DESCRIPTION,
            sensitivity_arguments.EPILOG,
            sensitivity_arguments.fill,
        ),
        _Command(
            "pareto",
            pareto_arguments.SUMMARY,
            pareto_arguments.DESCRIPTION,
            pareto_arguments.EPILOG,
            pareto_arguments.fill,
        ),
        _Command(
            "sweep",
            sweep_arguments.SUMMARY,
            sweep_arguments.DESCRIPTION,
            sweep_arguments.EPILOG,
            sweep_arguments.fill,
            default_streams=None,
        ),
        _Command(
            "tightness",
            "formulations of the site, sizing and loops models side by side",
            "Formulations of the site, the sizing or the loops model side by side: size, bound of\n"
            "the linear relaxation, gap to the proven optimum, and optionally the mixed-integer\n"
            "search.",
            _TIGHTNESS_EPILOG,
            _fill_tightness,
        ),
        _Command(
            "sizing",
            sizing_arguments.SUMMARY,
            sizing_arguments.DESCRIPTION,
            sizing_arguments.EPILOG,
            sizing_arguments.fill,
            default_streams=None,
        ),
        _Command(
            "loops",
            loops_arguments.SUMMARY,
            loops_arguments.DESCRIPTION,
            loops_arguments.EPILOG,
            loops_arguments.fill,
            default_streams=loops_arguments.DEFAULT_STREAMS,
        ),
    )


def _help_layout(prog: str) -> argparse.RawDescriptionHelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=26)


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands; `command` names the one asked for."""
    whole = argparse.ArgumentParser(
        prog="milpcore",
        description="Utility levels, heat pumps and stores for chemical sites, proven optimal.",
        epilog=_MAIN_EPILOG + _EXIT_CODES,
        formatter_class=_help_layout,
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"milpcore {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for one in _commands():
        command = commands.add_parser(
            one.name,
            help=one.summary,
            description=one.description,
            epilog=one.epilog + _EXIT_CODES,
            formatter_class=_help_layout,
            allow_abbrev=False,
        )
        if one.default_streams is not None:
            add_streams(command, default=one.default_streams or None)
        one.fill(command)
        command.add_argument("--json", action="store_true", help="print one JSON object only")
        add_verbose(command)
        command.add_argument(
            "--traceback", action="store_true", help="show where an error comes from"
        )
    return whole


def add_streams(command: argparse.ArgumentParser, *, default: str | None) -> None:
    """Add the stream table, with the units of its plain numbers and its sheet.

    Parameters
    ----------
    command : argparse.ArgumentParser
        Where to add it.
    default : str or None
        Bundled case to take when none is named; None where one must be.
    """
    known = _STREAMS_HELP.format(cases=", ".join(case_names()))
    if default is None:
        command.add_argument("streams", metavar="STREAMS", help=known)
    else:
        known = f"{known} (default: {default})"
        command.add_argument("streams", metavar="STREAMS", nargs="?", default=default, help=known)
    command.add_argument(
        "--temperature-unit",
        choices=("C", "K"),
        help="unit of temperatures that carry none in the file (default: C)",
    )
    command.add_argument(
        "--heat-unit",
        choices=("kW", "MW"),
        help="unit of duties that carry none in the file (default: kW)",
    )
    command.add_argument(
        "--sheet",
        metavar="NAME",
        help='sheet of a workbook (default: the one called "streams", else the only one)',
    )


def _fill_targets(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--zones",
        action="store_true",
        help="recover heat inside each zone first: targets of every zone, what the zones leave as "
        "a stream table, total site profiles, and what utility levels between zones could recover",
    )
    command.add_argument(
        "--level-dt-cont",
        metavar="K",
        type=float,
        help="share of a utility level in the minimum temperature difference, for --zones "
        "(default: 5)",
    )
    command.add_argument(
        "--out",
        metavar="DIR",
        help="write the composite and grand composite curves as figures (PNG, SVG) and CSV and, in "
        "DIR/inputs, a copy of the streams; they replace what an older run has written there, and "
        "no other file; one to overwrite that was changed since is refused at the start; needs the "
        "extra milpcore[plot]",
    )


def _fill_greenfield(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--levels",
        metavar="N",
        type=levels,
        default="2-15",
        help="largest numbers of levels: 2-15, 6 or 4,6,8 (default: 2-15)",
    )
    add_economics(command)
    add_objective(command)
    command.add_argument(
        "--formulation",
        metavar="NAME",
        help=f"how to solve: {', '.join(FORMULATION_NAMES)} "
        "(default: the fastest that is exact for the input)",
    )
    command.add_argument(
        "--gap",
        type=gap,
        default=1e-4,
        help="relative gap at which a configuration counts as optimal (default: 1e-4)",
    )
    command.add_argument(
        "--time-limit",
        metavar="S",
        type=positive_seconds,
        help="seconds for each configuration; the best design so far is shown with its gap",
    )
    command.add_argument(
        "--no-cascade",
        action="store_true",
        help="heat may not flow from a level to a lower one",
    )
    add_candidates(command)
    add_alternatives(command, "the K best sets of levels for each number of levels")
    add_models(command)
    add_output(
        command, "every table as CSV, the figures (PNG, SVG; levels_NN but for the best only PNG)"
    )


def _fill_tightness(command: argparse.ArgumentParser) -> None:
    command.set_defaults(streams=None)  # the help names that of the site
    command.add_argument(
        "--model",
        choices=("site", "sizing", "loops"),
        default="site",
        help="levels and heat pumps of a site, sizes of a plant over a profile, or utility loops "
        "between plants (default: site)",
    )
    command.add_argument(
        "--levels",
        metavar="N",
        type=levels,
        help="largest numbers of levels: 4,6,8, 6 or 4-8 (default: 4,6,8)",
    )
    add_economics(command)
    add_objective(command)
    command.add_argument(
        "--formulation",
        metavar="NAMES",
        type=names,
        help="variants, or parts of their names, with commas between them: "
        f"{', '.join(VARIANT_PARTS)}; with --model sizing {', '.join(SIZING_PARTS)}; with "
        f"--model loops {', '.join(LOOPS_PARTS)} (default: all)",
    )
    command.add_argument(
        "--gap",
        type=gap,
        default=1e-4,
        help="relative gap at which a search ends (default: 1e-4)",
    )
    command.add_argument(
        "--time-limit",
        metavar="S",
        type=seconds,
        default=0.0,
        help="seconds for each mixed-integer search; 0 for relaxations only (default: 0)",
    )
    command.add_argument(
        "--lp-time-limit",
        metavar="S",
        type=positive_seconds,
        default=60.0,
        help="seconds for each relaxation (default: 60)",
    )
    command.add_argument(
        "--optimum-time",
        metavar="S",
        type=positive_seconds,
        help="seconds for the optimum of --model sizing (default: 60), or for each of the four "
        "optima of --model loops, likewise",
    )
    command.add_argument(
        "--parameters",
        metavar="FILE",
        help="TOML file of --model loops, as of milpcore loops",
    )
    add_output(command, "the table as CSV, the figure (PNG, SVG)")
