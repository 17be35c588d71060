"""What a search knows of a front: level sets with their curves, the front, and proven bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from milpcore.site.front_search.curves import curve_of, set_curve
from milpcore.site.front_search.front import (
    Front,
    covers,
    empty_front,
    front_of,
    highest_sum,
    merged,
    pokes_below,
)
from milpcore.site.front_search.measures import Pair, Weighted
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.incumbents import set_arrays
from milpcore.site.path_search.level_set import level_set_prices
from preprocess.jit import kernel

ROUNDING = 1e-9
"""Share of the largest value of a measure on the front that is left to rounding."""


class Cut(NamedTuple):
    """A proven bound: no level set that would lower the front has a smaller weighted sum.

    Lower by more than rounding, that is; level sets that the archive holds have had their part.

    Attributes
    ----------
    first_weight, second_weight : float
    least : float
        Of the weighted sum, in the units of `Pair`.
    """

    first_weight: float
    second_weight: float
    least: float


@dataclass(eq=False)
class Archive:
    """Level sets whose curves make up the front.

    Attributes
    ----------
    pair : Pair
    sets : list of ndarray of int
        Level sets, by the number that spans of the front refer to.
    curves : list of ndarray (V, 2)
        Their fronts.
    front : Front
    cuts : list of Cut
        At first that nothing costs less than nothing.
    n_priced : int
        Level sets priced, of those that a list brought.
    """

    pair: Pair
    sets: list[Integers] = field(default_factory=list)
    curves: list[Floats] = field(default_factory=list)
    front: Front = field(default_factory=empty_front)
    cuts: list[Cut] = field(default_factory=lambda: [Cut(1.0, 0.0, 0.0), Cut(0.0, 1.0, 0.0)])
    n_priced: int = 0

    @property
    def owners(self) -> list[int]:
        """Numbers of the level sets that the front has spans of."""
        return [int(number) for number in np.unique(self.front.origin[:, 0])]

    @property
    def ends(self) -> tuple[Floats, Floats]:
        """Least and largest value of both measures on the front."""
        spans = self.front.spans
        return np.array([spans[-1, 3], spans[0, 0]]), np.array([spans[0, 1], spans[-1, 2]])

    def shifts(self) -> Floats:
        """Differences of both measures that are left to rounding (2,)."""
        return np.asarray(ROUNDING * self.ends[1])

    def add(self, levels: Integers) -> bool:
        """Let a level set take part in the front; whether that lowers it."""
        curve = curve_of(self.pair.arrays, levels)
        if not len(curve):
            return False
        if len(self.front.spans) and not pokes_below(curve, self.front.spans, *self.shifts()):
            return False
        self.front = merged(self.front, front_of(curve, len(self.sets)))
        self.sets.append(np.asarray(levels, dtype=np.int64).copy())
        self.curves.append(curve)
        return True

    def offer(self, weighted: Weighted, sets: Integers, cutoff: float) -> bool:
        """Let all level sets take part that cost less than a cutoff; whether that lowers it."""
        self.n_priced += len(sets)
        costs = np.empty(len(sets))
        first_shift, second_shift = self.shifts().tolist()
        below = _promising(
            sets,
            cutoff,
            self.front.spans,
            first_shift,
            second_shift,
            costs,
            *set_arrays(weighted.network),
            *self.pair.arrays.costs,
        )
        lowered = False
        for row in sorted(np.flatnonzero(below), key=lambda one: costs[one]):
            lowered |= self.add(sets[row][sets[row] >= 0])
        return lowered

    def prefer_simple(self, simpler: Callable[[Integers], list[Integers]]) -> None:
        """Replace level sets by simpler ones that reach the same spans, within rounding.

        Parameters
        ----------
        simpler : callable
            Returns what is to be preferred to a level set at equal worth, the best first.
        """
        for number in self.owners:
            spans = self.front.spans[self.front.origin[:, 0] == number]
            tried: set[tuple[int, ...]] = set()
            better = True
            while better:
                better = False
                for levels in simpler(self.sets[number]):
                    key = tuple(levels.tolist())
                    if key in tried:
                        continue
                    tried.add(key)
                    curve = curve_of(self.pair.arrays, levels)
                    if len(curve) and covers(curve, spans, *self.shifts()):
                        self.sets[number], self.curves[number], better = levels, curve, True
                        break

    def highest(self, first_weight: float, second_weight: float, low: float, high: float) -> float:
        """Largest weighted sum of the front over a range of the second measure."""
        return float(highest_sum(self.front.spans, first_weight, second_weight, low, high))

    def distance(self, low: float, high: float, unit: Floats) -> float:
        """Proven distance of the front over a range of the second measure.

        Parameters
        ----------
        low, high : float
            Range of the second measure.
        unit : ndarray (2,)
            What counts as 1 in each measure.

        Returns
        -------
        float
            No design is better than the front there by more than so many units in both measures.
        """
        best = np.inf
        for cut in self.cuts:
            size = cut.first_weight * unit[0] + cut.second_weight * unit[1]
            top = self.highest(cut.first_weight, cut.second_weight, low, high)
            best = min(best, max(0.0, top - cut.least) / size)
        return float(best)

    def end_distance(self, unit: Floats) -> float:
        """Proven distance of the ends of the front from the least of each measure, in units."""
        worst = 0.0
        for end in range(2):
            proven = max(cut.least / cut[end] for cut in self.cuts if cut[1 - end] == 0.0)
            off = float(self.ends[0][end]) - proven
            if off > 0.0:
                worst = max(worst, off / float(unit[end]))
        return worst

    def least_first(self, second: float) -> float:
        """Proven lower bound of the first measure at so much of the second, by cuts alone."""
        return max(
            float(cut.least - cut.second_weight * second) / cut.first_weight
            for cut in self.cuts
            if cut.first_weight > 0.0
        )


@kernel
def _promising(
    sets: Integers,
    cutoff: float,
    spans: Floats,
    first_shift: float,
    second_shift: float,
    costs: Floats,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
    first_heat: Floats,
    first_cooling: Floats,
    first_pump: Floats,
    second_heat: Floats,
    second_cooling: Floats,
    second_pump: Floats,
) -> Booleans:
    """Whether each level set costs less than the cutoff and lies below the front somewhere."""
    price = np.empty(sets.shape[1])
    below = np.zeros(sets.shape[0], dtype=np.bool_)
    for row in range(sets.shape[0]):
        size = 0
        while size < sets.shape[1] and sets[row, size] >= 0:
            size += 1
        levels = sets[row, :size]
        costs[row] = level_set_prices(
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
        if costs[row] >= cutoff:
            continue
        curve = set_curve(
            levels,
            hot_below,
            cold_below,
            first_heat,
            first_cooling,
            first_pump,
            second_heat,
            second_cooling,
            second_pump,
            pump_index,
            pump_share,
        )
        below[row] = pokes_below(curve, spans, first_shift, second_shift)
    return below


def lower_hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Corners of the lower left hull of points (first, second), by rising first measure.

    Examples
    --------
    >>> lower_hull([(0.0, 4.0), (1.0, 1.0), (1.5, 2.0), (4.0, 0.0)])
    [(0.0, 4.0), (1.0, 1.0), (4.0, 0.0)]
    """
    hull: list[tuple[float, float]] = []
    for point in sorted(points):
        if hull and point[1] >= hull[-1][1]:
            continue
        while len(hull) > 1 and _turns_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return hull


def _turns_up(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether the corner `b` lies on or above the line from `a` to `c`."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0.0
