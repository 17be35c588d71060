"""Residual-energy model of one pooled loop: the least cost of utilities that it allows.

Idea
----
A loop of flow F between T_c and T_h enters with ``F``, ``Eh = F T_h`` and ``Ec = F T_c`` as
variables, so that every row is linear and all temperatures are free. On the loop's own temperature
axis, levels ``t_1 > ... > t_{N+1}`` are the ends of hot streams less ΔTmin and of cold ones plus
ΔTmin. Cold streams cool the loop from T_h down, hot streams heat it from T_c up. A *residual* is F
times (loop temperature - level): its sign says whether the loop is hotter or colder there.

Variables (MW, MW/K)
--------------------
``flow``, ``hot_energy``, ``cold_energy``  F, Eh, Ec
``heat (S, N)``        heat of each stream with the loop in each interval
``residual (N + 1,)``  R of the loop while it is cooled, from the top down
``deficit (N + 1,)``   S of the loop while it is heated, from the bottom up: F times (level - loop)
``is_hotter (N + 1,)`` binary: R may be positive; ``is_colder (N + 1,)`` binary: S may be positive

Rows
----
(1) ``R_1 = Eh - F t_1``, ``R_{n+1} = R_n + F (t_n - t_{n+1}) - heat taken in n``,
    ``R_{N+1} = Ec - F t_{N+1}``
(2) ``S_{N+1} = F t_{N+1} - Ec``, ``S_n = S_{n+1} + F (t_n - t_{n+1}) - heat given in n``,
    ``S_1 = F t_1 - Eh``
(3) ``-M- (1 - x_n) <= R_n <= M+ x_n``, ``-M- (1 - y_n) <= S_n <= M+ y_n``; x does not fall from the
    top down, y not from the bottom up. M of each level is the largest flow times the distance to
    the hottest or coldest temperature that a loop can have
(4) ``heat in n <= CP width x_n`` and ``... x_{n+1}`` of cold streams, the same with y of hot ones,
    stream by stream: the loop is on the right side at both ends of the interval. The interval in
    which it begins is not used in part; more levels make that less of a restriction

Cost: utilities of what the loop does not serve. Only one pooled loop is linear: equal supply
temperatures of branches are bilinear. The area as a function of R is not convex, so there is no
area cost here. Source: the residual-energy form for loops of Total Site networks (Hong et al. line
of work). The transport model states the same energy target on cells
(`milpcore.loops.transport`, `transport_target`); with the same levels, both temperatures of the
loop among them, the two agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly, Problem, Solution, solve
from milpcore.loops.case import LoopCase
from milpcore.loops.equipment import ExchangerCost, PipeCost, PumpCost
from milpcore.loops.inputs import Floats, Ints, LoopInputs, prepare
from milpcore.loops.limits import Limits
from milpcore.loops.residual_form import ResidualForm, Side, put_sides, put_use
from milpcore.loops.transport import TransportModel, solve_transport, transport_model
from milpcore.loops.transport_form import TransportForm
from milpcore.loops.transport_grid import TransportGrid

KW_PER_MW = 1e3


@dataclass(frozen=True, eq=False)
class EnergyTarget:
    """Least cost of utilities with one loop.

    Attributes
    ----------
    solution : Solution
    utilities_per_a : float
        Cost of utilities, money a year.
    hot_utility_kW, cold_utility_kW : float
    flow_kW_per_K, supply_C, return_C : float
        The loop; temperatures are ``nan`` without flow.
    """

    solution: Solution
    utilities_per_a: float
    hot_utility_kW: float
    cold_utility_kW: float
    flow_kW_per_K: float
    supply_C: float
    return_C: float


def loop_levels_C(inputs: LoopInputs, extra_C: Sequence[float] = ()) -> Floats:
    """Levels on the loop's axis with further ones, falling."""
    shift = inputs.dt_min_K * inputs.direction
    ends = np.concatenate([inputs.low_C - shift, inputs.high_C - shift, list(extra_C)])
    return np.unique(np.round(ends, 9))[::-1].copy()


def residual_model(
    inputs: LoopInputs,
    *,
    max_flow_kW_per_K: float,
    extra_levels_C: Sequence[float] = (),
    form: ResidualForm | None = None,
) -> Problem:
    """Assemble the residual-energy model.

    Parameters
    ----------
    inputs : LoopInputs
        Streams that are forbidden the first loop stay with their utility.
    max_flow_kW_per_K : float
        Largest flow of the loop.
    extra_levels_C : sequence of float
        Levels besides the ends of streams.
    form : ResidualForm, optional
        How rows (3) and (4) are written.

    Returns
    -------
    Problem
        Objective in thousands a year.
    """
    form = ResidualForm() if form is None else form
    levels = loop_levels_C(inputs, extra_levels_C)
    n_levels, most = levels.size, max_flow_kW_per_K / KW_PER_MW
    assembly = Assembly()
    flow = assembly.columns("flow", (), upper=most)
    hot_energy = assembly.columns("hot_energy", (), lower=-np.inf)
    cold_energy = assembly.columns("cold_energy", (), lower=-np.inf)
    heat = _put_heat(assembly, inputs, levels)
    for kind, is_hot in (("residual", False), ("deficit", True)):
        # both run along the axis in which the loop changes: down (cooled), up (heated)
        axis = levels[::-1] if is_hot else levels
        sign = -1.0 if is_hot else 1.0
        value = assembly.columns(kind, n_levels, lower=-np.inf)
        right = assembly.columns(
            "is_colder" if is_hot else "is_hotter", n_levels, upper=1.0, integer=True
        )
        step = assembly.rows(f"{kind}_step", n_levels + 1, lower=0.0, upper=0.0)
        first, last = (cold_energy, hot_energy) if is_hot else (hot_energy, cold_energy)
        for row, place, energy in ((0, 0, first), (n_levels, n_levels - 1, last)):  # ends
            assembly.put(step[row], value[place], -1.0)
            assembly.put(step[row], energy, sign)
            assembly.put(step[row], flow, -sign * axis[place])
        widths = np.abs(np.diff(axis))
        assembly.put(step[1:-1], value[1:], -1.0)
        assembly.put(step[1:-1], value[:-1], 1.0)
        assembly.put(step[1:-1], flow, widths)
        streams = np.flatnonzero(inputs.is_hot == is_hot)
        along = slice(None, None, -1 if is_hot else 1)
        used = heat.columns[streams][:, along]
        assembly.put(step[1:-1][None, :], used, -1.0)
        side = Side(kind, sign, axis, value, right, flow, first, most)
        put_sides(assembly, form, side)
        put_use(assembly, form, side, used, heat.largest[streams][:, along])
    return assembly.problem()


def energy_target(
    inputs: LoopInputs,
    *,
    max_flow_kW_per_K: float | None = None,
    extra_levels_C: Sequence[float] = (),
    form: ResidualForm | None = None,
    mip_rel_gap: float = 1e-6,
    time_limit_s: float | None = None,
) -> EnergyTarget:
    """Find the least cost of utilities that one loop allows.

    Parameters
    ----------
    inputs : LoopInputs
    max_flow_kW_per_K : float, optional
        Largest flow; that of the limits, at most all heat over 1 K, if not given.
    extra_levels_C : sequence of float
        Levels besides the ends of streams.
    form : ResidualForm, optional
        How rows (3) and (4) are written.
    mip_rel_gap, time_limit_s : float
        Of the solver.

    Returns
    -------
    EnergyTarget

    Examples
    --------
    >>> from milpcore import loops
    >>> from milpcore.loops.inputs import prepare
    >>> inputs = prepare(loops.load_case("loop_two_plants"))
    >>> target = energy_target(inputs, max_flow_kW_per_K=1092)
    >>> print(f"{target.hot_utility_kW:.1f} kW")
    4628.5 kW
    """
    most = inputs.most_flow_kW_per_K() if max_flow_kW_per_K is None else max_flow_kW_per_K
    problem = residual_model(
        inputs, max_flow_kW_per_K=most, extra_levels_C=extra_levels_C, form=form
    )
    solution = solve(problem, mip_rel_gap=mip_rel_gap, time_limit_s=time_limit_s)
    if not solution.has_incumbent:
        nan = float("nan")
        return EnergyTarget(solution, nan, nan, nan, nan, nan, nan)
    served = solution.values["heat"].sum(axis=1) * KW_PER_MW
    rest = inputs.duty_kW - served
    flow = float(solution.values["flow"])
    ends = [float(solution.values[name]) for name in ("hot_energy", "cold_energy")]
    return EnergyTarget(
        solution=solution,
        utilities_per_a=solution.objective * KW_PER_MW,
        hot_utility_kW=float(rest[~inputs.is_hot].sum()),
        cold_utility_kW=float(rest[inputs.is_hot].sum()),
        flow_kW_per_K=flow * KW_PER_MW,
        supply_C=ends[0] / flow if flow > 1e-9 else float("nan"),
        return_C=ends[1] / flow if flow > 1e-9 else float("nan"),
    )


class _Heat(NamedTuple):
    """Columns ``heat (S, N)`` and the most that they can be, MW."""

    columns: Ints
    largest: Floats


def _put_heat(assembly: Assembly, inputs: LoopInputs, levels: Floats) -> _Heat:
    """Add ``heat (S, N)`` within each stream's intervals, and the cost of utilities."""
    high, low = levels[:-1], levels[1:]
    shift = (inputs.dt_min_K * inputs.direction)[:, None]
    top = np.minimum(inputs.high_C[:, None] - shift, high)
    bottom = np.maximum(inputs.low_C[:, None] - shift, low)
    part = np.maximum(top - bottom, 0.0) * inputs.capacity_kW_per_K[:, None] / KW_PER_MW
    part[~inputs.joins[0]] = 0.0
    heat = assembly.columns("heat", part.shape, upper=part)
    assembly.cost(heat, -inputs.utility_price_per_kW_a[:, None])
    assembly.constant(float(inputs.utility_price_per_kW_a @ inputs.duty_kW) / KW_PER_MW)
    return _Heat(heat, part)


def transport_target_model(
    inputs: LoopInputs,
    *,
    max_flow_kW_per_K: float,
    extra_levels_C: Sequence[float] = (),
    form: TransportForm | None = None,
) -> TransportModel:
    """Assemble the transport model of the same target, on cells between the same levels.

    Parameters
    ----------
    inputs : LoopInputs
    max_flow_kW_per_K : float
        Largest flow of the loop.
    extra_levels_C : sequence of float
        Levels besides the ends of streams.
    form : TransportForm, optional
        How its rows are written.

    Returns
    -------
    TransportModel
        Only utilities cost anything. The largest flow is that of `flow_limit_kW_per_K` at most.
    """
    edges = loop_levels_C(inputs, extra_levels_C)[::-1]
    parameters = inputs.case.parameters
    free = parameters.replace(
        exchanger=ExchangerCost(fixed=0.0, per_area=0.0),
        pipe=PipeCost(
            material_per_kg=0.0,
            installation_per_m=0.0,
            right_of_way_per_m=0.0,
            insulation_per_m2=0.0,
        ),
        pump=PumpCost(fixed=0.0, per_power=0.0),
        electricity_price_per_kWh=0.0,
        limits=Limits(
            max_flow_kW_per_K=max_flow_kW_per_K,
            forbidden_matches=parameters.limits.forbidden_matches,
        ),
    )
    case = LoopCase(streams=inputs.case.streams, parameters=free)
    costless = prepare(case)
    shift = inputs.dt_min_K * inputs.direction
    streams, lows, highs = [], [], []
    for stream in range(inputs.n_streams):
        low, high = inputs.low_C[stream], inputs.high_C[stream]
        inner = edges + shift[stream]
        inner = inner[(inner > low + 1e-7) & (inner < high - 1e-7)]
        ends = np.concatenate([[low], inner, [high]])
        streams.append(np.full(ends.size - 1, stream, dtype=np.int64))
        lows.append(ends[:-1])
        highs.append(ends[1:])
    grid = TransportGrid(
        np.concatenate(streams), np.concatenate(lows), np.concatenate(highs), edges
    )
    return transport_model(costless, grid=grid, n_segments=1, form=form)


def transport_target(
    inputs: LoopInputs, *, max_flow_kW_per_K: float, extra_levels_C: Sequence[float] = ()
) -> float:
    """Least cost of utilities by the transport model on cells between the same levels.

    Parameters
    ----------
    inputs : LoopInputs
    max_flow_kW_per_K : float
        Largest flow of the loop.
    extra_levels_C : sequence of float
        Levels besides the ends of streams.

    Returns
    -------
    float
        Money a year.
    """
    model = transport_target_model(
        inputs, max_flow_kW_per_K=max_flow_kW_per_K, extra_levels_C=extra_levels_C
    )
    return solve_transport(model, mip_rel_gap=1e-7).estimate_per_a
