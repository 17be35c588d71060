"""Tightness tables: how far each formulation's relaxation, and its search, are from the optimum.

For every variant of `milpcore.site.variants` and number of levels the linear relaxation is solved
as assembled, and, if wanted, the whole problem by `scipy.optimize.milp` with a time limit. The
optimum comes from the exact search (`milpcore.site.PathSearch`), proven to 1e-6. *Reduced* variants
are given that optimum's objective as the known design, the best case for them: in practice a
heuristic one is a little worse and leaves a few more arcs.

What did not help, on the bundled site of 400 streams (share of the root gap of `level_path` that is
closed at N = 8, N = 11):

- layers with a chain of the cascade (0 %, 0 %): all paths still meet at the levels;
- the arc-wise cascade without layers, loose or tight (0.1 %, 0.4 %): heat is still pooled there;
- dominance rows, or binary levels or arcs in place of counts: the same bound to all digits, and
  binary arcs are many more integers;
- pairing cuts with a chain (1 %, 10 %): heat passing a closed level counts as inflow;
- a known design alone (0 %, 0 %), though it makes everything small: at N = 4 and 6 it closes most;
- layers and arc-wise cascade on the whole network from N = 6: their relaxations take about
  a minute or more, so that they need a known design first.

What did: layers with the arc-wise cascade (tight 20 %, 71 %, loose 16 %, 67 %), pairing cuts on top
of the tight limit (29 %, 76 %; without layers 26 %, 71 %), coverage rows even with the plain chain
(30 %, 47 %), all of them (40 %, 81 %), and splitting the external heat into 16 intervals on the
plain chain (56 %, 74 %). At N = 4 layers with the tight limit leave no gap, without a known design.

A tighter relaxation is not always the faster search. With 20 s for each search, N = 8 was proven
by the reduced `level_path` with coverage rows (12 s, with pairing cuts 9 s) and by layers with the
tight limit and pairing cuts (13 s) only; at N = 11 the reduced `level_path` alone took 4 to 5 s,
while layers, with three times as many columns, were not done. The exact search needs less than
a second for each.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from milpcore.comparing import NO_GAP, root_gap
from milpcore.core import Problem, Status, solve, solve_lp
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import Fault, InputError
from milpcore.streams import Streams

if TYPE_CHECKING:
    from milpcore.site.inputs import SiteInputs
    from milpcore.site.model import MilpFormulation, Outcome
    from milpcore.site.variants import Variant

_log = logging.getLogger(__name__)
KW_PER_MW = 1000.0
PROVEN_GAP = 1e-6
SEARCH_LIMIT_S = 300.0

COLUMNS = (
    "max_levels",
    "variant",
    "cuts",
    "reduced",
    "n_columns",
    "n_rows",
    "n_binaries",
    "n_integers",
    "n_nonzeros",
    "optimum",
    "optimum_gap",
    "lp_bound",
    "unit",
    "root_gap",
    "gap_closed",
    "build_s",
    "lp_s",
    "lp_status",
    "objective_value",
    "bound",
    "gap",
    "n_nodes",
    "milp_s",
    "status",
    "note",
)
"""Columns of the table; see `compare`."""


@dataclass(frozen=True)
class _Options:
    """Limits of the linear programs and searches."""

    time_limit_s: float
    lp_time_limit_s: float
    mip_rel_gap: float


def compare(
    streams: Streams,
    *,
    levels: Sequence[int] = (4, 6, 8),
    formulations: Sequence[str] | None = None,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    time_limit_s: float = 0.0,
    lp_time_limit_s: float = 60.0,
    mip_rel_gap: float = 1e-4,
) -> pd.DataFrame:
    """Compare formulations of the site model: size, bound of the relaxation, search.

    Parameters
    ----------
    streams : Streams
        The stream table.
    levels : sequence of int
        Largest numbers of levels, each from 1.
    formulations : sequence of str, optional
        Names of variants (`milpcore.site.variants.VARIANTS`), or of formulations for all their
        variants; all if not given.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``.
    time_limit_s : float
        Seconds of each mixed-integer search; 0 for the relaxations only.
    lp_time_limit_s : float
        Seconds of each relaxation.
    mip_rel_gap : float
        Relative gap at which a search ends.

    Returns
    -------
    DataFrame
        One row for every number of levels and variant. ``n_columns``, ``n_rows``, ``n_binaries``,
        ``n_integers``, ``n_nonzeros``: size before the solver's presolve; ``optimum``,
        ``optimum_gap``: of the exact search; ``lp_bound``: of the relaxation (all three in
        ``unit``, EUR/a or t/a); ``root_gap``: from it to the optimum, relative; ``gap_closed``:
        share of the root gap of ``level_path`` that is gone; ``build_s``, ``lp_s``, ``milp_s``:
        wall-clock seconds, with separation in ``build_s`` and all programs in ``lp_s``;
        ``objective_value``, ``bound``, ``gap``, ``n_nodes``, ``status``: of the search, ``nan``,
        -1 and empty without; ``note``: why something is missing.

    Raises
    ------
    InputError
        For an unknown name, a number of levels below 1, a negative time limit, or a site without
        a free cascade.

    Examples
    --------
    >>> import milpcore
    >>> table = milpcore.compare(
    ...     milpcore.load_case("dairy_8"), levels=[2], formulations=["assignment_weak"]
    ... )
    >>> bool((table["lp_bound"] <= table["optimum"] * (1 + 1e-9)).all())
    True
    """
    rows = compare_rows(
        streams,
        levels=levels,
        formulations=formulations,
        economics=economics,
        objective=objective,
        time_limit_s=time_limit_s,
        lp_time_limit_s=lp_time_limit_s,
        mip_rel_gap=mip_rel_gap,
    )
    return comparison_table(list(rows))


def compare_rows(
    streams: Streams,
    *,
    levels: Sequence[int],
    formulations: Sequence[str] | None,
    economics: SiteEconomics | None,
    objective: Measure | str,
    time_limit_s: float,
    lp_time_limit_s: float,
    mip_rel_gap: float,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of `compare` one by one; see there.

    Yields
    ------
    dict
        One row by column name.
    """
    from milpcore.site import PathSearch, prepare
    from milpcore.site.variants import REFERENCE, find_variants

    _check(levels, time_limit_s)
    options = _Options(time_limit_s, lp_time_limit_s, mip_rel_gap)
    variants = find_variants(formulations)
    (reference,) = (one for one in find_variants(None) if one.name == REFERENCE)
    inputs = prepare(streams, economics=economics, objective=objective)
    _log.info("comparison begins: %d variants at %s levels", len(variants), list(levels))
    for n_levels in levels:
        best = PathSearch(n_levels).solve(
            inputs, mip_rel_gap=PROVEN_GAP, time_limit_s=SEARCH_LIMIT_S
        )
        reference_gap = math.nan
        if best.design is not None:
            whole = _empty_row(n_levels, reference, inputs, best)
            _measure(whole, reference, inputs, best, replace(options, time_limit_s=0.0))
            reference_gap = whole["root_gap"]
        for variant in variants:
            row = _empty_row(n_levels, variant, inputs, best)
            if best.design is None:
                row["note"] = best.message or best.status.value
            else:
                _measure(row, variant, inputs, best, options)
                if reference_gap > NO_GAP:
                    row["gap_closed"] = 1.0 - row["root_gap"] / reference_gap
            told = (
                n_levels,
                variant.name,
                row["root_gap"],
                row["gap"],
                row["status"] or "no search",
            )
            _log.info("at most %d levels, %s: root gap %.3g, gap %.3g, %s", *told)
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


def _check(levels: Sequence[int], time_limit_s: float) -> None:
    faults = []
    if not levels or any(count < 1 for count in levels):
        rule = "must hold whole numbers from 1"
        faults.append(Fault("", "levels", str(list(levels)), rule, "give at least one"))
    if not 0.0 <= time_limit_s < math.inf:
        rule = "must be a number from 0 (s)"
        remedy = "0 solves the relaxations only"
        faults.append(Fault("", "time_limit_s", str(time_limit_s), rule, remedy))
    if faults:
        raise InputError("compare", tuple(faults))


def _empty_row(
    n_levels: int, variant: Variant, inputs: SiteInputs, best: Outcome
) -> dict[str, Any]:
    """Row without measurements."""
    counts = ("n_columns", "n_rows", "n_binaries", "n_integers", "n_nonzeros", "n_nodes")
    texts = ("lp_status", "status", "note")
    return {
        **dict.fromkeys(COLUMNS, math.nan),
        **dict.fromkeys(counts, -1),
        **dict.fromkeys(texts, ""),
        "max_levels": n_levels,
        "variant": variant.name,
        "cuts": variant.cuts,
        "reduced": variant.reduced,
        "optimum": best.objective,
        "optimum_gap": best.gap,
        "unit": "t/a" if inputs.objective is Measure.CO2 else "EUR/a",
    }


def _measure(
    row: dict[str, Any], variant: Variant, inputs: SiteInputs, best: Outcome, options: _Options
) -> None:
    """Fill a row: build, relax, search."""
    formulation = variant.make(row["max_levels"], best.objective)
    refusal = formulation.refusal(inputs)
    if refusal is not None:
        row["note"] = refusal
        return
    start_s = time.perf_counter()
    problem = formulation.build(inputs)
    row["build_s"] = time.perf_counter() - start_s
    for size in ("n_columns", "n_rows", "n_binaries", "n_integers", "n_nonzeros"):
        row[size] = getattr(problem, size)
    start_s = time.perf_counter()
    if variant.n_intervals:
        row["lp_bound"] = _interval_bound(formulation, inputs, best, variant.n_intervals)
        row["note"] = f"bound of {variant.n_intervals} intervals; size of one linear program"
        if not math.isfinite(row["lp_bound"]):
            row["lp_bound"], row["note"] = math.nan, "a linear program was not solved"
    else:
        relaxed = solve_lp(problem.relaxed(), time_limit_s=options.lp_time_limit_s)
        row["lp_status"] = relaxed.status.value
        if relaxed.status is Status.OPTIMAL:
            row["lp_bound"] = _in_unit(inputs, relaxed.objective)
        else:
            row["note"] = f"relaxation: {relaxed.message}"
    row["lp_s"] = time.perf_counter() - start_s
    row["root_gap"] = root_gap(best.objective, row["lp_bound"])
    if options.time_limit_s > 0.0 and not variant.n_intervals:
        _search(row, inputs, problem, options)


def _search(row: dict[str, Any], inputs: SiteInputs, problem: Problem, options: _Options) -> None:
    """Solve the whole problem."""
    solution = solve(problem, mip_rel_gap=options.mip_rel_gap, time_limit_s=options.time_limit_s)
    row["objective_value"] = _in_unit(inputs, solution.objective)
    row["bound"] = _in_unit(inputs, solution.bound)
    row["gap"] = solution.gap
    row["n_nodes"] = solution.n_nodes
    row["milp_s"] = solution.solve_s
    row["status"] = solution.status.value


def _interval_bound(
    formulation: MilpFormulation, inputs: SiteInputs, best: Outcome, n_intervals: int
) -> float:
    """Bound by intervals of the external heat."""
    from milpcore.site.coverage_intervals import coverage_intervals
    from milpcore.site.layered_path import ArcPath, LayeredPath

    if not isinstance(formulation, ArcPath | LayeredPath):
        raise TypeError(f"{formulation.name}: intervals need a path formulation")
    path = formulation.path(inputs)
    return coverage_intervals(inputs, path, best.objective, n_intervals=n_intervals).bound


def _in_unit(inputs: SiteInputs, objective: float) -> float:
    """Objective of a problem in EUR/a or t/a."""
    return objective * KW_PER_MW * inputs.cost_scale
