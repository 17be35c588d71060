"""Other models of ``milpcore greenfield``: their arguments, and what does not go with them.

Each has a module of its own with a function ``run``. Refusals of all arguments, and the faults of
all files, are raised together.
"""

from __future__ import annotations

import argparse
import importlib
import math
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

from milpcore.cli.arguments import positive_seconds
from milpcore.cli.shared_arguments import add_periods
from milpcore.faults import FaultList

if TYPE_CHECKING:
    from milpcore.site_options import SiteOptions

PERIODS_EPILOG = """\
--periods FILE finds one set of levels, connections and heat pump sizes for several operating
periods, for the least --objective of the year. FILE is a table zone,name,<period>,<period>,... with
the duty of every stream in each period in kW, 0 for a standstill, and a row named hours_h_per_a.
Options in the file of --economics go with it, all but [connections]; those of heat pumps speak of
sizes.

"""


STEPS_EPILOG = """\
--steps serves streams in several steps by several levels, exactly for --candidates, beside one
level a stream: value, saving, number of steps. --steps-bound S adds what no steps save more, at any
temperatures.

"""


GLIDE_EPILOG = """\
--glide makes levels loops of water with a supply and a return temperature: those of pairs of limit
temperatures of the streams up to K kelvin apart, all such pairs, or a list of pairs. For sites of
moderate size, up to 600 pairs and some tens of streams.

"""
_PAIRS_RULE = (
    "must be the widest glide in K, all, or pairs supply:return in °C such as 100:81,150:150"
)


def glide(text: str) -> float | tuple[tuple[float, float], ...]:
    """Read the widest glide, or pairs of supply and return.

    Returns
    -------
    float or tuple of tuple of float
        Kelvin, infinite for all pairs; or (supply, return), °C.

    Raises
    ------
    argparse.ArgumentTypeError
        For anything else.

    Examples
    --------
    >>> glide("20"), glide("all"), glide("100:81,150:150")
    (20.0, inf, ((100.0, 81.0), (150.0, 150.0)))
    """
    if text.strip() == "all":
        return math.inf
    try:
        parts = [tuple(map(float, part.split(":"))) for part in text.split(",")]
    except ValueError:
        parts = []
    if all(math.isfinite(value) for part in parts for value in part):
        if len(parts) == 1 and len(parts[0]) == 1 and parts[0][0] >= 0.0:
            return parts[0][0]
        if parts and all(len(part) == 2 for part in parts):
            return tuple((part[0], part[1]) for part in parts)
    raise argparse.ArgumentTypeError(f"{text!r} {_PAIRS_RULE}")


class _Model(NamedTuple):
    """One of the other models.

    Attributes
    ----------
    module : str
        Where it is run.
    what : str
        What it is about, as refusals name it.
    refuses : tuple of str
        Options of the usual model that it does not take.
    refuses_refined : bool
        Whether candidates must be a fixed set.
    tables : tuple of str
        Tables of options that it takes.
    """

    module: str
    what: str
    refuses: tuple[str, ...]
    refuses_refined: bool = True
    tables: tuple[str, ...] = ()


MODELS = {
    "periods": _Model(
        "milpcore.cli.periods",
        "operating periods",
        ("--formulation", "--no-cascade", "--alternatives", "--within"),
        tables=("heat_pumps", "levels", "external_heat", "cooling", "limits"),
    ),
    "steps": _Model(
        "milpcore.cli.steps",
        "service in steps",
        ("--no-cascade", "--alternatives", "--within"),
    ),
    "glide": _Model(
        "milpcore.cli.glide",
        "levels that glide",
        ("--formulation", "--no-cascade", "--alternatives", "--within", "--candidates"),
        refuses_refined=False,
    ),
}
"""By the name of the argument that asks for them."""

_PARTS = {"--steps-bound": ("steps", "steps_bound"), "--branches": ("glide", "branches")}
"""Options of one of the models: which, and where its value is."""
_GIVEN: dict[str, Callable[[argparse.Namespace], object]] = {
    "--formulation": lambda given: given.formulation,
    "--no-cascade": lambda given: "" if given.no_cascade else None,
    "--alternatives": lambda given: given.alternatives or None,
    "--within": lambda given: given.within,
    "--candidates": lambda given: given.candidates if given.candidates != "kinks" else None,
}
"""Value of each option, None where it is as if not given."""


def add_models(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the other models."""
    add_periods(command, "one set of levels and pump sizes")
    command.add_argument(
        "--steps",
        action="store_true",
        help="streams are cooled or heated in several steps by several levels, beside one level a "
        "stream: what it saves and how many exchangers it takes",
    )
    command.add_argument(
        "--steps-bound",
        metavar="S",
        type=positive_seconds,
        help="with --steps: bound what steps at any temperatures could save, S seconds for each "
        "number of levels",
    )
    command.add_argument(
        "--glide",
        metavar="K",
        type=glide,
        help="levels with a supply and a return temperature, up to K kelvin apart; all for any; or "
        "candidates as pairs supply:return in °C with commas between them (moderate size)",
    )
    command.add_argument(
        "--branches",
        action="store_true",
        help="with --glide: a stream may be split into branches in parallel, each to a level",
    )


def other_model(arguments: argparse.Namespace) -> Callable[[argparse.Namespace], int] | None:
    """Find what runs the model that is asked for; None for the usual one.

    Parameters
    ----------
    arguments : argparse.Namespace
        The command's.

    Raises
    ------
    InputError
        If several models are asked for, or an option of one that is not.
    """
    asked = [name for name in MODELS if getattr(arguments, name) not in (None, False)]
    faults = FaultList()
    for name in asked[1:]:
        rule = f"does not go with --{asked[0]}: one model at a time"
        faults.add("", f"--{name}", None, rule, "leave out one of the two")
    for option, (name, place) in _PARTS.items():
        value = getattr(arguments, place)
        if value and name not in asked:
            shown = None if value is True else value
            faults.add("", option, shown, f"is for --{name} only", f"add --{name}, or leave it out")
    faults.raise_if_any("greenfield")
    if not asked:
        return None
    run: Callable[[argparse.Namespace], int]
    run = importlib.import_module(MODELS[asked[0]].module).run
    return run


def refuse(arguments: argparse.Namespace, name: str) -> None:
    """Refuse the options that a model does not take.

    Parameters
    ----------
    arguments : argparse.Namespace
        The command's.
    name : str
        Of `MODELS`.

    Raises
    ------
    InputError
        Naming all of them.
    """
    model, faults = MODELS[name], FaultList()
    for option in model.refuses:
        value = _GIVEN[option](arguments)
        if value is not None:
            rule = f"does not go with --{name}: not modelled for {model.what}"
            faults.add("", option, value or None, rule, "leave out one of the two")
    candidates = arguments.candidates.strip()
    if model.refuses_refined and candidates.startswith("refined"):
        rule = f"does not go with --{name}, which needs a fixed set of candidates"
        faults.add("", "--candidates", candidates, rule, "use kinks+grid:5 or finer")
    faults.raise_if_any(f"greenfield --{name}")


def refuse_options(options: SiteOptions, name: str) -> None:
    """Refuse the tables of options in the file of prices.

    Parameters
    ----------
    options : SiteOptions
        As read.
    name : str
        Of `MODELS`.

    Raises
    ------
    InputError
        Naming all tables that say something.
    """
    faults, usual = FaultList(), type(options)()
    for one in fields(options):
        is_given = getattr(options, one.name) != getattr(usual, one.name)
        if is_given and one.name not in MODELS[name].tables:
            rule = f"options do not go with --{name}: not modelled for {MODELS[name].what}"
            remedy = "leave out the table, or the argument"
            faults.add("", f"[{one.name}]", None, rule, remedy)
    faults.raise_if_any("--economics")
