r"""A bound for stepwise service at all temperatures: what no choice of candidates can beat.

`milpcore.site.stream_steps` is exact for its candidates, and says why no finite set of them is
enough in general. How much could other temperatures save? Let ``c_0 < ... < c_M`` be edges with all
limits of all streams between ``c_0`` and ``c_M``, and let cell ``k`` be the range from ``c_(k-1)``,
included, to ``c_k``, excluded (the last one with ``c_M``). The **site of cells** has one candidate
for each cell:

1. hot heat with its limit in cell ``k`` may go to the cells up to ``k``, cold duty with its limit
   in cell ``k`` may come from the cells from ``k`` on;
2. a heat pump from cell ``a`` to cell ``b > a`` has the COP from ``c_a`` (the upper end of its
   source) to ``c_(b-1)`` (the lower end of its sink), and lift and sink limit are asked there, too;
3. balances, cascade and cost are those of model A.

**Theorem.** If external heat and cooling cost the same at every level, and a kW of heat pump
electricity with its investment costs no less than a kW of external heat, ``p + f >= e``, then no
design with stepwise service, whatever its temperatures, costs less than the best one with as many
levels on the site of cells.

Proof. Take a design. Send each level to the cell that it lies in, one below ``c_0`` to the first
and one above ``c_M`` to the last; this map ``k(T)`` does not fall with temperature. Hot heat of
limit ``tau`` at a level ``T <= tau`` is then in a cell ``k(T) <= k(tau)``, and cold duty likewise:
(1) holds. Levels in the same cell merge: their balances are added, heat that cascaded between them
stays, other heat still falls. A pump between two of them that delivered ``q`` goes; its electricity
``q/COP`` is bought as heat, for ``e q/COP <= p q/COP + f q``. Every other pump ends in two
different cells ``a < b``. Its source was at or below ``c_a`` and its sink at or above ``c_(b-1)``
(a level below ``c_0`` is no sink in a later cell, one above ``c_M`` no source in an earlier one),
so that it is allowed by (2) and its COP is no lower. Let it keep its source heat: it delivers ``D
>= 0`` less and uses ``D`` less electricity. ``D`` is bought where it was delivered, for ``e D <= (p
+ f) D``, what is saved. The result is a design on the site of cells, with no more levels and no
more cost.

With one level a stream the bound holds as well (Proposition 1 of `milpcore.site.stream_steps`), but
`milpcore.site.any_temperature` is closer there. Finer edges bound closer: all bits of one cell and
all temperatures in it are taken for the best of them.

Heat of cells with less than `LEAST_SHARE` of all duties is added to the next cell above (hot) or
below (cold), where it may use more levels: the bound stays one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.number_kinds import is_number
from milpcore.site.any_temperature import note_unproven, with_best_pumps
from milpcore.site.candidates import Candidates, Grid
from milpcore.site.inputs import Floats, SiteInputs, prepare
from milpcore.site.model import Observer
from milpcore.site.stream_steps import LEAST_SHARE
from milpcore.site.study import SolveSettings, chosen_formulation, honest, solved
from milpcore.streams import Streams

LEAST_CELL_K = 0.001
"""Edges closer than that to another one are left out."""
_LEVEL_DECIMALS = 6


class StepwiseBound(NamedTuple):
    """What stepwise service at all temperatures can do at best.

    Attributes
    ----------
    bound : float
        No design costs less, whatever its temperatures and steps, EUR/a or t/a.
    relaxed : float
        Best value found for the last site of cells; no design need reach it.
    n_cells : int
        Cells of the last site.
    n_rounds : int
        Sites of cells that were searched.
    solve_s : float
        Time of all searches.
    """

    bound: float
    relaxed: float
    n_cells: int
    n_rounds: int
    solve_s: float


def stepwise_bound(
    streams: Streams,
    *,
    n_levels: int,
    edges_C: Candidates | Sequence[float] | None = None,
    finest_K: float | None = None,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> StepwiseBound:
    """Bound the objective of every stepwise service with at most so many levels, anywhere.

    Parameters
    ----------
    streams : Streams
        The stream table, not cut.
    n_levels : int
        Largest number of levels, from 1.
    edges_C : Candidates or sequence of float, optional
        Edges of the cells, °C; the lowest and the highest limit are added. Default: every 5 K.
    finest_K : float, optional
        Halve the cells of the best relaxed design that are wider than this, and search again, until
        there are none or the time is up. Every round has a bound; the best one counts. Without it
        there is one round.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"`` or ``"co2"``.
    mip_rel_gap, observer
        Of each search on a site of cells.
    time_limit_s : float, optional
        Wall-clock seconds for all rounds.

    Returns
    -------
    StepwiseBound

    Raises
    ------
    InputError
        If a condition of the theorem fails, pumps have no temperature differences to their levels,
        `finest_K` is below 0.002 K, or the objective is CAPEX, whose least value is zero.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.stream_steps import stepwise
    >>> dairy = milpcore.load_case("dairy_8")
    >>> best = stepwise(dairy, n_levels=4).result.summary["objective_value"].iloc[0]
    >>> bool(0.8 * best < stepwise_bound(dairy, n_levels=4).bound <= best)
    True
    """
    _checked_width(finest_K)
    bound, solve_s, n_rounds = 0.0, 0.0, 0
    chosen = edges_C
    while True:
        inputs, edge_C = _cells(streams, chosen, economics, objective)
        left_s = None if time_limit_s is None else max(time_limit_s - solve_s, 1e-3)
        settings = SolveSettings(mip_rel_gap, left_s, observer)
        begin_s = time.perf_counter()
        _, found = next(solved(inputs, chosen_formulation(inputs, None), [n_levels], settings))
        found = honest(inputs, found, mip_rel_gap)
        solve_s += time.perf_counter() - begin_s
        n_rounds += 1
        bound = max(bound, found.bound) if np.isfinite(found.bound) else bound
        if found.status is not Status.OPTIMAL or found.design is None or finest_K is None:
            break
        in_use = np.flatnonzero(found.design.is_open)
        wide = in_use[np.diff(edge_C)[in_use] > finest_K]
        if not wide.size or (time_limit_s is not None and solve_s >= time_limit_s):
            break
        chosen = np.union1d(edge_C, 0.5 * (edge_C[wide] + edge_C[wide + 1])).tolist()
    return StepwiseBound(bound, found.objective, inputs.n_candidates, n_rounds, solve_s)


def stepwise_cells(
    streams: Streams,
    *,
    edges_C: Candidates | Sequence[float] | None = None,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
) -> SiteInputs:
    """Prepare the site of cells; each stands at its middle and has the best pumps of its inside.

    Its streams are the heat of the cells, one hot and one cold at most for each.
    """
    return _cells(streams, edges_C, economics, objective)[0]


def _cells(
    streams: Streams,
    edges_C: Candidates | Sequence[float] | None,
    economics: SiteEconomics | None,
    objective: Measure | str,
) -> tuple[SiteInputs, Floats]:
    """Site of cells, and the edges of its cells (M+1,), °C."""
    whole = prepare(streams, economics=economics, objective=objective)
    _refuse(whole)
    prices = whole.economics
    low_C, high_C = limit_ranges(streams, prices.level_dt_cont_K)
    edge_C = _edges(edges_C, whole, float(low_C.min()), float(high_C.max()))
    middle_C = np.round(0.5 * (edge_C[:-1] + edge_C[1:]), _LEVEL_DECIMALS)
    rows = []
    for kind, is_side, sign in (
        ("hot", whole.stream_is_hot, 1.0),
        ("cold", ~whole.stream_is_hot, -1.0),
    ):
        heat_kW = _heat_by_cell(
            low_C[is_side], high_C[is_side], whole.stream_duty_kW[is_side], edge_C
        )
        kept_kW = _gathered(heat_kW, LEAST_SHARE * float(whole.stream_duty_kW.sum()), kind)
        for cell in np.flatnonzero(kept_kW):
            at_C = middle_C[cell] + sign * prices.level_dt_cont_K
            rows.append(("cells", f"{kind} {cell}", kind, at_C, at_C, kept_kW[cell], 0.0))
    names = ("zone", "name", "kind", "t_supply", "t_target", "heat_flow", "dt_cont")
    inputs = prepare(
        Streams(pd.DataFrame(rows, columns=names)),
        economics=economics,
        objective=objective,
        candidates_C=middle_C.tolist(),
    )
    return with_best_pumps(inputs, edge_C[:-1], edge_C[1:]), edge_C  # (2)


def limit_ranges(streams: Streams, level_dt_cont_K: float) -> tuple[Floats, Floats]:
    """Lowest and highest limit (1) of each stream (S,), °C."""
    margin_K = np.asarray(streams.dt_cont_K) + level_dt_cont_K
    ends_C = np.array([streams.t_supply_C, streams.t_target_C])
    limit_C = np.round(ends_C + np.where(streams.is_hot, -margin_K, margin_K), _LEVEL_DECIMALS)
    return limit_C.min(axis=0), limit_C.max(axis=0)


def _edges(
    edges_C: Candidates | Sequence[float] | None, whole: SiteInputs, low_C: float, high_C: float
) -> Floats:
    """Edges of the cells, with the outermost limits; at least one cell."""
    chosen: Candidates | Sequence[float] = Grid(5.0) if edges_C is None else edges_C
    both_C = np.array([low_C, high_C])
    if isinstance(chosen, Candidates):
        inner_C = chosen.levels_C(np.concatenate((whole.stream_limit_C, both_C)), whole.economics)
    else:
        inner_C = np.asarray(chosen, dtype=np.float64)
    inner_C = np.unique(np.round(inner_C, _LEVEL_DECIMALS))
    edge_C = [low_C]
    for value in inner_C.tolist():
        if value - edge_C[-1] >= LEAST_CELL_K and high_C - value >= LEAST_CELL_K:
            edge_C.append(value)
    edge_C.append(high_C if high_C - low_C >= LEAST_CELL_K else low_C + 1.0)
    return np.array(edge_C)


def _heat_by_cell(low_C: Floats, high_C: Floats, duty_kW: Floats, edge_C: Floats) -> Floats:
    """Heat of one side by the cell that its limit lies in (M,), kW."""
    n_cells = edge_C.size - 1
    width_K = high_C - low_C
    is_wide = width_K > 0.0
    share = np.clip(
        (edge_C[:, None] - low_C[is_wide]) / width_K[is_wide], 0.0, 1.0
    )  # of each stream below each edge
    heat_kW: Floats = np.diff(share, axis=0) @ duty_kW[is_wide]
    cell = np.searchsorted(edge_C, low_C[~is_wide], side="right") - 1
    heat_kW += np.bincount(
        np.clip(cell, 0, n_cells - 1), weights=duty_kW[~is_wide], minlength=n_cells
    )
    return heat_kW


def _gathered(heat_kW: Floats, least_kW: float, kind: str) -> Floats:
    """Carry heat of cells with too little to the next one above (hot) or below (cold)."""
    order = np.arange(heat_kW.size) if kind == "hot" else np.arange(heat_kW.size)[::-1]
    kept_kW = np.zeros_like(heat_kW)
    carried_kW, full = 0.0, -1
    for cell in order.tolist():
        carried_kW += float(heat_kW[cell])
        if carried_kW >= least_kW:
            kept_kW[cell], carried_kW, full = carried_kW, 0.0, cell
    if carried_kW > 0.0:
        last = int(order[-1])
        total_kW = carried_kW + (kept_kW[full] if full >= 0 else 0.0)
        kept_kW[full] = 0.0
        kept_kW[last] = total_kW
    return kept_kW


def _refuse(whole: SiteInputs) -> None:
    """Refuse a site for which nothing is proven."""
    faults = FaultList()
    if whole.objective is Measure.CAPEX:
        remedy = "bound tac, opex or co2"
        faults.add("", "objective", "capex", "needs no bound: least CAPEX is none", remedy)
    note_unproven(whole, faults, theorem="the theorem")
    faults.raise_if_any("stepwise bound")


def _checked_width(finest_K: float | None) -> None:
    if finest_K is None or (is_number(finest_K) and 2.0 * LEAST_CELL_K <= finest_K < np.inf):
        return
    faults = FaultList()
    rule = f"must be a number from {2.0 * LEAST_CELL_K:g} (K)"
    faults.add("", "finest_K", repr(finest_K), rule, "0.5 is fine")
    faults.raise_if_any("stepwise bound")
