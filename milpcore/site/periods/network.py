r"""The level network of a site with periods, and prices that bound all periods at once.

A set of levels is a path of the network (`milpcore.site.path_search.network`), the same in every
period; its arcs have a deficit :math:`d^t_{ij}` in each period ``t``. With ``f`` the annual
investment of a kW of size, :math:`c^t_k` what electricity costs pump ``k`` for a kW of sink heat in
the hours of period ``t``, and :math:`s_k \ge q^t_k` its size:

**Splitting the investment.** Take any :math:`\lambda^t_k \ge 0` with

.. math:: \sum_t \lambda^t_k \le f_k \quad \forall k \tag{1}

Then :math:`f_k s_k \ge \sum_t \lambda^t_k s_k \ge \sum_t \lambda^t_k q^t_k`, so every design costs
at least as much as its periods do by themselves with pumps that cost :math:`c^t_k + \lambda^t_k` a
kW and need no size. For each of them (4) of `milpcore.site.path_search.prices` holds: with heat
prices :math:`p^t` between the prices of cooling and external heat, rising with temperature, and

.. math:: p^t_j \le c^t_k + \lambda^t_k + r_k\,p^t_i \quad \forall k = (i \to j) \tag{2}

.. math::

   \text{cost} \ge \sum_t p^t_{low}\, d^t_{total}
   + \sum_{(i,j)} \sum_t d^t_{ij}\,(p^t_j - p^t_i) \tag{3}

for every path. What levels cost is added at their arcs. The right side is again the length of a
path, so the cheapest path with at most N
levels bounds every design, the cheapest path through an arc every design that uses the arc, and
the cheapest path through both levels of a pump every design with that pump.

**Choosing the split.** Given heat prices, pump ``k`` wants the excess :math:`e^t_k =
(p^t_j - c^t_k - r_k p^t_i)^+` in period ``t``. Where the excesses sum up to more than :math:`f_k`
they are scaled down, elsewhere the rest is shared out by hours, so that (1) holds by
construction. Then the prices of each period are repaired by themselves until (2) holds, by
`milpcore.site.path_search.prices.repair_prices`: a bound never rests on a solver's tolerances.
The best prices are the duals of one linear program with all periods
(`milpcore.site.periods.relaxation`), whose optimum (3) reaches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.model import KW_PER_MW
from milpcore.site.path_search.network import LevelNetwork, level_network
from milpcore.site.path_search.prices import lowest_prices, repair_prices
from milpcore.site.periods.inputs import PeriodCosts, PeriodInputs
from milpcore.site.periods.size_options import RelaxedPumps, is_restricted, relaxed_pumps


@dataclass(frozen=True, eq=False)
class PeriodNetwork:
    """Arrays of the search, in MW and in multiples of the site's ``cost_scale`` EUR/(kW a).

    Attributes
    ----------
    inputs : PeriodInputs
        Whose levels they are.
    base : LevelNetwork
        Of the mean duties, with what a MW all the year costs; arcs, starts, ends and pumps are
        those of every period.
    hot_below_MW, cold_below_MW : ndarray (P, L+1)
        Hot heat and cold duty with kink below a level.
    deficit_MW : ndarray (P, A)
        Of each arc.
    total_deficit_MW : ndarray (P,)
        Cold duty less hot heat of the whole site.
    costs : PeriodCosts
        Of the objective per MW, for the pumps of `base`; those of heat are in every period the same
        multiple of those of `base`.
    offer_costs : PeriodCosts
        The same for the offers of the site, exact where `is_restricted`.
    is_restricted : bool
        Whether the pumps of `base` only bound what the site offers
        (`milpcore.site.periods.size_options`).
    share_of_hours : ndarray (P,)
        Sums up to 1.
    level_cost : ndarray (L,)
        Of having a level.
    is_forced : ndarray of bool (L,)
        Levels of every path: `base` has no arc past them.
    """

    inputs: PeriodInputs
    base: LevelNetwork
    hot_below_MW: Floats
    cold_below_MW: Floats
    deficit_MW: Floats
    total_deficit_MW: Floats
    costs: PeriodCosts
    offer_costs: PeriodCosts
    is_restricted: bool
    share_of_hours: Floats
    level_cost: Floats
    is_forced: Booleans

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return len(self.total_deficit_MW)

    @property
    def n_levels(self) -> int:
        """Number of candidate levels."""
        return self.base.n_levels


class PeriodPrices(NamedTuple):
    """Prices that satisfy (1) and (2) for the pumps they were made for.

    Attributes
    ----------
    level : ndarray (P, L)
        Of heat, per MW.
    pump_cost : ndarray (P, K)
        Electricity with the part of the investment; infinite for pumps left out.
    """

    level: Floats
    pump_cost: Floats


def period_network(inputs: PeriodInputs, n_levels: int | None = None) -> PeriodNetwork:
    """Build the network of a prepared site with periods.

    Parameters
    ----------
    inputs : PeriodInputs
    n_levels : int, optional
        Largest number of levels, with which bounds hold; default any.
    """
    scale, n = inputs.site.cost_scale, inputs.site.n_candidates
    hours = inputs.periods.hours_h_per_a
    share = hours / hours.sum()
    hot, cold = (
        np.concatenate([np.zeros((inputs.n_periods, 1)), np.cumsum(kink_kW / KW_PER_MW, axis=1)], 1)
        for kink_kW in (inputs.hot_kink_kW, inputs.cold_kink_kW)
    )
    pumps = relaxed_pumps(inputs, n if n_levels is None else n_levels)
    offer_costs = inputs.objective_costs.scaled(1.0 / scale)
    costs = offer_costs
    if is_restricted(inputs.site):
        relaxed = pumps.operation / scale, pumps.size / scale, np.zeros(pumps.size.size)
        costs = PeriodCosts(*offer_costs[:2], *relaxed, offer_costs.sources)
    base = _mean_network(inputs, pumps, share, costs)
    tail, head = base.arc_tail, base.arc_head
    deficit = (cold[:, [n]] - cold[:, tail + 1]) - (hot[:, [n]] - hot[:, head])
    return PeriodNetwork(
        inputs=inputs,
        base=base,
        hot_below_MW=hot,
        cold_below_MW=cold,
        deficit_MW=deficit,
        total_deficit_MW=cold[:, n] - hot[:, n],
        costs=costs,
        offer_costs=offer_costs,
        is_restricted=is_restricted(inputs.site),
        share_of_hours=share,
        level_cost=inputs.site.objective_fixed_costs.level / (scale * KW_PER_MW),
        is_forced=inputs.site.is_forced,
    )


def _mean_network(
    inputs: PeriodInputs, pumps: RelaxedPumps, share: Floats, costs: PeriodCosts
) -> LevelNetwork:
    """Network of the mean duties, with what a MW costs that is there in all periods."""
    mean = replace(
        inputs.site,
        pump_source=pumps.source,
        pump_sink=pumps.sink,
        pump_cop=pumps.cop,
        terms=None,
        hot_kink_kW=share @ inputs.hot_kink_kW,
        cold_kink_kW=share @ inputs.cold_kink_kW,
    )
    base = level_network(mean)
    cooling, pump = costs.cooling.sum(axis=0), costs.operation.sum(axis=0) + costs.size
    ends = base.pump_source, base.pump_sink, base.pump_share
    base = _through_forced(base, np.flatnonzero(inputs.site.is_forced))
    external = costs.external_heat.sum(axis=0)
    return replace(
        base,
        shared_price=bool(np.ptp(external) == 0.0 and np.ptp(cooling) == 0.0),
        external_heat_cost=external,
        cooling_cost=cooling,
        pump_cost=pump,
        lowest_price=lowest_prices(cooling, *ends, pump),
    )


def _through_forced(base: LevelNetwork, forced: Integers) -> LevelNetwork:
    """Leave out arcs past forced levels, starts above the lowest and ends below the highest."""
    if not forced.size:
        return base
    tail, head = base.arc_tail, base.arc_head
    kept = np.searchsorted(forced, tail, side="right") >= np.searchsorted(forced, head)
    every = np.arange(base.n_levels)
    return replace(
        base,
        arc_tail=tail[kept],
        arc_head=head[kept],
        deficit_MW=base.deficit_MW[kept],
        can_start=base.can_start & (every <= forced[0]),
        can_end=base.can_end & (every >= forced[-1]),
    )


def split_investment(network: PeriodNetwork, level_price: Floats, pumps: Integers) -> Floats:
    """Part of the investment that each period bears (P, K'), for some pumps; keeps (1).

    Examples
    --------
    >>> import numpy as np, milpcore
    >>> from milpcore.site.periods import Periods, prepare_periods
    >>> periods = Periods(("day", "night"), [4e3, 2e3], [[9, 9], [9, 0.0]])
    >>> network = period_network(prepare_periods(milpcore.load_case("two_streams"), periods))
    >>> split_investment(network, np.zeros((2, 2)), np.empty(0, dtype=np.int64)).shape
    (2, 0)
    """
    base = network.base
    source, sink = base.pump_source[pumps], base.pump_sink[pumps]
    drawn = base.pump_share[pumps] * level_price[:, source]
    excess = np.maximum(level_price[:, sink] - network.costs.operation[:, pumps] - drawn, 0.0)
    wanted = excess.sum(axis=0)
    investment = network.costs.size[pumps]
    over = wanted > investment
    factor = np.divide(investment, wanted, out=np.ones(len(pumps)), where=over)
    rest = np.maximum(investment - wanted, 0.0)
    return np.asarray(excess * factor + network.share_of_hours[:, None] * rest)


def feasible_prices(network: PeriodNetwork, wanted: Floats, pumps: Integers) -> PeriodPrices:
    """Prices near the wanted ones (P, L) that satisfy (1) and (2) for some pumps."""
    base = network.base
    source, sink, share = base.pump_source[pumps], base.pump_sink[pumps], base.pump_share[pumps]
    cost = network.costs.operation[:, pumps] + split_investment(network, wanted, pumps)
    level = np.empty(wanted.shape)
    for period in range(network.n_periods):
        ends = source, sink, share, cost[period]
        lowest = lowest_prices(network.costs.cooling[period], *ends)
        external = network.costs.external_heat[period]
        level[period] = repair_prices(wanted[period], lowest, external, *ends)
    if not (np.isfinite(level).all() and np.isfinite(cost).all()):
        raise RuntimeError("prices that are no numbers bound nothing")
    pump_cost = np.full(network.costs.operation.shape, np.inf)
    pump_cost[:, pumps] = cost
    return PeriodPrices(level, pump_cost)
