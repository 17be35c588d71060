r"""Model B as a mixed-integer linear program, put together from swappable parts.

Hochhaus et al. (2025), Systems and Control Transactions 4:1994-1999 (LAPSE:2025.0473), state a
mixed-integer nonlinear program; the product of nominal size and on/off state is linear here, so
that the model is exact. Axes: unit ``i``, store ``k``, step ``t`` of length :math:`\Delta`.
Columns that every formulation has:

============  ==========  =====================================
column        shape       meaning
============  ==========  =====================================
``size``      (U,)        nominal heat output N
``capacity``  (K,)        of the store, C
``heat``      (U, T)      heat delivered, q
``charge``    (K, T)      heat into the store, ch
``discharge`` (K, T)      heat out of it, di
``level``     (K, T+1)    content L
``is_on``     (U, T)      1 while the unit runs, u
``chiller``   (C,)        heat that a chiller removes at most
``chilled``   (C, T)      heat that it removes
============  ==========  =====================================

in multiples of ``heat_scale_kW`` (kW, kWh); cost in multiples of ``cost_scale_EUR_per_a``. With S
the hours a year of a step, source shares r, waste heat w, and heat costs c less the cooling water
saved,

.. math::

   \min\; & \sum_i f_i N_i + \sum_k f_k C_k + S \sum_{i,t} c_i(t) q_i(t) + \text{cooling} \\
   & \sum_i q_i(t) + \sum_k di_k(t) - ch_k(t) = d(t) \tag{1} \\
   & \sum_i r_i(t) q_i(t) \le w(t) \tag{2} \\
   & L_k(t+1) = (1 - \lambda_k \Delta) L_k(t) + \eta^{ch} \Delta\, ch_k(t)
       - \Delta\, di_k(t) / \eta^{di} \tag{3} \\
   & L_k(t) \le C_k, \quad L_k(0) = L_k(T) \; (= s_k C_k) \tag{4} \\
   & ch_k(t) + di_k(t) \le \rho_k C_k \tag{5}

and, where a store must not charge and discharge at once, a direction :math:`z_k(t)`:

.. math:: ch_k(t) \le \rho_k \hat C_k z_k(t), \qquad di_k(t) \le \rho_k \hat C_k (1 - z_k(t)).
   \tag{6}

The rows of commitment (load range, starts, load changes) belong to a `Commitment`. A unit that is
not built has no past and no obligations; one that is built is bound by all that is given of its
past. As long as a unit of size 0 may count as one that stays as it was, that needs nothing: its
load is 0 whatever its state, and its rows ask for no load change. Only where a window forbids the
change from the load before the horizon to 0, the rows of the first step need to know whether the
unit is built (``has_size``). Size cuts and limits over plateaus (`milpcore.sizing.size_cuts`,
`milpcore.sizing.caps`) may be left out. Chillers are a part of (2), see
`milpcore.sizing.chiller_rows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from milpcore.core import Assembly, Problem
from milpcore.sizing.big_m import BigM
from milpcore.sizing.caps import Caps
from milpcore.sizing.chiller_rows import add_chillers
from milpcore.sizing.inputs import ALWAYS, Integers, SizingInputs
from milpcore.sizing.plateau_hull import HullColumns, add_plateau_hull, can_be_held
from milpcore.sizing.size_columns import add_sizes
from milpcore.sizing.size_cuts import add_size_cuts


class Commitment(Protocol):
    """One way to state when units run, at what load, and when loads change."""

    @property
    def name(self) -> str:
        """Name in tables."""

    def refusal(self, inputs: SizingInputs) -> str | None:
        """Why this would be wrong for the input, and what to use; None if exact."""

    def add(
        self,
        assembly: Assembly,
        inputs: SizingInputs,
        caps: Caps,
        size: Integers,
        heat: Integers,
        built: Integers,
    ) -> None:
        """Add the columns ``is_on`` and its own, and its rows.

        ``built`` (U,) are the columns ``has_size`` of the units whose past holds them only if they
        are built (`UnitArrays.is_held_if_built`), `ALWAYS` for all others.
        """


class StoreStep(NamedTuple):
    """A step in which a store may not charge and discharge at once."""

    store: int
    step: int


@dataclass(frozen=True)
class EveryStep:
    """A direction for every store and step."""

    name: str = "direction of every step"

    def steps(self, inputs: SizingInputs) -> Sequence[StoreStep]:
        """Where a direction is chosen."""
        return [StoreStep(k, t) for k in range(inputs.n_stores) for t in range(inputs.n_steps)]


@dataclass(frozen=True)
class WhereNeeded:
    """Directions only where a solution charged and discharged at once.

    Parameters
    ----------
    chosen : tuple of StoreStep
        Where that was seen so far. Without any the bound is valid, and so is a solution that does
        not do it anyway; `milpcore.sizing.size_plant` adds steps until that is so.
    """

    chosen: tuple[StoreStep, ...] = ()
    name: str = "direction where needed"

    def steps(self, inputs: SizingInputs) -> Sequence[StoreStep]:
        """Where a direction is chosen."""
        del inputs
        return self.chosen


Exclusivity = EveryStep | WhereNeeded


@dataclass(frozen=True)
class SizingModel:
    """The parts that a formulation of model B is made of.

    Parameters
    ----------
    commitment : Commitment
        `BigM`, `ThreeBinary`, `PlateauPath`.
    exclusivity : EveryStep or WhereNeeded
        Where the store's direction is a binary.
    size_cuts : bool
        Whether sizes are cut by the ranges of demand over plateaus.
    window_limits : bool
        Whether loads are limited by what holds over plateaus.
    held_units : tuple of int
        Units whose plateaus carry copies of all sizes, see `milpcore.sizing.plateau_hull`.
    """

    commitment: Commitment = field(default_factory=BigM)
    exclusivity: Exclusivity = field(default_factory=WhereNeeded)
    size_cuts: bool = True
    window_limits: bool = True
    held_units: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Name in tables."""
        parts = [self.commitment.name, self.exclusivity.name]
        parts += ["size cuts"] if self.size_cuts else []
        parts += ["window limits"] if self.window_limits else []
        parts += [f"plateau hull of unit {unit}" for unit in self.held_units]
        return ", ".join(parts)


def build(inputs: SizingInputs, model: SizingModel, caps: Caps) -> Problem:
    """Assemble model B.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.
    model : SizingModel
        Its parts.
    caps : Caps
        Upper limits of sizes and loads, see `milpcore.sizing.caps`.

    Returns
    -------
    Problem
        In the units above.

    Raises
    ------
    ValueError
        If a part would be wrong for the input; the message names what to use.

    References
    ----------
    Hochhaus et al. (2025), Systems and Control Transactions 4:1994-1999 (LAPSE:2025.0473).
    """
    reason = model.commitment.refusal(inputs)
    if reason:
        raise ValueError(f"{model.commitment.name}: {reason}")
    for unit in model.held_units:
        if not can_be_held(inputs, unit):
            raise ValueError(
                f"held_units: unit {unit} may change its load more than once in a window"
            )
    assembly = Assembly()
    scale = inputs.heat_scale_kW
    units, stores = inputs.units, inputs.stores
    size, built = add_sizes(
        assembly,
        "size",
        caps.least_size_kW / scale,
        units.smallest_kW / scale,
        caps.size_kW / scale,
        (units.may_be_absent & (units.smallest_kW > 0.0)) | units.is_held_if_built,
    )
    built = np.where(units.is_held_if_built, built, ALWAYS)
    capacity, _ = add_sizes(
        assembly,
        "capacity",
        stores.least_kWh / scale,
        stores.smallest_kWh / scale,
        caps.capacity_kWh / scale,
        stores.may_be_absent & (stores.smallest_kWh > 0.0),
    )
    heat = assembly.columns("heat", caps.load_kW.shape, upper=caps.load_kW / scale)
    cost_scale = scale / inputs.cost_scale_EUR_per_a
    assembly.cost(size, units.size_cost_EUR_per_kW_a * cost_scale)
    assembly.cost(capacity, stores.capacity_cost_EUR_per_kWh_a * cost_scale)
    assembly.cost(heat, inputs.hours_per_a * units.heat_cost_EUR_per_kWh * cost_scale)
    assembly.constant(inputs.cooling_cost_EUR_per_a / inputs.cost_scale_EUR_per_a)

    balance = assembly.rows(  # (1)
        "heat_balance",
        inputs.n_steps,
        lower=inputs.demand_kW / scale,
        upper=inputs.demand_kW / scale,
    )
    assembly.put(balance, heat, 1.0)
    source = assembly.rows("waste_heat", inputs.n_steps, upper=inputs.waste_kW / scale)  # (2)
    assembly.put(source, heat, units.source_share)
    add_chillers(assembly, inputs, caps, source)
    charge, discharge = _add_stores(assembly, inputs, model, caps, capacity, balance)
    model.commitment.add(assembly, inputs, caps, size, heat, built)
    if model.size_cuts:
        add_size_cuts(assembly, inputs, size, capacity)
    for unit in model.held_units:
        columns = HullColumns(size, heat, built, capacity, charge, discharge)
        add_plateau_hull(assembly, inputs, caps, unit, columns)
    return assembly.problem()


def _add_stores(
    assembly: Assembly,
    inputs: SizingInputs,
    model: SizingModel,
    caps: Caps,
    capacity: Integers,
    balance: Integers,
) -> tuple[Integers, Integers]:
    """Add columns and rows (3) to (6), and the stores' part of (1); charge and discharge."""
    n_stores, n_steps, step_h = inputs.n_stores, inputs.n_steps, inputs.step_h
    stores, scale = inputs.stores, inputs.heat_scale_kW
    most = caps.capacity_kWh[:, None] / scale
    fastest = stores.rate_per_h[:, None] * most
    charge = assembly.columns("charge", (n_stores, n_steps), upper=fastest)
    discharge = assembly.columns("discharge", (n_stores, n_steps), upper=fastest)
    level = assembly.columns("level", (n_stores, n_steps + 1), upper=most)
    assembly.put(balance, discharge, 1.0)
    assembly.put(balance, charge, -1.0)
    content = assembly.rows("store_balance", (n_stores, n_steps), lower=0.0, upper=0.0)  # (3)
    assembly.put(content, level[:, 1:], 1.0)
    assembly.put(content, level[:, :-1], -stores.kept_share[:, None])
    assembly.put(content, charge, -step_h * stores.charge_efficiency[:, None])
    assembly.put(content, discharge, step_h / stores.discharge_efficiency[:, None])
    within = assembly.rows("within_capacity", (n_stores, n_steps + 1), upper=0.0)  # (4)
    assembly.put(within, level, 1.0)
    assembly.put(within, capacity[:, None], -1.0)
    is_given = np.isfinite(stores.start_end_share)
    ends = assembly.rows("start_and_end", (n_stores, 2), lower=0.0, upper=0.0)
    given, free = np.flatnonzero(is_given), np.flatnonzero(~is_given)
    assembly.put(ends[given], level[given][:, [0, -1]], 1.0)
    assembly.put(ends[given], capacity[given][:, None], -stores.start_end_share[given][:, None])
    assembly.put(ends[free, 0], level[free, 0], 1.0)
    assembly.put(ends[free, 0], level[free, -1], -1.0)
    rate = assembly.rows("rate", (n_stores, n_steps), upper=0.0)  # (5)
    assembly.put(rate, charge, 1.0)
    assembly.put(rate, discharge, 1.0)
    assembly.put(rate, capacity[:, None], -stores.rate_per_h[:, None])
    pairs = np.array(model.exclusivity.steps(inputs), dtype=np.int64).reshape(-1, 2)
    store, step = pairs[:, 0], pairs[:, 1]
    charges = assembly.columns("is_charging", len(pairs), upper=1.0, integer=True)
    into = assembly.rows("only_charge", len(pairs), upper=0.0)  # (6)
    assembly.put(into, charge[store, step], 1.0)
    assembly.put(into, charges, -fastest[store, 0])
    out = assembly.rows("only_discharge", len(pairs), upper=fastest[store, 0])
    assembly.put(out, discharge[store, step], 1.0)
    assembly.put(out, charges, fastest[store, 0])
    return charge, discharge
