"""Two measures of one site: their unit costs, and the level network of any weighted sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from milpcore.economics import Measure
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.path_search.network import LevelNetwork, level_network
from milpcore.site.path_search.prices import lowest_prices
from milpcore.site.scaling import resized, size_factor


class CurveArrays(NamedTuple):
    """What prices a level set in both measures, in the order the kernels take it.

    Costs are relative to the largest unit cost of their measure.
    """

    hot_below_MW: Floats
    cold_below_MW: Floats
    first_heat: Floats
    first_cooling: Floats
    first_pump: Floats
    second_heat: Floats
    second_cooling: Floats
    second_pump: Floats
    pump_index: Integers
    pump_share: Floats

    @property
    def costs(self) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
        """Costs of external heat, cooling and pump heat in the first, then the second measure."""
        first = self.first_heat, self.first_cooling, self.first_pump
        return *first, self.second_heat, self.second_cooling, self.second_pump


class Weighted(NamedTuple):
    """A weighted sum of both measures.

    Attributes
    ----------
    network : LevelNetwork
        With the sum as cost, the largest unit cost being 1.
    scale : float
        Times the cost in `network`, the sum of the two measures in the units of `Pair`.
    """

    network: LevelNetwork
    scale: float


@dataclass(frozen=True)
class Pair:
    """A site and the two measures that are traded off.

    Within the search a measure counts in MW times its largest unit cost, so that both are alike in
    size, on a site of usual size (`milpcore.site.scaling`); `unit` turns that into EUR/a or t/a.

    Attributes
    ----------
    inputs : SiteInputs
        With all heat pumps that are allowed, whatever its objective.
    first, second : Measure
    network : LevelNetwork
    arrays : CurveArrays
    unit : ndarray (2,)
    """

    inputs: SiteInputs
    first: Measure
    second: Measure
    network: LevelNetwork
    arrays: CurveArrays
    unit: Floats

    def weighted(self, first_weight: float, second_weight: float) -> Weighted:
        """Return the network whose cost is a weighted sum of both measures."""
        arrays, network = self.arrays, self.network
        heat = first_weight * arrays.first_heat + second_weight * arrays.second_heat
        cooling = first_weight * arrays.first_cooling + second_weight * arrays.second_cooling
        pump = first_weight * arrays.first_pump + second_weight * arrays.second_pump
        scale = max(float(cost.max(initial=0.0)) for cost in (heat, cooling, pump)) or 1.0
        heat, cooling, pump = heat / scale, cooling / scale, pump / scale
        priced = replace(
            network,
            external_heat_cost=heat,
            cooling_cost=cooling,
            pump_cost=pump,
            lowest_price=lowest_prices(
                cooling, network.pump_source, network.pump_sink, network.pump_share, pump
            ),
        )
        return Weighted(priced, scale)


def measure_pair(inputs: SiteInputs, first: Measure, second: Measure) -> Pair:
    """Return both measures of a site, ready for the search.

    Parameters
    ----------
    inputs : SiteInputs
        The site; its own objective does not matter.
    first, second : Measure
        What is traded off.

    Returns
    -------
    Pair
    """
    factor = size_factor(inputs)
    network = level_network(resized(inputs, factor))
    costs = [inputs.costs(measure)[:3] for measure in (first, second)]
    unit = np.array([_largest(of_measure) for of_measure in costs])
    (heat, cooling, pump), (heat_2, cooling_2, pump_2) = (
        tuple(cost / size for cost in of_measure)
        for of_measure, size in zip(costs, unit, strict=True)
    )
    arrays = CurveArrays(
        hot_below_MW=network.hot_below_MW,
        cold_below_MW=network.cold_below_MW,
        first_heat=heat,
        first_cooling=cooling,
        first_pump=pump,
        second_heat=heat_2,
        second_cooling=cooling_2,
        second_pump=pump_2,
        pump_index=network.pump_index,
        pump_share=network.pump_share,
    )
    return Pair(inputs, first, second, network, arrays, unit * KW_PER_MW / factor)


def _largest(costs: tuple[Floats, ...]) -> float:
    """Largest unit cost; 1 for a measure that costs nothing."""
    return max(float(cost.max(initial=0.0)) for cost in costs) or 1.0
