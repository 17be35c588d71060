"""Formulations of model C side by side: size, bound of the relaxation, search.

Variants are those of `milpcore.loops.variants`, of two questions:

- ``energy``: the least cost of utilities that one pooled loop of at most some flow allows. Unless
  one is given the largest flow is that which carries all exchangeable heat over the whole range of
  the loop (or the limit of the parameters, if that is less): no loop of that range has use for
  more, one of a smaller span has. The temperatures of the best loop are added to the levels until
  the residual and the transport model have the same optimum; all variants have those levels.
- ``cost``: the transport model's estimate of the total annual cost on cells of 16, 8 and 4 K. An
  estimate is no bound on the cost of networks, and every grid has its own optimum.

Optima are searched with the models as they stand. Where one is not proven in the time given, root
gaps are those to the best solution known, and ``optimum_gap`` says by how much they may be too
large.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import pandas as pd

from milpcore.comparing import NO_GAP, root_gap
from milpcore.core import Problem, Solution, Status, solve, solve_lp
from milpcore.faults import FaultList
from milpcore.loops.case import LoopCase
from milpcore.loops.inputs import LoopInputs, prepare
from milpcore.loops.residual import energy_target, residual_model, transport_target_model
from milpcore.loops.residual_form import ResidualForm
from milpcore.loops.transport import transport_model
from milpcore.loops.transport_grid import flow_limit_kW_per_K
from milpcore.loops.variants import ENERGY, LoopVariant, find_variants, reference_of

_log = logging.getLogger(__name__)
PROVEN_GAP = 1e-6
TRUSTED = 1e-5
"""Share of the optimum by which tolerances may lift a bound above it."""
BEYOND = "the solver is wrong: it claims a bound above the cost of a solution that exists"
ONE_SIDED = "is the same target only with hot streams in one plant and cold ones in another"
_APART = "the models differ by more than 1e-6 with the same levels"
_MOST_ROUNDS = 8
_PER_A = 1e3
"""Objectives are in thousands a year."""

COLUMNS = (
    "variant",
    "question",
    "cells_K",
    "max_flow_kW_per_K",
    "unit",
    "n_columns",
    "n_rows",
    "n_binaries",
    "n_nonzeros",
    "optimum",
    "optimum_gap",
    "lp_bound",
    "root_gap",
    "gap_closed",
    "build_s",
    "lp_s",
    "objective",
    "bound",
    "gap",
    "n_nodes",
    "milp_s",
    "status",
    "note",
)
"""Columns of the table; see `compare`."""


@dataclass(frozen=True)
class _Limits:
    """Limits of the linear programs and searches."""

    time_limit_s: float
    lp_time_limit_s: float
    mip_rel_gap: float
    optimum_time_limit_s: float


@dataclass(frozen=True, eq=False)
class _Question:
    """What all variants with one optimum share.

    `apart` says why the transport model has no such optimum, or is empty.
    """

    inputs: LoopInputs
    best: Solution
    max_flow_kW_per_K: float
    extra_levels_C: tuple[float, ...] = ()
    apart: str = ""

    def problem(self, variant: LoopVariant) -> Problem:
        """Assemble a variant."""
        inputs, form = self.inputs, variant.form
        most, extra_C = self.max_flow_kW_per_K, self.extra_levels_C
        if isinstance(form, ResidualForm):
            return residual_model(inputs, max_flow_kW_per_K=most, extra_levels_C=extra_C, form=form)
        if variant.question == ENERGY:
            return transport_target_model(
                inputs, max_flow_kW_per_K=most, extra_levels_C=extra_C, form=form
            ).problem
        cells_K = variant.cells_K
        return transport_model(
            inputs, stream_cell_K=cells_K, loop_cell_K=cells_K, form=form
        ).problem


def compare(
    case: LoopCase,
    *,
    variants: Sequence[str] | None = None,
    time_limit_s: float = 0.0,
    lp_time_limit_s: float = 60.0,
    mip_rel_gap: float = 1e-4,
    optimum_time_limit_s: float = 60.0,
    max_flow_kW_per_K: float | None = None,
) -> pd.DataFrame:
    """Compare formulations of the models of loops: size, bound of the relaxation, search.

    Parameters
    ----------
    case : LoopCase
        At most one loop is considered.
    variants : sequence of str, optional
        Names of variants (`milpcore.loops.variants.VARIANTS`) or parts of them; all if not given.
    time_limit_s : float
        Seconds of each mixed-integer search; 0 for the relaxations only.
    lp_time_limit_s : float
        Seconds of each relaxation.
    mip_rel_gap : float
        Relative gap at which a search ends.
    optimum_time_limit_s : float
        Seconds for each optimum: one for the question of energy, one for each width of cells.
    max_flow_kW_per_K : float, optional
        Largest flow in the question of energy; if not given, that which carries all exchangeable
        heat over the whole range of the loop, within the limits of the case.

    Returns
    -------
    DataFrame
        One row for every variant. ``cells_K``: width of the cells, NaN in the question of energy;
        ``max_flow_kW_per_K``: the largest flow that the model considers; ``n_columns``,
        ``n_rows``, ``n_binaries``, ``n_nonzeros``: size before the solver's presolve; ``optimum``,
        ``optimum_gap``: cost of the best solution known and its proven gap; ``lp_bound``: of the
        relaxation; ``root_gap``: from it to the optimum, relative; ``gap_closed``: share of the
        root gap of the plain model of the same optimum that is gone, negative where it is larger;
        ``build_s``, ``lp_s``, ``milp_s``: wall-clock seconds; ``objective``, ``bound``, ``gap``,
        ``n_nodes``, ``status``: of the search, NaN, -1 and empty without; ``note``: why something
        is missing. Money is in ``unit``.

    Raises
    ------
    InputError
        For an unknown name, a limit out of range, or as `milpcore.loops.inputs.prepare`.

    Examples
    --------
    >>> from milpcore import loops
    >>> case = loops.load_case("loop_two_plants")
    >>> table = loops.compare(case, variants=["16K:plain", "16K:limits"])
    >>> [f"{name} {gap:.3f}" for name, gap in zip(table["variant"], table["root_gap"])]
    ['cost:16K:plain 0.133', 'cost:16K:limits 0.054', 'cost:16K:limits+links 0.026']
    """
    rows = compare_rows(
        case,
        variants=variants,
        time_limit_s=time_limit_s,
        lp_time_limit_s=lp_time_limit_s,
        mip_rel_gap=mip_rel_gap,
        optimum_time_limit_s=optimum_time_limit_s,
        max_flow_kW_per_K=max_flow_kW_per_K,
    )
    return comparison_table(list(rows))


def compare_rows(
    case: LoopCase,
    *,
    variants: Sequence[str] | None,
    time_limit_s: float,
    lp_time_limit_s: float,
    mip_rel_gap: float,
    optimum_time_limit_s: float,
    max_flow_kW_per_K: float | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of `compare` one by one; see there.

    Yields
    ------
    dict
        One row by column name.
    """
    limits = _Limits(time_limit_s, lp_time_limit_s, mip_rel_gap, optimum_time_limit_s)
    _refuse_wrong(limits, max_flow_kW_per_K)
    chosen, inputs = find_variants(variants), prepare(case)
    _log.info("comparison begins: %d variants", len(chosen))
    for reference, group in groupby(chosen, reference_of):
        if reference.question == ENERGY:
            question = _energy(inputs, limits, max_flow_kW_per_K)
        else:
            question = _cost(inputs, reference, limits)
        whole = _empty_row(reference, question)
        _measure(whole, reference, question, replace(limits, time_limit_s=0.0))
        for variant in group:
            row = _empty_row(variant, question)
            _measure(row, variant, question, limits)
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


def default_flow_kW_per_K(inputs: LoopInputs) -> float:
    """Flow that carries all exchangeable heat over the whole range of the loop, within the limits.

    Parameters
    ----------
    inputs : LoopInputs

    Returns
    -------
    float
        kW/K.

    Examples
    --------
    >>> from milpcore import loops
    >>> print(f"{default_flow_kW_per_K(prepare(loops.load_case('loop_two_plants'))):.1f}")
    921.3
    """
    coldest, hottest = inputs.loop_range_C()
    return min(inputs.most_flow_kW_per_K(), inputs.exchangeable_kW() / max(hottest - coldest, 1.0))


def _refuse_wrong(limits: _Limits, max_flow_kW_per_K: float | None) -> None:
    faults = FaultList()
    if not 0.0 <= limits.time_limit_s < math.inf:
        rule = "must be a number from 0 (s)"
        remedy = "0 solves the relaxations only"
        faults.add("", "time_limit_s", limits.time_limit_s, rule, remedy)
    for name in ("lp_time_limit_s", "optimum_time_limit_s"):
        if not getattr(limits, name) > 0.0:
            faults.add("", name, getattr(limits, name), "must be above 0 (s)", "60")
    if max_flow_kW_per_K is not None and not 0.0 < max_flow_kW_per_K < math.inf:
        rule = "must be above 0 (kW/K)"
        faults.add("", "max_flow_kW_per_K", max_flow_kW_per_K, rule, "leave it out")
    faults.raise_if_any("compare")


def _energy(inputs: LoopInputs, limits: _Limits, max_flow_kW_per_K: float | None) -> _Question:
    """Find the energy target, with levels on which both models have it."""
    most, until_s = max_flow_kW_per_K, time.perf_counter() + limits.optimum_time_limit_s
    most = default_flow_kW_per_K(inputs) if most is None else most
    is_hot, plant = inputs.is_hot, inputs.plant
    sides = [set(plant[is_hot].tolist()), set(plant[~is_hot].tolist())]
    apart = "" if len(sides[0]) == len(sides[1]) == 1 and sides[0] != sides[1] else ONE_SIDED
    extra: list[float] = []
    for _ in range(_MOST_ROUNDS):
        target = energy_target(
            inputs,
            max_flow_kW_per_K=most,
            extra_levels_C=extra,
            mip_rel_gap=PROVEN_GAP,
            time_limit_s=max(until_s - time.perf_counter(), 0.1),
        )
        question = _Question(inputs, target.solution, most, tuple(extra), apart)
        if apart or target.solution.status is not Status.OPTIMAL:
            return question
        model = transport_target_model(inputs, max_flow_kW_per_K=most, extra_levels_C=extra)
        left_s = max(until_s - time.perf_counter(), 0.1)
        other = solve(model.problem, mip_rel_gap=PROVEN_GAP / 10.0, time_limit_s=left_s)
        difference = abs(other.objective - target.solution.objective)
        if difference <= 2.0 * PROVEN_GAP * abs(target.solution.objective):
            return question
        if other.status is not Status.OPTIMAL or math.isnan(target.supply_C):
            break
        extra += [target.supply_C, target.return_C]
    return replace(question, apart=_APART)


def _cost(inputs: LoopInputs, plain: LoopVariant, limits: _Limits) -> _Question:
    """Find the least estimate on one grid."""
    model = transport_model(inputs, stream_cell_K=plain.cells_K, loop_cell_K=plain.cells_K)
    best = solve(model.problem, mip_rel_gap=PROVEN_GAP, time_limit_s=limits.optimum_time_limit_s)
    return _Question(inputs, best, flow_limit_kW_per_K(inputs))


def _empty_row(variant: LoopVariant, question: _Question) -> dict[str, Any]:
    """Row without measurements."""
    counts = ("n_columns", "n_rows", "n_binaries", "n_nonzeros", "n_nodes")
    return {
        **dict.fromkeys(COLUMNS, math.nan),
        **dict.fromkeys(counts, -1),
        **dict.fromkeys(("status", "note"), ""),
        "variant": variant.name,
        "question": variant.question,
        "cells_K": variant.cells_K,
        "max_flow_kW_per_K": question.max_flow_kW_per_K,
        "unit": f"{question.inputs.case.parameters.currency}/a",
        "optimum": question.best.objective * _PER_A,
        "optimum_gap": question.best.gap,
    }


def _measure(
    row: dict[str, Any], variant: LoopVariant, question: _Question, limits: _Limits
) -> None:
    """Fill a row: build, relax, search."""
    if not question.best.has_incumbent:
        row["note"] = question.best.message or question.best.status.value
        return
    is_other = variant.question == ENERGY and not isinstance(variant.form, ResidualForm)
    if is_other and question.apart:
        row["note"] = question.apart
        return
    start_s = time.perf_counter()
    problem = question.problem(variant)
    row["build_s"] = time.perf_counter() - start_s
    for size in ("n_columns", "n_rows", "n_binaries", "n_nonzeros"):
        row[size] = getattr(problem, size)
    start_s = time.perf_counter()
    relaxed = solve_lp(problem.relaxed(), time_limit_s=limits.lp_time_limit_s)
    row["lp_s"] = time.perf_counter() - start_s
    if relaxed.status is Status.OPTIMAL:
        row["lp_bound"] = relaxed.objective * _PER_A
        row["root_gap"] = root_gap(row["optimum"], row["lp_bound"])
    else:
        row["note"] = f"relaxation: {relaxed.message}"
    if limits.time_limit_s > 0.0:
        found = solve(problem, mip_rel_gap=limits.mip_rel_gap, time_limit_s=limits.time_limit_s)
        row["objective"], row["bound"] = found.objective * _PER_A, found.bound * _PER_A
        row["gap"], row["n_nodes"] = found.gap, found.n_nodes
        row["milp_s"], row["status"] = found.solve_s, found.status.value
    most = row["optimum"] + TRUSTED * abs(row["optimum"])
    if row["lp_bound"] > most or row["bound"] > most:
        row["note"] = BEYOND
