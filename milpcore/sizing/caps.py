r"""Upper limits that hold in every design worth looking at: the big-M values of model B.

With capacities of at most :math:`C_k` the load of a unit never exceeds

.. math:: q_i(t) \le \min\Bigl(d(t) + \sum_k \rho_k C_k,\; \frac{w(t)}{r_i(t)},\; N_i\Bigr) \tag{1}

(demand and the fastest charging; waste heat; the largest size). A unit whose load may change once
in a window holds it over plateaus, so that each limit is replaced by the most that a plateau around
the step can have (`preprocess.plateaus`). A size above the largest load costs money, if it costs
any, and raises the minimum load: it is never needed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from milpcore.sizing.inputs import Floats, SizingInputs
from preprocess.plateaus import plateau_limit


@dataclass(frozen=True, eq=False)
class Caps:
    """Limits of sizes and loads.

    Attributes
    ----------
    least_size_kW : ndarray (U,)
        The only lower one: 0 where a unit may be absent, or the least size looked at.
    size_kW : ndarray (U,)
    capacity_kWh : ndarray (K,)
    load_kW : ndarray (U, T)
        Of each unit in each step.
    chiller_kW : ndarray (C,)
        Of chillers: a size above the largest waste heat is never needed.
    """

    least_size_kW: Floats
    size_kW: Floats
    capacity_kWh: Floats
    load_kW: Floats
    chiller_kW: Floats

    def within(self, size_kW: Floats) -> Caps:
        """Return the same with smaller sizes."""
        size = np.minimum(self.size_kW, size_kW)
        return replace(self, size_kW=size, load_kW=np.minimum(self.load_kW, size[:, None]))


def source_limit_kW(waste_kW: Floats, source_share: Floats) -> Floats:
    """Most heat that some waste heat allows, infinite without source; shapes broadcast."""
    limit = np.full(np.broadcast_shapes(waste_kW.shape, source_share.shape), np.inf)
    np.divide(waste_kW, source_share, out=limit, where=source_share > 0.0)
    return limit


def caps(inputs: SizingInputs, capacity_kWh: Floats, *, window_limits: bool = True) -> Caps:
    """Limit sizes and loads where the stores' capacities are limited.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.
    capacity_kWh : ndarray (K,)
        Limits of the capacities; those of the stores count besides.
    window_limits : bool
        Whether limits are tightened over plateaus.

    Returns
    -------
    Caps
        Equation (1).

    Examples
    --------
    >>> from milpcore import sizing
    >>> inputs = sizing.prepare(*sizing.load_case("base_48h"))
    >>> caps(inputs, np.array([0.0])).size_kW.round() <= inputs.demand_kW.max()
    array([ True,  True])
    """
    units, stores = inputs.units, inputs.stores
    capacity = np.minimum(capacity_kWh, stores.largest_kWh)
    fastest_kW = float(stores.rate_per_h @ capacity)
    source_kW = source_limit_kW(inputs.waste_kW, units.source_share)
    load = np.minimum(source_kW, inputs.demand_kW + fastest_kW)
    if window_limits:
        for unit in np.flatnonzero(units.most_changes == 1):
            load[unit] = plateau_limit(load[unit], int(units.window[unit]))
    load = np.minimum(load, units.largest_kW[:, None])
    size = np.clip(load.max(axis=1), units.smallest_kW, units.largest_kW)
    chillers = inputs.chillers
    return Caps(
        least_size_kW=units.least_kW,
        size_kW=size,
        capacity_kWh=capacity,
        load_kW=load,
        chiller_kW=np.clip(inputs.waste_kW.max(), chillers.smallest_kW, chillers.largest_kW),
    )
