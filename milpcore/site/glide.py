r"""Gliding utility levels: which loops of water, between which temperatures, for which streams.

Idea: candidates are pairs of supply and return temperature (`milpcore.site.glide_inputs`, with what
a stream, another level and a heat pump need of a pair). Levels are ordered in part only, so that a
stream has no nearest one: the model assigns streams to levels one by one. It is one mixed-integer
program of moderate size, up to some hundreds of pairs and some tens of streams; pairs without glide
are the levels of model A, and with these alone it is that model.

Source: the assignment model of Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide
Heat-Integrated Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions, whose
levels have one temperature each.

Variables, in MW, with ``P`` pairs, ``M`` matches of streams and pairs, ``K`` heat pumps and ``D``
drops of the cascade:

- ``is_open`` (P,): ``y_p``, binary
- ``share`` (M,): ``x_sp``, share of stream ``s`` that uses ``p``; binary, or from 0 to 1 if streams
  may be split into branches in parallel, each from supply to target
- ``external_heat``, ``cooling`` (P,): ``E_p``, ``W_p``; ``pump_heat`` (K,): ``q_k``, at the sink
- ``cascade`` (D,): ``R_d``, heat falling from a pair to one next below it (a cover of the order:
  none lies between), open or not

Rows:

.. math::

   \sum_{hot} Q_s x_{sp} + E_p + \sum_{k \to p} q_k + \sum_{d \to p} R_d
   = \sum_{cold} Q_s x_{sp} + W_p + \sum_{k: p \to} r_k q_k + \sum_{d: p \to} R_d \tag{1}

   E_p \le C y_p, \quad W_p \le H y_p \tag{2}

   \sum_{k \to p} q_k \le A C y_p, \quad \sum_{k: p \to} r_k q_k \le A C y_p \tag{3}

   \sum_p x_{sp} = 1, \quad x_{sp} \le y_p, \quad \sum_p y_p \le N \tag{4}

Plain text: every pair balances (1), where mass flows balance with heat; closed pairs take nothing
but heat that falls through (2), (3); every stream is served by open pairs, at most N of them (4).

The limits cut off no best design. With levels and shares fixed the model is a flow with gains, as
in `milpcore.site.limits`, a sum of elementary flows that visit each level once: from hot streams or
external heat or a loop to cold streams, from hot streams to cooling. With ``r_k = 1 - 1/COP_k < 1``
flows grow on their way, so those that reach cold streams carry at most ``C``, the whole cold duty,
anywhere, and external heat adds up to at most ``C``; heat on its way to cooling is not pumped,
since removing it at the source costs no more, and adds up to at most ``H``, the whole hot duty. A
loop that makes heat of electricity pays only where ``p + f < e``, and carries at most the largest
COP times what it gives off: ``A`` is that COP there, and 1 otherwise.

With streams in branches ``x`` need not be binary. The cost is the objective alone; unlike in model
A, TAC does not decide between designs of equal OPEX or CO2.

Not modelled, and refused or left out: CAPEX alone as objective, prices by level, minimum sizes and
fixed costs, differences of temperature between levels, pumping of water, refrigerants that glide,
mixing of streams at different temperatures.
"""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from milpcore.core import (
    Assembly,
    Problem,
    Solution,
    SolveProgress,
    Status,
    solve,
    solve_from,
    solve_lp,
)
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.glide_check import check_glide
from milpcore.site.glide_inputs import GlideInputs, prepare_glide
from milpcore.site.glide_results import Flows, GlideResult, make_glide_result
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.milp_parts import checked_level_count
from milpcore.site.model import KW_PER_MW, Observer, Progress
from milpcore.site.study import SolveSettings, note_settings
from milpcore.streams import Streams

_ABSENT = 1e-9
"""Shares up to this are rounding."""


class _FlowColumns(NamedTuple):
    """Column numbers of the flows of a problem."""

    external_heat: Integers
    cooling: Integers
    cascade: Integers
    pump_heat: Integers


def gliding(
    streams: Streams,
    *,
    n_levels: int,
    pairs_C: Sequence[tuple[float, float]] | None = None,
    most_glide_K: float | None = None,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    heat_pumps: bool = True,
    branches: bool = False,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> GlideResult:
    """Find the best utility system with at most `n_levels` levels that may glide.

    Parameters
    ----------
    streams : Streams
        The stream table.
    n_levels : int
        Largest number of levels, from 1.
    pairs_C : sequence of tuple of float, optional
        Candidate levels as (supply, return), °C; all pairs of kinks if not given.
    most_glide_K : float, optional
        Widest glide of the pairs of kinks; 0 for levels as in model A.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"`` or ``"co2"``.
    heat_pumps : bool
        Whether heat pumps are allowed.
    branches : bool
        Whether a stream may be split into branches in parallel, each to another level.
    mip_rel_gap : float
        Relative gap at which the search ends.
    time_limit_s : float, optional
        Wall-clock seconds; the best design found so far is returned with its gap.
    observer : callable, optional
        Called now and then with `Progress`; returning True stops the search, which returns the best
        design so far. Only where highspy (extra ``highs``) is installed; without it never called.

    Returns
    -------
    GlideResult
        Checked from its tables.

    Raises
    ------
    InputError
        As `prepare_glide`, or if `n_levels` is not a whole number from 1.
    CheckError
        If the result contradicts its streams or prices, which is an error of this package.

    Examples
    --------
    A loop from 130 to 50 °C carries all the heat that the cold stream needs; no level of one
    temperature carries any:

    >>> import milpcore
    >>> streams = milpcore.load_case("two_streams")
    >>> [gliding(streams, n_levels=2, most_glide_K=glide, heat_pumps=False).external_heat_kW
    ...  for glide in (0.0, 80.0)]
    [900.0, 0.0]
    """
    most = checked_level_count("gliding", n_levels)
    faults = FaultList()
    note_settings(SolveSettings(mip_rel_gap, time_limit_s, None), faults)
    faults.raise_if_any("gliding levels")
    inputs = prepare_glide(
        streams,
        pairs_C=pairs_C,
        most_glide_K=most_glide_K,
        economics=economics,
        objective=objective,
        heat_pumps=heat_pumps,
    )
    begin_s = time.perf_counter()
    problem, _ = build_glide(inputs, n_levels=most, branches=branches)
    settings = SolveSettings(mip_rel_gap, time_limit_s, observer)
    found = _searched(problem, settings, unit=KW_PER_MW * _cost_scale(inputs))
    flows = _operated(inputs, found) if found.has_incumbent else None
    bound = found.bound * KW_PER_MW * _cost_scale(inputs)
    result = make_glide_result(
        inputs,
        flows,
        max_levels=most,
        status=found.status if flows is not None or not found.has_incumbent else Status.ERROR,
        bound=max(bound, 0.0) if not math.isnan(bound) else 0.0,
        solve_s=time.perf_counter() - begin_s,
        note=_note(inputs, found.status, most, has_point=found.has_incumbent),
    )
    if result.has_design:
        check_glide(result)
    return result


def _searched(problem: Problem, settings: SolveSettings, *, unit: float) -> Solution:
    """Solve the problem; with an observer by HiGHS' own interface, where it is installed."""
    gap, limit_s, observer = settings
    if observer is None or importlib.util.find_spec("highspy") is None:
        return solve(problem, mip_rel_gap=gap, time_limit_s=limit_s)
    asked = observer

    def observe(known: SolveProgress) -> bool:
        cost, bound = known.objective * unit, max(0.0, known.bound) * unit
        point = known.incumbent
        is_open = () if point is None else np.flatnonzero(point.values["is_open"] > 0.5).tolist()
        return asked(Progress(known.elapsed_s, cost, bound, known.n_nodes, tuple(is_open)))

    return solve_from(problem, mip_rel_gap=gap, time_limit_s=limit_s, observer=observe)


def _note(inputs: GlideInputs, status: Status, n_levels: int, *, has_point: bool) -> str:
    """Say why there is no design."""
    if status is Status.INTERRUPTED and not has_point:
        return "Interrupted before a design was found."
    if status is not Status.INFEASIBLE:
        return ""
    count = "No single pair serves" if n_levels == 1 else f"No {n_levels} pairs serve"
    return f"{count} every stream, of the {inputs.n_pairs} candidates; allow more levels or glide."


def build_glide(
    inputs: GlideInputs, *, n_levels: int, branches: bool = False
) -> tuple[Problem, Integers]:
    """Assemble the problem.

    Parameters
    ----------
    inputs : GlideInputs
        The site.
    n_levels : int
        Largest number of levels.
    branches : bool
        Whether streams may be split.

    Returns
    -------
    problem : Problem
        In MW and cost units near one.
    stream : ndarray of int (M,)
        Stream of each column of ``share``, in the order of its matches.
    """
    assembly = Assembly()
    stream, pair = np.nonzero(inputs.is_match)
    above, below = np.nonzero(_covers(inputs.is_above))
    duty_MW = np.asarray(inputs.streams.duty_kW) / KW_PER_MW
    is_open = assembly.columns("is_open", (inputs.n_pairs,), upper=1.0, integer=True)
    share = assembly.columns("share", stream.shape, upper=1.0, integer=not branches)
    balance = assembly.rows("level_balance", (inputs.n_pairs,), lower=0.0, upper=0.0)  # (1)
    sign = np.where(inputs.streams.is_hot, 1.0, -1.0)
    assembly.put(balance[pair], share, (sign * duty_MW)[stream])
    flows = _put_flows(assembly, inputs, balance, above, below, scale=_cost_scale(inputs))
    _add_limits(assembly, inputs, is_open, flows)
    whole = assembly.rows("whole_stream", (inputs.streams.n_streams,), lower=1.0, upper=1.0)
    assembly.put(whole[stream], share, 1.0)  # (4)
    only_open = assembly.rows("only_open", stream.shape, upper=0.0)
    assembly.put(only_open, share, 1.0)  # (4)
    assembly.put(only_open, is_open[pair], -1.0)
    most = assembly.rows("most_levels", (), upper=float(n_levels))
    assembly.put(most, is_open, 1.0)  # (4)
    return assembly.problem(), stream


def _put_flows(
    assembly: Assembly,
    inputs: GlideInputs,
    balance: Integers,
    above: Integers,
    below: Integers,
    *,
    scale: float,
) -> _FlowColumns:
    """Add external heat, cooling, cascade and pumps to the balance (1), with their costs."""
    flows = _FlowColumns(
        external_heat=assembly.columns("external_heat", (inputs.n_pairs,)),
        cooling=assembly.columns("cooling", (inputs.n_pairs,)),
        cascade=assembly.columns("cascade", above.shape),
        pump_heat=assembly.columns("pump_heat", inputs.pump_cop.shape),
    )
    assembly.put(balance, flows.external_heat, 1.0)
    assembly.put(balance, flows.cooling, -1.0)
    assembly.put(balance[below], flows.cascade, 1.0)
    assembly.put(balance[above], flows.cascade, -1.0)
    assembly.put(balance[inputs.pump_sink], flows.pump_heat, 1.0)
    assembly.put(balance[inputs.pump_source], flows.pump_heat, -inputs.pump_source_share)
    economics, measure = inputs.economics, inputs.objective
    assembly.cost(flows.external_heat, economics.external_heat_price(measure) / scale)
    assembly.cost(flows.cooling, economics.cooling_price(measure) / scale)
    assembly.cost(flows.pump_heat, inputs.pump_price(measure) / scale)
    return flows


def _add_limits(
    assembly: Assembly, inputs: GlideInputs, is_open: Integers, flows: _FlowColumns
) -> None:
    """Keep closed pairs empty but for heat that falls through, (2) and (3)."""
    duty_MW, is_hot = np.asarray(inputs.streams.duty_kW) / KW_PER_MW, inputs.streams.is_hot
    hot_MW, cold_MW = float(duty_MW[is_hot].sum()), float(duty_MW[~is_hot].sum())
    pumped_MW = cold_MW * _loop_factor(inputs)
    for name, column, most_MW in (
        ("external_heat_limit", flows.external_heat, cold_MW),  # (2)
        ("cooling_limit", flows.cooling, hot_MW),  # (2)
    ):
        rows = assembly.rows(name, (inputs.n_pairs,), upper=0.0)
        assembly.put(rows, column, 1.0)
        assembly.put(rows, is_open, -most_MW)
    for name, end, heat in (
        ("pumps_in_limit", inputs.pump_sink, np.ones(inputs.pump_cop.size)),  # (3)
        ("pumps_out_limit", inputs.pump_source, inputs.pump_source_share),  # (3)
    ):
        rows = assembly.rows(name, (inputs.n_pairs,), upper=0.0)
        assembly.put(rows[end], flows.pump_heat, heat)
        assembly.put(rows, is_open, -pumped_MW)


def _loop_factor(inputs: GlideInputs) -> float:
    """Return ``A``, what a loop of pumps and cascade may carry for each kW that it gives off."""
    economics, measure = inputs.economics, inputs.objective
    electric = economics.electricity_price(measure) + economics.heat_pump_investment(measure)
    if electric >= economics.external_heat_price(measure):
        return 1.0
    return float(inputs.pump_cop.max(initial=1.0))


def _covers(is_above: Booleans) -> Booleans:
    """Pairs of levels with none between them in the order."""
    number = is_above.astype(np.float32)
    return np.asarray(is_above & ((number @ number) == 0.0))


def _cost_scale(inputs: GlideInputs) -> float:
    """Power of ten that brings unit costs near one."""
    economics, measure = inputs.economics, inputs.objective
    largest = max(
        economics.external_heat_price(measure),
        economics.cooling_price(measure),
        float(inputs.pump_price(measure).max(initial=0.0)),
    )
    return 1.0 if largest <= 0.0 else float(10.0 ** round(math.log10(largest)))


def _operated(inputs: GlideInputs, found: Solution) -> Flows | None:
    """Best flows at the levels and shares found, with heat falling from level to level directly."""
    stream, pair = np.nonzero(inputs.is_match)
    share = np.zeros(inputs.is_match.shape)
    share[stream, pair] = found.values["share"]
    share[share < _ABSENT] = 0.0
    binary = np.abs(share - np.round(share)) <= 1e-6
    share = np.where(binary, np.round(share), share)
    share /= share.sum(axis=1, keepdims=True)
    chosen = np.flatnonzero((found.values["is_open"] > 0.5) | (share.sum(axis=0) > 0.0))
    return _flows_at(inputs, chosen, share[:, chosen])


def _flows_at(inputs: GlideInputs, chosen: Integers, share: Floats) -> Flows | None:
    """Solve the linear program of the flows between open levels."""
    assembly, (part, kept) = Assembly(), inputs.at_pairs(chosen)
    above, below = np.nonzero(part.is_above)
    sign = np.where(inputs.streams.is_hot, 1.0, -1.0)
    surplus_MW = (sign * inputs.streams.duty_kW) @ share / KW_PER_MW
    balance = assembly.rows("balance", (chosen.size,), lower=-surplus_MW, upper=-surplus_MW)
    _put_flows(assembly, part, balance, above, below, scale=_cost_scale(inputs))
    solution = solve_lp(assembly.problem())
    if solution.status is not Status.OPTIMAL:
        return None
    heat_kW = {
        name: np.maximum(solution.values[name], 0.0) * KW_PER_MW for name in _FlowColumns._fields
    }
    falling_kW = np.zeros(part.is_above.shape)
    falling_kW[above, below] = heat_kW["cascade"]
    return Flows(
        level=chosen,
        share=share,
        external_heat_kW=heat_kW["external_heat"],
        cooling_kW=heat_kW["cooling"],
        cascade_kW=falling_kW,
        pump=kept,
        pump_heat_kW=heat_kW["pump_heat"],
    )
