"""What a level set costs at least with options: the relaxation, and which heat pumps to build.

Between the levels of one set there are few pairs. Every choice of heat pumps that may be built
together is priced without sizes (`milpcore.site.path_search.level_set`), and their fixed costs are
added. The least of these is what the level set costs at least; it is exact where nothing but
fixed costs and the number of heat pumps is asked for. No operation that costs at most a budget
builds a choice that costs more. Segments and types of heat pumps between two levels become one that
costs no more than any of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs
from milpcore.site.limits import flow_limits
from milpcore.site.model import KW_PER_MW
from milpcore.site.path_search.incumbents import set_arrays
from milpcore.site.path_search.level_set import level_set_prices
from milpcore.site.path_search.network import LevelNetwork, level_network
from milpcore.site.path_search.prices import lowest_prices
from preprocess.jit import kernel

MOST_PAIRS = 9
"""Pairs of a level set up to which all choices are tried."""


class BuiltPair(NamedTuple):
    """Whether there is a heat pump between two levels in operations within a budget.

    Attributes
    ----------
    source, sink : int
        Candidates.
    may, must : bool
        Whether one of them, or each of them, has it.
    """

    source: int
    sink: int
    may: bool
    must: bool


class Screen(NamedTuple):
    """What the bound needs beside a network whose heat pumps have their price per kW alone.

    Attributes
    ----------
    network : LevelNetwork
        Without fixed costs.
    fixed : ndarray (K,)
        Cost of having each of its heat pumps at all, at least.
    is_counted : ndarray of bool (K,)
        Whether having it counts.
    most_counted : int
        Largest number of those.
    """

    network: LevelNetwork
    fixed: Floats
    is_counted: Booleans
    most_counted: int

    def bound(self, levels: Integers) -> float:
        """Least cost of a level set (rising), in units of the network; inf if it serves not all."""
        return float(self._choices(levels, np.inf)[0])

    def built_within(self, levels: Integers, budget: float) -> list[BuiltPair]:
        """Tell of the pairs that cost something to have which may, and must, have a heat pump.

        Parameters
        ----------
        levels : ndarray of int
            Rising.
        budget : float
            What an operation may cost, in units of the network.
        """
        _, pumps, n_within, n_with = self._choices(levels, budget)
        source, sink = self.network.pump_source[pumps], self.network.pump_sink[pumps]
        counts = zip(source.tolist(), sink.tolist(), n_with.tolist(), strict=True)
        return [BuiltPair(i, j, count > 0, count == n_within) for i, j, count in counts]

    def _choices(self, levels: Integers, budget: float) -> tuple[float, Integers, int, Integers]:
        arrays = set_arrays(self.network)
        chosen = arrays._replace(pump_index=arrays.pump_index.copy())
        return _bound(levels, self.fixed, self.is_counted, self.most_counted, budget, *chosen)


def has_parallel_types(inputs: SiteInputs) -> bool:
    """Whether heat pumps of different COP may join the same levels."""
    return inputs.terms is not None and inputs.terms.has_types


def _least_cop(inputs: SiteInputs) -> Floats:
    """Least COP of the heat pumps between the same levels (K,)."""
    pair = inputs.pump_source * inputs.n_candidates + inputs.pump_sink
    least = np.full(inputs.n_candidates**2, np.inf)
    np.minimum.at(least, pair, inputs.pump_cop)
    return np.asarray(least[pair])


def _cooling_saved(inputs: SiteInputs) -> Floats:
    """Cost of cooling that a heat pump saves by its COP, beside one of least COP (K,).

    A heat pump of source share ``r`` is one of the least share ``r_0`` with cooling ``r - r_0`` at
    its source. So between the same levels, one heat pump of share ``r_0`` at the least of ``c_k -
    w (r_k - r_0)`` costs no more than any of them.
    """
    more = inputs.pump_source_share - (1.0 - 1.0 / _least_cop(inputs))
    return np.asarray(inputs.objective_costs.cooling[inputs.pump_source] * more)


def screen_refusal(inputs: SiteInputs) -> str | None:
    """Why heat pumps of several types have no common relaxation; None where they have one."""
    if not has_parallel_types(inputs) or np.all(
        _cooling_saved(inputs) <= inputs.objective_costs.pump_heat
    ):
        return None
    return "cannot bound types of heat pumps by each other, as cooling is dear; use level_path"


def relaxed_network(inputs: SiteInputs, n_levels: int) -> tuple[LevelNetwork, Screen]:
    """Level network on which every level set costs no more than with options.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    n_levels : int
        Largest number of levels.

    Returns
    -------
    LevelNetwork
        In units of `SiteInputs.cost_scale`; what levels cost is left out.
    Screen
        The bound of single sets.
    """
    costs, scale = inputs.objective_costs, inputs.cost_scale
    slope, fixed = costs.pump_heat, inputs.objective_fixed_costs.pump
    if inputs.terms is not None and np.any(fixed < 0.0):  # on a segment, at its least size
        at_least = np.divide(fixed, inputs.terms.pump_least_kW, where=fixed < 0.0, out=0.0 * fixed)
        slope, fixed = slope + at_least, np.maximum(fixed, 0.0)
    if has_parallel_types(inputs):
        slope, least_cop = slope - _cooling_saved(inputs), _least_cop(inputs)
    else:
        least_cop = inputs.pump_cop
    price = slope.copy()
    if inputs.terms is not None:
        most_kW = np.minimum(
            flow_limits(inputs, n_levels).pump_heat * KW_PER_MW, inputs.terms.pump_most_kW
        )
        price += np.divide(fixed, most_kW, where=most_kW > 0.0, out=np.zeros_like(price))
    pair = inputs.pump_source * inputs.n_candidates + inputs.pump_sink
    order = np.lexsort((price, pair))
    is_first = np.append(True, np.diff(pair[order]) > 0)[: order.size]
    first, group = order[is_first], np.cumsum(is_first) - 1
    network = level_network(
        replace(
            inputs,
            pump_source=inputs.pump_source[first],
            pump_sink=inputs.pump_sink[first],
            pump_cop=least_cop[first],
            terms=None,
        )
    )
    pump_cost, cooling_cost = price[first] / scale, costs.cooling / scale
    ends = network.pump_source, network.pump_sink, network.pump_share
    network = replace(
        network,
        external_heat_cost=costs.external_heat / scale,
        cooling_cost=cooling_cost,
        pump_cost=pump_cost,
        lowest_price=lowest_prices(cooling_cost, *ends, pump_cost),
    )
    plain, cheapest = np.full((2, first.size), np.inf)
    np.minimum.at(plain, group, slope[order] / scale)
    np.minimum.at(cheapest, group, fixed[order] / scale / KW_PER_MW)
    is_counted, most_new = np.zeros(first.size, dtype=np.bool_), 0
    if inputs.terms is not None and inputs.terms.most_new_pumps is not None:
        is_counted, most_new = np.ones(first.size, dtype=np.bool_), inputs.terms.most_new_pumps
        is_counted[group[~inputs.terms.pump_is_new[order]]] = False
    return network, Screen(replace(network, pump_cost=plain), cheapest, is_counted, most_new)


@kernel
def _bound(
    levels: Integers,
    fixed: Floats,
    is_counted: Booleans,
    most_counted: int,
    budget: float,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
) -> tuple[float, Integers, int, Integers]:
    """Try every choice of heat pumps that cost or count; `pump_index` is changed.

    Least cost; these heat pumps; how many choices cost at most the budget, if it is finite, and in
    how many of them each is. All of them where they are too many to try.
    """
    m = levels.shape[0]
    price = np.empty(m)
    source = np.empty(m * m, dtype=np.int64)
    sink = np.empty(m * m, dtype=np.int64)
    pump = np.empty(m * m, dtype=np.int64)
    count = 0
    for a in range(m):
        for b in range(a + 1, m):
            k = pump_index[levels[a], levels[b]]
            if k >= 0 and (fixed[k] > 0.0 or is_counted[k]):
                source[count], sink[count], pump[count] = levels[a], levels[b], k
                count += 1
    best, n_within = np.inf, 0
    n_with = np.zeros(count, dtype=np.int64)
    n_choices = 1 << count if count <= MOST_PAIRS else 1
    for choice in range(n_choices):
        charge, counted = 0.0, 0
        for one in range(count):
            taken = n_choices == 1 or (choice >> one) & 1
            pump_index[source[one], sink[one]] = pump[one] if taken else -1
            if taken and n_choices > 1:
                charge += fixed[pump[one]]
                counted += 1 if is_counted[pump[one]] else 0
        if counted > most_counted or charge >= (best if budget == np.inf else budget):
            continue
        cost = charge + level_set_prices(
            levels,
            hot_below,
            cold_below,
            external_heat,
            cooling,
            pump_index,
            pump_share,
            pump_cost,
            price,
        )
        best = min(best, cost)
        if cost <= budget and n_choices > 1:
            n_within += 1
            for one in range(count):
                n_with[one] += (choice >> one) & 1
    if n_within == 0:
        n_within, n_with[:] = 2, 1
    return best, pump[:count], n_within, n_with
