r"""The relaxation of one unit's plateaus in which every size is carried along.

A unit that may change its load once in ``W`` steps keeps it over plateaus of ``W`` to ``2 W - 1``
steps (`milpcore.sizing.plateau_path`). Let ``a`` be such a plateau, :math:`x_a` whether it is used,
and let every size, load and store rate have a copy for it, zero where it is not used. With the unit
``u`` held, the other units ``i`` free,

.. math::

   & \sum_{a\,\text{ends at}\,b} x_a = \sum_{a\,\text{starts at}\,b} x_a, \qquad
     \sum_{a\,\text{starts at}\,0} x_a = 1 \tag{1} \\
   & \underline N_i x_a \le N_{i,a} \le \hat N_i x_a, \qquad C_{k,a} \le \hat C_k x_a \tag{2} \\
   & \sum_{a\,\text{ends at}\,b} N_{i,a} = \sum_{a\,\text{starts at}\,b} N_{i,a}, \qquad
     \sum_{a\,\text{starts at}\,0} N_{i,a} = N_i \quad (C_k \text{ likewise}) \tag{3} \\
   & q_a \le N_{u,a}, \quad q_a \le \min_{t \in a} \hat q_u(t)\, x_a \tag{4} \\
   & q_{i,a}(t) \le N_{i,a}, \quad q_{i,a}(t) \le \hat q_i(t)\, x_a, \quad
     \textstyle\sum_i r_i q_{i,a}(t) \le w(t)\, x_a \tag{5} \\
   & q_a + \sum_i q_{i,a}(t) + \sum_k di_{k,a}(t) - ch_{k,a}(t) = d(t)\, x_a \tag{6} \\
   & ch_{k,a}(t) + di_{k,a}(t) \le \rho_k C_{k,a} \tag{7} \\
   & q_i(t) = \sum_{a \ni t} q_{i,a}(t), \quad
     ch_k(t) = \sum_{a \ni t} ch_{k,a}(t), \;\ldots \tag{8}

Every design fulfils (1) to (8): on the plateaus that its unit has, the copies are the design's own
values, elsewhere zero; (3) holds since sizes do not change. A plateau that goes on from a given
past has the load before the horizon, if the unit is built; one that is not built uses plateaus of
load 0, which (4) allows, and :math:`b` = 0 in (5) of `milpcore.sizing.plateau_path`. So the minimum
is a lower bound. What it knows and rows with big-M values do not: where a load is held the stores
and the other units must take what is left of the demand *at the sizes they have*, step by step.
Levels of stores are not copied, and a unit that is off is one with load 0: the bound is close where
the held unit makes most of the heat and runs all the time, and says little where it must stop.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly
from milpcore.sizing.caps import Caps
from milpcore.sizing.inputs import Floats, Integers, SizingInputs
from milpcore.sizing.plateau_path import Plateaus, keep_past, plateaus

SLACK = 1e-9
"""Share of the scale of heat by which a plateau must miss the demand to be left out."""


class HullColumns(NamedTuple):
    """Columns of the model that the copies add up to.

    Attributes
    ----------
    size, heat, built : ndarray of int (U,), (U, T), (U,)
        `ALWAYS` in the last one where nothing depends on whether the unit is built.
    capacity, charge, discharge : ndarray of int (K,), (K, T), (K, T)
    """

    size: Integers
    heat: Integers
    built: Integers
    capacity: Integers
    charge: Integers
    discharge: Integers


def can_be_held(inputs: SizingInputs, unit: int) -> bool:
    """Return whether a unit keeps its load over plateaus: one load change in a window."""
    return bool(inputs.units.most_changes[unit] == 1 and inputs.units.window[unit] > 1)


def add_plateau_hull(
    assembly: Assembly, inputs: SizingInputs, caps: Caps, unit: int, columns: HullColumns
) -> None:
    """Add the copies and rows (1) to (8).

    Parameters
    ----------
    assembly : Assembly
        In multiples of ``inputs.heat_scale_kW``.
    inputs : SizingInputs
    caps : Caps
        With finite capacities.
    unit : int
        The one that is held, see `can_be_held`.
    columns : HullColumns
    """
    arcs = useful_plateaus(inputs, caps, unit)
    used = _add_path(assembly, inputs, arcs, unit)
    size, capacity = _add_sizes(assembly, inputs, caps, arcs, unit, used, columns)
    _add_operation(assembly, inputs, caps, arcs, unit, used, size, capacity, columns)


def useful_plateaus(inputs: SizingInputs, caps: Caps, unit: int) -> Plateaus:
    """Plateaus on which the demand can be met.

    Parameters
    ----------
    inputs : SizingInputs
    caps : Caps
    unit : int
        The one that is held.

    Returns
    -------
    Plateaus
    """
    arcs = plateaus(inputs, unit)
    others = np.delete(caps.load_kW, unit, axis=0).sum(axis=0)
    swing = float(inputs.stores.rate_per_h @ caps.capacity_kWh)
    missing, room = inputs.demand_kW - others - swing, inputs.demand_kW + swing
    slack = SLACK * inputs.heat_scale_kW
    high = most_load_kW(inputs, caps, unit, arcs)
    may_lack = inputs.units.is_held_if_built[unit]
    low = np.where((arcs.is_past == 1) & (not may_lack), high, 0.0)
    spans = list(zip(arcs.first, arcs.end, strict=True))
    needed = np.array([missing[first:end].max() for first, end in spans])
    allowed = np.array([room[first:end].min() for first, end in spans])
    kept = np.maximum(low, needed) <= np.minimum(high, allowed) + slack
    return Plateaus(arcs.first[kept], arcs.end[kept], arcs.is_past[kept])


def most_load_kW(inputs: SizingInputs, caps: Caps, unit: int, arcs: Plateaus) -> Floats:
    """Most load (A,) on each plateau; the load before the horizon where that goes on."""
    cap = [
        caps.load_kW[unit, first:end].min() for first, end in zip(arcs.first, arcs.end, strict=True)
    ]
    units = inputs.units
    past = float(units.past_load_kW[unit]) if units.was_on[unit] else 0.0
    return np.where(arcs.is_past == 1, past, np.array(cap, dtype=float))


def _add_path(assembly: Assembly, inputs: SizingInputs, arcs: Plateaus, unit: int) -> Integers:
    """Add (1); columns of the plateaus' use (A,)."""
    used = assembly.columns(f"hull_plateau_{unit}", arcs.first.size, upper=1.0)
    begins = np.eye(1, inputs.n_steps)[0]
    border = assembly.rows(f"hull_path_{unit}", inputs.n_steps, lower=begins, upper=begins)
    assembly.put(border[arcs.first], used, 1.0)
    inner = arcs.end < inputs.n_steps
    assembly.put(border[arcs.end[inner]], used[inner], -1.0)
    return used


def _add_sizes(
    assembly: Assembly,
    inputs: SizingInputs,
    caps: Caps,
    arcs: Plateaus,
    unit: int,
    used: Integers,
    columns: HullColumns,
) -> tuple[Integers, Integers]:
    """Add (2) and (3); columns of sizes (U, A) and capacities (K, A)."""
    scale, n_steps = inputs.heat_scale_kW, inputs.n_steps
    first, end = arcs.first, arcs.end
    found = []
    for name, total, low, high in (
        ("size", columns.size, caps.least_size_kW / scale, caps.size_kW / scale),
        ("capacity", columns.capacity, np.zeros(inputs.n_stores), caps.capacity_kWh / scale),
    ):
        high = np.maximum(high, low)
        shape = (total.size, used.size)
        copy = assembly.columns(f"hull_{name}_{unit}", shape, upper=high[:, None])
        most = assembly.rows(f"hull_most_{name}_{unit}", shape, upper=0.0)  # (2)
        assembly.put(most, copy, 1.0)
        assembly.put(most, used, -high[:, None])
        bounded = np.flatnonzero(low > 0.0)
        least = assembly.rows(f"hull_least_{name}_{unit}", (bounded.size, used.size), lower=0.0)
        assembly.put(least, copy[bounded], 1.0)
        assembly.put(least, used, -low[bounded, None])
        kept = assembly.rows(  # (3)
            f"hull_kept_{name}_{unit}", (total.size, n_steps), lower=0.0, upper=0.0
        )
        assembly.put(kept[:, first], copy, 1.0)
        inner = end < n_steps
        assembly.put(kept[:, end[inner]], copy[:, inner], -1.0)
        assembly.put(kept[:, 0], total, -1.0)
        found.append(copy)
    return found[0], found[1]


def _add_operation(
    assembly: Assembly,
    inputs: SizingInputs,
    caps: Caps,
    arcs: Plateaus,
    unit: int,
    used: Integers,
    size: Integers,
    capacity: Integers,
    columns: HullColumns,
) -> None:
    """Add (4) to (8)."""
    scale, n_steps = inputs.heat_scale_kW, inputs.n_steps
    first, end = arcs.first, arcs.end
    length = end - first
    member = np.repeat(np.arange(used.size), length)
    step = np.arange(member.size) - np.repeat(np.cumsum(length) - length, length) + first[member]
    built = int(columns.built[unit])
    load = _add_load(assembly, inputs, caps, arcs, unit, used, size, built)  # (4)
    others = np.delete(np.arange(inputs.n_units), unit)
    cap = caps.load_kW[others][:, step] / scale
    heat = assembly.columns(f"hull_heat_{unit}", (others.size, member.size), upper=cap)
    rate = inputs.stores.rate_per_h[:, None]
    fastest = rate * caps.capacity_kWh[:, None] / scale
    shape = (inputs.n_stores, member.size)
    charge = assembly.columns(f"hull_charge_{unit}", shape, upper=fastest)
    discharge = assembly.columns(f"hull_discharge_{unit}", shape, upper=fastest)

    within = assembly.rows(f"hull_below_size_{unit}", heat.shape, upper=0.0)  # (5)
    assembly.put(within, heat, 1.0)
    assembly.put(within, size[others][:, member], -1.0)
    tight = np.nonzero(cap < caps.size_kW[others, None] / scale)
    capped = assembly.rows(f"hull_below_cap_{unit}", tight[0].size, upper=0.0)
    assembly.put(capped, heat[tight], 1.0)
    assembly.put(capped, used[member[tight[1]]], -cap[tight])
    _add_source(assembly, inputs, unit, used[member], load[member], heat, step)

    balance = assembly.rows(f"hull_balance_{unit}", member.size, lower=0.0, upper=0.0)  # (6)
    assembly.put(balance, load[member], 1.0)
    assembly.put(balance[None, :], heat, 1.0)
    assembly.put(balance[None, :], discharge, 1.0)
    assembly.put(balance[None, :], charge, -1.0)
    assembly.put(balance, used[member], -inputs.demand_kW[step] / scale)
    rates = assembly.rows(f"hull_rate_{unit}", shape, upper=0.0)  # (7)
    assembly.put(rates, charge, 1.0)
    assembly.put(rates, discharge, 1.0)
    assembly.put(rates, capacity[:, member], -rate)

    for name, total, part in (  # (8)
        ("heat", columns.heat[unit][None, :], load[member][None, :]),
        ("others", columns.heat[others], heat),
        ("charge", columns.charge, charge),
        ("discharge", columns.discharge, discharge),
    ):
        sums = assembly.rows(f"hull_sum_{name}_{unit}", (len(total), n_steps), lower=0.0, upper=0.0)
        assembly.put(sums, total, -1.0)
        assembly.put(sums[:, step], part, 1.0)


def _add_load(
    assembly: Assembly,
    inputs: SizingInputs,
    caps: Caps,
    arcs: Plateaus,
    unit: int,
    used: Integers,
    size: Integers,
    built: int,
) -> Integers:
    """Add the held unit's load on every plateau, columns (A,), and (4)."""
    cap = most_load_kW(inputs, caps, unit, arcs) / inputs.heat_scale_kW
    load = assembly.columns(f"hull_load_{unit}", used.size, upper=cap)
    below = assembly.rows(f"hull_load_cap_{unit}", used.size, upper=0.0)
    assembly.put(below, load, 1.0)
    assembly.put(below, used, -cap)
    held = np.flatnonzero(arcs.is_past == 1)
    if held.size:
        past = float(cap[held[0]])
        keep_past(assembly, f"hull_load_past_{unit}", past, load[held], used[held], built)
    most = assembly.rows(f"hull_load_most_{unit}", used.size, upper=0.0)
    assembly.put(most, load, 1.0)
    assembly.put(most, size[unit], -1.0)
    return load


def _add_source(
    assembly: Assembly,
    inputs: SizingInputs,
    unit: int,
    used: Integers,
    load: Integers,
    heat: Integers,
    step: Integers,
) -> None:
    """Add the waste heat of (5) where several units take from it; one alone has its cap."""
    share = inputs.units.source_share
    takes = np.flatnonzero((share > 0.0).any(axis=1))
    if takes.size < 2:
        return
    others = np.delete(np.arange(inputs.n_units), unit)
    source = assembly.rows(f"hull_waste_heat_{unit}", step.size, upper=0.0)
    assembly.put(source, load, share[unit, step])
    assembly.put(source[None, :], heat, share[others][:, step])
    assembly.put(source, used, -inputs.waste_kW[step] / inputs.heat_scale_kW)
