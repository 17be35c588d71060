r"""The level network: consecutive open levels as arcs of a path, and what each arc must carry.

With every stream at the open level nearest to its kink, two consecutive open levels ``i < j``
decide how much heat the levels from ``j`` upwards lack:

.. math:: d_{ij} = \sum_{l > i} C_l - \sum_{l \ge j} H_l \tag{1}

(cold duty with kink above ``i`` less hot heat with kink at or above ``j``). The **coverage** of
a boundary is what reaches the levels above it from outside: external heat less cooling, plus what
heat pumps deliver there less what they draw there. The cascade only carries heat down, so a path
is feasible exactly if its coverage is at least ``d`` on every arc, and equals the total deficit
below the lowest level.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.path_search.prices import lowest_prices


@dataclass(frozen=True)
class LevelNetwork:
    """Arrays of the search, in MW and in multiples of ``SiteInputs.cost_scale`` EUR/(kW a).

    Attributes
    ----------
    hot_below_MW, cold_below_MW : ndarray (L+1,)
        Hot heat and cold duty with kink below a level.
    arc_tail, arc_head : ndarray of int (A,)
        Levels of each arc, sorted by tail, then head.
    deficit_MW : ndarray (A,)
        Equation (1).
    can_start, can_end : ndarray of bool (L,)
        Whether a level may be the lowest, or the highest, open one.
    total_deficit_MW : float
        Cold duty less hot heat of the whole site.
    external_heat_cost, cooling_cost : ndarray (L,)
        Per MW.
    pump_source, pump_sink : ndarray of int (K,)
    pump_share, pump_cost : ndarray (K,)
        Source heat per sink heat; cost per MW of sink heat.
    pump_index : ndarray of int (L, L)
        Heat pump pair by (source, sink), -1 where there is none.
    shared_price : bool
        Whether external heat and cooling cost the same at every level: then all external heat may
        enter at the highest and all cooling leave at the lowest level.
    lowest_price : ndarray (L,)
        Least heat prices that are feasible with every pump.
    into_limit_MW, out_limit_MW : ndarray (L,)
        Most heat that pumps deliver to a level and draw from it in any design of interest;
        infinite until `milpcore.site.path_search.pump_limits` has found something better.
    """

    hot_below_MW: Floats
    cold_below_MW: Floats
    arc_tail: Integers
    arc_head: Integers
    deficit_MW: Floats
    can_start: Booleans
    can_end: Booleans
    total_deficit_MW: float
    external_heat_cost: Floats
    cooling_cost: Floats
    pump_source: Integers
    pump_sink: Integers
    pump_share: Floats
    pump_cost: Floats
    pump_index: Integers
    shared_price: bool
    lowest_price: Floats
    into_limit_MW: Floats
    out_limit_MW: Floats

    @cached_property
    def has_pump_limits(self) -> bool:
        """Whether the heat of pumps at any level is limited."""
        return bool(np.isfinite(self.into_limit_MW).any() or np.isfinite(self.out_limit_MW).any())

    @property
    def n_levels(self) -> int:
        """Number of candidate levels."""
        return len(self.can_start)


def level_network(inputs: SiteInputs) -> LevelNetwork:
    """Build the network of a prepared site."""
    n = inputs.n_candidates
    hot_below = np.concatenate([[0.0], np.cumsum(inputs.hot_kink_kW / KW_PER_MW)])
    cold_below = np.concatenate([[0.0], np.cumsum(inputs.cold_kink_kW / KW_PER_MW)])
    tail, head = (index.astype(np.int64) for index in np.triu_indices(n, 1))
    deficit = (cold_below[n] - cold_below[tail + 1]) - (hot_below[n] - hot_below[head])
    costs, scale = inputs.objective_costs, inputs.cost_scale
    pump_index = np.full((n, n), -1, dtype=np.int64)
    pump_index[inputs.pump_source, inputs.pump_sink] = np.arange(inputs.n_pairs)
    first_hot = np.flatnonzero(inputs.hot_kink_kW > 0.0)
    last_cold = np.flatnonzero(inputs.cold_kink_kW > 0.0)
    lowest_needed = first_hot[0] if first_hot.size else n - 1
    highest_needed = last_cold[-1] if last_cold.size else 0
    return LevelNetwork(
        hot_below_MW=hot_below,
        cold_below_MW=cold_below,
        arc_tail=tail,
        arc_head=head,
        deficit_MW=deficit,
        can_start=np.arange(n) <= lowest_needed,
        can_end=np.arange(n) >= highest_needed,
        total_deficit_MW=float(cold_below[n] - hot_below[n]),
        external_heat_cost=costs.external_heat / scale,
        cooling_cost=costs.cooling / scale,
        pump_source=inputs.pump_source,
        pump_sink=inputs.pump_sink,
        pump_share=inputs.pump_source_share,
        pump_cost=costs.pump_heat / scale,
        pump_index=pump_index,
        shared_price=bool(np.ptp(costs.external_heat) == 0.0 and np.ptp(costs.cooling) == 0.0),
        lowest_price=lowest_prices(
            costs.cooling / scale,
            inputs.pump_source,
            inputs.pump_sink,
            inputs.pump_source_share,
            costs.pump_heat / scale,
        ),
        into_limit_MW=np.full(n, np.inf),
        out_limit_MW=np.full(n, np.inf),
    )
