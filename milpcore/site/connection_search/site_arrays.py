"""The arrays that the search reads, in MW and in multiples of ``1000 cost_scale`` EUR/a."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.path_search.network import LevelNetwork, level_network
from milpcore.site.path_search.prices import repair_prices


@dataclass(frozen=True, eq=False)
class SiteArrays:
    """A site as the search sees it.

    Attributes
    ----------
    network : LevelNetwork
        Costs of external heat, cooling and heat pumps.
    connection_cost : ndarray (S, L)
        Of each stream at each level; infinite where it may not be.
    demand_MW : ndarray (S,)
        Duty of cold streams, negative for hot ones.
    level_cost : ndarray (L,)
        Of each level that is open.
    is_forced : ndarray of bool (L,)
        Levels that every set has.
    unit : float
        EUR/a of one unit of cost.
    """

    network: LevelNetwork
    connection_cost: Floats
    demand_MW: Floats
    level_cost: Floats
    is_forced: Booleans
    unit: float

    @property
    def n_levels(self) -> int:
        """Number of candidate levels."""
        return self.network.n_levels

    def feasible(self, price: Floats) -> Floats:
        """Heat prices (L,) that every flow of heat allows, near those given."""
        network = self.network
        return repair_prices(
            price,
            network.lowest_price,
            network.external_heat_cost,
            network.pump_source,
            network.pump_sink,
            network.pump_share,
            network.pump_cost,
        )

    def stream_costs(self, price: Floats) -> Floats:
        """Cost of each stream at each level (S, L) at heat prices (L,)."""
        return self.connection_cost + self.demand_MW[:, None] * price[None, :]

    def demands_MW(self, stream_level: Integers) -> Floats:
        """Cold duty less hot heat at each level (L,)."""
        at_level = np.bincount(stream_level, weights=self.demand_MW, minlength=self.n_levels)
        return np.asarray(at_level, dtype=np.float64)

    def connected(self, stream_level: Integers) -> float:
        """Cost of all connections."""
        return float(self.connection_cost[np.arange(stream_level.size), stream_level].sum())


def site_arrays(inputs: SiteInputs) -> SiteArrays:
    """Take the arrays of a prepared site."""
    unit = KW_PER_MW * inputs.cost_scale
    demand_MW = inputs.stream_duty_kW / KW_PER_MW
    return SiteArrays(
        network=level_network(inputs),
        connection_cost=inputs.objective_match_costs / unit,
        demand_MW=np.where(inputs.stream_is_hot, -demand_MW, demand_MW),
        level_cost=inputs.objective_fixed_costs.level / unit,
        is_forced=inputs.is_forced,
        unit=unit,
    )
