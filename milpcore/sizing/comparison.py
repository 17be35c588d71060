"""Formulations of model B side by side: size, bound of the relaxation, search.

Variants are those of `milpcore.sizing.variants`. Sizes are limited in all of them by what linear
programs say of designs that cost no more than the best one known (`milpcore.sizing.size_limits`),
the best case for big-M values; variants ``:wide_limits`` are as a search begins, which knows no
design. Variants ``:held`` have the plateau hull (`milpcore.sizing.plateau_hull`) of the unit that
makes most of the heat besides.

The optimum is that of `milpcore.sizing.size_plant`. Where it is not proven in the time given, root
gaps are those to the best design known, and ``optimum_gap`` says by how much they may be too large.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from milpcore.comparing import NO_GAP, root_gap
from milpcore.core import Problem, Status, lp_bound, solve_lp
from milpcore.faults import FaultList
from milpcore.sizing.caps import Caps, caps
from milpcore.sizing.hull_bound import leading_unit
from milpcore.sizing.inputs import SizingInputs, prepare
from milpcore.sizing.model import SizingModel, build
from milpcore.sizing.no_commitment import NoCommitment
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.plateau_hull import can_be_held
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.read import at_once, design_of
from milpcore.sizing.results import SizingResult
from milpcore.sizing.size_limits import (
    energy_relaxation,
    largest_sizes,
    tightened,
    wide_capacities,
)
from milpcore.sizing.size_plant import size_plant
from milpcore.sizing.solver import solve_milp
from milpcore.sizing.variants import REFERENCE, SizingVariant, find_variants

_log = logging.getLogger(__name__)
PROVEN_GAP = 1e-6
BY_DUALS = "duals"
"""Status of a relaxation whose bound is proven by dual values, optimal or not."""
TRUSTED = 1e-5
"""Share of the optimum by which tolerances may lift a bound above it."""
BEYOND = "the solver is wrong: it claims a bound above the cost of a design that exists"

COLUMNS = (
    "variant",
    "commitment",
    "direction",
    "cuts",
    "limits",
    "held",
    "n_columns",
    "n_rows",
    "n_binaries",
    "n_nonzeros",
    "optimum_EUR_per_a",
    "optimum_gap",
    "lp_bound_EUR_per_a",
    "root_gap",
    "gap_closed",
    "build_s",
    "lp_s",
    "lp_status",
    "objective_EUR_per_a",
    "bound_EUR_per_a",
    "gap",
    "n_nodes",
    "milp_s",
    "status",
    "n_both_ways",
    "note",
)
"""Columns of the table; see `compare`."""


class _Known(NamedTuple):
    """What the best design says: limits of sizes, and the unit that makes most of the heat."""

    wide: Caps
    tight: Caps
    leading: int


@dataclass(frozen=True)
class _Limits:
    """Limits of the linear programs and searches."""

    time_limit_s: float
    lp_time_limit_s: float
    mip_rel_gap: float


def compare(
    profile: HeatProfile,
    parameters: SizingParameters | None = None,
    *,
    variants: Sequence[str] | None = None,
    time_limit_s: float = 0.0,
    lp_time_limit_s: float = 60.0,
    mip_rel_gap: float = 1e-4,
    optimum_time_limit_s: float = 300.0,
) -> pd.DataFrame:
    """Compare formulations of the sizing model: size, bound of the relaxation, search.

    Parameters
    ----------
    profile : HeatProfile
        Heat demand and waste heat.
    parameters : SizingParameters, optional
        Prices and units; the base case if not given.
    variants : sequence of str, optional
        Names of variants (`VARIANTS`) or parts of them; all if not given.
    time_limit_s : float
        Seconds of each mixed-integer search; 0 for the relaxations only.
    lp_time_limit_s : float
        Seconds of each relaxation.
    mip_rel_gap : float
        Relative gap at which a search ends.
    optimum_time_limit_s : float
        Seconds for the optimum.

    Returns
    -------
    DataFrame
        One row for every variant. ``n_columns``, ``n_rows``, ``n_binaries``, ``n_nonzeros``: size
        before the solver's presolve; ``held``: the unit whose plateaus carry copies of all sizes,
        empty without; ``optimum_EUR_per_a``, ``optimum_gap``: best design known and
        its proven gap; ``lp_bound_EUR_per_a``: of the relaxation; ``root_gap``: from it to the
        optimum, relative; ``gap_closed``: share of the root gap of `REFERENCE` that is gone;
        ``build_s``, ``lp_s``, ``milp_s``: wall-clock seconds; ``objective_EUR_per_a``,
        ``bound_EUR_per_a``, ``gap``, ``n_nodes``, ``status``: of the search, NaN, -1 and empty
        without; ``n_both_ways``: steps of its solution in which a store charges and discharges, so
        that it is no design yet (-1 without); ``note``: why something is missing.

    Raises
    ------
    InputError
        For an unknown name, a time limit out of range, or a plant that cannot be sized.

    Examples
    --------
    >>> from milpcore import sizing
    >>> profile, parameters = sizing.load_case("base_48h")
    >>> table = sizing.compare(profile.part(0, 8), parameters, variants=["big_m:where"])
    >>> bool((table["lp_bound_EUR_per_a"] <= table["optimum_EUR_per_a"] * (1 + 1e-9)).all())
    True
    """
    rows = compare_rows(
        profile,
        parameters,
        variants=variants,
        time_limit_s=time_limit_s,
        lp_time_limit_s=lp_time_limit_s,
        mip_rel_gap=mip_rel_gap,
        optimum_time_limit_s=optimum_time_limit_s,
    )
    return comparison_table(list(rows))


def compare_rows(
    profile: HeatProfile,
    parameters: SizingParameters | None,
    *,
    variants: Sequence[str] | None,
    time_limit_s: float,
    lp_time_limit_s: float,
    mip_rel_gap: float,
    optimum_time_limit_s: float,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of `compare` one by one; see there.

    Yields
    ------
    dict
        One row by column name.
    """
    _refuse_wrong(time_limit_s, optimum_time_limit_s)
    chosen, limits = find_variants(variants), _Limits(time_limit_s, lp_time_limit_s, mip_rel_gap)
    parameters = SizingParameters() if parameters is None else parameters
    inputs = prepare(profile, parameters)
    _log.info("comparison begins: %d variants", len(chosen))
    best = size_plant(
        profile, parameters, mip_rel_gap=PROVEN_GAP, time_limit_s=optimum_time_limit_s
    )
    if best.design is None:
        for variant in chosen:
            yield _empty_row(variant, best) | {"note": best.message or best.status.value}
        return
    known = _Known(*_size_limits(inputs, best), leading_unit(best.design.heat_kW))
    (reference,) = find_variants([REFERENCE])
    whole = _empty_row(reference, best)
    _measure(whole, reference, inputs, known, replace(limits, time_limit_s=0.0))
    for variant in chosen:
        row = _empty_row(variant, best)
        _measure(row, variant, inputs, known, limits)
        if whole["root_gap"] > NO_GAP:
            row["gap_closed"] = 1.0 - row["root_gap"] / whole["root_gap"]
        told = row["root_gap"], row["gap"], row["status"] or "no search"
        _log.info("%s: root gap %.3g, gap %.3g, %s", variant.name, *told)
        yield row
    _log.info("comparison ends")


def comparison_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Put the rows of `compare_rows` in a table.

    Parameters
    ----------
    rows : sequence of dict
        Rows by column name.

    Returns
    -------
    DataFrame
        With the columns `COLUMNS`.
    """
    return pd.DataFrame.from_records(list(rows), columns=list(COLUMNS))


def _refuse_wrong(time_limit_s: float, optimum_time_limit_s: float) -> None:
    faults = FaultList()
    if not 0.0 <= time_limit_s < math.inf:
        rule = "must be a number from 0 (s)"
        faults.add("", "time_limit_s", time_limit_s, rule, "0 solves the relaxations only")
    if not optimum_time_limit_s > 0.0:
        faults.add("", "optimum_time_limit_s", optimum_time_limit_s, "must be above 0", "300")
    faults.raise_if_any("compare")


def _size_limits(inputs: SizingInputs, best: SizingResult) -> tuple[Caps, Caps]:
    """Limits that a search begins with, and those of designs as good as the best one."""
    cost = best.tac_EUR_per_a / inputs.cost_scale_EUR_per_a
    capacity = largest_sizes(energy_relaxation(inputs), cost)["capacity"] * inputs.heat_scale_kW
    widest = caps(inputs, np.maximum(capacity, wide_capacities(inputs)))
    return widest, tightened(inputs, SizingModel(), capacity, cost)


def _empty_row(variant: SizingVariant, best: SizingResult) -> dict[str, Any]:
    """Row without measurements."""
    counts = ("n_columns", "n_rows", "n_binaries", "n_nonzeros", "n_nodes", "n_both_ways")
    commitment, direction, cuts = variant.name.split(":")[:3]
    return {
        **dict.fromkeys(COLUMNS, math.nan),
        **dict.fromkeys(counts, -1),
        **dict.fromkeys(("held", "lp_status", "status", "note"), ""),
        "variant": variant.name,
        "commitment": commitment,
        "direction": direction,
        "cuts": cuts,
        "limits": "tight" if variant.has_tight_limits else "wide",
        "optimum_EUR_per_a": best.tac_EUR_per_a,
        "optimum_gap": best.gap,
    }


def _measure(
    row: dict[str, Any],
    variant: SizingVariant,
    inputs: SizingInputs,
    known: _Known,
    limits: _Limits,
) -> None:
    """Fill a row: build, relax, search."""
    model, names = variant.model, [unit.name for unit in inputs.parameters.heat_units]
    refusal = model.commitment.refusal(inputs)
    if not refusal and variant.is_held and not can_be_held(inputs, known.leading):
        refusal = f"{names[known.leading]} may change its load more than once in a window"
    if refusal:
        row["note"] = refusal
        return
    if variant.is_held:
        model, row["held"] = replace(model, held_units=(known.leading,)), names[known.leading]
    start_s = time.perf_counter()
    sizes = known.tight if variant.has_tight_limits else known.wide
    loads = caps(inputs, sizes.capacity_kWh, window_limits=model.window_limits)
    problem = build(inputs, model, loads.within(sizes.size_kW))
    row["build_s"] = time.perf_counter() - start_s
    for size in ("n_columns", "n_rows", "n_binaries", "n_nonzeros"):
        row[size] = getattr(problem, size)
    _relax(row, inputs, variant, problem, limits)
    if limits.time_limit_s > 0.0 and not isinstance(model.commitment, NoCommitment):
        _search(row, inputs, problem, limits)


def _relax(
    row: dict[str, Any],
    inputs: SizingInputs,
    variant: SizingVariant,
    problem: Problem,
    limits: _Limits,
) -> None:
    """Bound the relaxation; the plateau hull is too large for the simplex method."""
    start_s = time.perf_counter()
    if variant.is_held:
        found = lp_bound(problem.relaxed(), time_limit_s=limits.lp_time_limit_s)
        row["lp_s"] = time.perf_counter() - start_s
        least, is_known = found.bound, math.isfinite(found.bound)
        row["lp_status"] = BY_DUALS if is_known else Status.TIME_LIMIT.value
        message = f"no duals within {limits.lp_time_limit_s:g} s"
    else:
        relaxed = solve_lp(problem.relaxed(), time_limit_s=limits.lp_time_limit_s)
        row["lp_s"] = time.perf_counter() - start_s
        least, is_known = relaxed.objective, relaxed.status is Status.OPTIMAL
        row["lp_status"], message = relaxed.status.value, relaxed.message
    if is_known:
        bound = least * inputs.cost_scale_EUR_per_a
        row["lp_bound_EUR_per_a"] = bound
        row["root_gap"] = root_gap(row["optimum_EUR_per_a"], bound)
    else:
        row["note"] = f"relaxation: {message}"


def _search(row: dict[str, Any], inputs: SizingInputs, problem: Problem, limits: _Limits) -> None:
    """Solve the whole problem as it is."""
    solution = solve_milp(
        problem, None, mip_rel_gap=limits.mip_rel_gap, time_limit_s=limits.time_limit_s
    )
    scale = inputs.cost_scale_EUR_per_a
    row["objective_EUR_per_a"] = solution.objective * scale
    row["bound_EUR_per_a"] = solution.bound * scale
    row["gap"], row["n_nodes"] = solution.gap, solution.n_nodes
    row["milp_s"], row["status"] = solution.solve_s, solution.status.value
    if row["bound_EUR_per_a"] > row["optimum_EUR_per_a"] * (1.0 + TRUSTED):
        row["note"] = BEYOND
    if solution.has_incumbent:
        row["n_both_ways"] = len(at_once(design_of(inputs, solution)))
